"""Before anything is deployed: every entrypoint loads, and every deployment and schedule passes what its flow takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ParameterBindError, ParameterTypeError, SignatureMismatchError

from flows.deploying.notifying import faults as automation_faults
from flows.deploying.wanted import Deployment, Wanted
from tasks.errors import Terminal

Flows = dict[str, Flow[Any, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What would break a run: of which deployment, and why."""

    deployment: str
    says: str

    def __str__(self) -> str:
        return f"{self.deployment}: {self.says}"


def preflight(wanted: Wanted) -> tuple[Flows, tuple[Fault, ...]]:
    """The flows by entrypoint, and all faults at once; with a fault nothing is to be deployed."""
    flows: Flows = {}
    faults = [Fault("profiles", text) for text in wanted.faults]
    names: set[tuple[str, str]] = set()
    for deployment in wanted.deployments:
        try:
            flow = flows.setdefault(deployment.entrypoint, load(deployment.entrypoint))
        except Terminal as error:
            faults.append(Fault(deployment.name, str(error)))
            continue
        if (flow.name, deployment.name) in names:
            faults.append(Fault(deployment.name, "stands in the file twice"))
        names.add((flow.name, deployment.name))
        faults += [Fault(deployment.name, text) for text in _of_parameters(deployment, flow)]
    faults += [Fault(f"automation {name}", text) for name, text in automation_faults(wanted.automations)]
    return flows, tuple(faults)


def load(entrypoint: str) -> Flow[Any, Any]:
    """The flow of a module path such as `flows.stratify.stratify`: it loads wherever strata is installed.

    Raises:
        Terminal: it does not load, or is no flow.
    """
    module, _, name = entrypoint.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # noqa: BLE001 - whatever an import raises here it raises in the run as well
        raise Terminal(
            f"the entrypoint does not load: {type(error).__name__}: {error}",
            value=entrypoint,
            expected="module.function of a flow, such as flows.stratify.stratify",
        ) from None
    if not isinstance(found, Flow):
        raise Terminal("the entrypoint is no flow", value=entrypoint, expected="a function under Prefect's @flow")
    return found


def _of_parameters(deployment: Deployment, flow: Flow[Any, Any]) -> Iterable[str]:
    """A schedule's parameters go over the deployment's; the flow must take each of these sets."""
    for what, own in (("", {}), *((f"schedule {one.slug}: ", one.parameters) for one in deployment.schedules)):
        given = {**deployment.parameters, **own}
        unknown = sorted(set(given) - set(flow.parameters.properties))
        if unknown:
            known = ", ".join(flow.parameters.properties)
            yield f"{what}the flow has no parameter {', '.join(unknown)}; it has {known}"
            continue
        missing = sorted(set(flow.parameters.required) - set(given))
        if missing and (what or not deployment.schedules):
            if what:
                yield f"{what}{', '.join(missing)} is not given"
            continue
        try:
            flow.validate_parameters(given)
        except (ParameterTypeError, ParameterBindError, SignatureMismatchError, ValueError) as error:
            yield f"{what}{' '.join(str(error).split())}"
    for one in deployment.schedules:
        try:
            CronSchedule(cron=one.cron, timezone=one.timezone)
        except ValueError as error:
            yield f"schedule {one.slug}: {error}"
