"""What every stage relies on in the engines."""

from __future__ import annotations

import sys
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
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


EDGES = ("0.005", "-0.005", "0.0049999999999999", "-0.0050000000000001", "1.015", "-1.015", "0", "123456789012.565")


@pytest.mark.parametrize("places", [2, 6])
def test_rounding_by_way_of_a_double_is_that_of_exact_division(engine, places):
    """Python's decimals tell the truth: halves and their neighbours, where a double alone goes wrong, among them."""
    with localcontext(prec=60):
        spread = [n * n * n * Decimal("1.0866123456781234") / 7 for n in range(-500, 500)]
        halves = [Decimal(n) / 200 + nudge * Decimal("1e-16") for n in range(-999, 999, 2) for nudge in (-1, 0, 1)]
        exact = [value.quantize(Decimal("1e-16")) for value in (*map(Decimal, EDGES), *spread, *halves)]
        wanted = [value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) for value in exact]
    table = engine.from_arrow(pa.table({"value": pa.array([*exact, None], pa.decimal128(38, 16))}), "t")
    rounded = engine.to_arrow(table.select(rounded=engine.rounded(table.value, f"decimal(18, {places})")))
    assert rounded["rounded"].to_pylist() == [*wanted, None]


def test_what_is_beyond_the_coarser_type_is_an_error_not_another_number(engine):
    table = engine.from_arrow(pa.table({"value": pa.array([Decimal(10) ** 17], pa.decimal128(38, 16))}), "t")
    with pytest.raises(duckdb.Error):
        engine.to_arrow(table.select(rounded=engine.rounded(table.value, "decimal(18, 2)")))


def test_rows_said_to_be_in_order_are_sorted_where_they_are_not(engine, tmp_path):
    """Ties of the first column are broken by the next; both ways make the same bytes."""
    rows = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    for name, given in (("right", rows), ("wrong", [rows[n] for n in (0, 2, 1, 3)]), ("tied", rows[1::-1] + rows[2:])):
        table = engine.from_arrow(pa.table({"id": [a for a, _ in given], "n": [n for _, n in given]}), "t")
        assert engine.write(table, tmp_path / name, ["id", "n"], in_order=True) == 4
    assert pq.read_table(tmp_path / "wrong").to_pylist() == [{"id": a, "n": n} for a, n in rows]
    assert len({(tmp_path / name).read_bytes() for name in ("right", "wrong", "tied")}) == 1


def test_a_file_for_the_next_step_only_is_not_sorted(engine, tmp_path):
    assert engine.write(engine.from_arrow(TABLE, "t"), tmp_path / "t.parquet", []) == 3
    assert pq.read_table(tmp_path / "t.parquet")["id"].to_pylist() == ["b", None, "a"]


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
