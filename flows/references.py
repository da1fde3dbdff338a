"""The flow `references`: newer exchange rates and figures into STRATA_REFERENCE, each table whole or not at all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed

from flows.running.flowing import PlainFlow, until_cancelled
from flows.running.steps import worth_a_retry
from flows.settings import Settings
from tasks.errors import StrataError
from tasks.reference.refresh import Kind, Refreshed, refresh


@task(
    name="refresh",
    task_run_name="refresh {kind}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=[30, 120, 600],
    retry_condition_fn=worth_a_retry,
)
def load(kind: Kind, source: str, target: Path) -> Refreshed:
    """One table, tried again where its publisher does not answer."""
    return refresh(kind, source, target)


@partial(PlainFlow, name="references", flow_run_name="reference tables: {tables}", persist_result=False)
async def references(tables: dict[Kind, str], into: str | None = None) -> Any:
    """Check newer tables against what is there and put them into the folder of figures.

    One that fails stops no other. Markets are run with them from their next run on, and publications that they change
    are made anew by the next backfill.

    Args:
        tables: kind: path, https:// or file:// address.
        into: folder of figures; STRATA_REFERENCE where null.
    """
    given = Path(into) if into else Settings().reference
    if given is None:
        return Completed(name="Skipped", message="STRATA_REFERENCE is not set: figures stay those of the package")
    target = given
    found = await until_cancelled(lambda: [_one(kind, source, target) for kind, source in tables.items()])
    create_table_artifact(key="reference-tables", table=found, description="what the last refresh brought")
    failed = [one for one in found if one["problem"]]
    if failed:
        return Failed(message="; ".join(f"{one['table']}: {one['problem']}" for one in failed))
    return Completed(message=", ".join(f"{one['table']} until {one['until']}" for one in found))


def _one(kind: Kind, source: str, target: Path) -> dict[str, Any]:
    try:
        done = load(kind, source, target)
    except StrataError as error:
        return {"table": kind, "rows": "", "until": "", "before": "", "notices": "", "problem": str(error)}
    return {
        "table": kind,
        "rows": done.rows,
        "until": done.last,
        "before": done.before,
        "notices": "; ".join(done.notices),
        "problem": "",
    }
