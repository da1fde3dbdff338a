"""A stage's door: the one function of its `task.py`, which flows run as a task and commands call as it is.

Memory between runs is tasks.memo, one for command line, server, retry and rerun.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from tasks import progress
from tasks.disk import disk_full
from tasks.errors import StrataError
from tasks.run import MarketRun
from tasks.shelf import shelf

P = ParamSpec("P")
R = TypeVar("R")
Door = Callable[Concatenate[MarketRun, P], R]


def door(step: str) -> Callable[[Door[P, R]], Door[P, R]]:
    """Name a function, whose first parameter is `run: MarketRun`, as the door of `step`.

    It tells its progress, remembers on the run's shared shelf, and its errors leave with the market's name among their
    facts; a full disk is Terminal, whoever met it.
    """

    def wrap(function: Door[P, R]) -> Door[P, R]:
        @wraps(function)
        def through(run: MarketRun, *args: P.args, **kwargs: P.kwargs) -> R:
            progress.report(run.market, step)
            try:
                with shelf(run.work, run.shared):
                    return function(run, *args, **kwargs)
            except StrataError as error:
                error.market = error.market or run.market
                raise
            except Exception as error:
                full = disk_full(error, run.work)
                if full is None:
                    raise
                full.market = run.market
            raise full  # outside of the handler: what a library says of it may quote data

        through.__name__ = step
        return cast("Door[P, R]", through)

    return wrap
