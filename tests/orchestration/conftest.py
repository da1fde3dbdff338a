"""Drops, the command line as people start it, a Prefect server, and processes that die on the way."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.sample.generate import generate
from tests.deaths import started
from tests.workers import Runner, differing

ROOT = Path(__file__).resolve().parents[2]
KEY = secrets.token_hex(16)


@pytest.fixture(scope="session")
def drops(tmp_path_factory):
    """A landing with the drops of BG, DE and JP, 60 customers each."""
    folder = tmp_path_factory.mktemp("landing")
    generate(folder, markets=("BG", "DE", "JP"), customers=60, seed=1)
    return folder


@pytest.fixture(scope="session")
def drops_with_a_broken_one(drops, tmp_path_factory):
    """The same landing, but JP's shops sent no purchases."""
    folder = tmp_path_factory.mktemp("broken") / "landing"
    shutil.copytree(drops, folder)
    for path in (folder / "JP").glob("売上*"):
        path.unlink()
    return folder


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Where Prefect keeps what it keeps without a server; one, so that only the first run makes its database."""
    return tmp_path_factory.mktemp("prefect")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self):
        return self.out + self.err


@pytest.fixture(scope="session")
def strata(home, tmp_path_factory):
    """A function that runs `strata` in a process of its own, with a work folder for the whole session."""
    work = tmp_path_factory.mktemp("work")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}

    def run(*arguments, program=("-m", "flows.cli"), **environ):
        found = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *program, *map(str, arguments)],
            cwd=ROOT,
            env={
                **own,
                "PREFECT_HOME": str(home),
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "DO_NOT_TRACK": "1",
                "STRATA_WORK": str(work),
                "STRATA_PSEUDONYM_KEY": KEY,
                "STRATA_MEMORY": "400MB",
                "PYTHONPATH": str(ROOT),
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Ended(found.returncode, found.stdout, found.stderr)

    run.work = work
    return run


@dataclass(frozen=True)
class Server:
    """A running Prefect server and where its database lies."""

    url: str
    home: Path

    def ask(self, path, **body):
        """The answer to a POST."""
        request = urllib.request.Request(  # noqa: S310 - http on loopback
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """A real server with SQLite on a free port of loopback."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}/api", folder)
    environ = {"PREFECT_HOME": str(folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **environ},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server, process):
    for _ in range(240):
        assert process.poll() is None, (server.home / "log.txt").read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.25)
    raise AssertionError((server.home / "log.txt").read_text()[-2000:])


@pytest.fixture(scope="session")
def two_landings(drops, tmp_path_factory):
    """Two drops of DE that differ by a few purchases, so that no file of their publications is the same."""
    return differing(drops / "DE", [tmp_path_factory.mktemp(name) for name in ("even", "odd")])


@pytest.fixture
def workers(two_landings):
    """A function that starts worker processes; they end with the test."""
    with ExitStack() as running:
        yield lambda count: [Runner(running.enter_context(worker()), two_landings) for _ in range(count)]


def worker():
    """A process of market_worker, with the session's key."""
    return started("tests.orchestration.market_worker", STRATA_PSEUDONYM_KEY=KEY)


@pytest.fixture(scope="session")
def warm(two_landings, tmp_path_factory):
    """A work folder that remembers every step of both landings."""
    work = tmp_path_factory.mktemp("warm")
    with worker() as process:
        runner = Runner(process, two_landings)
        for number in (0, 1):
            assert runner.run(str(work / "published"), work, number)["state"] == "published"
    return work
