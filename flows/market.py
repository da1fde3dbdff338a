"""One market from its drop to its publication: the stages in order, the ledger checked, the pointer last."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pyarrow.parquet as pq

from flows.earlier import earlier
from tasks.compare.task import Before, Compared, compare
from tasks.errors import DropError, StrataError
from tasks.export.labels import catalog_digests
from tasks.export.task import Staged, Told, export
from tasks.ingest.task import ingest
from tasks.normalize.task import Normalized, normalize, shared
from tasks.objects import open_store, require
from tasks.predict.pooled import read_region
from tasks.predict.task import Predicted, predict
from tasks.publish.index import refresh_market, tell_failure
from tasks.publish.publication import Published, already_published
from tasks.publish.runs import record_end, record_start
from tasks.publish.task import identify, publish, publish_drop
from tasks.records import Sources, differences
from tasks.reference.factors import Factors
from tasks.reference.task import money
from tasks.run import MarketRun
from tasks.segment.days import Days, revenue_by_day
from tasks.segment.definitions import definitions
from tasks.segment.reconcile import reconcile
from tasks.segment.task import Segments, segment
from tasks.traits.task import Described, traits

#: How a step is called: plainly, or as a Prefect task.
Call = Callable[[Callable[..., Any]], Callable[..., Any]]
State = Literal["published", "unchanged", "failed"]
#: A newest purchase older than this is worth a hint: the as-of date may be meant for other data.
STALE_DAYS = 30


@dataclass(frozen=True, slots=True)
class MarketOutcome:
    """What became of a market: never a personal value, for terminal, artifact and state."""

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

    @classmethod
    def failure(cls, run: MarketRun, error: str, detail: str) -> MarketOutcome:
        """The outcome of a market that failed."""
        return cls(run.market, run.as_of, "failed", error=error, detail=detail.removeprefix(f"{run.market}: "))

    def markdown(self) -> str:
        """For a Prefect artifact."""
        head = f"# {self.market}, {self.as_of}: {self.state}\n\n{self.detail}\n"
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
        return "\n".join([head, *(ledger if rows else []), *(table if segments else [])])


def stratify_market(run: MarketRun, call: Call = lambda step: step) -> MarketOutcome:
    """Run every stage; an attempt is on record in the publish root from the first moment to the last.

    Raises:
        StrataError: what the stage that failed says; the attempt's record says it too.
    """
    store = open_store(run.publish)
    attempt = record_start(store, run.market, run.as_of, uuid.uuid4().hex[:12], engine=run.engine)
    timings: dict[str, float] = {}
    step = "start"

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        nonlocal step
        step, started = name, time.monotonic()
        yield
        timings[name] = time.monotonic() - started

    try:
        require(store, run.pointer)  # a store that cannot swap the pointer is refused before anything is computed
        outcome = _stages(run, call, timed)
    except BaseException as error:
        cancelled = not isinstance(error, Exception)
        record_end(
            store, attempt, outcome="cancelled" if cancelled else "failed", step=step, error=error, timings=timings
        )
        if not cancelled:
            with suppress(StrataError):  # the page for people must not hide what went wrong
                tell_failure(store, run.market, run.as_of, error)
        raise
    state: Any = outcome.state
    record_end(store, attempt, outcome=state, publication=outcome.publication, timings=timings)
    return outcome


def _stages(run: MarketRun, call: Call, timed: Callable[[str], Any]) -> MarketOutcome:
    with timed("ingest"):
        sources: Sources = call(ingest)(run)
    with timed("normalize"):
        normalized: Normalized = call(normalize)(run, sources)
        _gate(run, normalized)
        drop = shared(run, sources)
        if drop is not None:
            publish_drop(run, sources, drop)
    with timed("reference"):
        factors: Factors = call(money)(run, normalized)
        catalogs = catalog_digests(locale for team in run.profile.teams for locale in team.locales)
        pinned = read_region(run.reference, run.profile.market.region)
        references = {**catalogs, **({} if pinned is None else {"purchase_models": pinned[1]})}
        identity = identify(run, sources, factors, references)
        region = None if pinned is None else pinned[0]
        days = _days(run, normalized)
    if already_published(open_store(run.publish), run.market, run.as_of, identity.publication):
        refresh_market(open_store(run.publish), run.market)  # it may still tell of a failure
        outcome = MarketOutcome(run.market, run.as_of, "unchanged", identity.publication, detail="nothing has changed")
        return _with_ledger(outcome, run, normalized, days)
    before = identity.previous
    held = before and (before.key, before.sha256)
    with timed("traits"):
        described: Described = call(traits)(run, normalized, factors)
    with timed("predict"):
        predicted: Predicted = call(predict)(run, normalized, factors, described, held, region)
    with timed("segment"):
        segments: Segments = call(segment)(run, described, predicted, held)
        run = replace(run, profile=segments.profile)  # what comes after sees only the dimensions that are on
        reconciliation = _reconciliation(run, normalized, factors, segments, days)
    with timed("compare"):
        past = earlier(run, call, normalized, factors, before, region)
        earlier_one = None if before is None else Before(before.as_of, before.key, before.sha256)
        compared: Compared = call(compare)(run, normalized, factors, segments, earlier_one, past)
    with timed("export"):
        told = Told(
            publication=identity.publication,
            previous=None if before is None else (before.as_of, before.key, before.sha256),
            ledger={name: entry.as_dict() for name, entry in normalized.ledger.items()},
            reconciliation=reconciliation,
            days=days.in_local(factors.table),
            money=factors.notes,
            predicted=predicted.notes,
        )
        staged: Staged = call(export)(run, normalized, segments, compared, catalogs, told)
    with timed("publish"):
        notes = _notes(sources, normalized, factors, described, predicted, segments, compared, staged)
        notes["reconciliation"] = reconciliation
        published: Published = call(publish)(run, identity, sources, normalized, segments, staged, notes)
    outcome = MarketOutcome(
        run.market, run.as_of, published.state, published.id, detail=f"{segments.customers:,} customers, {published.id}"
    )
    return _with_segments(_with_ledger(outcome, run, normalized, days), run, segments)


def _gate(run: MarketRun, normalized: Normalized) -> None:
    """Refuse a drop of which too much is in quarantine: half a market must not look like the whole."""
    bound = run.profile.gate.quarantined_share
    for name, entry in normalized.ledger.items():
        entry.check(run.market)
        if entry.read and Decimal(entry.quarantined) / entry.read > bound:
            common = ", ".join(f"{reason} {n:,}" for reason, n in entry.reasons["quarantined"].most_common(3))
            raise DropError(
                f"{entry.quarantined:,} of {entry.read:,} rows of {name} are refused: {common}",
                market=run.market,
                expected=f"at most {bound:.0%}, as gate.quarantined_share says",
                hint="mend the profile's formats or ask the shop for a whole drop; `strata validate` shows the rows",
            )
    if not normalized.ledger["transactions"].kept:
        raise DropError(
            "no purchase is left after the checks", market=run.market, hint="see the ledger: `strata validate`"
        )


def _notes(
    sources: Sources,
    normalized: Normalized,
    factors: Factors,
    described: Described,
    predicted: Predicted,
    segments: Segments,
    compared: Compared,
    staged: Staged,
) -> dict[str, Any]:
    return {
        "drop": dict(sources.notes),
        "normalize": dict(normalized.evidence),
        "money": dict(factors.notes),
        "traits": {name: value for name, value in described.notes.items() if name not in {"rows", "cuts", "guests"}},
        "predicted": {name: value for name, value in predicted.notes.items() if name != "coverage"},
        "segments": {**segments.notes, "definitions": definitions(segments.profile)},
        "compared": dict(compared.notes),
        "exports": staged.notes,
    }


def _days(run: MarketRun, normalized: Normalized) -> Days:
    con = run.cursor()
    try:
        return revenue_by_day(con, normalized.transactions.relation)
    finally:
        con.close()


def _reconciliation(
    run: MarketRun, normalized: Normalized, factors: Factors, segments: Segments, days: Days
) -> dict[str, Any]:
    rows = pq.read_table(segments.folder / "segments.parquet", columns=["dimension", "segment", "lifetime_local"])
    local = factors.notes["local_currency"]
    found = reconcile(normalized.ledger["transactions"], days.by_currency(), rows.to_pylist(), local, run.market)
    controls = normalized.evidence.get("controls")
    return found if controls is None else {**found, "controls": controls}


def _with_ledger(outcome: MarketOutcome, run: MarketRun, normalized: Normalized, days: Days) -> MarketOutcome:
    ledger = {name: entry.as_dict() for name, entry in normalized.ledger.items()}
    totals = {
        name: sum(getattr(entry, name) for entry in normalized.ledger.values())
        for name in ("read", "kept", "duplicate", "filtered", "quarantined")
    }
    totals["customers"] = normalized.ledger["customers"].kept + normalized.ledger["customers"].derived
    return replace(outcome, ledger=ledger, counts=totals, hints=_hints(run, normalized, days))


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


def _with_segments(outcome: MarketOutcome, run: MarketRun, segments: Segments) -> MarketOutcome:
    """Sizes of segments for the artifact; a small count is nobody's business there."""
    rows = pq.read_table(segments.folder / "segments.parquet", columns=["dimension", "segment", "customers"])
    minimum = run.profile.privacy.minimum_count
    sizes = tuple(
        (row["dimension"], row["segment"], row["customers"])
        for row in rows.to_pylist()
        if row["customers"] >= minimum and row["dimension"] in run.profile.dimensions
    )
    return replace(outcome, segments=sizes)
