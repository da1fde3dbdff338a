"""Server, worker and what is to be deployed, as processes of one command: all start together and all end together."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tasks.errors import Terminal, Transient

#: Whoever belongs to this command bears this in the environment, with a value of its own: nobody else is ended.
MARK = "STRATA_UP"
HOST = "127.0.0.1"
#: A server on a busy machine, with a database to be made.
READY_SECONDS = 120
#: A worker that died so often in so many seconds would die again.
DEATHS, WITHIN_SECONDS = 3, 120
#: Runs in flight get so long to say that they were cancelled; what then still lives is killed.
GRACE_SECONDS = 25


@dataclass(slots=True)
class Part:
    """A process, and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    again: Callable[[], Part] | None = None
    """Starts it anew; none where all would be lost with it."""

    def ended(self) -> bool:
        """Whether the process is over."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-12:])


@dataclass(slots=True)
class Running:
    """The processes of one `strata up`."""

    port: int
    logs: Path
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    parts: list[Part] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)

    @property
    def api(self) -> str:
        """Where the server answers."""
        return f"http://{HOST}:{self.port}/api"

    @property
    def ui(self) -> str:
        """Where a browser looks."""
        return f"http://{HOST}:{self.port}"

    def start(self, name: str, arguments: list[str], environ: Mapping[str, str], *, lasting: bool = False) -> Part:
        """Start a part of Prefect in a session of its own: Ctrl-C reaches this command alone, which ends the others.

        A lasting part may be started again where it dies.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        before = any(part.name == name for part in self.parts)
        with log.open("ab" if before else "wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                [sys.executable, "-m", "prefect", *arguments],
                env={**os.environ, **environ, "PREFECT_API_URL": self.api, MARK: self.token},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        again = partial(self.start, name, arguments, environ, lasting=True) if lasting else None
        part = Part(name, process, log, again)
        self.parts.append(part)
        return part

    def again(self, part: Part) -> bool:
        """Start a part anew that has died; False where it may not, or workers die again and again."""
        now = time.monotonic()
        self.deaths = [*(death for death in self.deaths if now - death < WITHIN_SECONDS), now]
        if part.again is None or len(self.deaths) > DEATHS:
            return False
        part.again()
        self.parts.remove(part)
        return True

    def stop(self) -> int:
        """End everything: the runs, the workers, the server; the number of processes that had to be killed.

        The runs come first: a worker that ends kills them at once, and they could not say that they were cancelled.
        """
        parts = {part.process.pid for part in self.parts}
        for pid in self._marked(parts):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        _wait(lambda: not self._marked(parts), GRACE_SECONDS)
        for part in reversed(self.parts):
            if not part.ended():
                part.process.terminate()
            others = {one.process.pid for one in self.parts if one is not part and not one.ended()}
            _wait(partial(self._alone, part, others), GRACE_SECONDS)
        left = self._marked(set())
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for part in self.parts:
            if not part.ended():
                part.process.kill()
            part.process.wait()
        return len(left)

    def _alone(self, part: Part, others: set[int]) -> bool:
        """Whether a part and whatever it started are over, so that only the other parts are left."""
        return part.ended() and not self._marked(others)

    def _marked(self, but: set[int]) -> list[int]:
        """Processes with our mark, whoever their parent is by now: a run outlives a worker that was killed."""
        mark = f"{MARK}={self.token}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return [pid for pid in found if pid not in but and pid != os.getpid()]


def free(port: int) -> None:
    """Terminal where somebody else listens on that port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Terminal(
                f"port {port} of {HOST} is taken",
                hint="say --port N, or look at what runs there: it may be another `strata up`",
            ) from None


def wait_for_server(part: Part, api: str) -> float:
    """Seconds until the server answered.

    Raises:
        Transient: it ended, or did not answer in time; its last words are told.
    """
    started = time.monotonic()

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=5):  # noqa: S310 - loopback
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return part.ended()

    if not _wait(answers, READY_SECONDS) or part.ended():
        raise Transient(f"the server did not start:\n{part.last_words()}", file=str(part.log))
    return time.monotonic() - started


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


@contextlib.contextmanager
def until_told_to_stop() -> Iterator[Callable[[], bool]]:
    """A function that says whether SIGINT or SIGTERM has come; a second one is not needed and does no harm."""
    told: list[int] = []
    before = {one: signal.signal(one, lambda number, _: told.append(number)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(told)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
