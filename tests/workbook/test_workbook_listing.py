"""The bulk writer: many batches, in the order of the table, and the benchmark that measures it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from tasks.export.base import BASE
from tasks.export.workbook.fields import TEXT, Field
from tasks.export.workbook.listing import _BATCH, write_list

ROOT = Path(__file__).resolve().parents[2]


def test_a_list_of_many_batches_has_every_row_once_and_in_order(tmp_path):
    rows = 3 * _BATCH + 17
    order = "hash(i)"  # as the table stands, not by any of its columns
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TEMP TABLE {BASE} AS SELECT printf('%06d', i) AS member_number, i % 97 AS orders,"
            f" if(i % 5 = 0, 'contact', 'person') AS population FROM range({rows}) t(i) ORDER BY {order}"
        )
        expected = con.execute(
            f"SELECT printf('%06d', i), CAST(i % 97 AS DOUBLE) FROM range({rows}) t(i) WHERE i % 5 > 0 ORDER BY {order}"
        ).fetchall()
        fields = [
            Field("member_number", "Number", "member_number", TEXT, 12.0),
            Field("orders", "Orders", "CAST(orders AS DOUBLE)", "0", 12.0),
        ]
        target = tmp_path / "list.xlsx"
        write_list(con, target, "List", fields, rows, right_to_left=False, as_of=date(2026, 6, 30))
    found = CalamineWorkbook.from_path(str(target)).get_sheet_by_name("List").to_python()
    assert found[0] == ["Number", "Orders"]
    assert [tuple(row) for row in found[1:]] == expected


def test_the_benchmark_of_the_writers_runs():
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "benchmarks" / "writers_speed.py"), "--rows", "300"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "our workbook" in done.stdout
    assert "pandas to_excel" in done.stdout
