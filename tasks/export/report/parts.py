"""Parts of a report's figures that several sections share: who is counted, and what a part of a count may tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from region_profiles.models import Dimension
from tasks.export.suppress import Row, withheld
from tasks.files import parquet
from tasks.sql import name as quoted

#: A count of customers; None is withheld.
Count = int | None


def outside(kind: Dimension) -> str:
    """The segment of who is of the other population: `account` in dimensions of persons."""
    return "account" if kind.population == "person" else "person"


def columns(con: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    """Names of a file's columns: earlier publications have fewer."""
    return frozenset(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall())


def selected(wanted: Iterable[str], there: Iterable[str]) -> str:
    """Columns to select, null where the file has none."""
    known = set(there)
    return ", ".join(quoted(one) if one in known else f"NULL AS {quoted(one)}" for one in wanted)


def counted(there: Iterable[str]) -> str:
    """Who counts: all but contacts of business accounts, whose account does."""
    return "population <> 'contact'" if "population" in set(there) else "true"


def part(count: int, whole: int, minimum: int) -> Count:
    """A part of a known count, unless it or the rest would tell of few.

    >>> part(0, 40, 5), part(3, 40, 5), part(38, 40, 5), part(40, 40, 5)
    (0, None, None, 40)
    """
    return None if any(0 < one < minimum for one in (count, whole - count)) else count


def apart(counts: Mapping[Row, int], minimum: int) -> frozenset[Row]:
    """Rows to withhold, each dimension by itself: one that is too small as a whole withholds no other."""
    found = frozenset[Row]()
    for name in {dimension for dimension, _ in counts}:
        found |= withheld({row: n for row, n in counts.items() if row[0] == name}, minimum)
    return found


def without_contacts(con: duckdb.DuckDBPyConnection, *files: Path | None) -> str:
    """A condition on `customer_id` that leaves out contacts, of publications now and before."""
    known = [one for one in files if one is not None and "population" in columns(con, one)]
    contacts = [f"SELECT customer_id FROM {parquet(one)} WHERE population = 'contact'" for one in known]
    return f"customer_id NOT IN ({' UNION '.join(contacts)})" if contacts else "true"
