"""A run waits for its drop: until it is whole, or until its patience ends and it says what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flows.running.cancelling import pause
from region_profiles.source_models import Arrival
from tasks import progress
from tasks.errors import DropError
from tasks.ingest.arrival import lacking, too_few
from tasks.ingest.drop import fetched
from tasks.ingest.task import ingest
from tasks.normalize.task import Normalized, normalize
from tasks.objects import ObjectStore, open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_manifest
from tasks.records import Sources
from tasks.run import MarketRun

#: The landing is looked at so often.
POLL_SECONDS = 20.0
#: Earlier publications whose rows say what is usual.
EARLIER = 12

#: Told what is missing, whenever that changes; nothing, once it is there.
Tell = Callable[[Sequence[str]], object]


def read_whole(
    run: MarketRun, call: Callable[[Callable[..., Any]], Callable[..., Any]], timed: Callable[[str], Any], tell: Tell
) -> tuple[Sources, Normalized]:
    """The drop, read and normalized, once `source.arrival` finds it whole; a drop that is not counts for nothing.

    Rows are known only when they are read: a drop of too few is read again when it has changed.

    Raises:
        DropError: `wait_minutes` are over; it names what is missing.
    """
    patience = _Patience(run, tell)
    while True:
        with timed("arrival"):
            patience.until(lambda: missing(run))
        with timed("ingest"):
            sources: Sources = call(ingest)(run)
        with timed("normalize"):
            normalized: Normalized = call(normalize)(run, sources)
        few = few_rows(run, normalized)
        if not few:
            patience.over()
            return sources, normalized
        with timed("arrival"):
            before = _listing(run)
            patience.until(lambda few=few, before=before: few if _listing(run) == before else ())  # type: ignore[misc]


def missing(run: MarketRun) -> tuple[str, ...]:
    """What of the run's drop is not there yet, as far as its files tell."""
    store = open_store(run.landing)
    fetch = partial(fetched, store, work=run.work / "drops")
    return lacking(run.profile, store, fetch, as_of=run.as_of, now=datetime.now(UTC), drops=run.drops)


class _Patience:
    """How long a run may still wait, and what it said last."""

    def __init__(self, run: MarketRun, tell: Tell) -> None:
        self._run, self._tell = run, tell
        self._end = time.monotonic() + 60 * run.profile.source.arrival.wait_minutes
        self._told: tuple[str, ...] = ()

    def until(self, look: Callable[[], tuple[str, ...]]) -> None:
        """Look again and again until nothing is missing; DropError where it takes too long."""
        while found := look():
            left = self._end - time.monotonic()
            if left <= 0:
                raise self._given_up(found)
            if found != self._told:
                self._tell(found)
                self._told = found
            minutes = max(round(left / 60), 1)
            progress.report(self._run.market, "waiting", f"at most {minutes} min for {'; '.join(found)}")
            pause(min(POLL_SECONDS, left))

    def over(self) -> None:
        """Take back that the run waits."""
        if self._told:
            self._tell(())

    def _given_up(self, found: tuple[str, ...]) -> DropError:
        minutes = self._run.profile.source.arrival.wait_minutes
        waited = f" after {minutes} min of waiting" if minutes else ""
        return DropError(
            f"the drop is not whole{waited}: {'; '.join(found)}",
            market=self._run.market,
            path=f"{self._run.landing.rstrip('/')}/{self._run.profile.drop}",
            expected="what source.arrival says",
            hint="nothing is published; ask the shop for the rest, then `strata rerun --failed`",
        )


def _listing(run: MarketRun) -> list[tuple[str, str]]:
    store = open_store(run.landing)
    return [(info.key, info.etag) for info in store.list(f"{run.profile.drop}/")]


def few_rows(run: MarketRun, normalized: Normalized) -> tuple[str, ...]:
    """The tables of fewer rows than `source.arrival.rows_share` of earlier publications', in words; empty: none."""
    share = run.profile.source.arrival.rows_share
    if share is None or run.profile.source.arrival == Arrival():
        return ()
    read = {table: entry.read for table, entry in normalized.ledger.items()}
    return too_few(share, read, _rows_before(open_store(run.publish), run))


def _rows_before(store: ObjectStore, run: MarketRun) -> list[Mapping[str, int]]:
    """Rows read by table, of the newest publications for earlier dates."""
    found = read_pointer(store, run.market)
    if found is None:
        return []
    dates = sorted(day for day in found.pointer.selected if day < run.as_of)[-EARLIER:]
    ledgers: list[Any] = [read_manifest(store, run.market, day, found.pointer.selected[day]).ledger for day in dates]
    return [{table: entry["read"] for table, entry in ledger.items()} for ledger in ledgers]
