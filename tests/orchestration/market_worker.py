"""Runs one market in processes that are killed on the way; started by the tests beside it.

One JSON command a line on standard input, one JSON answer a line on standard output. Each command runs in a fork of
its own, so that a kill costs little: this process has imported everything, and opens no database.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from flows.market import stratify_market
from flows.plan import plan
from region_profiles.loader import profile_digest
from tasks import objects
from tasks.reference.factors import factors
from tasks.run import MarketRun

AS_OF = date(2026, 6, 30)


class Deadly:
    """A store that kills its process before the n-th call of any method; all stores of a process count together."""

    calls = 0
    lock = threading.Lock()

    def __init__(self, store: object, deadline: int | None) -> None:
        self._store, self._deadline = store, deadline

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*arguments: object, **named: object) -> object:
            with Deadly.lock:
                Deadly.calls += 1
                if Deadly.calls == self._deadline:
                    os.kill(os.getpid(), signal.SIGKILL)
            return found(*arguments, **named)

        return call


def deadly_stores(deadline: int | None) -> None:
    """Every module that opens stores gets deadly ones."""
    real = objects.open_store
    for module in list(sys.modules.values()):
        if getattr(module, "open_store", None) is real:
            module.open_store = lambda *where, **how: Deadly(real(*where, **how), deadline)


def variant(command: dict[str, object]) -> MarketRun:
    """The run that the command means: `number` changes the profile in what no step but the identity reads."""
    os.environ["STRATA_WORK"] = command["work"]
    (run,) = plan(["DE"], as_of=AS_OF, landing=command["landing"], publish=command["publish"])
    share = Decimal("0.5") + Decimal(command["number"]) / 10**6
    gate = run.profile.gate.model_copy(update={"quarantined_share": share})
    profile = run.profile.model_copy(update={"gate": gate})
    return replace(run, profile=profile, profile_digest=profile_digest(profile), pointer=command["pointer"])


def forked(run: MarketRun, call: int | None, writing: int) -> None:
    """What the child does; it never returns."""
    deadly_stores(call)
    outcome = stratify_market(run)
    os.write(writing, json.dumps([outcome.state, outcome.publication]).encode())
    os._exit(0)


def main() -> None:
    assert pd, "a fork would import it again and again"
    loaded = False
    for line in sys.stdin:
        command = json.loads(line)
        run = variant(command)
        loaded = loaded or bool(
            factors(run.profile, [("EUR", AS_OF, AS_OF)], AS_OF)
        )  # the figures, for the same reason
        reading, writing = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            forked(run, command.get("call"), writing)
        os.close(writing)
        if "seconds" in command:
            time.sleep(command["seconds"])
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(reading) as answer:  # noqa: PTH123 - a pipe
            state, publication = json.loads(answer.read() or "[null, null]")
        told = {"status": status, "state": state, "publication": publication, "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    assert Path.cwd().joinpath("flows").is_dir(), "start it in the project's root"
    main()
