"""The customers of a market by the language they are spoken to in, and the segments that they are in."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from tasks.chain.measures import MEASURES, Measures
from tasks.chain.suppress import withheld_cells
from tasks.export.suppress import Row
from tasks.sql import name as quoted

#: Customers whose language nobody knows.
UNKNOWN = "unknown"
#: The language as an expression over customers.parquet.
CODE = f"coalesce(language, '{UNKNOWN}')"
_SUMS = (
    "count(*) AS customers, sum(orders)::BIGINT AS orders, sum(monetary_reference)::DECIMAL(38, 6), "
    "sum(monetary_ppp)::DECIMAL(38, 6), sum(monetary_local)::DECIMAL(38, 6)"
)


def by_language(con: duckdb.DuckDBPyConnection, customers: str) -> dict[str, Measures]:
    """Measures by language. Money is the sum of the customers' published amounts, each rounded to its cent."""
    found = con.execute(f"SELECT {CODE} AS code, {_SUMS} FROM {customers} GROUP BY 1 ORDER BY 1").fetchall()
    return {code: dict(zip(MEASURES, values, strict=True)) for code, *values in found}


def columns_of(con: duckdb.DuckDBPyConnection, customers: str, dimensions: Iterable[str]) -> dict[str, str]:
    """The customers' column of each dimension that has one."""
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {customers}").fetchall()}
    named = {name: name if name == "stratum" else f"segment_{name}" for name in dimensions}
    return {name: column for name, column in named.items() if column in there}


def by_segment(
    con: duckdb.DuckDBPyConnection, customers: str, dimensions: Iterable[str], minimum: int,
    unheard: frozenset[str], hidden: frozenset[Row],
) -> dict[tuple[str, str, str], Measures | None]:  # fmt: skip
    """Measures by language, dimension and segment, null where withheld: readers know both margins.

    `unheard` languages and `hidden` segments are withheld as a whole.
    """
    spoken: dict[tuple[str, str, str], Measures | None] = {}
    for name, column in columns_of(con, customers, dimensions).items():
        found = con.execute(
            f"SELECT {CODE} AS code, {quoted(column)} AS segment, {_SUMS} FROM {customers} GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        cells = {(row[0], row[1]): dict(zip(MEASURES, row[2:], strict=True)) for row in found}
        counts = {cell: int(one["customers"]) for cell, one in cells.items()}
        lines = [[cell for cell in cells if cell[place] == code] for place in (0, 1) for code in _codes(cells, place)]
        secret = {cell for cell in cells if cell[0] in unheard or (name, cell[1]) in hidden}
        unseen = withheld_cells(counts, minimum, lines, secret)
        for (code, segment), one in cells.items():
            spoken[code, name, segment] = None if (code, segment) in unseen else one
    return spoken


def _codes(cells: Iterable[tuple[str, str]], place: int) -> list[str]:
    return sorted({cell[place] for cell in cells})
