"""DuckDB and Spark are equal in every column of customers and segments: on real markets and a million purchases.

The doors of traits and segment run on both engines over the same canonical files. Files are written by one writer, so
equal rows are equal bytes; a difference is shown by column.
"""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.planning.runs import plan
from tasks.ingest.task import ingest
from tasks.memo import file_digest
from tasks.normalize.task import normalize
from tasks.predict.task import predict
from tasks.reference.task import money
from tasks.segment.task import segment
from tasks.traits.task import traits

pytestmark = [pytest.mark.xdist_group("engines"), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
MARKETS = ("AU", "CA", "DE", "FR", "GB", "IT", "NL", "US")
FILES = ("customers", "segments", "audiences")


@pytest.fixture(scope="module", autouse=True)
def spark_session(java):  # noqa: ARG001 - it skips
    """One session for all markets, stopped at the end."""
    from pyspark.sql import SparkSession

    others = SparkSession.getActiveSession()  # of another file's tests in this worker: it stops its own
    yield
    session = SparkSession.getActiveSession()
    if session is not None and others is None:
        session.stop()


def on_both(run):
    """Folders of the segments by engine, from the same canonical files."""
    sources = ingest(run)
    normalized = normalize(run, sources)
    factors = money(run, normalized)
    folders = {}
    for engine in ("duckdb", "spark"):
        there = replace(run, engine=engine)
        described = traits(there, normalized, factors)
        segments = segment(there, described, predict(there, normalized, factors, described, None), None)
        assert not segments.reused
        folders[engine] = segments.folder
    return folders


def differences(one, two):
    """Columns in which two tables differ, each with the first rows that show it."""
    if one.schema != two.schema:
        return {"schema": (one.schema, two.schema)}
    if one.num_rows != two.num_rows:
        return {"rows": (one.num_rows, two.num_rows)}
    found = {}
    for name in one.column_names:
        pairs = zip(one[name].to_pylist(), two[name].to_pylist(), strict=True)
        unequal = [(row, a, b) for row, (a, b) in enumerate(pairs) if a != b]
        if unequal:
            found[name] = unequal[:3]
    return found


def assert_equal(folders, name):
    one, two = (folders[engine] / f"{name}.parquet" for engine in ("duckdb", "spark"))
    tables = pq.read_table(one), pq.read_table(two)
    assert tables[0].num_rows > 0 or name == "audiences"  # where nobody may be written to
    if file_digest(one) != file_digest(two):
        assert differences(*tables) == {}
        pytest.fail(f"{name}: equal columns, but other bytes: a publication's id would not say which engine wrote it")


@pytest.fixture(scope="module")
def electronics(shared_data, tmp_path_factory):
    """Runs of the eight markets by code."""
    landing, root = tmp_path_factory.mktemp("landing"), tmp_path_factory.mktemp("engines")
    shutil.copytree(shared_data("global_electronics_retailer/pristine"), landing / "global_electronics")
    for path in landing.rglob("*"):
        path.chmod(0o755)  # shared data is read-only
    profiles = ROOT / "region_profiles" / "examples" / "global_electronics_retailer"
    planned = plan(as_of=date(2021, 2, 20), landing=str(landing), publish=str(root / "publish"), profiles=profiles)
    return {run.market: replace(run, work=root / "work", threads=2) for run in planned}


@pytest.fixture(scope="module", params=MARKETS)
def market(request, electronics):
    return on_both(electronics[request.param])


@pytest.mark.parametrize("name", FILES)
def test_every_column_is_equal_in_a_real_market(market, name):
    assert_equal(market, name)


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """A million purchases of benchmarks/make_purchases.py, through benchmarks/profiles."""
    spec = importlib.util.spec_from_file_location("make_purchases", ROOT / "benchmarks" / "make_purchases.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    landing, root = tmp_path_factory.mktemp("million"), tmp_path_factory.mktemp("million_work")
    maker.make(landing, 1_000_000)
    (run,) = plan(
        ["FR"], as_of=date(2026, 6, 30), landing=str(landing), publish=str(root / "publish"),
        profiles=ROOT / "benchmarks" / "profiles",
    )  # fmt: skip
    return on_both(replace(run, work=root / "work", threads=2))


@pytest.mark.parametrize("name", FILES)
def test_every_column_is_equal_with_a_million_purchases(million, name):
    assert_equal(million, name)


def test_the_million_are_a_million_with_all_kinds_of_customers(million):
    rows = pq.read_table(million["spark"] / "segments.parquet").to_pylist()
    lifecycle = {row["segment"]: row["customers"] for row in rows if row["dimension"] == "lifecycle"}
    assert sum(lifecycle.values()) == 62_500  # one customer in sixteen purchases
    assert {"prospect", "champions", "new", "lost"} <= {code for code, customers in lifecycle.items() if customers}
