"""Dated corrections by the market's team, resolved to what holds at the as-of date.

- exclude, deceased, employee, test: the customer is excluded from then on (employee as the profile says).
- merge: the member is the person `value`; chains are followed, a cycle is an error. A later merge of a member replaces
  an earlier one.
- split: the member is a person of their own again: it ends a merge of that member with an earlier (or equal) date.
- language: the stated preference is `value`.
- event: kept in the table for later stages; it changes no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from tasks.errors import DropError
from tasks.normalize.parse_code import language
from tasks.privacy.mask import mask

#: Corrections that put a customer aside, and the kind under which the ledger counts it.
EXCLUDING = ("exclude", "deceased", "employee", "test")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction that holds at the as-of date."""

    member: str
    action: str
    value: str | None
    effective: date
    record: int


@dataclass(slots=True)
class Resolved:
    """What corrections come to: survivors by member, kinds of exclusion by member, languages by member."""

    survivors: dict[str, str] = field(default_factory=dict)
    excluded: set[tuple[str, str]] = field(default_factory=set)
    languages: dict[str, str] = field(default_factory=dict)


def resolve(corrections: Iterable[Correction], file: str) -> Resolved:
    """Apply corrections in the order of their dates, then of their records.

    Raises DropError for merges in a circle, naming a record of it.

    >>> day = date(2024, 1, 1)
    >>> resolve([Correction("A", "merge", "B", day, 1), Correction("B", "merge", "C", day, 2)], "f").survivors
    {'A': 'C', 'B': 'C'}
    """
    resolved, merges = Resolved(), dict[str, Correction]()
    for correction in sorted(corrections, key=lambda c: (c.effective, c.record)):
        member, value = correction.member, correction.value or ""
        if correction.action == "merge":
            merges[member] = correction
        elif correction.action == "split":
            merges.pop(member, None)
        elif correction.action == "language":
            resolved.languages[member] = language(value) or value
        elif correction.action in EXCLUDING:
            resolved.excluded.add((member, correction.action))
    resolved.survivors = {member: _survivor(member, merges, file) for member in merges}
    return resolved


def _survivor(member: str, merges: dict[str, Correction], file: str) -> str:
    seen = [member]
    while (correction := merges.get(seen[-1])) is not None:
        target = correction.value or ""
        if target in seen:
            raise DropError(
                "merges go in a circle",
                file=file,
                record=correction.record,
                column="value",
                value=mask(target),
                expected="one member of them who survives",
                hint="drop one merge, or add a split",
            )
        seen.append(target)
    return seen[-1]


def store(con: duckdb.DuckDBPyConnection, resolved: Resolved) -> None:
    """Write the temporary tables strata_survivors, strata_corrected (member, kind) and strata_languages."""
    _table(con, "strata_survivors", ("member_number", "survivor"), sorted(resolved.survivors.items()))
    _table(con, "strata_corrected", ("member_number", "kind"), sorted(resolved.excluded))
    _table(con, "strata_languages", ("member_number", "language"), sorted(resolved.languages.items()))


def _table(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    arrow = pa.table({c: pa.array([row[i] for row in rows], pa.string()) for i, c in enumerate(columns)})
    con.register("strata_arrow", arrow)
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM strata_arrow").fetchall()
    finally:
        con.unregister("strata_arrow")
