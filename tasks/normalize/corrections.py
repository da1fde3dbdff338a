"""Dated corrections by the market's team, resolved to what holds at the as-of date.

- exclude, deceased, employee, test: the customer is excluded from then on (employee as the profile says).
- merge: the member is the person `value`; chains are followed, a cycle is an error. A later merge of a member replaces
  an earlier one. A merge into a number that neither customers nor lines know does nothing: the customer would vanish.
- split: the member is a person of their own again: it ends a merge of that member with an earlier (or equal) date.
- language: the stated preference is `value`, as if the customer had chosen it.
- event: kept in the table for later stages; it changes no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from tasks.errors import DropError
from tasks.normalize.parse_code import language
from tasks.normalize.sql import create
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


def resolve(corrections: Iterable[Correction], file: str, languages: str = "") -> Resolved:
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
            resolved.languages[member] = language(value, languages) or value
        elif correction.action in EXCLUDING:
            resolved.excluded.add((member, correction.action))
    resolved.survivors = {member: _survivor(member, merges, file) for member in merges}
    return resolved


def of_nobody(corrections: Iterable[Correction], known: AbstractSet[str]) -> tuple[list[Correction], int]:
    """Without merges into numbers that are not `known` and merge no further; how many corrections name such a number.

    >>> day = date(2024, 1, 1)
    >>> into_nobody = Correction("A", "merge", "Z", day, 1)
    >>> of_nobody([into_nobody, Correction("Y", "test", None, day, 2)], {"A"})[1]
    2
    >>> of_nobody([into_nobody], {"A"})[0]
    []
    """
    effective = list(corrections)
    strange = [c for c in effective if c.member not in known or (c.action == "merge" and c.value not in known)]
    while True:
        merging = {c.member for c in effective if c.action == "merge"}
        kept = [c for c in effective if c.action != "merge" or c.value in known or c.value in merging]
        if len(kept) == len(effective):
            return kept, len(strange)
        effective = kept


def known_members(con: duckdb.DuckDBPyConnection, corrections: Iterable[Correction], members: str) -> set[str]:
    """Which of the numbers that corrections name occur in the relation `members` (column member_number)."""
    named = {c.member for c in corrections} | {c.value for c in corrections if c.action == "merge" and c.value}
    _table(con, "strata_named", ("member_number",), [(member,) for member in sorted(named)])
    query = f"SELECT DISTINCT member_number FROM {members} SEMI JOIN strata_named USING (member_number)"
    return {row[0] for row in con.execute(query).fetchall()}


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
    create(con, table, arrow)
