"""How segments have grown and who has moved since the publication before, without telling of anybody small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.export.background import Background
from tasks.export.report.parts import columns, counted, without_contacts
from tasks.export.shown import shown
from tasks.export.summary import Summary
from tasks.export.suppress import links, withheld
from tasks.files import parquet
from tasks.sql import name as quoted

#: Movements that a dimension shows.
FLOWS = 10
#: Where customers who are new to the report come from, and where those who left it go.
OUTSIDE = ""
Cell = tuple[str, str]
Flow = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """Customers of a segment then and now, who came in and who went out; None is withheld."""

    then: int | None
    now: int | None
    joined: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes by dimension and segment; the largest flows (from, to, customers) by dimension; the market's own."""

    changes: Mapping[str, Mapping[str, Change]]
    flows: Mapping[str, tuple[Flow, ...]]
    nobody: frozenset[str]
    """Dimensions in which nobody moved from one segment to another."""
    joined: int | None
    left: int | None
    hidden: frozenset[Cell] = frozenset()
    """Segments that the publication before withheld, of all dimensions that are shown."""


def load_moves(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, background: Background, segmented_dir: Path
) -> Moves | None:
    """Compare with the publication before, in dimensions of rules and tiers that both have; None without one."""
    if background.previous is None:
        return None
    kinds = (RulesDimension, TiersDimension)
    there = columns(con, background.previous)
    every = [dimension for dimension in shown(profile) if f"segment_{dimension}" in there]
    named = [dimension for dimension in every if isinstance(profile.dimensions[dimension], kinds)]
    if not named:
        return None
    minimum = profile.privacy.minimum_count
    then, hidden_then = _before(con, background.previous, every, minimum, counted(there))
    who = without_contacts(con, segmented_dir / "customers.parquet", background.previous)
    matrices = _matrices(con, segmented_dir / "membership.parquet", who)
    compared = {}
    for dimension in named:
        now = {code: row["customers"] for (one, code), row in figures.rows.items() if one == dimension}
        now.pop("guest", None)
        unseen = tuple({code for one, code in hidden if one == dimension} for hidden in (hidden_then, figures.hidden))
        compared[dimension] = _compare(then[dimension], now, matrices.get(dimension, Counter()), unseen, minimum)
    outside = compared[named[0]][0].pop(OUTSIDE)
    for changes, _ in compared.values():
        changes.pop(OUTSIDE, None)
    return Moves(
        changes={dimension: changes for dimension, (changes, _) in compared.items()},
        flows={dimension: flows for dimension, (_, flows) in compared.items()},
        nobody=frozenset(
            dimension for dimension in named if all(OUTSIDE in cell for cell in matrices.get(dimension, Counter()))
        ),
        joined=outside.left,
        left=outside.joined,
        hidden=hidden_then,
    )


def _before(
    con: duckdb.DuckDBPyConnection, previous: Path, dimensions: Iterable[str], minimum: int, who: str
) -> tuple[dict[str, Counter[str]], frozenset[Cell]]:
    """Sizes in the publication before, and which of them it withheld."""
    names = list(dimensions)
    columns = ", ".join(quoted(f"segment_{name}") for name in names)
    cells = con.execute(f"SELECT {columns}, count(*) FROM {parquet(previous)} WHERE {who} GROUP BY ALL").fetchall()
    then: dict[str, Counter[str]] = {name: Counter() for name in names}
    for *codes, count in cells:
        for name, code in zip(names, codes, strict=True):
            then[name][code] += count
    counts = {(name, code): count for name, sizes in then.items() for code, count in sizes.items()}
    return then, withheld(counts, minimum, links([list(zip(names, cell[:-1], strict=True)) for cell in cells]))


def _matrices(con: duckdb.DuckDBPyConnection, membership: Path, who: str) -> dict[str, Counter[Cell]]:
    """Customers by (from, to) of each dimension; who stays is not in it."""
    found: dict[str, Counter[Cell]] = {}
    query = f"SELECT dimension, previous_segment, segment, count(*) FROM {parquet(membership)} WHERE {who} GROUP BY ALL"
    for dimension, first, second, count in con.execute(query).fetchall():
        found.setdefault(dimension, Counter())[first or OUTSIDE, second or OUTSIDE] += count
    return found


def _compare(
    then: Mapping[str, int],
    now: Mapping[str, int],
    moved: Mapping[Cell, int],
    unseen: tuple[set[str], ...],
    minimum: int,
) -> tuple[dict[str, Change], tuple[Flow, ...]]:
    """Changes by segment (and of OUTSIDE, whose coming are those who left), and the largest flows.

    Who knows a segment's coming or going may subtract the flows that are shown: what is not shown of them must then be
    safe (`_unsafe`), else coming and going are withheld. Their difference stays known, that of the sizes: so where one
    of the two has no part that is not shown, the other's parts must be safe all the same, and flows are given up for
    it, the smallest first. Flows from or to a withheld segment are never shown: a segment is as large as what came in.
    """
    seen = [
        (first, second, count)
        for (first, second), count in moved.items()
        if count >= minimum and OUTSIDE not in {first, second} and first not in unseen[0] and second not in unseen[1]
    ]
    flows = sorted(seen, key=lambda flow: (-flow[2], flow[:2]))[:FLOWS]
    codes = (*now, *(code for code in then if code not in now), OUTSIDE)
    while (given_up := _betrayed(codes, moved, flows, minimum)) is not None:
        flows.remove(given_up)
    changes = {}
    for code in codes:
        sizes = None if code in unseen[0] else then.get(code, 0), None if code in unseen[1] else now.get(code, 0)
        joined, left = (sum(moved[cell] for cell in _cells(moved, code, side)) for side in (1, 0))
        rest = [_rest(moved, flows, code, side) for side in (1, 0)]
        small = any(0 < count < minimum for count in (joined, left)) or any(_unsafe(parts, minimum) for parts in rest)
        known = not small and None not in sizes
        changes[code] = Change(*sizes, joined if known else None, left if known else None)
    return changes, tuple(flows)


def _betrayed(codes: Iterable[str], moved: Mapping[Cell, int], flows: list[Flow], minimum: int) -> Flow | None:
    """The smallest flow of a segment whose sizes alone would tell a small part of its coming or going."""
    for code in codes:
        coming, going = (_rest(moved, flows, code, side) for side in (1, 0))
        if (_unsafe(coming, minimum) and not going) or (_unsafe(going, minimum) and not coming):
            own = [flow for flow in flows if code in flow[:2]]
            if own:
                return own[-1]
    return None


def _cells(moved: Mapping[Cell, int], code: str, side: int) -> list[Cell]:
    """Movements to (1) or from (0) a segment."""
    return [cell for cell in moved if cell[side] == code and cell[0] != cell[1]]


def _rest(moved: Mapping[Cell, int], flows: Iterable[Flow], code: str, side: int) -> list[int]:
    """What of a segment's coming or going is not shown."""
    shown = {flow[:2] for flow in flows}
    return [moved[cell] for cell in _cells(moved, code, side) if cell not in shown]


def _unsafe(parts: Sequence[int], minimum: int) -> bool:
    """Whether parts of a known sum would tell one below the minimum: the rule of `suppress.withheld`."""
    return any(part < minimum for part in parts) and (len(parts) < 2 or sum(parts) < minimum + len(parts) - 1)  # noqa: PLR2004
