"""The flow `backfills`: `strata backfill` on a worker, one run per market at a time like every other."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Literal

from prefect.artifacts import acreate_markdown_artifact
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.backfilling.dates import Done, Every, backfill, make, wanted
from flows.planning.runs import plan
from flows.running.cancelling import cancellable
from flows.running.flowing import PlainFlow, until_cancelled
from flows.running.outcomes import MarketOutcome
from flows.running.serving import one_at_a_time, tell
from flows.settings import Settings
from flows.telling.operations import refresh_roots
from tasks.run import MarketRun


def _make(run: MarketRun) -> MarketOutcome:
    with cancellable(), one_at_a_time(run.market):
        outcome = make(run)
    tell(outcome)
    return outcome


def _name() -> str:
    given = flow_run.parameters
    markets = ", ".join(given.get("markets") or ["all markets"])
    span = f"{given.get('since') or 'stale dates'} to {given.get('until') or 'yesterday'}"
    return f"backfill {markets}, {span} by {given.get('every') or 'month'}"


@partial(PlainFlow, name="backfills", flow_run_name=_name, persist_result=False)
async def backfills(
    markets: list[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    every: Every = "month",
    known: Literal["then", "latest"] = "latest",
    rebuild: bool = False,
    at_once: int | None = None,
    landing: str | None = None,
    publish: str | None = None,
    profiles: str | None = None,
    zone: str | None = None,
) -> Any:
    """Publish earlier dates, each market oldest first; what is there and unchanged is left alone.

    Args:
        markets: ISO 3166 codes; all that have a profile and a drop where null.
        since: first as-of date; null with `rebuild` means stale dates alone.
        until: last as-of date; each market's local yesterday where null.
        every: day, week or month: as-of dates as the market's schedule has them.
        known: drops that count: those known `then`, or the `latest`.
        rebuild: also all dates that are stale, or become so.
        at_once: markets at a time; STRATA_MARKETS_AT_ONCE where null.
        landing: URI of the drops; STRATA_LANDING where null.
        publish: URI of the publish root; STRATA_PUBLISH where null.
        profiles: folder of profiles; the built-in ones where null.
        zone: residency zone to whose markets the run keeps.
    """
    log = get_run_logger()
    runs = plan(markets, landing=landing, publish=publish, profiles=profiles, zone=zone)
    asked = wanted(runs, since, until, every, known)
    slots = at_once or Settings().markets_at_once
    found = await until_cancelled(
        lambda: backfill(asked, at_once=slots, rebuild=rebuild, make=_make, tell=lambda done: log.info(_line(done)))
    )
    await to_thread(refresh_roots, runs)
    await acreate_markdown_artifact(key="backfill", markdown=_table(found), description=flow_run.name)
    failed = [one for one in found if one.state in {"failed", "left"}]
    told = ", ".join(
        f"{sum(one.state == state for one in found)} {state}" for state in dict.fromkeys(one.state for one in found)
    )
    if failed:
        return Failed(message=f"{told}; first: {_line(failed[0])}", data=None)
    name = "Held" if any(one.state == "held" for one in found) else "Completed"
    return Completed(name=name, message=told or "nothing to do")


def _line(done: Done) -> str:
    why = "; ".join((*done.why, *((done.error,) if done.error else ())))
    return f"{done.market} {done.as_of}: {done.state}{f' ({why})' if why else ''}"


def _table(found: Sequence[Done]) -> str:
    rows = [
        f"| {one.market} | {one.as_of} | {one.state} | {one.publication or ''} | {one.seconds:.1f} | "
        f"{'; '.join((*one.why, one.error or '')).strip('; ')} |"
        for one in found
    ]
    return "\n".join(["| market | as of | state | publication | seconds | why |", "|---|---|---|---|--:|---|", *rows])
