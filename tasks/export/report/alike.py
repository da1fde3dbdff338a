"""Like with like: why customers moved, whether anything but customers changed, and sizes at earlier dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.export.background import Background
from tasks.export.report.parts import Count, apart, columns, outside, without_contacts
from tasks.export.shown import shown
from tasks.export.suppress import Row
from tasks.files import parquet
from tasks.sql import literals

CAUSES = ("customer", "refund", "rule", "reference", "identity", "correction")
#: Causes that are no deeds of customers.
BREAKS = ("rule", "reference", "identity", "correction")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An earlier date by today's rules: customers by dimension and segment, None withheld."""

    name: str
    as_of: date
    sizes: Mapping[Row, Count]


@dataclass(frozen=True, slots=True)
class Alike:
    """Why customers moved, and how the segments were.

    `causes`: customers of both publications who moved, by dimension and cause, few refunds among `customer`.
    `broken` moved by no deed of theirs, None withheld. `rules`: dimensions in which new rules moved somebody.
    `compared` says whether there is a publication before.
    """

    causes: Mapping[str, Mapping[str, Count]]
    rules: tuple[str, ...]
    broken: Count
    anchors: tuple[Anchor, ...]
    compared: bool


def load_alike(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    background: Background,
    segmented_dir: Path,
    hidden: frozenset[Row],
) -> Alike | None:
    """From membership.parquet and comparisons.parquet (docs/membership.md); None where neither says anything.

    `hidden`: segments that are withheld today or were before, and so are at all dates: sizes differ by few.
    """
    membership, comparisons = (segmented_dir / f"{name}.parquet" for name in ("membership", "comparisons"))
    dimensions, minimum = shown(profile), profile.privacy.minimum_count
    counts: dict[str, dict[str, int]] = {}
    broken = 0
    before = background.previous
    known = before is not None and "cause" in columns(con, membership)
    if before is not None and known:
        customers = segmented_dir / "customers.parquet"
        who = without_contacts(con, customers, before)
        moved = f"FROM {parquet(membership)} WHERE dimension IN ({literals(dimensions)}) AND {who}"
        query = f"SELECT dimension, cause, count(*) {moved} AND {_both(before, customers)} GROUP BY ALL"
        for dimension, cause, count in con.execute(query).fetchall():
            counts.setdefault(dimension, {})[cause] = count
        query = f"SELECT count(DISTINCT customer_id) {moved} AND cause IN ({literals(BREAKS)})"
        (broken,) = con.execute(query).fetchall()[0]
    for some in counts.values():  # few returns would withhold what customers bought: both are deeds of theirs
        if 0 < some.get("refund", 0) < minimum:
            some["customer"] = some.get("customer", 0) + some.pop("refund")
    anchors = _anchors(con, profile, comparisons, hidden) if comparisons.exists() else ()
    if not known and not anchors:
        return None
    small = apart({(name, one): n for name, some in counts.items() for one, n in some.items()}, minimum)
    return Alike(
        causes={
            name: {one: None if (name, one) in small else n for one, n in counts[name].items()}
            for name in dimensions
            if name in counts
        },
        rules=tuple(name for name in dimensions if counts.get(name, {}).get("rule")),
        broken=None if 0 < broken < minimum else broken,
        anchors=anchors,
        compared=known,
    )


def _both(before: Path, now: Path) -> str:
    """Who is new or gone changed no segment; nor would their segment then or now tell them: a dimension may be new."""
    sides = (f"customer_id IN (SELECT customer_id FROM {parquet(one)})" for one in (before, now))
    return f"cause IS NOT NULL AND {' AND '.join(sides)}"


def _anchors(
    con: duckdb.DuckDBPyConnection, profile: Profile, comparisons: Path, hidden: frozenset[Row]
) -> tuple[Anchor, ...]:
    """Sizes at earlier dates, oldest first, each date once."""
    found: dict[tuple[date, str], dict[Row, int]] = {}
    query = f"SELECT anchor, as_of, dimension, segment, customers FROM {parquet(comparisons)} ORDER BY ALL"
    for name, as_of, dimension, segment, customers in con.execute(query).fetchall():
        kind = profile.dimensions.get(dimension)
        if kind is not None and segment not in {"guest", outside(kind)}:
            found.setdefault((as_of, name), {})[dimension, segment] = customers
    dimensions, anchors = shown(profile), dict[date, Anchor]()
    for (as_of, name), sizes in sorted(found.items()):
        unseen = apart(sizes, profile.privacy.minimum_count) | hidden
        told = {row: None if row in unseen else n for row, n in sizes.items() if row[0] in dimensions}
        anchors[as_of] = Anchor(name, as_of, told)  # of one date the report before, whose name comes last
    return tuple(anchors.values())
