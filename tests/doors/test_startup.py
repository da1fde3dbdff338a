"""What keeps the start of a run cheap, and that nothing else changes by it."""

from __future__ import annotations

import gc
import subprocess
import sys
from datetime import date

import pytest

from flows.startup import YOUNG, heavy_imports

#: Opens the engine of a market as a run does; prints what it imported, then uses Ibis' other compilers.
ENGINE = """
import sys
import duckdb
from tasks.compilers import one_at_a_time
from tasks.engine import DuckDB
one_at_a_time()
one_at_a_time()
engine = DuckDB(duckdb.connect())
import pyarrow as pa
table = engine.from_arrow(pa.table({"a": [1, 2]}), "t")
print(engine.to_arrow(table.aggregate(total=table.a.sum())).to_pylist())
print(sorted(name for name in sys.modules if name.startswith("sqlglot.dialects.")))
import ibis.backends.sql.compilers as sc
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
print(sc.PySparkCompiler is PySparkCompiler, sc.pyspark.PySparkCompiler is PySparkCompiler, hasattr(sc, "nonesuch"))
print(sorted(name for name in dir(sc.duckdb) if name == "compiler"))
"""


def test_duckdb_is_opened_without_the_compilers_and_dialects_of_other_databases():
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", ENGINE], capture_output=True, text=True, check=True, timeout=120
    )
    totals, dialects, spark, duck = found.stdout.splitlines()
    assert totals == "[{'total': 3}]"
    assert dialects == "['sqlglot.dialects.dialect', 'sqlglot.dialects.duckdb']"
    assert (spark, duck) == ("True True False", "['compiler']")


def test_the_collector_rests_while_importing_and_comes_back_even_after_a_failure():
    before = gc.get_threshold()
    try:
        with heavy_imports():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_threshold() == (YOUNG, *before[1:])
        with pytest.raises(ImportError), heavy_imports():
            raise ImportError
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("what", "code", "out"),
    [
        ("pass", 0, "thread\natexit\n"),
        ("raise SystemExit(3)", 3, "thread\natexit\n"),
        ("raise SystemExit", 0, "thread\natexit\n"),
        ("raise SystemExit('words')", 1, "thread\natexit\n"),
        ("raise ValueError('words')", 1, "thread\natexit\n"),
    ],
)
def test_a_process_ends_with_its_own_code_when_all_that_was_to_be_done_is_done(what, code, out):
    script = (
        "import atexit, threading, time\nimport flows.cli\n"
        "def late(): time.sleep(0.2); print('thread')\n"
        f"def main():\n atexit.register(print, 'atexit')\n threading.Thread(target=late).start()\n {what}\n"
        "flows.cli.main = main\nfrom flows.startup import program\nprogram()\n"
    )
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (found.returncode, found.stdout) == (code, out)
    assert ("words" in found.stderr) == ("words" in what)


def test_parameters_are_written_down_as_prefect_would_write_them():
    from prefect import Flow

    from flows.stratify import stratify

    given = {"markets": ["DE", "JP"], "as_of": date(2026, 6, 30), "landing": "s3://b/landing", "zone": None}
    written = stratify.serialize_parameters(given)
    assert written == Flow.serialize_parameters(stratify, given)
    assert written["as_of"] == "2026-06-30"
