"""The value tiers through three lenses, and whom exchange rates alone would move (definitions: docs/report.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb

from region_profiles.models import Profile, TiersDimension
from tasks.export.background import Background
from tasks.export.shown import shown
from tasks.export.summary import Summary
from tasks.export.suppress import withheld
from tasks.files import parquet
from tasks.sql import literal, literals
from tasks.sql import name as quoted

#: The money in which an international dollar buys what a dollar buys: borders are such.
DOLLAR = "USD"
#: Note of `Background.money`: units of the reporting currency for one US dollar at the as-of date, as text.
DOLLAR_RATE = "usd_to_reference"
TRAIT = "monetary_ppp"


@dataclass(frozen=True, slots=True)
class Lens:
    """Customers by tier from low to high, and how many stand elsewhere than at comparable prices; None is withheld.

    `off` says why there are none: `figures` (the lens is off for the market), `rate` (no rate for the borders).
    """

    name: Literal["ppp", "rank", "reference", "effort"]
    tiers: tuple[int | None, ...] = ()
    higher: int | None = None
    lower: int | None = None
    compared: bool = False
    off: Literal["figures", "rate"] | None = None


@dataclass(frozen=True, slots=True)
class Lenses:
    """The lenses of the dimension `dimension` with its `tiers`; `exchange`: customers whom rates alone moved.

    `exchange` is None where there is nothing to compare with; a count below the minimum is -1.
    """

    dimension: str
    tiers: tuple[str, ...]
    borders: tuple[Decimal, ...]
    lenses: tuple[Lens, ...]
    exchange: int | None


def load_lenses(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, background: Background, customers: Path
) -> Lenses | None:
    """Three lenses upon the first dimension of tiers of `monetary_ppp`; None where the profile has none."""
    found = [
        (name, one)
        for name in shown(profile)
        if isinstance(one := profile.dimensions[name], TiersDimension) and one.trait == TRAIT
    ]
    if not found:
        return None
    name, dimension = found[0]
    source, column = parquet(customers), quoted(f"segment_{name}")
    buyers = f"{source} WHERE orders > 0 AND {column} IN ({literals(dimension.tiers)})"
    known = dict(
        zip(
            ("ppp", "reference", "effort"),
            con.execute(f"SELECT count({TRAIT}), count(monetary_reference), count(effort) FROM {buyers}").fetchall()[0],
            strict=True,
        )
    )
    minimum, borders = profile.privacy.minimum_count, _borders(dimension, figures, background)
    by_reference = "NULL" if borders is None else _tier_sql("monetary_reference", dimension.tiers, borders)
    by_effort = _tier_sql("effort", dimension.tiers, _effort_cuts(con, buyers, column, dimension), beyond=True)
    cells = con.execute(f"SELECT {column}, {by_reference}, {by_effort}, count(*) FROM {buyers} GROUP BY ALL").fetchall()
    own = tuple(
        None if (name, tier) in figures.hidden else figures.rows[name, tier]["customers"] for tier in dimension.tiers
    )
    lenses = [Lens("ppp", own)] if known["ppp"] else [Lens("ppp", off="figures"), Lens("rank", own)]
    for place, lens in ((1, "reference"), (2, "effort")):
        off = "figures" if not known[lens] else "rate" if lens == "reference" and borders is None else None
        pairs = Counter({(cell[0], cell[place]): 0 for cell in cells})
        for cell in cells:
            pairs[cell[0], cell[place]] += cell[3]
        seen = Lens(lens, off=off) if off else _lens(lens, pairs, dimension.tiers, minimum)  # type: ignore[arg-type]
        lenses.append(seen if off or known["ppp"] else Lens(seen.name, seen.tiers))
    exchange = None
    if known["reference"] and borders is not None and background.previous is not None:
        exchange = _exchange(con, figures, source, background.previous, _Tiers(dimension.tiers, borders))
        exchange = -1 if exchange is not None and 0 < exchange < minimum else exchange
    return Lenses(name, dimension.tiers, dimension.borders, tuple(lenses), exchange)


def _borders(dimension: TiersDimension, figures: Summary, background: Background) -> tuple[Decimal, ...] | None:
    """The tiers' borders in the reporting currency: one buys what a dollar does in the US."""
    if figures.currencies["reference_currency"] == DOLLAR:
        return dimension.borders
    rate = background.money.get(DOLLAR_RATE)
    return None if rate is None else tuple(border * Decimal(rate) for border in dimension.borders)


