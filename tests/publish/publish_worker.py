"""Publishes synthetic publications in processes that are killed on the way; started by the tests beside it.

One JSON command a line on standard input, one JSON answer a line on standard output. Each command runs in a fork of its
own, so that a kill costs milliseconds: this process has imported everything and has one thread.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from datetime import date
from pathlib import Path

from tasks.objects import open_store
from tasks.objects.store import sha256_of
from tasks.publish.manifest import Manifest, exports_of, publication_id
from tasks.publish.publication import publish

FILES = (
    "canonical/customers.parquet",
    "canonical/segments.parquet",
    "de-DE/customers/DE.csv",
    "ja-JP/summary/日本.csv",
)


def synthetic(folder: Path, seed: str, as_of: date, previous: str | None = None) -> tuple[Path, Manifest]:
    """A staged folder whose every file says the seed, and its manifest. The same arguments give the same bytes."""
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name};{seed}\n" * 2000)
    identity = {
        "country": "DE",
        "as_of": as_of,
        "profile": "1" * 64,
        "references": {"ecb": "2" * 64},
        "tombstones": None,
        "pseudonym_key": "3" * 16,
        "output_version": 1,
        "previous": previous,
    }
    entry = {"table": "customers", "uri": "DE/kunden.csv", "sha256": sha256_of(seed.encode())}
    manifest = Manifest(
        **identity,
        publication=publication_id(inputs=[tuple(entry.values())], **identity),
        inputs=[{**entry, "bytes": 1, "rows": 1}],
        ledger={"customers": {"read": 1, "kept": 1}},
        columns={"canonical/customers.parquet": {"customer_id": "pseudonym"}},
        exports=exports_of(folder, {FILES[0]: 2000}),
    )
    return folder, manifest


class Deadly:
    """A store that kills its process before the n-th call of any method."""

    def __init__(self, store: object, deadline: int | None) -> None:
        self._store, self._deadline = store, deadline
        self._calls, self._lock = 0, threading.Lock()

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*arguments: object, **named: object) -> object:
            with self._lock:
                self._calls += 1
                if self._calls == self._deadline:
                    os.kill(os.getpid(), signal.SIGKILL)
            return found(*arguments, **named)

        return call


def attempt(command: dict[str, object]) -> str:
    """Publish as commanded; the state it came to."""
    store = Deadly(open_store(command["root"]), command.get("call"))
    staged, manifest = synthetic(Path(command["folder"]), command["seed"], date.fromisoformat(command["as_of"]))
    return publish(store, staged, manifest, pointer_mode=command["mode"], who="test").state


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        open_store(command["root"])  # imports what a fork will need
        reading, writing = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            os.write(writing, attempt(command).encode())
            os._exit(0)
        os.close(writing)
        if "seconds" in command:
            time.sleep(command["seconds"])
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(reading) as answer:  # noqa: PTH123 - a pipe
            state = answer.read() or None
        sys.stdout.write(json.dumps({"status": status, "state": state, "seconds": time.monotonic() - began}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
