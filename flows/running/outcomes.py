"""What became of a market's run, for terminal, artifact and state: never a personal value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import pyarrow.parquet as pq

from tasks.normalize.task import Normalized
from tasks.records import differences
from tasks.run import MarketRun
from tasks.segment.days import Days
from tasks.segment.task import Segments

State = Literal["published", "unchanged", "held", "failed"]
#: A newest purchase older than this is worth a hint: the as-of date may be meant for other data.
STALE_DAYS = 30


@dataclass(frozen=True, slots=True)
class MarketOutcome:
    """What became of a market. `held`: its publication is whole and waits for somebody; `hints` say what holds it."""

    market: str
    as_of: date
    state: State
    publication: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[tuple[str, str, int], ...] = ()
    """Dimension, segment, customers; small counts are left out."""
    ledger: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    error: str | None = None
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """For the attempt's record: what held it, what could not be delivered."""

    @classmethod
    def failure(cls, run: MarketRun, error: str, detail: str) -> MarketOutcome:
        """The outcome of a market that failed."""
        return cls(run.market, run.as_of, "failed", error=error, detail=detail.removeprefix(f"{run.market}: "))

    @property
    def needs_a_person(self) -> bool:
        """Whether it failed or is held: an exit code, a state and a notification say so."""
        return self.state in {"failed", "held"}

    def markdown(self) -> str:
        """For a Prefect artifact."""
        head = f"# {self.market}, {self.as_of}: {self.state}\n\n{self.detail}\n"
        hints = [f"- {hint}" for hint in self.hints]
        rows = [
            f"| {table} | {entry['read']} | {entry['kept']} | {entry['duplicate']} | {entry['filtered']} "
            f"| {entry['quarantined']} |"
            for table, entry in self.ledger.items()
        ]
        ledger = [
            "",
            "| table | read | kept | duplicate | filtered | quarantined |",
            "|---|--:|--:|--:|--:|--:|",
            *rows,
        ]
        segments = [f"| {dimension} | {code} | {count} |" for dimension, code, count in self.segments]
        table = ["", "| dimension | segment | customers |", "|---|---|--:|", *segments]
        return "\n".join([head, *hints, *(ledger if rows else []), *(table if segments else [])])


def with_ledger(outcome: MarketOutcome, run: MarketRun, normalized: Normalized, days: Days) -> MarketOutcome:
    """The outcome with the ledger's counts, and what they and the days of purchases hint at."""
    ledger = {name: entry.as_dict() for name, entry in normalized.ledger.items()}
    totals = {
        name: sum(getattr(entry, name) for entry in normalized.ledger.values())
        for name in ("read", "kept", "duplicate", "filtered", "quarantined")
    }
    totals["customers"] = normalized.ledger["customers"].kept + normalized.ledger["customers"].derived
    return replace(outcome, ledger=ledger, counts=totals, hints=(*outcome.hints, *_hints(run, normalized, days)))


def _hints(run: MarketRun, normalized: Normalized, days: Days) -> tuple[str, ...]:
    hints = [
        f"{told['rows']:,} rows of {table} in the shared drop are no market's: {', '.join(told['values']) or 'no name'}"
        for table, told in normalized.evidence.get("unassigned", {}).items()
    ]
    hints += differences(normalized.evidence.get("controls", ()))
    newest = days.newest
    if newest and (run.as_of - newest).days > STALE_DAYS:
        age = (run.as_of - newest).days
        hints.append(f"the newest purchase is of {newest}, {age} days before the as-of date: --as-of {newest}?")
    return tuple(hints)


def with_segments(outcome: MarketOutcome, run: MarketRun, segments: Segments) -> MarketOutcome:
    """Sizes of segments for the artifact; a small count is nobody's business there."""
    rows = pq.read_table(segments.folder / "segments.parquet", columns=["dimension", "segment", "customers"])
    minimum = run.profile.privacy.minimum_count
    sizes = tuple(
        (row["dimension"], row["segment"], row["customers"])
        for row in rows.to_pylist()
        if row["customers"] >= minimum and row["dimension"] in run.profile.dimensions
    )
    return replace(outcome, segments=sizes)
