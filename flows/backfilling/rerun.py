"""Which attempts failed or died, from their records in the publish root, and the same again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.backfilling.foresight import latest_attempts
from tasks.objects import ObjectStore
from tasks.publish.runs import Attempt, died

#: Attempts of a market that are looked at: a market that runs each day, for a year.
LATEST = 400
FAILED = frozenset({"failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Again:
    """An attempt to repeat for the same date, and why."""

    attempt: Attempt
    why: str

    @property
    def market(self) -> str:
        """Its market."""
        return self.attempt.country

    @property
    def as_of(self) -> date:
        """Its as-of date."""
        return self.attempt.as_of


def to_repeat(
    store: ObjectStore,
    markets: Iterable[str],
    *,
    now: datetime,
    since: datetime | None = None,
    dead_after: timedelta = timedelta(hours=6),
) -> tuple[Again, ...]:
    """The markets whose last attempt failed, was cancelled or died; oldest date first in each market.

    With `since` (UTC): each date tried since then whose own last attempt ended so. What runs is left alone.
    """
    found: list[Again] = []
    for market in markets:
        newest = latest_attempts(store, market, 1 if since is None else LATEST)
        tried = [attempt for attempt in newest if since is None or attempt.started >= since]
        again = [one for attempt in _last_of_each_date(tried) if (one := _again(attempt, now, dead_after))]
        found += sorted(again, key=lambda one: one.as_of)
    return tuple(found)


def _last_of_each_date(newest_first: Sequence[Attempt]) -> list[Attempt]:
    last: dict[date, Attempt] = {}
    for attempt in newest_first:
        last.setdefault(attempt.as_of, attempt)
    return list(last.values())


def _again(attempt: Attempt, now: datetime, dead_after: timedelta) -> Again | None:
    if attempt.outcome in FAILED:
        error = attempt.error or {}
        told = error.get("message") or error.get("type") or "no error is on record"
        return Again(attempt, f"{attempt.outcome} in {attempt.step}: {str(told).removeprefix(f'{attempt.country}: ')}")
    if died(attempt, now, dead_after):
        return Again(attempt, f"began {attempt.started:%Y-%m-%d %H:%M} UTC and died")
    return None


def markets_of(store: ObjectStore) -> list[str]:
    """Markets that the publish root knows, published or only tried."""
    return sorted(name.removeprefix("country=") for name in store.folders("country="))
