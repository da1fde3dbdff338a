"""GDP per head at market rates, for the effort lens: what a year's spend weighs where a customer lives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa

from tasks.reference.tables import Reference, Row, Used

SCHEMA = pa.schema([("country", pa.string()), ("gdp_per_head", pa.decimal128(18, 4)), ("year", pa.int32())])


class Income(NamedTuple):
    """GDP per head in current US dollars, and its year."""

    country: str
    gdp_per_head: Decimal
    year: int


def last_complete_year(as_of: date) -> int:
    """The last year that is over at a date.

    >>> last_complete_year(date(2021, 2, 20)), last_complete_year(date(2021, 12, 31))
    (2020, 2021)
    """
    return as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1


def _latest(rows: Iterable[Row], year: int) -> Income | None:
    known = [row for row in rows if int(row["year"]) <= year]
    if not known:
        return None
    row = max(known, key=lambda row: int(row["year"]))
    return Income(row["country"], Decimal(row["gdp_per_head"]), int(row["year"]))


def income(reference: Reference, country: str, as_of: date) -> Income | None:
    """A country's latest year that was over at the as-of date; None where there is none.

    >>> income(Reference(), "DE", date(2021, 2, 20)).year
    2020
    """
    return _latest(reference.of("incomes", country), last_complete_year(as_of))


def incomes(reference: Reference, as_of: date, used: Used | None = None) -> pa.Table:
    """All countries' latest year that was over at the as-of date.

    Returns:
        country, gdp_per_head DECIMAL(18,4) in current US dollars, year; ordered by country.
    """
    by_country: dict[str, list[Row]] = {}
    for row in reference.rows("incomes"):
        by_country.setdefault(row["country"], []).append(row)
    year = last_complete_year(as_of)
    found = [latest for _, rows in sorted(by_country.items()) if (latest := _latest(rows, year))]
    if used is not None:
        used.add("incomes", found)
    columns = list(zip(*found, strict=True)) if found else [(), (), ()]
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )
