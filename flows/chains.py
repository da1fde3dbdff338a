"""The flow `chain`: aggregates across the markets, after the last of them has run."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from prefect.artifacts import acreate_markdown_artifact
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.publishing.chain import ChainOutcome, publish_aggregates
from flows.running.flowing import PlainFlow, until_cancelled


def _name() -> str:
    return f"chain as of {flow_run.parameters.get('as_of') or 'the latest date of any market'}"


@partial(PlainFlow, name="chain", flow_run_name=_name, persist_result=False)
async def chain(
    as_of: date | None = None,
    locales: list[str] | None = None,
    publish: str | None = None,
    into: str | None = None,
    profiles: str | None = None,
) -> Any:
    """Publish aggregates across all markets that have a publication; missing and late ones are named.

    Args:
        as_of: the chain's date; the latest that any market has published where null.
        locales: of workbook and report; en where null.
        publish: publish root of the markets; STRATA_PUBLISH or all zones' roots where null.
        into: root of the chain's own publication; STRATA_CHAIN, else the publish root, where null.
        profiles: folder of profiles; the built-in ones where null.
    """
    given = Path(profiles) if profiles else None
    outcome = await until_cancelled(
        lambda: publish_aggregates(
            publish=publish, into=into, as_of=as_of, profiles=given, locales=tuple(locales or ("en",))
        )
    )
    await acreate_markdown_artifact(key="chain", markdown=_told(outcome), description=f"{outcome.state}")
    if outcome.broken:
        return Failed(message="; ".join(map(str, outcome.broken)))
    if outcome.state == "nothing":
        return Completed(message="no market has a publication yet")
    missing = ", ".join(one.country for one in outcome.absent)
    return Completed(message=f"{outcome.as_of}: {outcome.state}" + (f"; without {missing}" if missing else ""))


def _told(outcome: ChainOutcome) -> str:
    """For a Prefect artifact: who is in it, and who is not and why."""
    lines = [f"# Chain as of {outcome.as_of}: {outcome.state}", "", outcome.root, ""]
    lines += [f"- {one.country} is not in it: {one.reason}" for one in outcome.absent]
    lines += [f"- broken: {error}" for error in outcome.broken]
    return "\n".join(lines)
