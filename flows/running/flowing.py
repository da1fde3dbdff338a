"""What the flows share: parameters that are plain data, and work that a cancelled run breaks off."""

from __future__ import annotations

import os
from asyncio import to_thread
from collections.abc import Callable
from typing import Any, TypeVar

from prefect import Flow
from pydantic_core import to_jsonable_python
from rich.console import Console

from flows.logging_setup import set_up
from flows.running.cancelling import cancel

Found = TypeVar("Found")

set_up()  # a worker's process comes here first; at the command line it has been done


def _fall_silent(console: Console) -> None:
    console.quiet = True


if "PREFECT__FLOW_RUN_ID" in os.environ:
    # A worker reads what its runs print. Where it has died, Rich would end the run at its next line of log; the server
    # gets the log another way.
    Console.on_broken_pipe = _fall_silent  # type: ignore[method-assign,assignment]


class PlainFlow(Flow[Any, Any]):
    """A flow whose parameters are texts, dates and lists of them: Prefect imports FastAPI to write such down."""

    def serialize_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters as JSON has them."""
        return {name: to_jsonable_python(value) for name, value in parameters.items()}


async def until_cancelled(work: Callable[[], Found]) -> Found:
    """What `work` finds in a thread of its own; where the run is cancelled, markets in flight are stopped."""
    try:
        return await to_thread(work)
    except BaseException:  # cancelled, or the worker is told to stop: a market's own error is its outcome
        cancel()
        raise
