"""One market from its drop to its publication: the stages in order, the ledger checked, the pointer last."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow.parquet as pq

from flows.publishing.earlier import earlier
from flows.publishing.gating import decided, delivered, held
from flows.publishing.waiting import Tell, read_whole
from flows.running.outcomes import MarketOutcome, with_ledger, with_segments
from tasks import progress
from tasks.compare.task import Before, Compared, compare
from tasks.errors import NoPurchases, StrataError
from tasks.export.labels import catalog_digests
from tasks.export.task import Staged, Told, export
from tasks.gate.measures import measure
from tasks.gate.task import judge
from tasks.gate.verdict import Verdict
from tasks.normalize.task import Normalized, shared
from tasks.objects import open_store, require
from tasks.predict.pooled import read_region
from tasks.predict.task import Predicted, predict
from tasks.publish.history import read_history
from tasks.publish.index import refresh_market, tell_failure
from tasks.publish.publication import Published
from tasks.publish.runs import process, record_end, record_start, record_waiting
from tasks.publish.task import identify, publish, publish_drop
from tasks.records import Sources
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


def stratify_market(run: MarketRun, call: Call = lambda step: step) -> MarketOutcome:
    """Run every stage; an attempt is on record in the publish root from the first moment to the last.

    Raises:
        StrataError: what the stage that failed says; the attempt's record says it too.
    """
    store = open_store(run.publish)
    facts = {"process": process(), **run.facts}
    attempt = record_start(store, run.market, run.as_of, uuid.uuid4().hex[:12], engine=run.engine, facts=facts)
    progress.note(market=run.market, as_of=run.as_of, run=attempt.run, publication=None)
    timings: dict[str, float] = {}
    step = "start"

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        nonlocal step
        step, started = name, time.monotonic()
        yield
        timings[name] = timings.get(name, 0.0) + time.monotonic() - started

    try:
        require(store, run.pointer)  # a store that cannot swap the pointer is refused before anything is computed
        outcome = _stages(run, call, timed, partial(record_waiting, store, attempt))
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
    record_end(store, attempt, outcome=state, publication=outcome.publication, timings=timings, facts=outcome.facts)
    return outcome


def _stages(run: MarketRun, call: Call, timed: Callable[[str], Any], tell: Tell) -> MarketOutcome:
    sources, normalized = read_whole(run, call, timed, tell)
    with timed("normalize"):
        _accounted(run, normalized)
        drop = shared(run, sources)
        if drop is not None:
            publish_drop(run, sources, drop)
    with timed("reference"):
        factors: Factors = call(money)(run, normalized)
        catalogs = catalog_digests(locale for team in run.profile.teams for locale in team.locales)
        pinned = read_region(run.reference, run.profile.market.region)
        references = {**catalogs, **({} if pinned is None else {"purchase_models": pinned[1]})}
        identity = identify(run, sources, factors, references)
        progress.note(publication=identity.publication)
        region = None if pinned is None else pinned[0]
        days = _days(run, normalized)
    if (outcome := decided(run, identity.publication)) is not None:
        return with_ledger(outcome, run, normalized, days)
    before = identity.previous
    held = before and (before.key, before.sha256)
    with timed("traits"):
        described: Described = call(traits)(run, normalized, factors)
    with timed("predict"):
        last = 0 if before is None else before.last_cluster
        predicted: Predicted = call(predict)(run, normalized, factors, described, held, region, last)
    with timed("segment"):
        segments: Segments = call(segment)(run, described, predicted, held)
        run = replace(run, profile=segments.profile)  # what comes after sees only the dimensions that are on
        reconciliation = _reconciliation(run, normalized, factors, segments, days)
    with timed("compare"):
        past = earlier(run, call, normalized, factors, before, region)
        earlier_one = None if before is None else Before(before.as_of, before.key, before.sha256, before.pseudonym_key)
        compared: Compared = call(compare)(run, normalized, factors, segments, earlier_one, past)
    with timed("export"):
        local_days = days.in_local(factors.table)
        told = Told(
            publication=identity.publication,
            previous=None if before is None else (before.as_of, before.key, before.sha256),
            previous_audiences=None if before is None else before.audiences,
            ledger={name: entry.as_dict() for name, entry in normalized.ledger.items()},
            reconciliation=reconciliation,
            days=local_days,
            money=factors.notes,
            predicted=predicted.notes,
        )
        staged: Staged = call(export)(run, normalized, segments, compared, catalogs, told)
    notes = _notes(sources, normalized, factors, described, predicted, segments, compared, staged)
    with timed("gate"):
        since = None if before is None else before.as_of
        notes["measures"] = measure(run, sources, normalized, factors, segments, local_days, since)
        history = read_history(open_store(run.publish), run.market, run.as_of)
        verdict: Verdict = call(judge)(run, normalized, notes["measures"], notes["segments"]["definitions"], history)
    with timed("publish"):
        notes["reconciliation"] = reconciliation
        published: Published = call(publish)(run, identity, sources, normalized, segments, staged, notes, verdict)
    outcome = _outcome(run, published, verdict, segments)
    if run.deliver and published.current and outcome.state == "published":
        with timed("deliver"):
            outcome = replace(outcome, hints=tuple(delivered(run, published.id)))
            refresh_market(open_store(run.publish), run.market)  # the page tells of deliveries, too
    return with_segments(with_ledger(outcome, run, normalized, days), run, segments)


def _outcome(run: MarketRun, published: Published, verdict: Verdict, segments: Segments) -> MarketOutcome:
    if published.state == "held":
        return held(run, published.id, "by the gate", verdict)
    detail = f"{segments.customers:,} customers, {published.id}"
    return MarketOutcome(run.market, run.as_of, published.state, published.id, detail=detail)


def _accounted(run: MarketRun, normalized: Normalized) -> None:
    """Every row is accounted for, and there is something to publish; what else is wrong with a drop, the gate holds."""
    for entry in normalized.ledger.values():
        entry.check(run.market)
    if not normalized.ledger["transactions"].kept:
        raise NoPurchases(
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
