"""A run that is cancelled ends within seconds and says so: markets in flight stop where they are."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.run import interrupt

#: Prefect kills a cancelled run's process half a minute after it asked; the attempts' records must be written by then.
SECONDS = 20


class Cancelled(BaseException):
    """Raised inside a market's thread; no handler of ordinary errors may take it for one."""


def pause(seconds: float) -> None:
    """Sleep, and notice within half a second that the run was cancelled."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.5))


_working: set[int] = set()
_lock = threading.Lock()


@contextmanager
def cancellable() -> Iterator[None]:
    """This thread works on a market, and may be stopped in here by `cancel`."""
    me = threading.get_ident()
    with _lock:
        _working.add(me)
    try:
        yield
    finally:
        with _lock:
            _working.discard(me)


def cancel(seconds: float = SECONDS) -> bool:
    """Raise Cancelled in every thread that works on a market, and break off its queries; whether all ended in time.

    What a thread waits for outside of Python and DuckDB (an answer of the object store, a model's fit) ends first.
    """
    with _lock:
        for ident in _working:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Cancelled))
    end = time.monotonic() + seconds
    while _working and time.monotonic() < end:
        interrupt()
        time.sleep(0.1)
    return not _working
