"""Rows delivered twice: by key where there is one, else only whole files, because receipts do repeat lines."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from tasks.normalize.tables import Staged
from tasks.records import InputFile
from tasks.sql import name


def repeated_files(inputs: Sequence[InputFile], table: str) -> tuple[int, ...]:
    """Indexes of a raw table's files whose bytes came before under another name."""
    seen: set[str] = set()
    repeated = []
    for file in inputs:
        if file.table == table and file.sha256 in seen:
            repeated.append(file.index)
        elif file.table == table:
            seen.add(file.sha256)
    return tuple(repeated)


def find_staged_doubles(con: duckdb.DuckDBPyConnection, staged: Staged, inputs: Sequence[InputFile]) -> int:
    """The duplicates of a staged table into `strata_<table>_doubles`; return how many.

    A number that is not mapped or not given is no key. In a key of several columns an optional one may be null: a
    survey of one version has none, a control total of all stores none of theirs.
    """
    table = staged.mapped.table
    several = len(table.key) > 1
    has_key = several or table[table.key[0]].required or staged.mapped.has(table.key[0])
    return find_doubles(
        con,
        f"(SELECT * FROM {staged.relation} WHERE row_faults = 0 AND aside = 0)",
        table.key if has_key else (),
        [column.name for column in table.mapped],
        repeated_files(inputs, staged.mapped.driving.name),
        f"strata_{table.name}_doubles",
        nullable=[column for column in table.key if several and not table[column].required],
    )


def find_doubles(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    key: Sequence[str],
    columns: Sequence[str],
    files: Sequence[int],
    into: str,
    also: Sequence[str] = (),
    nullable: Sequence[str] = (),
) -> int:
    """Write the duplicate rows of `relation` to the temporary table `into`; return how many.

    Its columns are file, record, reason and those of `also`.

    With a `key`: of rows with equal keys the last one's content counts. The first row that has it is kept, other rows
    that have it are `content`, rows that differ are `key`. Keys with a null are none, but for `nullable` columns, of
    which it is a value like others. Without a key: rows of `files`. Rows are compared by `columns`. A first pass over
    digests of the key finds the few rows that can be meant.
    """
    row = ", ".join(map(name, ("file", "record", *also)))
    if not key:
        where = f"file IN ({', '.join(map(str, files)) or 'NULL'})"
        query = f"SELECT {row}, 'file' AS reason FROM {relation} WHERE {where}"
    else:
        keys = ", ".join(map(name, key))
        present = " AND ".join(["true", *(f"{name(c)} IS NOT NULL" for c in key if c not in nullable)])
        content = ", ".join(map(name, columns))
        twice = (
            f"SELECT h FROM (SELECT hash({keys}) AS h FROM {relation} WHERE {present}) GROUP BY h HAVING count(*) > 1"
        )
        everything = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
        query = (
            f"SELECT {row}, CASE WHEN same THEN 'content' ELSE 'key' END AS reason FROM ("
            f"SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY same DESC, file, record) AS nth FROM ("
            f"SELECT *, content IS NOT DISTINCT FROM last_value(content) OVER "
            f"(PARTITION BY {keys} ORDER BY file, record {everything}) AS same FROM ("
            f"SELECT {row}, {keys}, row({content}) AS content FROM {relation} "
            f"WHERE {present} AND hash({keys}) IN ({twice})))) WHERE nth > 1"
        )
    con.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS {query}").fetchall()
    return int(con.execute(f"SELECT count(*) FROM {into}").fetchall()[0][0])
