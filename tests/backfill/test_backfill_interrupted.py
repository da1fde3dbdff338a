"""An interrupt from the keyboard: what is under way stops, its record says so, and `rerun --failed` knows it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tasks.publish.runs import attempts
from tasks.sample.generate import generate
from tests.deaths import ROOT


def test_it_ends_within_seconds_and_the_attempt_is_cancelled(world):
    landing = world.folder / "sample"
    generate(landing, markets=("DE",), customers=60, seed=1)
    places = ("--landing", str(landing), "--publish", str(world.publish))
    command = [
        sys.executable,
        "-m",
        "flows.cli",
        "backfill",
        "DE",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-31",
        *places,
    ]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}
    environ = {**own, "STRATA_WORK": str(world.work), "STRATA_MEMORY": "400MB", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--yes"], env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while not list((world.work / "DE").glob("canonical-*")):  # its first step is done
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert said == "interrupted: the same command goes on from here\n"
    assert process.returncode == 1
    (attempt,) = attempts(world.store, "DE")
    assert (attempt.outcome, attempt.as_of.isoformat()) == ("cancelled", "2026-05-31")
    assert attempt.facts["because"] == "new"
