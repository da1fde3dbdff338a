"""What lets a process start soon and end at once."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Objects that may come into being before the youngest are looked at; Python's own 700 suit a small heap.
YOUNG = 50_000


@contextmanager
def heavy_imports() -> Iterator[None]:
    """Import in here: the garbage collector rests, and comes less often afterwards.

    A third of the time that Prefect and Ibis take to import goes into walks over modules' objects, which never die.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        gc.enable()


def program() -> None:
    """The `strata` command as a process of its own; where it is called within another one, `flows.cli.main` is.

    Python would take thousands of modules apart at the end, a tenth of a small run. What is to be done at exit is done
    (threads joined, Prefect's last events sent, DuckDB closed); only then the process ends.
    """
    ended: list[int] = []

    def leave() -> None:
        if ended:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended[0])

    atexit.register(leave)  # before all others register: the first to come is the last to be called
    with heavy_imports():
        from flows.cli import main
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):  # a text is Python's to print
            ended.append(end.code or 0)
        raise
    ended.append(0)
