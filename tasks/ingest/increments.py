"""Increments: of rows with one key, the later file's wins."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import duckdb

from tasks.errors import DropError
from tasks.ingest.part import once
from tasks.ingest.sql import literal, name
from tasks.records import RawRelation


def later_wins(con: duckdb.DuckDBPyConnection, raw: RawRelation, key: tuple[str, ...], path: Path) -> RawRelation:
    """The table with the fault `superseded` at rows that a later row of the same key replaces.

    Files stand in the order of their drops. Rows with a fault, or with an empty part of the key, neither replace nor
    are replaced. What is superseded (usually little) is written to `path` once and joined by file and record.
    Raises DropError for a key column that is not there.
    """
    for column in key:
        if column not in raw.columns:
            near = get_close_matches(column, raw.columns, 3)
            raise DropError(
                f"the key of {raw.name} is not among its columns",
                column=column,
                expected=", ".join(near or raw.columns[:20]),
                hint=f"correct source.tables.{raw.name}.key",
            )
    columns = ", ".join(map(name, key))
    whole = " AND ".join(f"coalesce({name(column)}, '') <> ''" for column in key)
    order = "ORDER BY file DESC, record DESC"
    query = (
        f"SELECT file, record FROM {raw.relation} WHERE fault IS NULL AND {whole} "
        f"QUALIFY row_number() OVER (PARTITION BY {columns} {order}) > 1 ORDER BY file, record"
    )

    def make(temporary: Path) -> None:
        con.execute(f"COPY ({query}) TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION lz4)").fetchall()

    found = f"read_parquet({literal(str(once(path, make)))})"
    if con.execute(f"SELECT 1 FROM {found} LIMIT 1").fetchall() == []:
        return raw
    fields = ", ".join(f"r.{name(column)}" for column in raw.columns)
    relation = (
        f"(SELECT r.file, r.record, CASE WHEN s.record IS NOT NULL THEN 'superseded' ELSE r.fault END AS fault, "
        f"{fields} FROM {raw.relation} r LEFT JOIN {found} s ON r.file = s.file AND r.record = s.record)"
    )
    return RawRelation(raw.name, relation, raw.columns)
