"""One fit at a time in a process, and on one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()


@contextmanager
def alone() -> Iterator[None]:
    """Linear algebra on one thread; the limit is the whole process's, so one caller at a time has it.

    How sums are split then never matters, and the optimizer's vectors of four take longer to hand out than to add: the
    fits of a million customers spent half of their time on that.
    """
    from threadpoolctl import threadpool_limits

    with _LOCK, threadpool_limits(limits=1):
        yield
