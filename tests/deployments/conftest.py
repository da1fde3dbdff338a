"""`strata up` as people start it, with a server, a worker and deployments of its own; on SQLite and on PostgreSQL."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases.conftest import postgres  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
#: A busy machine starts a process of Prefect in ten seconds and more.
PATIENCE = 120


@pytest.fixture(scope="session")
def market_drops(tmp_path_factory):
    """Drops of BG, CH and DE, 60 customers each."""
    from tasks.sample.generate import generate

    folder = tmp_path_factory.mktemp("drops")
    generate(folder, markets=("BG", "CH", "DE"), customers=60, seed=1)
    return folder


def until(found, what, seconds=PATIENCE):
    """The first true answer of `found()`; fails with `what` after so many seconds, or with what it returns."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.25)
    return answer


@dataclass
class Installation:
    """A running `strata up`: its API, folders, and the command line beside it."""

    url: str
    folder: Path
    environ: dict[str, str]
    process: subprocess.Popen

    @property
    def landing(self):
        return self.folder / "landing"

    @property
    def published(self):
        return self.folder / "published"

    def ask(self, path, method="POST", **body):
        """The server's answer."""
        return self.send(path, None if method == "GET" else body, method)

    def send(self, path, body, method="POST"):
        """The same, with a body that need not be an object."""
        request = urllib.request.Request(  # noqa: S310 - http on loopback
            f"{self.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:  # SQLite lets one writer in: Prefect's own clients try again, too
                if error.code != 503:
                    raise
                time.sleep(1)
        raise AssertionError(self.said())

    def strata(self, *arguments, **environ):
        """A command in a process of its own."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "flows.cli", *map(str, arguments)],
            cwd=self.folder,
            env={**self.environ, "PREFECT_API_URL": self.url, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def deploy(self, **options):
        """`strata deploy` in this process, which is quicker: its exit code and what it says."""
        from prefect.settings import PREFECT_API_URL, temporary_settings
        from rich.console import Console

        from flows.commands.deploy import execute
        from flows.deploying.wanted import wanted
        from flows.settings import Settings

        console = Console(width=160, record=True, quiet=False, file=io.StringIO())
        own = {name: value for name, value in self.environ.items() if name.startswith("STRATA_")}
        with (
            pytest.MonkeyPatch.context() as patch,
            temporary_settings({PREFECT_API_URL: self.url}),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # Apprise imports what Python 3.13 drops, where it is there
            for name in [name for name in os.environ if name.startswith("STRATA_")]:
                patch.delenv(name)
            for name, value in own.items():
                patch.setenv(name, value)
            settings = Settings()
            code = execute(console, wanted(self.folder / "deployments", settings), settings, **options)
        return code, console.export_text()

    def deployment(self, name):
        return self.ask(f"/deployments/name/{name}", "GET")

    def start(self, name, **parameters):
        """Id of a run of a deployment."""
        return self.ask(f"/deployments/{self.deployment(name)['id']}/create_flow_run", parameters=parameters)["id"]

    def run(self, number):
        return self.ask(f"/flow_runs/{number}", "GET")

    def ended(self, number, *states, seconds=PATIENCE):
        """The run, once it is in one of these states."""

        def there():
            run = self.run(number)
            return run if run["state_name"] in states else None

        return until(there, lambda: f"{self.run(number)['state']}\n{self.said()}", seconds)

    def set_state(self, number, kind, name=None, **more):
        return self.ask(f"/flow_runs/{number}/set_state", state={"type": kind, "name": name, **more}, force=True)

    def attempts(self, market):
        """What the publish root says of the attempts at a market, oldest first."""
        files = sorted(
            (self.published / f"country={market}" / "runs").glob("*.json"), key=lambda one: one.stat().st_mtime_ns
        )
        return [json.loads(file.read_text()) for file in files]

    def waiting(self, market, before=0):
        """Wait until a run of the market waits for its drop: it does nothing else until the marker is there."""
        return until(
            lambda: [one for one in self.attempts(market)[before:] if one["outcome"] == "waiting"],
            lambda: f"no attempt at {market}\n{self.said()}",
        )

    def processes(self, *words):
        """Ids of this installation's processes whose command line has all these words."""
        return [pid for pid, line in marked(self.environ["STRATA_TEST"]) if all(word in line for word in words)]

    def engines(self, number):
        """Ids of the processes of this run, and of no other: a planned one may go on beside it."""
        own = {pid for pid, _ in marked(number, "PREFECT__FLOW_RUN_ID")}
        return [pid for pid in self.processes("prefect.engine") if pid in own]

    def said(self):
        logs = [self.folder / "up.log", *sorted((self.folder / ".strata" / "up").glob("*.log"))]
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs if log.exists())


def marked(value, name="STRATA_TEST"):
    """Processes with this mark in their environment: (id, command line)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{name}={value}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def up(folder, drops, **environ):
    """`strata up` in that folder, ready; told to stop at the end, and nothing of it is left."""
    shutil.copytree(drops, folder / "landing")
    token = folder.name
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}
    port = free_port()
    installation = Installation(
        url=f"http://127.0.0.1:{port}/api",
        folder=folder,
        environ={
            **own,
            "STRATA_TEST": token,
            "STRATA_LANDING": str(folder / "landing"),
            "STRATA_PUBLISH": str(folder / "published"),
            "STRATA_WORK": str(folder / "work"),
            "STRATA_PSEUDONYM_KEY": "a key of tests",
            "STRATA_MEMORY": "400MB",
            "PREFECT_HOME": str(folder / "home"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [own.get("PYTHONPATH")])]),
            **environ,
        },
        process=None,
    )
    with (folder / "up.log").open("w") as log:
        installation.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "flows.cli", "up", "--port", str(port)],
            cwd=folder,
            env=installation.environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until(
                lambda: "Ctrl-C" in (folder / "up.log").read_text() or installation.process.poll() is not None,
                installation.said,
            )
            assert installation.process.poll() is None, installation.said()
            yield installation
        finally:
            if installation.process.poll() is None:
                installation.process.send_signal(signal.SIGTERM)
            try:
                installation.process.wait(PATIENCE)
            finally:
                for pid, _ in list(marked(token)):
                    os.kill(pid, signal.SIGKILL)
