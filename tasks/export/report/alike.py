"""Like with like: why customers moved, whether anything but customers changed, and sizes at earlier dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.export.background import Background
from tasks.export.report.parts import Count, columns, outside, seen, without_contacts
from tasks.export.summary import Summary
from tasks.export.suppress import withheld
from tasks.files import parquet
from tasks.sql import literals

CAUSES = ("customer", "refund", "rule", "reference", "identity", "correction")
#: Causes that are no deeds of customers.
BREAKS = ("rule", "reference", "identity", "correction")
ANCHORS = ("last_year", "month_end", "previous")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An earlier date by today's rules: customers by dimension and segment, None withheld."""

    name: str
    as_of: date
    sizes: Mapping[tuple[str, str], Count]


@dataclass(frozen=True, slots=True)
class Alike:
    """`causes`: customers who moved by dimension and cause. `broken` moved by no deed of theirs, None withheld.

    `rules`: dimensions in which new rules moved somebody. `compared` says whether there is a publication before.
    """

    causes: Mapping[str, Mapping[str, Count]]
    rules: tuple[str, ...]
    broken: Count
    anchors: tuple[Anchor, ...]
    compared: bool


def load_alike(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, background: Background, segmented_dir: Path
) -> Alike | None:
    """From membership.parquet and comparisons.parquet (docs/membership.md); None where neither says anything."""
    membership, comparisons = (segmented_dir / f"{name}.parquet" for name in ("membership", "comparisons"))
    dimensions, minimum = seen(profile), profile.privacy.minimum_count
    counts: dict[str, dict[str, int]] = {}
    broken = 0
    known = background.previous is not None and "cause" in columns(con, membership)
    if known:
        who = without_contacts(con, segmented_dir / "customers.parquet", background.previous)
        moved = f"FROM {parquet(membership)} WHERE dimension IN ({literals(dimensions)}) AND {who}"
        query = f"SELECT dimension, cause, count(*) {moved} AND cause IS NOT NULL GROUP BY ALL"
        for dimension, cause, count in con.execute(query).fetchall():
            counts.setdefault(dimension, {})[cause] = count
        query = f"SELECT count(DISTINCT customer_id) {moved} AND cause IN ({literals(BREAKS)})"
        (broken,) = con.execute(query).fetchall()[0]
    anchors = _anchors(con, profile, figures, comparisons) if comparisons.exists() else ()
    if not known and not anchors:
        return None
    hidden = {name: withheld({(name, one): n for one, n in some.items()}, minimum) for name, some in counts.items()}
    return Alike(
        causes={
            name: {one: None if (name, one) in hidden[name] else n for one, n in counts[name].items()}
            for name in dimensions
            if name in counts
        },
        rules=tuple(name for name in dimensions if counts.get(name, {}).get("rule")),
        broken=None if 0 < broken < minimum else broken,
        anchors=anchors,
        compared=known,
    )


def _anchors(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, comparisons: Path
) -> tuple[Anchor, ...]:
    """Sizes at earlier dates. What is withheld today is withheld then: the two differ by few."""
    found: dict[tuple[str, date], dict[tuple[str, str], int]] = {}
    query = f"SELECT anchor, as_of, dimension, segment, customers FROM {parquet(comparisons)} ORDER BY ALL"
    for name, as_of, dimension, segment, customers in con.execute(query).fetchall():
        kind = profile.dimensions.get(dimension)
        if kind is not None and segment not in {"guest", outside(kind)}:
            found.setdefault((name, as_of), {})[dimension, segment] = customers
    shown = seen(profile)
    anchors = []
    for (name, as_of), sizes in found.items():
        hidden = withheld(sizes, profile.privacy.minimum_count) | figures.hidden
        told = {row: None if row in hidden else n for row, n in sizes.items() if row[0] in shown}
        anchors.append(Anchor(name, as_of, told))
    return tuple(sorted(anchors, key=lambda one: ANCHORS.index(one.name)))
