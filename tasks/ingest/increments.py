"""Increments: of rows with one key, the later file's wins."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

import duckdb

from region_profiles.models import Formats
from tasks.errors import DropError
from tasks.files import parquet
from tasks.ingest.part import once
from tasks.ingest.shape import shape
from tasks.parse_date import DateForm, stamp
from tasks.records import RawRelation
from tasks.sql import literal, name

#: File and record in one number: a file of a million million records is not to be expected.
PLACE = "file::BIGINT * 1000000000000 + record"


def later_wins(
    con: duckdb.DuckDBPyConnection,
    raw: RawRelation,
    key: tuple[str, ...],
    work: Path,
    inputs: Iterable[str],
    *,
    later_by: str | None = None,
    formats: Formats | None = None,
) -> RawRelation:
    """The table with the fault `superseded` at rows that a later row of the same key replaces.

    Files stand in the order of their drops. With `later_by`, a column of dates, its greatest value is the later one,
    empty ones the earliest, and the place decides among equal ones. Rows with a fault, or with an empty part of the
    key, neither replace nor are replaced. Where something is superseded the table is written below `work`, in order;
    else it stays as it is. `inputs` are the sha256 of its files.
    Raises DropError for a key column that is not there, and where a value of `later_by` is no date.
    """
    _check_columns(raw, key, "key")
    moment = ""
    if later_by is not None:
        _check_columns(raw, (later_by,), "later_by")
        moment = f"{_moment(con, raw, later_by, formats or Formats())} DESC NULLS LAST, "
    columns = ", ".join(map(name, key))
    whole = " AND ".join(f"coalesce({name(column)}, '') <> ''" for column in key)
    places = (
        f"SELECT {PLACE} AS place FROM {raw.relation} WHERE fault IS NULL AND {whole} "
        f"QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY {moment}{PLACE} DESC) > 1 ORDER BY place"
    )
    digest = sha256("\n".join([places, *inputs]).encode()).hexdigest()[:32]
    found = _written(con, places, work / f"{digest}-places.parquet")
    if con.execute(f"SELECT 1 FROM {found} LIMIT 1").fetchall() == []:
        return raw
    fault = f"CASE WHEN {PLACE} IN (SELECT place FROM {found}) THEN 'superseded' ELSE fault END AS fault"
    # Joins give the last rows of a file after the next file's first; hence the order, and with it the copy.
    marked = f"SELECT * REPLACE ({fault}) FROM {raw.relation} ORDER BY file, record"
    return RawRelation(raw.name, _written(con, marked, work / f"{digest}.parquet"), raw.columns)


def keyless(con: duckdb.DuckDBPyConnection, raw: RawRelation, key: tuple[str, ...]) -> int:
    """How many sound rows lack a part of the key: one of them that comes again counts again."""
    whole = " AND ".join(f"coalesce({name(column)}, '') <> ''" for column in key)
    query = f"SELECT count(*) FROM {raw.relation} WHERE fault IS NULL AND NOT ({whole})"
    return int(con.execute(query).fetchall()[0][0])


def _check_columns(raw: RawRelation, columns: tuple[str, ...], what: str) -> None:
    for column in columns:
        if column not in raw.columns:
            near = get_close_matches(column, raw.columns, 3)
            raise DropError(
                f"the {what} of {raw.name} is not among its columns",
                column=column,
                expected=", ".join(near) or "a column of its header",
                hint=f"correct source.tables.{raw.name}.{what}",
            )


def _moment(con: duckdb.DuckDBPyConnection, raw: RawRelation, column: str, formats: Formats) -> str:
    """SQL for a column's instant: its ISO text where DuckDB reads all of it, else as the source's formats say."""
    text = f"nullif(trim({name(column)}), '')"
    filled = f"FROM {raw.relation} WHERE fault IS NULL AND {text} IS NOT NULL"
    plain = f"TRY_CAST({text} AS TIMESTAMP)"
    if not con.execute(f"SELECT 1 {filled} AND {plain} IS NULL LIMIT 1").fetchall():
        return plain
    form = DateForm(formats.dates, formats.date_order or "ymd", formats.calendar).code()
    values = con.execute(f"SELECT {text}, min({PLACE}) {filled} GROUP BY 1 ORDER BY 2").fetchall()
    stamps = {value: stamp(value, form) for value, _ in values}
    unread = [(value, place) for value, place in values if stamps[value] is None]
    if unread:
        raise DropError(
            f"{len(unread)} values of later_by of {raw.name} are no dates by the source's formats",
            column=column,
            record=unread[0][1] % 1_000_000_000_000,
            value=shape(unread[0][0]),
            expected="ISO 8601, or dates as source.formats says",
            hint=f"correct source.formats, or source.tables.{raw.name}.later_by",
        )
    pairs = ", ".join(f"{literal(value)}: {literal(str(told))}" for value, told in stamps.items())
    return f"CAST(MAP {{{pairs}}}[{text}] AS TIMESTAMP)"


def _written(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> str:
    def make(temporary: Path) -> None:
        con.execute(f"COPY ({query}) TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION lz4)").fetchall()

    return parquet(once(path, make))
