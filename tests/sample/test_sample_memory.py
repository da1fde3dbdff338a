"""Purchases are written in stretches: a million of them need little memory and little time."""

from __future__ import annotations

import json
import subprocess
import sys

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
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)  # noqa: S603


def test_a_million_purchases_in_400_mib_and_20_seconds_of_processor_time(tmp_path):
    found = measured(tmp_path, 180_000)
    assert found["rows"] > 1_000_000
    assert found["mib"] < 400
    assert found["seconds"] < 20
