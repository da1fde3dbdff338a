"""Bring a Prefect server to what the files ask for; what already is as it should be stays untouched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    DeploymentUpdate,
    GlobalConcurrencyLimitCreate,
    GlobalConcurrencyLimitUpdate,
    WorkPoolCreate,
    WorkPoolUpdate,
)
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from flows.deploying.changing import Change, LeftOver
from flows.deploying.notifying import automations, channels, left_over_automations
from flows.deploying.wanted import OURS, Deployment, Timed, Wanted
from flows.settings import Settings


def changes(
    client: SyncPrefectClient, wanted: Wanted, flows: Mapping[str, Flow[Any, Any]], settings: Settings
) -> Iterator[Change]:
    """What is to be changed, one after the other in the order in which it must be applied.

    Pools and limits come before what runs on them, channels before the automations that use them; each change is
    found when its turn has come, so that it sees what those before it did.
    """
    yield from _pools(client, wanted.pools)
    yield from _limits(client, wanted.limits)
    for deployment in wanted.deployments:
        yield from _deployment(client, deployment, flows[deployment.entrypoint])
    yield from channels(client, settings)
    yield from automations(client, settings, wanted.automations)


def left_over(
    client: SyncPrefectClient, wanted: Wanted, flows: Mapping[str, Flow[Any, Any]], settings: Settings
) -> tuple[LeftOver, ...]:
    """Deployments and automations that are ours and stand in no file."""
    named = {(flows[one.entrypoint].name, one.name) for one in wanted.deployments}
    found = []
    for there in _ours(client):
        flow = client.read_flow(there.flow_id).name
        if (flow, there.name) not in named:
            found.append(LeftOver(f"deployment {flow}/{there.name}", partial(client.delete_deployment, there.id)))
    return (*found, *left_over_automations(client, settings, wanted.automations))


def _ours(client: SyncPrefectClient) -> Iterator[DeploymentResponse]:
    page, size = 0, 100
    mine = DeploymentFilter(tags=DeploymentFilterTags(all_=[OURS]))
    while found := client.read_deployments(deployment_filter=mine, limit=size, offset=page * size):
        yield from found
        page += 1


def _pools(client: SyncPrefectClient, pools: Mapping[str, int]) -> Iterator[Change]:
    for name, slots in pools.items():
        try:
            there = client.read_work_pool(name)
        except ObjectNotFound:
            template = ProcessWorker.get_default_base_job_template()
            new = WorkPoolCreate(name=name, type="process", base_job_template=template, concurrency_limit=slots)
            yield Change(f"work pool {name}", f"new, {slots} runs at once", partial(client.create_work_pool, new))
            continue
        if there.concurrency_limit != slots:
            update = WorkPoolUpdate(concurrency_limit=slots)
            yield Change(
                f"work pool {name}",
                f"runs at once: {there.concurrency_limit} -> {slots}",
                partial(client.update_work_pool, name, update),
            )


def _limits(client: SyncPrefectClient, limits: Mapping[str, int]) -> Iterator[Change]:
    there = {limit.name: limit for limit in client.read_global_concurrency_limits(limit=200, offset=0)}
    for name, slots in limits.items():
        found = there.get(name)
        if found is None:
            new = GlobalConcurrencyLimitCreate(name=name, limit=slots, active=True)
            yield Change(
                f"limit {name}", f"new, {slots} at a time", partial(client.create_global_concurrency_limit, new)
            )
        elif found.limit != slots or not found.active:
            update = GlobalConcurrencyLimitUpdate(limit=slots, active=True)
            yield Change(
                f"limit {name}",
                f"slots: {found.limit if found.active else 'off'} -> {slots}",
                partial(client.update_global_concurrency_limit, name, update),
            )


def _facts(deployment: Deployment, flow: Flow[Any, Any]) -> dict[str, Any]:
    """What a deployment has beside its schedules, as the server would say it."""
    return {
        "entrypoint": deployment.entrypoint,
        "description": deployment.description,
        "tags": list(deployment.tags),
        "parameters": _plain(deployment.parameters),
        "work_pool_name": deployment.work_pool.name,
        "job_variables": _plain(deployment.work_pool.job_variables),
        "concurrency_limit": deployment.concurrency_limit,
        "parameter_openapi_schema": _plain(flow.parameters.model_dump(exclude_unset=True)),
        "enforce_parameter_schema": True,
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _deployment(client: SyncPrefectClient, deployment: Deployment, flow: Flow[Any, Any]) -> Iterator[Change]:
    name, facts = f"{flow.name}/{deployment.name}", _facts(deployment, flow)
    try:
        there = client.read_deployment_by_name(name)
    except ObjectNotFound:
        schedules = [_new(schedule) for schedule in deployment.schedules]

        def create() -> None:
            flow_id = client.create_flow_from_name(flow.name)
            client.create_deployment(flow_id=flow_id, name=deployment.name, schedules=schedules, **facts)

        yield Change(f"deployment {name}", f"new, {_counted(deployment.schedules)}", create)
        return
    differing = {key: value for key, value in facts.items() if _found(there, key) != value}
    update = DeploymentUpdate(**facts)
    # The server plans runs of a deployment that was updated within seconds, of a schedule alone after a minute or more.
    touch = client.update_deployment
    if differing:
        yield Change(
            f"deployment {name}",
            f"changed: {', '.join(differing)}",
            partial(touch, there.id, update),
        )
    for change in _schedules(client, name, there, deployment.schedules):
        yield Change(change.what, change.how, partial(_both, change.apply, partial(touch, there.id, update)))


def _both(first: Callable[[], object], second: Callable[[], object]) -> None:
    first()
    second()


def _found(there: DeploymentResponse, key: str) -> Any:
    if key == "concurrency_limit":
        return there.global_concurrency_limit.limit if there.global_concurrency_limit else None
    return _plain(getattr(there, key))


def _counted(schedules: tuple[Timed, ...]) -> str:
    return "no schedule" if not schedules else "1 schedule" if len(schedules) == 1 else f"{len(schedules)} schedules"


def _new(schedule: Timed) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(
        schedule=CronSchedule(cron=schedule.cron, timezone=schedule.timezone),
        slug=schedule.slug,
        parameters=schedule.parameters,
        active=True,
    )


def _schedules(
    client: SyncPrefectClient, name: str, there: DeploymentResponse, schedules: Iterable[Timed]
) -> Iterator[Change]:
    """By slug. A schedule that an operator paused stays paused, whatever else of it changes."""
    known = {one.slug: one for one in there.schedules if one.slug}
    strange = [one for one in there.schedules if not one.slug]
    for schedule in schedules:
        old = known.pop(schedule.slug, None)
        what = f"schedule {schedule.slug} of {name}"
        if old is None:
            new = _new(schedule)
            yield Change(
                what,
                f"new, {schedule.cron} {schedule.timezone}",
                partial(client.create_deployment_schedules, there.id, [new]),
            )
        elif said := _differences(old, schedule):
            yield Change(what, said, partial(_replace, client, there, old, schedule))
    for gone in (*known.values(), *strange):
        yield Change(
            f"schedule {gone.slug or gone.id} of {name}",
            "no longer asked for",
            partial(client.delete_deployment_schedule, there.id, gone.id),
        )


def _differences(old: DeploymentSchedule, new: Timed) -> str:
    cron, zone = getattr(old.schedule, "cron", None), getattr(old.schedule, "timezone", None)
    said = []
    if (cron, zone) != (new.cron, new.timezone):
        said.append(f"{cron} {zone} -> {new.cron} {new.timezone}")
    if _plain(old.parameters) != _plain(new.parameters):
        said.append("parameters changed")
    return ", ".join(said)


def _replace(client: SyncPrefectClient, there: DeploymentResponse, old: DeploymentSchedule, new: Timed) -> None:
    client.update_deployment_schedule(
        there.id,
        old.id,
        active=old.active,
        schedule=CronSchedule(cron=new.cron, timezone=new.timezone),
        parameters=new.parameters,
        slug=new.slug,
    )
