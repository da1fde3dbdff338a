"""`strata run`: the flow, from the command line, with no server or with one."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from flows.deploying.at_hand import URL, server_at_hand
from flows.planning.zones import by_zone
from flows.startup import heavy_imports
from tasks.errors import Terminal

if TYPE_CHECKING:
    from flows.running.outcomes import MarketOutcome
    from tasks.run import MarketRun

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Last local day that counts; default: the local yesterday."),
]
Landing = Annotated[str | None, typer.Option(help="Where the drops lie: a folder or s3://bucket/prefix.")]
Publish = Annotated[str | None, typer.Option(help="Publish root: a folder or s3://bucket/prefix.")]
Profiles = Annotated[Path | None, typer.Option(help="Folder of profiles instead of the built-in ones.")]


def run(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all with a drop if none.")] = None,
    landing: Landing = None,
    publish: Publish = None,
    as_of: AsOf = None,
    engine: Annotated[str | None, typer.Option(help="duckdb or spark.")] = None,
    profiles: Profiles = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Prefect's own log as well.")] = False,
) -> None:
    """Publish each market's segments from its drop.

    Exit code 0: all published or unchanged; 1: some market failed or is held by the gate (the others are published);
    2: nothing ran, because an option, profile or drop is wrong.

    For example:

    strata run DE --landing drops --publish published

    strata run --landing s3://drops --publish s3://published --as-of 2026-06-30

    strata run US GB --profiles region_profiles/examples/global_electronics_retailer --landing L --publish P
    """
    code = execute(markets, landing, publish, as_of.date() if as_of else None, engine, profiles, verbose=verbose)
    raise typer.Exit(code)


def execute(
    markets: list[str] | None,
    landing: str | None,
    publish: str | None,
    as_of: date | None,
    engine: str | None,
    profiles: Path | None,
    *,
    verbose: bool = False,
) -> int:
    """Plan, run the flow with progress on the terminal, print the outcome; the exit code."""
    from flows.planning.runs import plan

    console = terminal()
    started = time.monotonic()
    if engine not in (None, "duckdb", "spark"):
        raise typer.BadParameter(f"{engine!r} is neither duckdb nor spark", param_hint="--engine")
    chosen: Any = engine
    runs = plan(markets, as_of=as_of, landing=landing, publish=publish, profiles=profiles, engine=chosen)
    _say_as_of(console, runs, given=as_of is not None)
    outcomes = _through_prefect(
        console, runs, {"landing": landing, "publish": publish, "profiles": profiles, "engine": engine}, as_of, verbose
    )
    console.print(_table(outcomes))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in outcomes:
        for hint in outcome.hints:
            console.print(f"[yellow]{outcome.market}[/]: {hint}", highlight=False)
    for outcome in failed:
        console.print(f"[red]{outcome.market}[/]: {outcome.error}: {outcome.detail}", highlight=False, soft_wrap=True)
    seconds = time.monotonic() - started
    waiting = [outcome for outcome in outcomes if outcome.needs_a_person]
    held = f", {len(waiting) - len(failed)} held" if len(waiting) > len(failed) else ""
    done = f"{len(outcomes) - len(waiting)} of {len(outcomes)} markets{held} in {seconds:.1f} s"
    console.print(done, highlight=False)
    return 1 if waiting else 0


def terminal() -> Console:
    """The terminal, or 160 columns where the output goes to a file: tables must not be cut there."""
    console = Console()
    return console if console.is_terminal else Console(width=160)


def _say_as_of(console: Console, runs: tuple[MarketRun, ...], *, given: bool) -> None:
    dates = sorted({str(run.as_of) for run in runs})
    why = "" if given else " (each market's local yesterday; --as-of says otherwise)"
    console.print(f"as of {', '.join(dates)}{why}: {', '.join(run.market for run in runs)}", highlight=False)


def quiet_prefect(scratch: Path, *, verbose: bool) -> None:
    """Prefect's settings before it is imported: no calls home, and its log only for those who ask."""
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "90")  # 20 are few on a busy machine
    os.environ.setdefault(*LOG_INTERVAL)
    if "PREFECT_HOME" not in os.environ and not _writable(Path("~/.prefect")):
        home = scratch / "prefect"  # service users and containers often have no home
        home.mkdir(parents=True, exist_ok=True)  # Prefect makes no parents
        os.environ["PREFECT_HOME"] = str(home)
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which may not be there yet."""
    path = folder.expanduser()
    return os.access(next(at for at in (path, *path.parents) if at.exists()), os.W_OK | os.X_OK)


def _through_prefect(
    console: Console,
    runs: tuple[MarketRun, ...],
    options: dict[str, str | Path | None],
    as_of: date | None,
    verbose: bool,
) -> list[MarketOutcome]:
    quiet_prefect(runs[0].work, verbose=verbose)
    if (api := server_at_hand()) is not None:
        os.environ[URL] = api
        console.print(f"reports to the `strata up` of this machine: {api.removesuffix('/api')}", highlight=False)
    with console.status("starting Prefect"), heavy_imports():
        from flows.stratify import stratify
        from tasks import progress

    with console.status("working") as status:
        steps: dict[str, str] = {}

        def show(market: str, step: str, detail: str) -> None:
            steps[market] = step
            running = "  ".join(f"[bold]{name}[/] {at}" for name, at in steps.items() if at not in ENDS)
            done = sum(at in ENDS for at in steps.values())
            status.update(f"{done}/{len(runs)} done  {running}")
            if not console.is_terminal and step in ENDS:
                console.print(f"{market}: {step} {detail}", highlight=False, soft_wrap=True)

        stop = progress.listen(show)
        try:
            texts = {name: None if value is None else str(value) for name, value in options.items()}
            outcomes: list[MarketOutcome] = []
            for group in by_zone(runs):
                flow_run: Any = stratify([run.market for run in group], as_of=as_of, return_state=True, **texts)
                outcomes += _outcomes(asyncio.run(flow_run))
            return outcomes
        finally:
            stop()


def _outcomes(state: Any) -> list[MarketOutcome]:
    """What the flow found, or what broke it before it had outcomes."""
    found = state.result(raise_on_failure=False)
    if isinstance(found, list):
        return found
    raise found if isinstance(found, BaseException) else Terminal(f"the flow ended without outcomes: {state.message}")


#: Lines of log go to the server in one request for so many seconds, not two; states of steps go by events, at once.
LOG_INTERVAL = ("PREFECT_LOGGING_TO_API_BATCH_INTERVAL", "10")
ENDS = ("published", "unchanged", "held", "failed")


def _table(outcomes: list[MarketOutcome]) -> Table:
    table = Table(box=None, header_style="bold")
    for name, right in (("market", False), ("state", False), ("as of", False), ("read", True), ("kept", True)):
        table.add_column(name, justify="right" if right else "left")
    for name in ("duplicate", "filtered", "quarantined", "customers"):
        table.add_column(name, justify="right")
    table.add_column("publication")
    for outcome in outcomes:
        numbers = [f"{outcome.counts[name]:,}" if name in outcome.counts else "" for name in COUNTS]
        table.add_row(outcome.market, outcome.state, str(outcome.as_of), *numbers, outcome.publication or "")
    return table


COUNTS = ("read", "kept", "duplicate", "filtered", "quarantined", "customers")
