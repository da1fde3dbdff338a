"""What is expected of the customers of each segment, and how their risk of not coming back is spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from region_profiles.models import Profile, TraitDimension
from tasks.export.report.parts import Count, columns, outside
from tasks.export.shown import shown
from tasks.export.summary import Summary
from tasks.export.suppress import withheld
from tasks.files import parquet
from tasks.sql import literal
from tasks.sql import name as quoted

#: Bars of the risk of no further purchase, each a fifth wide.
BINS = 5


@dataclass(frozen=True, slots=True)
class Sum:
    """Customers with a prediction, their purchase days and net revenue (reporting currency) within the horizon."""

    customers: int
    purchases: float
    revenue: Decimal | None


@dataclass(frozen=True, slots=True)
class Expected:
    """Sums by dimension and segment, None withheld; customers by risk, from low to high, by population."""

    sums: Mapping[str, Mapping[str, Sum | None]]
    risks: Mapping[str, tuple[Count, ...]]


def load_expected(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, customers: Path
) -> Expected | None:
    """Of dimensions of rules and tiers; None where nothing is predicted of anybody."""
    there = columns(con, customers)
    if not {"population", "expected_purchases", "expected_revenue", "churn_risk"} <= there:
        return None
    minimum = profile.privacy.minimum_count
    sums: dict[str, dict[str, Sum | None]] = {}
    for dimension in shown(profile):
        kind = profile.dimensions[dimension]
        if isinstance(kind, TraitDimension) or f"segment_{dimension}" not in there:
            continue
        rows = con.execute(
            f"SELECT {quoted(f'segment_{dimension}')}, count(expected_purchases), sum(expected_purchases), "
            f"sum(expected_revenue) FROM {parquet(customers)} WHERE population = {literal(kind.population)} "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
        found = {
            code: Sum(known, float(purchases or 0), revenue)
            if (dimension, code) not in figures.hidden and known >= minimum
            else None
            for code, known, purchases, revenue in rows
            if known and code != outside(kind)
        }
        if found:
            sums[dimension] = found
    risks = _risks(con, customers, minimum)
    return Expected(sums, risks) if sums or risks else None


def _risks(con: duckdb.DuckDBPyConnection, customers: Path, minimum: int) -> dict[str, tuple[Count, ...]]:
    rows = con.execute(
        f"SELECT population, least(floor(churn_risk * {BINS}), {BINS - 1})::INTEGER, count(*) "
        f"FROM {parquet(customers)} WHERE churn_risk IS NOT NULL AND population <> 'contact' GROUP BY ALL"
    ).fetchall()
    counts: dict[str, dict[int, int]] = {}
    for population, place, count in rows:
        counts.setdefault(population, {})[place] = count
    found = {}
    for population, some in sorted(counts.items(), reverse=True):
        hidden = withheld({("risk", str(place)): n for place, n in some.items()}, minimum)
        found[population] = tuple(
            None if ("risk", str(place)) in hidden else some.get(place, 0) for place in range(BINS)
        )
    return found
