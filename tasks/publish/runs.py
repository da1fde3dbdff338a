"""Attempts: one small document each, written when a run of a market starts and again when it ends.

`status`, `rerun --failed` and trends read these. An attempt without an end died, or is running.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import Field, JsonValue

from tasks.errors import StrataError, Terminal
from tasks.objects import ObjectStore
from tasks.publish.manifest import Country, Record

RUN = re.compile(r"^[A-Za-z0-9._-]{1,80}$")


class Attempt(Record):
    """One attempt to publish a market. Times are UTC; `timings` are seconds by step; `facts` are the caller's own."""

    run: str
    country: Country
    as_of: date
    started: datetime
    ended: datetime | None = None
    outcome: Literal["running", "waiting", "published", "unchanged", "held", "failed", "cancelled"] = "running"
    publication: str | None = None
    step: str | None = None
    error: dict[str, JsonValue] | None = None
    timings: dict[str, float] = Field(default_factory=dict)
    engine: str | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Where it lies below the publish root; keys of a market sort by time."""
        return f"country={self.country}/runs/{self.started:%Y%m%dT%H%M%SZ}-{self.run}.json"


def record_start(
    store: ObjectStore,
    country: str,
    as_of: date,
    run: str,
    *,
    engine: str | None = None,
    facts: Mapping[str, JsonValue] | None = None,
    started: datetime | None = None,
) -> Attempt:
    """Write that an attempt begins; Terminal if the run's name is not fit for a file name."""
    if not RUN.match(run):
        raise Terminal("a run's name is not fit for a file name", market=country, value=run, expected=RUN.pattern)
    moment = (started or datetime.now(UTC)).replace(microsecond=0)
    attempt = Attempt(run=run, country=country, as_of=as_of, started=moment, engine=engine, facts=dict(facts or {}))
    store.replace(attempt.key, attempt.to_bytes(), "application/json")
    return attempt


def process() -> str:
    """The machine and number of this process, by which `died` knows whether an attempt without an end still runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def died(attempt: Attempt, now: datetime, after: timedelta) -> bool:
    """Whether an attempt without an end has died: its process is gone from this machine, or it began too long ago.

    A number that another process has got since tells nothing: then the time decides. `now` is UTC.
    """
    if attempt.outcome not in {"running", "waiting"}:
        return False
    host, _, number = str(attempt.facts.get("process", "")).rpartition(":")
    if host == socket.gethostname() and number.isdecimal() and not _runs(int(number)):
        return True
    return now - attempt.started > after


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def record_waiting(store: ObjectStore, attempt: Attempt, missing: Sequence[str]) -> Attempt:
    """Write what of the drop an attempt waits for, by name; that it runs again where nothing is missing any more."""
    facts = {**attempt.facts, **({"missing": list(missing)} if missing else {})}
    told = attempt.model_copy(update={"outcome": "waiting" if missing else "running", "facts": facts})
    store.replace(told.key, told.to_bytes(), "application/json")
    return told


def record_end(
    store: ObjectStore,
    attempt: Attempt,
    *,
    outcome: Literal["published", "unchanged", "held", "failed", "cancelled"],
    publication: str | None = None,
    step: str | None = None,
    error: BaseException | None = None,
    timings: Mapping[str, float] | None = None,
    facts: Mapping[str, JsonValue] | None = None,
    ended: datetime | None = None,
) -> Attempt:
    """Write how the attempt ended. Of an error that is not of this house only the type is kept: no value leaks."""
    finished = attempt.model_copy(
        update={
            "outcome": outcome,
            "publication": publication,
            "step": step,
            "error": None if error is None else told(error),
            "timings": {name: round(seconds, 3) for name, seconds in (timings or {}).items()},
            "facts": {**attempt.facts, **(facts or {})},
            "ended": (ended or datetime.now(UTC)).replace(microsecond=0),
        }
    )
    store.replace(finished.key, finished.to_bytes(), "application/json")
    return finished


def told(error: BaseException) -> dict[str, JsonValue]:
    """An error as data: type, whether a retry may help, and message if this house wrote it.

    >>> told(ValueError("could not convert 'Erika Mustermann'"))
    {'type': 'ValueError', 'transient': False}
    """
    kind = type(error).__name__
    if not isinstance(error, StrataError):
        return {"type": kind, "transient": False}
    return {"type": kind, "transient": not isinstance(error, Terminal), "message": str(error)}


def attempts(store: ObjectStore, country: str) -> Iterator[Attempt]:
    """All attempts of a market, oldest first."""
    for info in store.list(f"country={country}/runs/"):
        yield Attempt.from_bytes(store.read(info.key), f"{store.uri}/{info.key}")
