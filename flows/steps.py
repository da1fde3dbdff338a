"""Doors as Prefect tasks: named for people, retried only where a retry can help, never cached by Prefect."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.errors import Transient


def _worth_a_retry(_task: Any, _run: Any, state: Any) -> bool:
    return isinstance(state.data, Transient)


@lru_cache(maxsize=32)
def as_task(door: Callable[..., Any]) -> Callable[..., Any]:
    """The door as a task that shows as `DE: normalize`.

    Prefect's caches and stored results stay off: tasks.memo remembers for every way to run.
    """
    return task(
        name=door.__name__,
        task_run_name=f"{{run.market}}: {door.__name__}",
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=2,
        retry_delay_seconds=[2, 10],
        retry_condition_fn=_worth_a_retry,
    )(door)
