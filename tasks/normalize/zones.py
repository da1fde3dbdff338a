"""UTC of store-local moments: a constant to subtract on days without a clock change, DuckDB's ICU on all others."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

import duckdb

#: Most drops are younger; an older moment costs as much as it would without this module.
_DAYS = 8 * 366


def utc_sql(con: duckdb.DuckDBPyConnection, zone: str, moment: str, as_of: date) -> str:
    """An expression: the UTC TIMESTAMP of the column `moment` in the zone that the expression `zone` names.

    An hour that a clock change skips is read as if it had not changed; one that occurs twice is the second.
    ICU takes 100 ns a row, a CASE of constants 10 to 20.
    """
    exact = f"make_timestamp(epoch_us(timezone({zone}, {moment})))"
    if not zone.startswith("'"):  # stores in several zones
        return exact
    whens = "".join(
        f" WHEN {moment} BETWEEN TIMESTAMP '{first}' AND TIMESTAMP '{last}' THEN {moment} - to_microseconds({offset})"
        for first, last, offset in reversed(_steady(con, zone, as_of))
    )
    return f"CASE{whens} ELSE {exact} END"


def _steady(con: duckdb.DuckDBPyConnection, zone: str, as_of: date) -> list[tuple[date, date, int]]:
    """Spans from midnight to midnight of one offset, in microseconds, in order.

    ICU is asked for every midnight up to the as-of date's end. A day that begins and ends with the same offset has no
    clock change, since no zone changes its clocks twice within a day; days that do change are in no span.
    """
    rows = con.execute(
        f"SELECT CAST(day AS DATE), epoch_us(day) - epoch_us(timezone({zone}, day)) "
        "FROM (SELECT unnest(generate_series($1::TIMESTAMP, $2::TIMESTAMP, INTERVAL 1 DAY)) AS day) ORDER BY day",
        [as_of - timedelta(days=_DAYS), as_of + timedelta(days=1)],
    ).fetchall()
    spans = []
    for offset, group in groupby(rows, key=lambda row: int(row[1])):
        days = [day for day, _ in group]
        spans.append((days[0], days[-1], offset))
    return spans
