"""Whole runs on a real S3 server of which a share of the requests fails: complete, or ended with a clear error."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reliability.proxy import FAULTS, READ_TIMEOUT, Fault, Proxy, proxied
from tasks.objects import open_store
from tasks.objects.s3 import client
from tasks.objects.s3_settings import S3Settings
from tasks.objects.store import ObjectStore
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify
from tests.deaths import started
from tests.servers_plugin import S3Server
from tests.workers import Runner

#: What happens together on a bad day: every fault that passes.
MIXED = "all that pass, mixed"
#: Pauses between attempts are shortened to this share: their length is no matter here, their number is.
PAUSES = 0.02


@dataclass
class Faulted:
    """What became of the runs with one kind of fault; the last block must be 0."""

    fault: str
    runs: int = 0
    requests: int = 0
    failed: int = 0
    complete: int = 0
    transient: int = 0
    terminal: int = 0
    words: str = ""

    unclear: int = 0
    broken: int = 0
    lost: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not (self.unclear or self.broken or self.lost)


def fail(
    server: S3Server,
    landings: Sequence[Path],
    folder: Path,
    count: int,
    key: str,
    tell: Callable[[str], None],
    faults: Sequence[Fault] = FAULTS,
) -> tuple[list[Faulted], float]:
    """`count` runs over all kinds of fault in turn, landing, shared work and publish root in a bucket; and seconds.

    The environment must lead to the server itself: what a run leaves is looked at without faults.
    """
    began = time.monotonic()
    kinds = [(fault.name, (fault,)) for fault in faults]
    kinds.append((MIXED, tuple(fault for fault in FAULTS if not fault.lasting)))
    found = {name: Faulted(name) for name, _ in kinds}
    with ExitStack() as running:
        proxy = running.enter_context(proxied(server.endpoint))
        market = _Market(running, server, proxy, landings, folder, key)
        for number in range(count):
            name, together = kinds[number % len(kinds)]
            market.one(number + 2, together, found[name])
            if (number + 1) % len(kinds) == 0:
                tell(f"{number + 1} runs")
    return [one for one in found.values() if one.runs], time.monotonic() - began


class _Market:
    """DE in a bucket of its own, and the worker that runs it through the proxy."""

    def __init__(
        self,
        running: ExitStack,
        server: S3Server,
        proxy: Proxy,
        landings: Sequence[Path],
        folder: Path,
        key: str,
    ) -> None:
        bucket = f"reliability-{secrets.token_hex(4)}"
        client(S3Settings.from_env(server.environ)).create_bucket(Bucket=bucket)
        self.root, self.proxy, self.folder = f"s3://{bucket}", proxy, folder
        self.store: ObjectStore = open_store(f"{self.root}/published")
        roots = []
        for name, landing in zip(("even", "odd"), landings, strict=True):
            roots.append(f"{self.root}/{name}")
            there = open_store(roots[-1])
            for path in sorted((landing / "DE").iterdir()):
                there.put_new(f"DE/{path.name}", path)
        environ: Mapping[str, str] = {
            **server.environ,
            "STRATA_S3_ENDPOINT": proxy.endpoint,
            "STRATA_S3_READ_TIMEOUT": str(READ_TIMEOUT),
            "STRATA_PSEUDONYM_KEY": key,
            "STRATA_SCRATCH": str(folder / "scratch"),
            "TMPDIR": str(folder),
        }
        self.worker = Runner(running.enter_context(started("tests.orchestration.market_worker", **environ)), roots)
        for number in (0, 1):
            self._undisturbed(number)

    def one(self, number: int, faults: tuple[Fault, ...], found: Faulted) -> None:
        """A run with faults, a look at what it left, and a run without."""
        before = self._current()
        # What of the landing was fetched before is fetched again: reading must bear the faults, too.
        shutil.rmtree(self.folder / "scratch" / "drops", ignore_errors=True)
        self.proxy.counted()
        self.proxy.faults = faults
        ended = self._run(number)
        self.proxy.faults = ()
        requests, failed = self.proxy.counted()
        found.runs, found.requests, found.failed = found.runs + 1, found.requests + requests, found.failed + failed
        current = self._current()
        if ended["status"] == 0 and ended["state"] in {"published", "unchanged"}:
            found.complete += 1
            self._expect(current == ended["publication"], "broken", f"complete, and not current: {ended}", found)
        else:
            self._error(ended, found)
        self._expect(verify(self.store, "DE") == (), "broken", f"what readers see is not whole after {ended}", found)
        again = self._undisturbed(number)
        self._expect(again["status"] == 0, "lost", f"running again did not complete: {again}", found)
        self._expect(current in {before, again.get("publication")}, "broken", f"a third publication: {current}", found)
        self._expect(self._current() == again.get("publication"), "lost", "running again and not current", found)
        self._expect(verify(self.store, "DE") == (), "broken", "running again and not whole", found)

    def _error(self, ended: Mapping[str, object], found: Faulted) -> None:
        message, hint = str(ended.get("message", "")), ended.get("hint")
        clear = ended.get("state") == "failed" and bool(message) and (bool(ended.get("transient")) or bool(hint))
        if not clear:
            found.unclear += 1
            found.told.append(f"no clear error: {ended}")
        elif ended["transient"]:
            found.transient += 1
        else:
            found.terminal += 1
        if clear and not found.words:
            found.words = message.rpartition(f"{self.root}/")[2].partition(": ")[2] or message

    @staticmethod
    def _expect(held: bool, count: str, what: str, found: Faulted) -> None:
        if not held:
            setattr(found, count, getattr(found, count) + 1)
            found.told.append(what)

    def _undisturbed(self, number: int) -> dict[str, object]:
        return self._run(number)

    def _run(self, number: int) -> dict[str, object]:
        return self.worker.run(self.store.uri, f"{self.root}/work", number, pointer="single_writer", pauses=PAUSES)

    def _current(self) -> str | None:
        found = read_pointer(self.store, "DE")
        return found and found.pointer.publication
