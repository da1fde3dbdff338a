"""A stage's door as a Prefect task: named for people, retried only where a retry can help, never cached by Prefect."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import progress
from tasks.errors import StrataError, Transient
from tasks.run import MarketRun

P = ParamSpec("P")
R = TypeVar("R")
Door = Callable[Concatenate[MarketRun, P], R]


def _worth_a_retry(_task: Any, _run: Any, state: Any) -> bool:
    return isinstance(state.data, Transient)


def door(step: str) -> Callable[[Door[P, R]], Door[P, R]]:
    """Make a function whose first parameter is `run: MarketRun` the door of `step`.

    Memory between runs is tasks.memo, one for command line, server, retry and rerun; so Prefect's caches stay off.
    Errors leave with the market's name among their facts.
    """

    def wrap(function: Door[P, R]) -> Door[P, R]:
        @wraps(function)
        def through(run: MarketRun, *args: P.args, **kwargs: P.kwargs) -> R:
            progress.report(run.market, step)
            try:
                return function(run, *args, **kwargs)
            except StrataError as error:
                error.market = error.market or run.market
                raise

        decorated = task(
            name=step,
            task_run_name=f"{{run.market}}: {step}",
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2,
            retry_delay_seconds=[2, 10],
            retry_condition_fn=_worth_a_retry,
        )(through)
        return cast("Door[P, R]", decorated)

    return wrap
