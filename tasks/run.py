"""What every door of a market's run gets: who, when, from where to where, by which profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from region_profiles.models import Profile


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
    engine: str = "duckdb"
    memory: str = "1200MB"
    threads: int | None = None
    pseudonym_key: str | None = None
    tombstones: tuple[str, ...] = ()
    pointer: str = "cas"

    def __repr__(self) -> str:
        """Without the key, for logs."""
        return f"MarketRun({self.market}, {self.as_of})"
