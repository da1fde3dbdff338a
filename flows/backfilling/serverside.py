"""Runs of deployments in place of this process, where PREFECT_API_URL names a server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console

from flows.startup import heavy_imports
from tasks.errors import Terminal

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from flows.backfilling.rerun import Again
    from tasks.run import MarketRun

#: Flows whose deployments do it, and how often their runs are looked at.
STRATIFY, BACKFILLS = "stratify", "backfills"
POLL_SECONDS = 5.0


def named() -> bool:
    """Whether a server is named."""
    return bool(os.environ.get("PREFECT_API_URL"))


def run_backfills(
    console: Console, wanted: Sequence[tuple[MarketRun, Sequence[date]]], parameters: Mapping[str, Any]
) -> int:
    """One run of the backfill's deployment for each residency zone; the exit code once all have ended."""
    zones: dict[str | None, list[str]] = {}
    for run, _ in wanted:
        zones.setdefault(run.zone, []).append(run.market)
    with _client() as client:
        runs = []
        for zone, markets in zones.items():
            tags = () if zone is None else (f"zone:{zone}",)
            name = f"backfill {', '.join(markets)}"
            runs.append(_start(client, BACKFILLS, tags, {**parameters, "markets": markets}, name))
        return _followed(console, client, runs)


def run_again(console: Console, wanted: Iterable[tuple[MarketRun, Sequence[Again]]], said: Mapping[str, Any]) -> int:
    """A run of its deployment for each market and date; those of the drops known then by the backfill's."""
    with _client() as client:
        runs = []
        for run, dates in wanted:
            for one in dates:
                name = f"{one.market} as of {one.as_of}, again"
                zone = () if run.zone is None else (f"zone:{run.zone}",)
                common = {**said, "markets": [one.market]}
                if one.attempt.facts.get("drops") == "known":
                    day = one.as_of.isoformat()
                    asked = {**common, "since": day, "until": day, "every": "day", "known": "then"}
                    runs.append(_start(client, BACKFILLS, zone, asked, name))
                    continue
                tags = (f"region:{run.profile.market.region}", *zone)
                asked = {**common, "as_of": one.as_of.isoformat()}
                if one.attempt.engine:
                    asked["engine"] = one.attempt.engine
                runs.append(_start(client, STRATIFY, tags, asked, name))
        return _followed(console, client, runs)


def _client() -> SyncPrefectClient:
    with heavy_imports():
        from prefect.client.orchestration import get_client
    return get_client(sync_client=True)


def _start(
    client: SyncPrefectClient, flow: str, tags: Iterable[str], parameters: Mapping[str, Any], name: str
) -> FlowRun:
    """A run of the one deployment of the flow that bears the tags; Terminal where there is none, or several."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterTags,
        FlowFilter,
        FlowFilterName,
    )

    marks = ["strata", *tags]
    found = client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=marks)),
    )
    if len(found) != 1:
        raise Terminal(
            f"{len(found)} deployments of the flow {flow} with the tags {', '.join(marks)}",
            expected="one",
            path=os.environ.get("PREFECT_API_URL"),
            hint="`strata deploy` makes them; without PREFECT_API_URL this process does it",
        )
    return client.create_flow_run_from_deployment(found[0].id, parameters=dict(parameters), name=name)


def _followed(console: Console, client: SyncPrefectClient, runs: Sequence[FlowRun]) -> int:
    """Tell how the runs go until all have ended; the exit code. An interrupt ends the telling, not the runs."""
    for run in runs:
        console.print(f"{run.name}: handed to the server", highlight=False, soft_wrap=True, markup=False)
    said: dict[Any, str] = {}
    try:
        while True:
            states = {run.id: client.read_flow_run(run.id).state for run in runs}
            for run in runs:
                state = states[run.id]
                told = f"{run.name}: {state.name if state else 'pending'}"
                if state is not None and state.is_final() and state.message:
                    told += f": {state.message}"
                if said.get(run.id) != told:
                    said[run.id] = told
                    console.print(told, highlight=False, soft_wrap=True, markup=False)
            if all(state is not None and state.is_final() for state in states.values()):
                return 0 if all(state is not None and state.is_completed() for state in states.values()) else 1
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        console.print("the runs go on at the server; its UI cancels them", highlight=False)
        return 1
