"""Quarantine: one row for each refused row of each table, with all its reasons and the first value at fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from tasks.contract import QUARANTINE, SQL_TYPES, TABLES
from tasks.files import PUBLISHED
from tasks.normalize.faults import Faults
from tasks.privacy.mask import mask_sql
from tasks.sql import literal, literals, name


def refused_sql(relation: str, faults: Faults) -> str:
    """The quarantine rows of a staged relation: its rows with faults that are not set aside."""
    column = faults.first_column_sql("row_faults")
    personal = f"{column} IN ({literals(sorted(TABLES[faults.table.name].personal))})"
    value = f"CASE WHEN {personal} THEN {mask_sql('bad_value')} ELSE bad_value END"
    return (
        f'SELECT {literal(faults.table.name)} AS "table", file::BIGINT AS file, record::BIGINT AS record, '
        f'{faults.reasons_sql("row_faults")} AS reasons, {column} AS "column", {value} AS "value" '
        f"FROM {relation} WHERE row_faults <> 0 AND aside = 0"
    )


def write_quarantine(con: duckdb.DuckDBPyConnection, parts: Sequence[str], target: Path) -> int:
    """Write the parts as one Parquet file, sorted by table, file, record; return the rows."""
    columns = ", ".join(name(column.name) for column in QUARANTINE.columns)
    nothing = ", ".join(f"NULL::{SQL_TYPES[column.type]} AS {name(column.name)}" for column in QUARANTINE.columns)
    empty = f"SELECT {nothing} WHERE false"
    union = " UNION ALL ".join([*parts, empty])
    query = f'SELECT {columns} FROM ({union}) ORDER BY "table", file, record'
    return int(con.execute(f"COPY ({query}) TO {literal(str(target))} ({PUBLISHED})").fetchall()[0][0])
