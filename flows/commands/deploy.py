"""`strata deploy`: what the files and profiles ask for, on a Prefect server."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.commands.run import quiet_prefect, terminal
from flows.settings import Settings
from flows.startup import heavy_imports
from tasks.errors import Terminal

if TYPE_CHECKING:
    from flows.deploying.changing import Change, LeftOver
    from flows.deploying.preflight import Flows
    from flows.deploying.wanted import Wanted

SCRATCH = Path(".strata/work")


def deploy(
    place: Annotated[
        Path | None, typer.Option("--from", help="Folder with prefect.yaml and automations.yaml.", show_default=False)
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Delete what no file names any more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before deleting.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of lines.")] = False,
) -> None:
    """Bring the Prefect server at PREFECT_API_URL to what deployments/ and the profiles ask for.

    First everything is checked: each entrypoint loads, each set of parameters suits its flow, each time zone exists.
    Then work pools, limits, deployments with their schedules, notifications and automations are made or changed; a
    schedule that somebody paused stays paused. A second run changes nothing.

    Exit code 0: the server is as it should be; 1: the server refused something; 2: a file, profile or parameter is
    wrong, or there is no server: nothing was changed.

    For example:

    strata deploy --dry-run

    PREFECT_API_URL=http://127.0.0.1:4200/api strata deploy

    strata deploy --prune
    """
    from flows.deploying.wanted import folder, wanted

    console = terminal()
    settings = Settings()
    asked = wanted(place or folder(), settings)
    if not os.environ.get("PREFECT_API_URL"):
        raise Terminal(
            "no server is named",
            expected="PREFECT_API_URL, such as http://127.0.0.1:4200/api",
            hint="`strata up` starts a server of its own and deploys to it",
        )
    code = execute(console, asked, settings, dry_run=dry_run, prune=prune, yes=yes, as_json=as_json)
    raise typer.Exit(code)


@dataclass(slots=True)
class Report:
    """What a deployment found and did."""

    asked: Wanted
    dry_run: bool
    done: list[Change] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """What was to be changed: what the server said against it."""
    gone: tuple[LeftOver, ...] = ()
    pruned: bool = False


def execute(
    console: Console,
    asked: Wanted,
    settings: Settings,
    *,
    dry_run: bool = False,
    prune: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Preflight, compare, apply; the exit code."""
    flows = checked(asked)
    from prefect.client.orchestration import get_client

    from flows.deploying.comparing import changes, left_over

    report = Report(asked, dry_run)
    with get_client(sync_client=True) as client:
        _must_answer(client)
        for change in changes(client, asked, flows, settings):
            report.done.append(change)
            problem = None if dry_run else _apply(change)
            if problem:
                report.refused[change.what] = problem
        report.gone = left_over(client, asked, flows, settings)
        if report.gone and prune and not dry_run and (yes or _sure(console, report.gone)):
            for one in report.gone:
                one.delete()
            report.pruned = True
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
    else:
        _say(console, report, settings)
    return 1 if report.refused else 0


def checked(asked: Wanted) -> Flows:
    """The flows of all entrypoints; Terminal with every fault where something would break a run."""
    quiet_prefect(SCRATCH, verbose=False)
    with heavy_imports():
        from flows.deploying.preflight import preflight

    flows, faults = preflight(asked)
    if faults:
        raise Terminal("\n".join(["nothing was deployed:", *(f"  {fault}" for fault in faults)]))
    return flows


def _must_answer(client: Any) -> None:
    problem = client.api_healthcheck()
    if problem is not None:
        raise Terminal(
            f"the server does not answer: {type(problem).__name__}",
            value=str(client.api_url),
            hint="check PREFECT_API_URL and the server's log, or start one with `strata up`",
        )


def _apply(change: Change) -> str | None:
    """What the server said against it, or None."""
    from httpx import HTTPError
    from prefect.exceptions import PrefectException

    try:
        change.apply()
    except (HTTPError, PrefectException) as error:
        return " ".join(str(error).split())
    return None


def _sure(console: Console, gone: tuple[LeftOver, ...]) -> bool:
    for one in gone:
        console.print(f"  {one.what}", highlight=False)
    return typer.confirm(f"delete these {len(gone)}? Their schedules end; what they have published stays")


def _say(console: Console, report: Report, settings: Settings) -> None:
    from flows.deploying.notifying import silent

    asked = report.asked
    for change in report.done:
        console.print(f"{'would be ' if report.dry_run else ''}{change.how:<10}  {change.what}", highlight=False)
    for what, problem in report.refused.items():
        console.print(f"[red]refused[/]: {what}: {problem}", highlight=False, soft_wrap=True)
    for one in report.gone:
        word = "deleted" if report.pruned else "in no file (--prune deletes it)"
        console.print(f"[yellow]{word}[/]: {one.what}", highlight=False)
    schedules = sum(len(one.schedules) for one in asked.deployments)
    whole = f"{len(asked.deployments)} deployments, {schedules} schedules, {len(asked.automations)} automations"
    verb = "would change" if report.dry_run else "changed"
    count = f"{len(report.done) - len(report.refused)} {verb}; " if report.done else "nothing to change: "
    console.print(f"{count}{whole}", highlight=False)
    mute = ", ".join(name.removeprefix("strata ") for name in silent(settings, asked.automations))
    if mute:
        how = "set STRATA_NOTIFY__WEBHOOK, __SLACK or __EMAIL"
        console.print(f"[yellow]note[/]: nobody is told of {mute}: {how}", highlight=False, soft_wrap=True)


def _document(report: Report) -> dict[str, Any]:
    return {
        "dry_run": report.dry_run,
        "changes": [
            {"what": one.what, "how": one.how, "applied": not report.dry_run and one.what not in report.refused}
            for one in report.done
        ],
        "refused": report.refused,
        "left_over": [one.what for one in report.gone],
        "pruned": report.pruned,
        "deployments": len(report.asked.deployments),
    }
