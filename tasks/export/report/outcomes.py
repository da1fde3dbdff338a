"""What customers have done since the publication before, by the segment they were in; campaigns beside the holdout.

Two proportions: Newcombe's hybrid score interval (Newcombe 1998, method 10) for their difference, the pooled z test for
its p value, Holm's procedure over all segments that are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb

from region_profiles.models import Profile
from region_profiles.playbook_models import AUDIENCE
from tasks.export.background import Background
from tasks.export.report.parts import columns, counted, outside, part
from tasks.export.shown import shown
from tasks.export.suppress import Row, withheld
from tasks.files import parquet
from tasks.sql import name as quoted

Reading = Literal["more", "fewer", "same", "few"]
#: Buyers, and others, below which a side says nothing: the usual bound of the test's normal approximation.
FEWEST = 5
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Side:
    """Customers of a segment then, how many of them have bought since, and for how much (net, reporting currency)."""

    customers: int
    bought: int
    revenue: Decimal

    def plus(self, other: Side) -> Side:
        """Both together."""
        return Side(self.customers + other.customers, self.bought + other.bought, self.revenue + other.revenue)


@dataclass(frozen=True, slots=True)
class Difference:
    """Repeat rate with campaigns less that of the holdout, its 95 % interval, and the p value before Holm."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One segment: everybody, and where there was a holdout both sides of it; `tells` whether figures may be shown."""

    all: Side
    tells: bool
    campaigns: Side | None = None
    holdout: Side | None = None
    difference: Difference | None = None
    reading: Reading | None = None


#: Outcomes by dimension (or AUDIENCE) and segment.
Outcomes = Mapping[str, Mapping[str, Outcome]]


def load_outcomes(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    background: Background,
    segmented_dir: Path,
    hidden: frozenset[Row] = frozenset(),
) -> Outcomes | None:
    """Of the first dimension that is shown of each population, and of the audiences of then; None without a before.

    `hidden` are segments that the publication before withheld.
    """
    before, now = background.previous, segmented_dir / "customers.parquet"
    if before is None:
        return None
    there = columns(con, before)
    if not {"lifetime_orders", "lifetime_reference"} <= there & columns(con, now):
        return None
    held = "holdout" if "holdout" in there else "NULL"
    then = f"SELECT *, {held} AS aside FROM {parquet(before)} WHERE {counted(there)}"
    found: dict[str, dict[str, Outcome]] = {}
    for population in ("person", "account"):
        dimension = next((one for one in shown(profile, population) if f"segment_{one}" in there), None)
        if dimension is not None:
            sides = _sides(con, f"SELECT *, {quoted(f'segment_{dimension}')} AS code FROM ({then})", now)
            sides.pop(outside(profile.dimensions[dimension]), None)
            sizes = {(dimension, code): _sum(some.values()).customers for code, some in sides.items()}
            unseen = hidden | withheld(sizes, profile.privacy.minimum_count)
            codes = {code for code in sides if (dimension, code) in unseen}
            found[dimension] = _outcomes(sides, profile.privacy.minimum_count, codes)
    if background.previous_audiences is not None:
        lists = f"SELECT customer_id, audience AS code, holdout AS aside FROM {parquet(background.previous_audiences)}"
        source = f"SELECT t.* EXCLUDE (aside), a.code, a.aside FROM ({then}) t JOIN ({lists}) a USING (customer_id)"
        found[AUDIENCE] = _outcomes(_sides(con, source, now), profile.privacy.minimum_count)
    return _read({dimension: some for dimension, some in found.items() if some})


def _sides(con: duckdb.DuckDBPyConnection, source: str, now: Path) -> dict[str, dict[str | None, Side]]:
    """By segment and holdout (yes, no, None). Who is gone has, as far as is known, bought nothing."""
    rows = con.execute(
        f"""SELECT t.code, t.aside, count(*), count(*) FILTER (n.lifetime_orders > coalesce(t.lifetime_orders, 0)),
                coalesce(sum(coalesce(n.lifetime_reference, 0) - coalesce(t.lifetime_reference, 0))
                    FILTER (n.customer_id IS NOT NULL), 0)
            FROM ({source}) t LEFT JOIN {parquet(now)} n USING (customer_id)
            WHERE t.code IS NOT NULL GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    found: dict[str, dict[str | None, Side]] = {}
    for code, aside, customers, bought, revenue in rows:
        found.setdefault(code, {})[aside] = Side(customers, bought, Decimal(revenue))
    return found


def _outcomes(
    sides: Mapping[str, Mapping[str | None, Side]], minimum: int, unseen: Collection[str] = ()
) -> dict[str, Outcome]:
    """Outcomes by segment; small ones tell nothing, nor do those that the publication before withheld."""
    found = {}
    for code, some in sides.items():
        whole, campaigns, holdout = _sum(some.values()), some.get("no"), some.get("yes")
        outcome = Outcome(whole, tells=whole.customers >= minimum and code not in unseen)
        if outcome.tells and campaigns and holdout and part(holdout.customers, whole.customers, minimum) is not None:
            outcome = replace(outcome, campaigns=campaigns, holdout=holdout)
        found[code] = outcome
    return found


def _sum(sides: Iterable[Side]) -> Side:
    total = Side(0, 0, Decimal(0))
    for one in sides:
        total = total.plus(one)
    return total


def _read(found: Mapping[str, Mapping[str, Outcome]]) -> dict[str, dict[str, Outcome]]:
    """The outcomes with what may be said of campaigns and holdout, all segments together being one family."""
    compared = {
        (dimension, code): difference(one.campaigns, one.holdout)
        for dimension, some in found.items()
        for code, one in some.items()
        if one.campaigns and one.holdout and enough(one.campaigns) and enough(one.holdout)
    }
    adjusted = dict(zip(compared, holm([one.p for one in compared.values()]), strict=True))
    told: dict[str, dict[str, Outcome]] = {}
    for dimension, some in found.items():
        told[dimension] = {}
        for code, one in some.items():
            which = compared.get((dimension, code))
            if which is not None:
                clear = adjusted[dimension, code] < LEVEL
                reading: Reading = "same" if not clear else "more" if which.value > 0 else "fewer"
                told[dimension][code] = replace(one, difference=which, reading=reading)
            else:
                told[dimension][code] = replace(one, reading="few") if one.holdout else one
    return told


def enough(side: Side) -> bool:
    """Whether there are enough who bought and enough who did not."""
    return min(side.bought, side.customers - side.bought) >= FEWEST


def difference(campaigns: Side, holdout: Side) -> Difference:
    """Repeat rates of two groups, compared.

    >>> found = difference(Side(70, 56, Decimal(0)), Side(80, 48, Decimal(0)))
    >>> round(found.value, 4), round(found.low, 5), round(found.high, 5)
    (0.2, 0.05243, 0.33387)
    """
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    bought, of = (campaigns.bought, holdout.bought), (campaigns.customers, holdout.customers)
    low, high = confint_proportions_2indep(bought[0], of[0], bought[1], of[1], method="newcomb", compare="diff")
    _, p = proportions_ztest(bought, of)
    return Difference(bought[0] / of[0] - bought[1] / of[1], float(low), float(high), float(p))


def holm(p: list[float]) -> list[float]:
    """Holm's adjusted p values, in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p)), key=p.__getitem__)
    found, highest = [0.0] * len(p), 0.0
    for place, number in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - place) * p[number]))
        found[number] = highest
    return found
