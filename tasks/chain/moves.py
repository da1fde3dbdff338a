"""How many customers of a market moved between segments, and why, without telling of anybody small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from tasks.chain.suppress import withheld_cells
from tasks.export.suppress import Row, withheld

Cell = tuple[str | None, str | None, str | None]
"""From, to and cause; null is outside the market, or a cause that is not told."""
_STAY = "stay:"


@dataclass(frozen=True, slots=True)
class Flow:
    """Customers who went from a segment to another; null segments are outside the market, null customers withheld."""

    dimension: str
    before: str | None
    after: str | None
    cause: str | None
    customers: int | None

    @property
    def move(self) -> str:
        """Enter, exit or move."""
        if self.before is None:
            return "enter"
        return "exit" if self.after is None else "move"


def flows(
    con: duckdb.DuckDBPyConnection, membership: str, sizes: Mapping[Row, int], hidden: frozenset[Row], minimum: int
) -> tuple[Flow, ...]:
    """The flows of each dimension, by name, from and to; `sizes` and `hidden` are of the publication itself.

    A column `cause` divides them further. Of a column `comparison` only `previous` counts. Readers may know the sizes
    of segments now and before, so flows are withheld as the cells of a table with both sums known, in which those who
    stayed are never shown. A dimension that went off has no flows: all of it left, and the flows would be the sizes
    before, of which more may be withheld than can be seen here.
    """
    found: list[Flow] = []
    on = {dimension for dimension, _ in sizes}
    for name, cells in _matrices(con, membership).items():
        if name not in on:
            continue
        stays, before = _margins(name, cells, sizes)
        unseen_before = withheld(before, minimum)
        secret = {
            cell for cell in cells if (name, cell[1]) in hidden or (name, cell[0]) in unseen_before
        }  # outside, null, is in neither
        whole = {**cells, **stays}
        unseen = withheld_cells(whole, minimum, _lines(whole), secret, stays)
        found += [Flow(name, *cell, None if cell in unseen else count) for cell, count in cells.items()]
    return tuple(found)


def _matrices(con: duckdb.DuckDBPyConnection, membership: str) -> dict[str, dict[Cell, int]]:
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {membership}").fetchall()}
    cause = "cause" if "cause" in there else "NULL::VARCHAR"
    only = "WHERE comparison = 'previous'" if "comparison" in there else ""
    rows = con.execute(
        f"SELECT dimension, previous_segment, segment, {cause} AS cause, count(*) FROM {membership} {only} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found: dict[str, dict[Cell, int]] = {}
    for dimension, before, after, why, count in rows:
        if before != after:
            found.setdefault(dimension, {})[before, after, why] = count
    return found


def _margins(name: str, cells: Mapping[Cell, int], sizes: Mapping[Row, int]) -> tuple[dict[Cell, int], dict[Row, int]]:
    """Who stayed in each segment, and the sizes of the publication before."""
    now = Counter({code: count for (dimension, code), count in sizes.items() if dimension == name})
    joined: Counter[str | None] = Counter()
    left: Counter[str | None] = Counter()
    for (before, after, _), count in cells.items():
        joined[after] += count
        left[before] += count
    codes = sorted({*now, *(code for code in (*joined, *left) if code is not None)})
    stays: dict[Cell, int] = {(code, code, _STAY): max(now[code] - joined[code], 0) for code in codes}
    return stays, {(name, code): now[code] - joined[code] + left[code] for code in codes}


def _lines(cells: Iterable[Cell]) -> list[list[Cell]]:
    """All that left a segment or stayed, and all that joined it or stayed."""
    every = list(cells)
    sides: list[list[Cell]] = []
    for place in (0, 1):
        codes = dict.fromkeys(cell[place] for cell in every)
        sides += [[cell for cell in every if cell[place] == code] for code in codes]
    return sides
