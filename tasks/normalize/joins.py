"""The tables that a mapping's SELECT joins: each key once, and every row counted."""

from __future__ import annotations

import duckdb

from tasks.errors import DropError
from tasks.normalize.select import Join
from tasks.privacy.mask import mask
from tasks.records import RawRelation
from tasks.sql import literal, name


def read_joined(
    con: duckdb.DuckDBPyConnection, temporary: str, join: Join, columns: tuple[str, ...], raw: RawRelation
) -> str:
    """A temporary table of what the mapping reads of a joined table, rows that are equal in it once.

    Rows that ingest could not read are left out. Raises DropError where a key is left with several rows.
    """
    fields = ", ".join(name(column) for column in columns)
    if raw.relation:
        where = " AND ".join(["fault IS NULL", *(f"coalesce({term.sql}, false)" for term in join.filters)])
        source = (
            f"SELECT DISTINCT {fields}, true AS strata_found FROM {raw.relation} AS {name(join.alias)} WHERE {where}"
        )
    else:
        nothing = ", ".join(f"NULL::VARCHAR AS {name(column)}" for column in columns)
        source = f"SELECT {nothing}, true AS strata_found WHERE false"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {temporary} AS {source}").fetchall()
    keys = ", ".join(mine.sql for mine, _ in join.keys)
    present = " AND ".join(f"{mine.sql} IS NOT NULL" for mine, _ in join.keys)
    repeated = con.execute(
        f"SELECT {keys} FROM {temporary} AS {name(join.alias)} WHERE {present} GROUP BY {keys} "
        f"HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    ).fetchall()
    if repeated:
        _fan_out(con, join, raw, repeated[0])
    return temporary


def _fan_out(con: duckdb.DuckDBPyConnection, join: Join, raw: RawRelation, key: tuple[str, ...]) -> None:
    condition = " AND ".join(f"{mine.sql} = {literal(value)}" for (mine, _), value in zip(join.keys, key, strict=True))
    found = con.execute(
        f"SELECT record FROM {raw.relation} AS {name(join.alias)} WHERE {condition} ORDER BY file, record LIMIT 3"
    ).fetchall()
    records = [int(row[0]) for row in found]
    raise DropError(
        f"the join would multiply rows: a key stands in records {', '.join(map(str, records))}",
        file=raw.name,
        record=records[0] if records else None,
        column=", ".join(column for mine, _ in join.keys for _, column in sorted(mine.reads)),
        value=", ".join(map(mask, key)),
        expected="each key once, or rows that are equal in all columns that the mapping reads",
        hint="drop the repeated rows, or join by more columns",
    )


def count_joined(con: duckdb.DuckDBPyConnection, found: str, raw: RawRelation) -> dict[str, int]:
    """Rows of the raw table, those that ingest could not read, and keys left in the temporary table `found`."""
    rows, unreadable = (
        con.execute(f"SELECT count(*), count(fault) FROM {raw.relation}").fetchall()[0] if raw.relation else (0, 0)
    )
    keys = con.execute(f"SELECT count(*) FROM {found}").fetchall()[0][0]
    return {"rows": int(rows), "unreadable": int(unreadable), "keys": int(keys)}
