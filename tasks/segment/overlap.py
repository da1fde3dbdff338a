"""How audiences, or the segments of dimensions, intersect: each customer in exactly one combination of sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from tasks.files import parquet
from tasks.sql import name

#: Who is in none of the sets.
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intersection:
    """Customers who are in exactly these sets and in no other, with their revenue (window, local, gross)."""

    sets: tuple[str, ...]
    customers: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Combined:
    """`sets`: customers of each, the largest first. `intersections`: exact ones, the largest first, with all of them.

    Contacts are not counted: their account is. `customers` are all of the market.
    """

    sets: Mapping[str, int]
    intersections: tuple[Intersection, ...]
    customers: int
    currency: str
    dimensions: tuple[str, ...] = ()
    """Dimensions whose segments the sets are; none: sets are audiences."""

    def rows(self, one: Intersection) -> Iterator[tuple[str, str]]:
        """What else counts the customers of an intersection: of every audience in or out, of dimensions the segment."""
        if self.dimensions:
            yield from zip(self.dimensions, one.sets, strict=True)
        else:
            yield from ((each, "in" if each in one.sets else "out") for each in self.sets)

    def combinations(self) -> Iterator[tuple[tuple[str, str], ...]]:
        """Of each intersection its own row and those of `rows`: what can be subtracted from what."""
        for place, one in enumerate(self.intersections):
            yield (("", str(place)), *self.rows(one))

    def counts(self) -> dict[tuple[str, str], int]:
        """Customers of every row of `combinations`."""
        found: Counter[tuple[str, str]] = Counter()
        for rows, one in zip(self.combinations(), self.intersections, strict=True):
            for row in rows:
                found[row] += one.customers
        return dict(found)

    def shown(self, each: str, hidden: Collection[tuple[str, str]]) -> bool:
        """Whether the size of a set may be shown."""
        if self.dimensions:
            return not any(row in hidden for one in self.intersections for row in self.rows(one) if row[1] == each)
        return not {(each, "in"), (each, "out")} & set(hidden)


def of_audiences(con: duckdb.DuckDBPyConnection, customers: Path, audiences: Path) -> Combined:
    """How the audiences of a publication intersect, holdout included.

    `customers` and `audiences` are its canonical files.
    """
    listed = f"SELECT customer_id, list(audience ORDER BY audience) AS sets FROM {parquet(audiences)} GROUP BY ALL"
    return _combined(con, customers, f"SELECT c.*, coalesce(l.sets, []) AS sets FROM {{of}} c LEFT JOIN ({listed}) l "
                                     "USING (customer_id)")  # fmt: skip


def of_dimensions(con: duckdb.DuckDBPyConnection, customers: Path, dimensions: Sequence[str]) -> Combined:
    """How the segments of dimensions intersect; a set is `dimension: segment`."""
    pieces = [f"concat('{one}: ', {name('stratum' if one == 'stratum' else f'segment_{one}')})" for one in dimensions]
    return _combined(con, customers, f"SELECT *, [{', '.join(pieces)}] AS sets FROM {{of}}", tuple(dimensions))


def _combined(
    con: duckdb.DuckDBPyConnection, customers: Path, query: str, dimensions: tuple[str, ...] = ()
) -> Combined:
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(customers)}").fetchall()}
    whole = parquet(customers)
    of = f"(SELECT * FROM {whole} WHERE population <> 'contact')" if "population" in there else whole
    rows = con.execute(
        f"SELECT sets, count(*), coalesce(sum(monetary_local), 0), max(currency) FROM ({query.format(of=of)}) "
        "GROUP BY sets ORDER BY count(*) DESC, sets"
    ).fetchall()
    found = tuple(Intersection(tuple(sets), count, revenue) for sets, count, revenue, _ in rows)
    sizes: dict[str, int] = {}
    for one in found:
        for each in one.sets:
            sizes[each] = sizes.get(each, 0) + one.customers
    ordered = dict(sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])))
    currency = next((row[3] for row in rows if row[3] is not None), "")
    return Combined(ordered, found, sum(one.customers for one in found), currency, dimensions)
