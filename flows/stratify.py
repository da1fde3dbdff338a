"""The flow `stratify`: every market from its drop to its publication, one failure never stopping another."""

from __future__ import annotations

import os
from asyncio import to_thread
from datetime import date
from functools import partial
from typing import Any, Literal, cast

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.annotations import opaque

from flows.planning.naming import as_of_each
from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from flows.running.cancelling import cancellable
from flows.running.flowing import PlainFlow, until_cancelled
from flows.running.outcomes import MarketOutcome
from flows.running.serving import one_at_a_time, tell
from flows.running.steps import Unforeseen, as_task, unforeseen
from flows.settings import Settings
from flows.telling.operations import refresh_roots
from tasks import progress
from tasks.errors import StrataError, Terminal
from tasks.objects import open_store
from tasks.publish.index import refresh_root
from tasks.run import MarketRun


@task(name="market", task_run_name="{run.market} {run.as_of}", cache_policy=NO_CACHE, persist_result=False)
def market(run: MarketRun) -> MarketOutcome:
    """One market; its error is part of the outcome, so that the flow can name all that failed."""
    try:
        with cancellable(), one_at_a_time(run.market):
            outcome = stratify_market(run, as_task)
    except StrataError as error:
        outcome = MarketOutcome.failure(run, type(error).__name__, str(error))
    except Exception as error:  # whatever else breaks in one market must not stop the others
        if os.environ.get("STRATA_DEBUG"):
            raise
        outcome = MarketOutcome.failure(run, Unforeseen.__name__, str(unforeseen(error)))
    progress.report(run.market, outcome.state, outcome.detail)
    tell(outcome)
    create_markdown_artifact(key=f"market-{run.market.lower()}", markdown=outcome.markdown(), description=str(run))
    return outcome


def _name() -> str:
    """The flow run's name, such as `stratify DE, JP as of 2026-06-30`."""
    return f"stratify {as_of_each(flow_run.parameters, flow_run.scheduled_start_time)}"


@partial(
    PlainFlow,
    name="stratify",
    flow_run_name=_name,
    task_runner=ThreadPoolTaskRunner(max_workers=Settings().markets_at_once),  # type: ignore[arg-type]
    persist_result=False,
)
async def stratify(
    markets: list[str] | None = None,
    as_of: date | None = None,
    landing: str | None = None,
    publish: str | None = None,
    profiles: str | None = None,
    engine: Literal["duckdb", "spark"] | None = None,
    zone: str | None = None,
) -> Any:
    """Publish each market's segments.

    Asynchronous, though it only waits: Prefect keeps a sync flow for up to a second until its heartbeat wakes.

    Args:
        markets: ISO 3166 codes; all that have a profile and a drop where null.
        as_of: last local day that counts; where null each market's local yesterday at the moment for which the run was
            scheduled, so that one that starts late or is tried again is still that day's.
        landing: URI of the drops; STRATA_LANDING where null.
        publish: URI of the publish root; STRATA_PUBLISH where null.
        profiles: folder of profiles; the built-in ones where null.
        engine: duckdb or spark; STRATA_ENGINE where null.
        zone: residency zone to whose markets the run keeps; needed where STRATA_ZONES has several with drops.

    Returns:
        A state that carries every market's outcome: Failed, with names and reasons, where any failed.
    """
    now = flow_run.scheduled_start_time
    runs = plan(
        markets, as_of=as_of, landing=landing, publish=publish, profiles=profiles, engine=engine, zone=zone, now=now
    )
    zones = {run.zone for run in runs}
    if len(zones) > 1:
        raise Terminal(
            f"a flow run holds markets of one residency zone, not of {', '.join(sorted(map(str, zones)))}",
            hint="name the markets or the zone: one deployment, on a worker of its own, for each zone",
        )
    futures = [market.submit(cast("MarketRun", opaque(run))) for run in runs]
    outcomes = await until_cancelled(lambda: [future.result() for future in futures])
    await to_thread(refresh_roots, runs)
    if any(outcome.state == "published" for outcome in outcomes):
        await to_thread(refresh_root, open_store(runs[0].publish))
    held = [f"{outcome.market}: {outcome.detail}" for outcome in outcomes if outcome.state == "held"]
    waiting = f"{len(held)} of {len(runs)} markets held: {'; '.join(held)}" if held else ""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if failed:
        names = "; ".join(f"{outcome.market}: {outcome.error}" for outcome in failed)
        message = f"{len(failed)} of {len(runs)} markets failed: {names}"
        return Failed(message=f"{message}. {waiting}" if waiting else message, data=outcomes)
    if held:
        return Completed(name="Held", message=waiting, data=outcomes)
    return Completed(message=f"{len(runs)} of {len(runs)} markets published", data=outcomes)
