"""What every stage relies on in the engines."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.engine import DuckDB, Spark, open_duckdb
from tasks.errors import Terminal

TABLE = pa.table(
    {
        "id": ["b", None, "a"],
        "day": [date(2021, 2, 20), None, date(1999, 1, 1)],
        "amount": pa.array([Decimal("1.0050"), None, Decimal("-1.0050")], pa.decimal128(18, 4)),
        "share": [0.1, None, -2.5],
    }
)


def test_a_written_file_is_ordered_nulls_last_and_keeps_types(engine, tmp_path):
    rows = engine.write(engine.from_arrow(TABLE, "t"), tmp_path / "new" / "t.parquet", ["id"])
    found = pq.read_table(tmp_path / "new" / "t.parquet")
    assert (rows, found["id"].to_pylist()) == (3, ["a", "b", None])
    assert found.schema.types == TABLE.schema.types


def test_bytes_follow_from_rows_not_from_what_the_plan_knows_about_nulls(engine, tmp_path):
    table = engine.from_arrow(TABLE, "t")
    for name, rows in (("known", table.mutate(share=1.5)), ("unknown", table.mutate(share=table.share * 0 + 1.5))):
        engine.write(rows.filter(rows.id.notnull()), tmp_path / f"{name}.parquet", ["id"])
    assert (tmp_path / "known.parquet").read_bytes() == (tmp_path / "unknown.parquet").read_bytes()


def test_decimals_round_half_away_from_zero(engine):
    table = engine.from_arrow(TABLE, "t")
    cents = engine.to_arrow(table.select(cents=table.amount.cast("decimal(18, 2)")))["cents"].to_pylist()
    assert cents == [Decimal("1.01"), None, Decimal("-1.01")]


def test_cursors_of_one_instance_keep_their_tables_apart(tmp_path):
    root = open_duckdb("200MB", 1, tmp_path)
    one, two = DuckDB(root.cursor()), DuckDB(root.cursor())
    kept = one.cache(one.from_arrow(TABLE, "t"))
    assert one.to_arrow(kept).num_rows == 3
    assert two.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
    one.drop(kept)


def test_without_pyspark_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(Terminal, match=r"strata\[spark\]"):
        Spark(open_duckdb("100MB", 1), tmp_path)
