"""Purchases are written in stretches: four times as many need four times the time, and hardly more memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tasks.sample.generate import generate

MEASURE = """
import json, resource, sys
from pathlib import Path
from tasks.sample.generate import generate
summary = generate(Path(sys.argv[1]), markets=["DE"], customers=int(sys.argv[2]), seed=1)
used = resource.getrusage(resource.RUSAGE_SELF)
rows = summary.facts["drops"]["DE"]["tables"]["transactions"]["rows"]
# Not ru_maxrss: a child inherits its parent's peak, and a test runner's is large.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
mib = int(peak.split()[1]) / 1024
print(json.dumps({"rows": rows, "seconds": used.ru_utime + used.ru_stime, "mib": mib}))
"""


def measured(folder, customers):
    command = [sys.executable, "-c", MEASURE, str(folder), str(customers)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=240).stdout)  # noqa: S603


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("million"), 180_000)


def test_a_million_purchases_in_400_mib_and_20_seconds_of_processor_time(million):
    assert million["rows"] > 1_000_000
    assert million["mib"] < 400
    assert million["seconds"] < 20


def test_memory_grows_with_the_customers_not_with_the_purchases(million, tmp_path):
    """A customer is held in some 250 bytes; his six purchases alone have 700 in the file."""
    fewer = measured(tmp_path, 45_000)
    assert million["rows"] > 3.5 * fewer["rows"]
    # Below half a million purchases one stretch is shorter than its limit: 100 MiB are its, and the vocabularies'.
    assert million["mib"] - fewer["mib"] < 100 + 135_000 * 400 / 2**20


def test_who_waits_is_told_how_far_it_is(tmp_path):
    told = []
    summary = generate(tmp_path, markets=["LU"], customers=500, seed=1, progress=told.append)
    tables = summary.facts["drops"]["benelux"]["tables"]
    assert "benelux: 502 of 502 customers" in told
    assert tables["customers"]["rows"] > 502  # and the broken ones
    found = [re.fullmatch(r"benelux: ([\d,]+) of about ([\d,]+) purchases", line) for line in told]
    last = [match for match in found if match][-1]
    written, expected = (int(number.replace(",", "")) for number in last.groups())
    assert (
        written
        == tables["transactions"]["rows"]
        - sum(market["broken"] for market in tables["transactions"]["markets"].values())
        - tables["transactions"]["unassigned"]
    )
    assert 0.7 < written / expected < 1.4
