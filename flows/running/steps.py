"""Doors as Prefect tasks: named for people, retried only where a retry can help, never cached by Prefect."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import opaque

from flows.running.unforeseen import Unforeseen, unforeseen
from tasks.errors import StrataError, Transient

__all__ = ["Unforeseen", "as_task", "unforeseen"]


def worth_a_retry(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed task is tried again: only where its error says that it may help."""
    return isinstance(state.data, Transient)


def _without_data(door: Callable[..., Any]) -> Callable[..., Any]:
    """The door, whose unforeseen errors lose their text before Prefect logs and stores it."""

    @wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return door(*args, **kwargs)
        except StrataError:
            raise
        except Exception as error:
            if os.environ.get("STRATA_DEBUG"):
                raise
            bare = unforeseen(error)
        raise bare  # outside of the handler: no traceback leads to the text

    return guarded


@lru_cache(maxsize=32)
def as_task(door: Callable[..., Any]) -> Callable[..., Any]:
    """The door as a task that shows as `DE: normalize`.

    Prefect's caches and stored results stay off: tasks.memo remembers for every way to run. Nor does Prefect look for
    futures in what doors pass on: a profile has thousands of parts, and each is visited twice a task (a third of a
    second of the processor for each market). What a task itself returned is still known, so steps are shown in order.
    """
    step = task(
        name=door.__name__,
        task_run_name=f"{{run.market}}: {door.__name__}",
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=2,
        retry_delay_seconds=[2, 10],
        retry_condition_fn=worth_a_retry,
    )(_without_data(door))

    @wraps(door)
    def call(*args: Any, **kwargs: Any) -> Any:
        return step(*map(opaque, args), **{name: opaque(value) for name, value in kwargs.items()})

    return call
