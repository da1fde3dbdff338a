"""The command itself, with all of a market's stages, killed between two dates and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
import yaml

from tasks.publish.pointer import stale_successors
from tasks.publish.reading import verify
from tests.backfill.test_backfill_knows_no_future import FORMATS, MAPPING
from tests.deaths import ROOT

pytestmark = pytest.mark.slow


def test_killed_after_its_first_date_the_same_command_goes_on(world):
    days = [f"2024-0{month}-{day:02}" for month in (1, 2, 3) for day in (5, 15, 25)]
    sales = [f"{day},{person},{10 * person}" for person in range(1, 9) for day in days]
    world.put("DE/sales.csv", "\n".join(["day,id,amount", *sales, ""]).encode())
    people = [f"{person};Name {person};2024-01-01;yes" for person in range(1, 9)]
    world.put("DE/people.csv", "\n".join(["id;name;since;profiling", *people, ""]).encode())
    profiles = world.folder / "profiles" / "markets"
    profiles.mkdir(parents=True)
    tables = {
        "sales": {"files": ["sales.csv"], "delimiter": ","},
        "people": {"files": ["people.csv"], "delimiter": ";"},
    }
    source = {"formats": FORMATS, "mapping": MAPPING, "tables": tables}
    profile = {"market": {"country": "DE"}, "source": source, "tax": {"amounts": "untaxed"}}
    (profiles / "de.yaml").write_text(yaml.safe_dump(profile))
    options = ("--from", "2024-02-01", "--to", "2024-03-31", "--every", "month", "--yes", "--json")
    command = [
        *(sys.executable, "-m", "flows.cli", "backfill", "DE", *options, "--profiles", str(profiles.parent)),
        *("--landing", str(world.landing), "--publish", str(world.publish)),
    ]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}
    environ = {
        **own,
        "STRATA_WORK": str(world.work),
        "STRATA_MEMORY": "400MB",
        "STRATA_DEBUG": "1",
        "PYTHONPATH": str(ROOT),
    }

    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        told = json.loads(first.stdout.readline())
        first.send_signal(signal.SIGKILL)
    assert (told["as_of"], told["state"]) == ("2024-02-29", "published")
    assert sorted(map(str, world.pointer().selected)) == ["2024-02-29"]

    again = subprocess.run(  # noqa: S603 - the same
        command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(line["as_of"], line["state"]) for line in lines] == [
        ("2024-02-29", "unchanged"),
        ("2024-03-31", "published"),
    ]
    assert stale_successors(world.pointer()) == ()
    assert verify(world.store, "DE") == ()
