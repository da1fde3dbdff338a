"""A market without predictions and clusters pays for neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("sklearn", "scipy", "statsmodels", "xlsxwriter", "pyspark")
DOORS = ("normalize", "reference", "traits", "predict", "segment", "compare", "export", "gate", "publish")
IMPORT = """
import importlib, json, sys

for door in sys.argv[1:]:
    importlib.import_module(f"tasks.{door}.task")
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
RUN = """
import json, sys
from pathlib import Path
from tests.gate.shop import Till, month_end, run

root = Path(sys.argv[1])
outcome = run(root, root / "published", Till(month_end(1)), "m1")
print(json.dumps({"state": outcome.state, "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""


def told(code, *arguments, env=None):
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run of the small shop, whose profile has predictions, clusters and workbooks off, in a process of its own."""
    root = tmp_path_factory.mktemp("off")
    env = {**os.environ, "STRATA_WORK": str(root / "work"), "PYTHONPATH": str(ROOT)}
    return root, told(RUN, str(root), env=env)


def test_no_file_of_predictions_is_written_and_the_market_is_published(ran):
    root, found = ran
    assert found["state"] == "published"
    assert list((root / "work").rglob("traits.parquet"))
    assert not list((root / "work").rglob("predicted.parquet"))


def test_nothing_heavy_is_imported_that_the_market_does_not_use(ran):
    assert not {*HEAVY} & {*ran[1]["modules"]}  # not pandas: pyarrow itself imports it to look at a list


def test_the_doors_of_the_stages_wait_with_heavy_imports_until_they_are_needed():
    assert not {*HEAVY, "pandas", "prefect"} & {*told(IMPORT, *DOORS)}
