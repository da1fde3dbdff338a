"""The one writer of Parquet files of traits and segments: equal rows make equal bytes, whatever engine made them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import ibis.expr.types as ir
from ibis.backends.sql.datatypes import DuckDBType

from tasks.files import PUBLISHED, parquet
from tasks.sql import literal

#: Of files that only the next step reads. Dictionaries of distinct values are built only to be thrown away, and each
#: thread holds a row group in memory.
SCRATCH = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 30720, DICTIONARY_SIZE_LIMIT 2000"


def write_parquet(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    expr: ir.Table,
    path: Path,
    order_by: Sequence[str],
    *,
    in_order: bool = False,
) -> int:
    """Write a SELECT of the columns of `expr`, with their types, and return its rows; see `Engine.write`.

    Rows that are said to be `in_order` are sorted all the same where they turn out not to be.
    """
    types = expr.schema().items()
    columns = ", ".join(f'CAST("{name}" AS {DuckDBType.to_string(dtype)}) AS "{name}"' for name, dtype in types)
    # DuckDB marks a column REQUIRED where its plan happens to know that nothing is null: the bytes would follow from
    # how a result was computed. A branch without rows, which it cannot see through, keeps every column OPTIONAL.
    empty = f"SELECT {', '.join('NULL' for _ in expr.columns)} FROM range(0)"
    nullable = f"SELECT {columns} FROM ({rows}) UNION ALL {empty}"
    order = ", ".join(f'"{column}" NULLS LAST' for column in order_by)
    sort = f" ORDER BY {order}" if order and not in_order else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    copy = f"COPY (SELECT * FROM ({nullable}){sort}) TO {literal(path)} ({PUBLISHED if order else SCRATCH})"
    counted = con.execute(copy).fetchall()
    if in_order and not _is_ordered(con, path, order_by):
        return write_parquet(con, rows, expr, path, order_by)
    return int(counted[0][0])


def _is_ordered(con: duckdb.DuckDBPyConnection, path: Path, order_by: Sequence[str]) -> bool:
    """Whether each row of a file comes after the one before it, by columns without nulls: no sort, no memory."""
    before = ", ".join(f'lag("{column}") OVER () AS "before_{column}"' for column in order_by)
    later, same = "false", "true"
    for column in order_by:
        later += f' OR ({same} AND "{column}" > "before_{column}")'
        same += f' AND "{column}" = "before_{column}"'
    pairs = f"SELECT *, row_number() OVER () AS place, {before} FROM {parquet(path)}"
    wrong = f"SELECT 1 FROM ({pairs}) WHERE place > 1 AND ({later}) IS NOT TRUE LIMIT 1"
    return not con.execute(wrong).fetchall()
