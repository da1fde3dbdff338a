"""The flow `reviews`: once a week, what wants a look, as an artifact and, where there is something, as a message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.states import Completed

from flows.deploying.comparing import left_over
from flows.deploying.preflight import preflight
from flows.deploying.wanted import folder, wanted
from flows.running.flowing import PlainFlow, until_cancelled
from flows.running.serving import served
from flows.settings import Settings
from flows.telling.reviewing import FACTS_DAYS, Finding, markdown, review
from tasks.errors import StrataError


@partial(PlainFlow, name="reviews", flow_run_name="review", persist_result=False)
async def reviews(publish: str | None = None, facts_days: int = FACTS_DAYS) -> Any:
    """Look at what waits: held publications, stale and late markets, old rates and facts, deployments of no file.

    Args:
        publish: publish root; STRATA_PUBLISH or all zones' roots where null.
        facts_days: facts that were checked longer ago are due.
    """
    settings = Settings()
    found = await until_cancelled(
        lambda: (*review(settings, publish=publish, facts_days=facts_days), *_of_server(settings))
    )
    today = datetime.now(UTC).date()
    told = markdown(found, today)
    await acreate_markdown_artifact(key="review", markdown=told, description=f"{len(found)} to look at")
    if found and served():
        emit_event(
            "strata.review.found",
            resource={"prefect.resource.id": "strata.review", "prefect.resource.name": f"review of {today}"},
            payload={"findings": [f"{one.topic}: {one.what}" for one in found]},
        )
    return Completed(message=f"{len(found)} to look at" if found else "nothing wants a look")


def _of_server(settings: Settings, place: Path | None = None) -> Iterator[Finding]:
    """Deployments of ours that no file names; none where this run has no server or the files are not at hand."""
    at = place or folder()
    if not served() or not (at / "prefect.yaml").is_file():
        return
    try:
        asked = wanted(at, settings)
        flows, faults = preflight(asked)
    except StrataError as error:
        yield Finding("server", str(error), None, "mend the file")
        return
    for fault in faults:
        yield Finding("server", str(fault), None, "`strata deploy` would refuse it")
    if faults:
        return
    with get_client(sync_client=True) as client:
        for one in left_over(client, asked, flows, settings):
            yield Finding("server", f"{one.what} stands in no file", None, "`strata deploy --prune`")
