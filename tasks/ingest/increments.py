"""Increments: of rows with one key, the later file's wins."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

import duckdb

from tasks.errors import DropError
from tasks.files import parquet
from tasks.ingest.part import once
from tasks.ingest.sql import literal, name
from tasks.records import RawRelation

#: File and record in one number: a file of a million million records is not to be expected.
PLACE = "file::BIGINT * 1000000000000 + record"


def later_wins(
    con: duckdb.DuckDBPyConnection, raw: RawRelation, key: tuple[str, ...], work: Path, inputs: Iterable[str]
) -> RawRelation:
    """The table with the fault `superseded` at rows that a later row of the same key replaces.

    Files stand in the order of their drops. Rows with a fault, or with an empty part of the key, neither replace nor
    are replaced. Where something is superseded the table is written below `work`, in order; else it stays as it is.
    `inputs` are the sha256 of its files.
    Raises DropError for a key column that is not there.
    """
    for column in key:
        if column not in raw.columns:
            near = get_close_matches(column, raw.columns, 3)
            raise DropError(
                f"the key of {raw.name} is not among its columns",
                column=column,
                expected=", ".join(near) or "a column of its header",
                hint=f"correct source.tables.{raw.name}.key",
            )
    columns = ", ".join(map(name, key))
    whole = " AND ".join(f"coalesce({name(column)}, '') <> ''" for column in key)
    places = (
        f"SELECT {PLACE} AS place FROM {raw.relation} WHERE fault IS NULL AND {whole} "
        f"QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY {PLACE} DESC) > 1 ORDER BY place"
    )
    digest = sha256("\n".join([places, *inputs]).encode()).hexdigest()[:32]
    found = _written(con, places, work / f"{digest}-places.parquet")
    if con.execute(f"SELECT 1 FROM {found} LIMIT 1").fetchall() == []:
        return raw
    fault = f"CASE WHEN {PLACE} IN (SELECT place FROM {found}) THEN 'superseded' ELSE fault END AS fault"
    # Joins give the last rows of a file after the next file's first; hence the order, and with it the copy.
    marked = f"SELECT * REPLACE ({fault}) FROM {raw.relation} ORDER BY file, record"
    return RawRelation(raw.name, _written(con, marked, work / f"{digest}.parquet"), raw.columns)


def _written(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> str:
    def make(temporary: Path) -> None:
        con.execute(f"COPY ({query}) TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION lz4)").fetchall()

    return parquet(once(path, make))
