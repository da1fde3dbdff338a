"""What became of the drop's columns since the publication before: gone, come, renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tasks.gate.history import Past
from tasks.gate.verdict import Check

#: A column that went and one that came are one that was renamed where their names are so alike, or their place is.
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Drift:
    """The checks, which only tell, and by raw table whether columns or the table itself went."""

    checks: tuple[Check, ...] = ()
    gone: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()


def drifted(now: Past, past: Sequence[Past]) -> Drift:
    """Columns of the raw tables against those of the publication before; nothing where that does not know its own.

    That alone holds nothing back: a column that the profile needs and does not find is an error of ingest, and what an
    optional one that went takes along shows in the shares of nulls, which it explains.
    """
    before = past[-1].measures.get("columns") if past else None
    after = now.measures.get("columns")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return Drift()
    checks: list[Check] = []
    gone, renamed = set(), set()
    for table in sorted(set(before) | set(after)):
        found = _of_table(table, before.get(table), after.get(table))
        checks += found
        gone |= {table for check in found if check.check in {"table_gone", "column_gone"}}
        renamed |= {table for check in found if check.check == "column_renamed"}
    return Drift(tuple(checks), frozenset(gone), frozenset(renamed))


def _of_table(table: str, before: Sequence[str] | None, after: Sequence[str] | None) -> list[Check]:
    if before is None or after is None:
        return [_told("table_came" if before is None else "table_gone", table, None)]
    lost = [name for name in before if name not in set(after)]
    came = [name for name in after if name not in set(before)]
    pairs = renames(before, after)
    checks = [_told("column_renamed", f"{table}.{old}", new) for old, new in pairs]
    checks += [_told("column_gone", f"{table}.{name}", None) for name in lost if name not in dict(pairs)]
    new_names = {new for _, new in pairs}
    return checks + [_told("column_came", f"{table}.{name}", None) for name in came if name not in new_names]


def _told(check: str, subject: str, detail: str | None) -> Check:
    return Check(check=check, subject=subject, outcome="warn", detail=detail)


def renames(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of an old and a new name: one that came where the old one stood, or whose name is much like it.

    >>> renames(["Kd-Nr", "Name", "Ort"], ["KdNr", "Name", "Ort", "Land"])
    [('Kd-Nr', 'KdNr')]
    >>> renames(["a", "b"], ["a", "b", "c"]), renames(["amount", "qty"], ["qty"])
    ([], [])
    """
    lost = [name for name in before if name not in set(after)]
    came = [name for name in after if name not in set(before)]
    pairs = []
    for old in lost:
        same_place = [new for new in came if _between(before, old, after) == _between(after, new, before)]
        ratios = sorted(((_alike(old, new), new) for new in came), reverse=True)
        best = next((new for ratio, new in ratios if ratio >= ALIKE), None) or (same_place[0] if same_place else None)
        if best is not None:
            pairs.append((old, best))
            came.remove(best)
    return pairs


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _between(names: Sequence[str], name: str, others: Sequence[str]) -> tuple[str | None, str | None]:
    """The nearest names on either side that stand in both headers."""
    at, shared = names.index(name), set(others)
    left = next((one for one in reversed(names[:at]) if one in shared), None)
    right = next((one for one in names[at + 1 :] if one in shared), None)
    return left, right