def _tier_sql(value: str, tiers: Sequence[str], borders: Sequence[object], *, beyond: bool = False) -> str:
    """The highest tier whose border the value reaches, or exceeds where only what lies beyond counts."""
    sign = ">" if beyond else ">="
    pairs = reversed(list(zip(tiers[1:], borders, strict=True)))
    whens = " ".join(f"WHEN {value} {sign} {border} THEN {literal(tier)}" for tier, border in pairs)
    return f"CASE WHEN {value} IS NULL THEN NULL {whens} ELSE {literal(tiers[0])} END"


def _effort_cuts(
    con: duckdb.DuckDBPyConnection, buyers: str, column: str, dimension: TiersDimension
) -> tuple[str, ...]:
    """Who exceeds a cut is in the tier above it, which so has as many customers as at comparable prices.

    Equal efforts stay together and take the lower tier, so that a tier may have fewer but never more.
    """
    found = con.execute(f"SELECT {column}, count(*) FROM {buyers} AND effort IS NOT NULL GROUP BY 1").fetchall()
    counts: Mapping[str, int] = dict(found)
    cuts, above = [], 0
    for tier in reversed(dimension.tiers[1:]):
        above += counts.get(tier, 0)
        row = con.execute(
            f"SELECT effort FROM {buyers} AND effort IS NOT NULL ORDER BY effort DESC LIMIT 1 OFFSET {above}"
        ).fetchone()
        cuts.append("'-Infinity'::DOUBLE" if row is None else f"{row[0]!r}::DOUBLE")
    return tuple(reversed(cuts))


def _lens(
    name: Literal["reference", "effort"],
    pairs: Mapping[tuple[str, str | None], int],
    tiers: Sequence[str],
    minimum: int,
) -> Lens:
    """Counts of a lens; all of them are withheld where few stand elsewhere, since sizes would tell those few."""
    place = {tier: number for number, tier in enumerate(tiers)}
    sizes: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for (own, other), count in pairs.items():
        sizes[other or ""] += count
        if other is not None:
            step = place[other] - place[own]
            moved["higher" if step > 0 else "lower" if step else "same"] += count
    hidden = withheld({("tier", code): count for code, count in sizes.items()}, minimum)
    if withheld({("step", code): count for code, count in moved.items()}, minimum):
        return Lens(name, (None,) * len(tiers), None, None, compared=True)
    counts = tuple(None if ("tier", tier) in hidden else sizes[tier] for tier in tiers)
    return Lens(name, counts, moved["higher"], moved["lower"], compared=True)


@dataclass(frozen=True, slots=True)
class _Tiers:
    names: tuple[str, ...]
    borders: tuple[Decimal, ...]

    def of(self, value: str) -> str:
        return _tier_sql(value, self.names, self.borders)


def _exchange(
    con: duckdb.DuckDBPyConnection, figures: Summary, source: str, previous: Path, tiers: _Tiers
) -> int | None:
    """Customers of both publications whose tier at market rates changed, and at constant rates would not have.

    At constant rates: today's local spend times what a unit of the customer's local spend was worth in the publication
    before (of the whole market's where the customer's was not above zero). None where the currencies are others now.
    """
    local, reference = figures.currencies["currency"], figures.currencies["reference_currency"]
    before = parquet(previous)
    row = con.execute(
        f"""SELECT max(currency), max(reference_currency), sum(monetary_reference) / nullif(sum(monetary_local), 0)
            FROM {before} WHERE orders > 0 AND monetary_reference IS NOT NULL"""
    ).fetchall()[0]
    if row[:2] != (local, reference) or row[2] is None:
        return None
    if local == reference:
        return 0
    ratio = (
        "CASE WHEN b.monetary_local > 0 AND b.monetary_reference > 0 "
        f"THEN b.monetary_reference::DOUBLE / b.monetary_local::DOUBLE ELSE {float(row[2])!r}::DOUBLE END"
    )
    (count,) = con.execute(
        f"""WITH both_times AS (
                SELECT {tiers.of("n.monetary_reference")} AS now, {tiers.of("b.monetary_reference")} AS then,
                    {tiers.of(f"(n.monetary_local::DOUBLE * {ratio})")} AS held
                FROM {source} n JOIN {before} b ON n.customer_id = b.customer_id
                WHERE n.orders > 0 AND b.orders > 0)
            SELECT count(*) FROM both_times WHERE now <> "then" AND held = "then" """
    ).fetchall()[0]
    return int(count)
