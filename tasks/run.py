"""What every door of a market's run gets: who, when, from where to where, by which profile."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal
from weakref import WeakSet

from region_profiles.models import Profile

if TYPE_CHECKING:
    import duckdb

    from tasks.engine import Engine


@dataclass(frozen=True, slots=True)
class MarketRun:
    """One market at one as-of date."""

    market: str
    as_of: date
    profile: Profile
    profile_digest: str
    landing: str
    publish: str
    work: Path
    engine: Literal["duckdb", "spark"] = "duckdb"
    memory: str = "900MB"
    threads: int | None = None
    pseudonym_key: str | None = None
    tombstones: tuple[str, ...] = ()
    pointer: Literal["cas", "single_writer"] = "cas"
    reference: Path | None = None
    zone: str | None = None
    """Residency zone whose roots these are; null where none is configured."""
    shared: str | None = None
    """Object store in which several workers share their finished steps; `work` is this machine's own."""
    drops: Literal["latest", "known"] = "latest"
    """Which drops count: all that are there now, or those that were known at the as-of date."""
    deliver: bool = True
    """Whether the teams get the publication once it is current: not each month of a backfill."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the attempt's record tells of how the run came about; nothing depends on it."""

    def __repr__(self) -> str:
        """Without the key, for logs."""
        return f"{self.market} as of {self.as_of}"

    @property
    def results(self) -> Path:
        """Folder of this market's finished steps."""
        return self.work / self.market

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the process' one DuckDB instance: all markets in flight share its memory limit."""
        cursor = _root(self.memory, self.threads, self.work / "spill").cursor()
        _cursors.add(cursor)
        return cursor

    def open_engine(self) -> Engine:
        """The engine that computes traits and segments."""
        from tasks.engine import DuckDB, Spark

        if self.engine == "spark":
            return Spark(self.cursor(), self.work / "spark", self.threads)
        return DuckDB(self.cursor())


_roots: dict[tuple[str, int | None, Path], duckdb.DuckDBPyConnection] = {}
_cursors: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
_opening = Lock()


def _root(memory: str, threads: int | None, spill: Path) -> duckdb.DuckDBPyConnection:
    from tasks.engine import open_duckdb  # Ibis takes 0.3 s to import: a wrong option is told before

    with _opening:
        key = (memory, threads, spill)
        if key not in _roots:
            spill.mkdir(parents=True, exist_ok=True)
            _roots[key] = open_duckdb(memory, threads, spill)
        return _roots[key]


def interrupt() -> None:
    """Break off whatever the process' DuckDB instance computes at this moment: a cancelled run must not go on."""
    import duckdb

    for cursor in tuple(_cursors):
        with suppress(duckdb.ConnectionException):  # a step that ended has closed its own
            cursor.interrupt()


@atexit.register
def close() -> None:
    """Close the process' DuckDB instance: its memory and spill files are given back."""
    while _roots:
        _roots.popitem()[1].close()
