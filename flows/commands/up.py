"""`strata up`: server, worker, user interface and deployments on this machine, by one command."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.commands.deploy import checked, execute
from flows.commands.run import LOG_INTERVAL, terminal
from flows.settings import Settings

if TYPE_CHECKING:
    from flows.deploying.processes import Running

#: Roots and files that a run would otherwise look for below a worker's temporary folder.
FOLDERS = ("STRATA_LANDING", "STRATA_PUBLISH", "STRATA_WORK", "STRATA_SCRATCH", "STRATA_PROFILES", "STRATA_REFERENCE",
           "STRATA_TOMBSTONES", "STRATA_CHAIN")  # fmt: skip
#: Seconds between two looks at what has become of the runs.
LOOK = 3


def up(
    landing: Annotated[str | None, typer.Option(help="Where the drops lie; STRATA_LANDING if not given.")] = None,
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the server and its user interface.")] = 4200,
    place: Annotated[Path | None, typer.Option("--from", help="Folder with prefect.yaml.", show_default=False)] = None,
) -> None:
    """Start a Prefect server, a worker, and everything that deployments/ asks for; Ctrl-C ends all of it.

    All listen on 127.0.0.1 alone. The server keeps its history in SQLite below PREFECT_HOME, or in the database that
    PREFECT_SERVER_DATABASE_CONNECTION_URL names (postgresql+asyncpg://...). Logs lie in .strata/up.

    A worker that dies is started again; what it was running goes on, or ends by the automation for zombie runs.

    Exit code 0: it was told to stop, and no process is left; 1: the server ended by itself, or a worker again and
    again; 2: nothing was started, because a file, profile or port is wrong.

    For example:

    strata up --landing demo/landing --publish demo/published

    strata up --port 4300
    """
    from flows.deploying.at_hand import recorded
    from flows.deploying.processes import MARK, Running, free, until_told_to_stop, wait_for_server
    from flows.deploying.wanted import folder, runs_at_once, wanted

    console = terminal()
    for name, value in (("STRATA_LANDING", landing), ("STRATA_PUBLISH", publish)):
        if value:
            os.environ[name] = value
    _absolute()
    settings = Settings()
    asked = wanted(place or folder(), settings)
    free(port)
    running = Running(port, Path(".strata/up").absolute())
    os.environ.update({"PREFECT_API_URL": running.api, MARK: running.token})  # before Prefect is imported and reads it
    checked(asked)
    with until_told_to_stop() as told, ExitStack() as held:
        try:
            server = running.start("server", ["server", "start", "--host", "127.0.0.1", "--port", str(port)], SERVER)
            seconds = wait_for_server(server, running.api)
            held.enter_context(recorded(running.api, server.process.pid))
            _line(console, f"server    {running.ui}  ({_database()}, ready in {seconds:.0f} s)")
            execute(console, asked, settings)
            # All pools share this machine; two runs a core keep it busy while one of them waits for a disk.
            slots = max(1, min(runs_at_once(settings), 2 * (os.cpu_count() or 1)) // len(asked.pools))
            for pool in asked.pools:
                arguments = ["worker", "start", "--pool", pool, "--limit", str(slots)]
                running.start(f"worker-{pool}", arguments, WORKER, lasting=True)
                _line(console, f"worker    {pool}, {slots} runs at once")
            for name in ("STRATA_LANDING", "STRATA_PUBLISH"):
                if not os.environ.get(name) and not settings.zones:
                    option = name.removeprefix("STRATA_").lower()
                    _line(console, f"[yellow]note[/]      {name} is not set, and runs need it: --{option} says it here")
            _line(console, f"logs      {running.logs}; Ctrl-C ends everything")
            code = _watch(console, running, told)
        finally:
            held.close()  # whoever comes now starts a server of its own
            _line(console, "stopping")
            killed = running.stop()
            _line(console, "stopped, no process is left" + (f" ({killed} had to be killed)" if killed else ""))
    raise typer.Exit(code)


#: Nobody is called at home, and only what an operator must know is written. A second's states of steps are recorded in
#: one transaction, not each in its own: a fifth of the work, and one writer at a time is all that SQLite lets in.
SERVER = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}
WORKER = {"PREFECT_LOGGING_LEVEL": "INFO", "PREFECT_WORKER_QUERY_SECONDS": "5", **dict([LOG_INTERVAL])}


def _absolute() -> None:
    """A worker runs each flow in a folder of its own: relative roots would be looked for there."""
    os.environ.setdefault("STRATA_WORK", ".strata/work")
    for name in FOLDERS:
        value = os.environ.get(name)
        if value and "://" not in value:
            os.environ[name] = str(Path(value).absolute())


def _database() -> str:
    """Without user and password."""
    from prefect.settings import get_current_settings

    url = get_current_settings().server.database.connection_url
    text = url.get_secret_value() if url else ""
    return "PostgreSQL" if text.startswith("postgresql") else "SQLite"


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _watch(console: Console, running: Running, told: Callable[[], bool]) -> int:
    """Tell of each run that starts and ends, until told to stop or a part ends by itself."""
    known: dict[str, str] = {}
    since = datetime.now(UTC)
    while not told():
        for part in [part for part in running.parts if part.ended()]:
            _line(console, f"[red]{part.name} ended[/] with code {part.process.returncode}:\n{part.last_words()}")
            if not running.again(part):
                return 1
            _line(console, f"{part.name} was started again")
        for run in _runs(running.api, since):
            state = run.get("state_name") or ""
            if known.get(run["id"]) != state and state in TOLD:
                known[run["id"]] = state
                message = (run.get("state") or {}).get("message") or ""
                clock = f"{datetime.now(UTC).astimezone():%H:%M:%S}"
                _line(console, f"{clock}  {run['name']}: {TOLD[state]} {message}".rstrip())
        end = time.monotonic() + LOOK
        while not told() and time.monotonic() < end:
            time.sleep(0.2)
    return 0


TOLD = {
    "Running": "running",
    "Completed": "[green]completed[/]",
    "Held": "[yellow]held[/]",
    "Failed": "[red]failed[/]",
    "Crashed": "[red]crashed[/]",
    "Cancelled": "[yellow]cancelled[/]",
}


def _runs(api: str, since: datetime) -> list[dict[str, Any]]:
    """Runs that began after this command did; none where the server is busy, since the next look comes soon."""
    asked = {"flow_runs": {"start_time": {"after_": since.isoformat()}}, "sort": "START_TIME_ASC", "limit": 200}
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{api}/flow_runs/filter", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return []
    return [run for run in found if isinstance(run, dict)]
