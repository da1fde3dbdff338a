"""Each dimension as an expression: every customer in exactly one segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce

import ibis
import ibis.expr.types as ir

from region_profiles.models import Dimension, RulesDimension, TiersDimension
from tasks.engine import Engine
from tasks.segment.compiling import compiled
from tasks.segment.language import parse
from tasks.traits.scores import value_cuts


@dataclass(frozen=True, slots=True)
class Assigned:
    """`segment` over the table it was made for, why by segment, conditions in order (rules), and notes."""

    segment: ir.Value
    why: Mapping[str, str]
    codes: tuple[str, ...]
    conditions: Mapping[str, ir.BooleanValue]
    notes: Mapping[str, object]


def assign(engine: Engine, name: str, dimension: Dimension, table: ir.Table) -> Assigned:
    """Assign a dimension over traits joined with `previous_<dimension>` (null: in no segment before)."""
    if isinstance(dimension, RulesDimension):
        return _by_rules(name, dimension, table)
    if isinstance(dimension, TiersDimension):
        return _by_tiers(engine, name, dimension, table)
    segment = table[dimension.trait].fill_null(dimension.unknown)
    return Assigned(segment, {}, (), {}, {"kind": "trait", "trait": dimension.trait})


def _by_rules(name: str, dimension: RulesDimension, table: ir.Table) -> Assigned:
    """The first rule that holds; null does not hold."""
    conditions = {
        segment.code: compiled(parse(segment.when, ("dimensions", name, "segments", number, "when")), table)
        for number, segment in enumerate(dimension.segments)
    }
    branches = [(condition, ibis.literal(code)) for code, condition in conditions.items()]
    segment = ibis.cases(*branches, else_=ibis.literal(dimension.otherwise))
    why = {one.code: one.when for one in dimension.segments} | {dimension.otherwise: "else"}
    return Assigned(segment, why, tuple(why), conditions, {"kind": "rules"})


def _by_tiers(engine: Engine, name: str, dimension: TiersDimension, table: ir.Table) -> Assigned:
    trait, borders = dimension.trait, dimension.borders
    notes: dict[str, object] = {"kind": "tiers", "trait": trait}
    hysteresis, reached = dimension.hysteresis, True
    if dimension.fallback is not None and _off(engine, table, trait):
        # Rank has no border that holds from one publication to the next, so nobody is kept by hysteresis.
        trait, hysteresis, reached = dimension.fallback.trait, Decimal(0), False
        shares = [Fraction(share) for share in dimension.fallback.quantiles]
        borders = value_cuts(engine, _having(table, trait), shares)
        notes |= {"trait": trait, "fallback": f"no customer has {dimension.trait}: tiers by rank"}
    value = _having(table, trait)
    tiers = dimension.tiers[: len(borders) + 1]
    tier = tier_of(value, tiers, borders, reached=reached)
    if hysteresis:
        tier = ibis.ifelse(_kept(value, table[f"previous_{name}"], dimension), table[f"previous_{name}"], tier)
    segment = ibis.ifelse(value.isnull(), ibis.literal(dimension.nobody), tier)
    notes |= {"borders": [str(border) for border in borders], "hysteresis": str(hysteresis)}
    low, why = None, {}
    for code, border in zip(tiers, (*borders, None), strict=True):
        why[code] = within(trait, low, border, reached=reached)
        low = border
    why[dimension.nobody] = f"{trait} IS NULL OR no orders"
    return Assigned(segment, why, tuple(why), {}, notes)


def tier_of(value: ir.Value, tiers: tuple[str, ...], borders: tuple[Decimal, ...], *, reached: bool) -> ir.Value:
    """The highest tier whose border the value reaches (or, for ranks, exceeds)."""
    limits = [ibis.literal(border, "decimal(38, 6)") for border in borders]
    branches = [
        (value >= limit if reached else value > limit, ibis.literal(tier))
        for tier, limit in reversed(list(zip(tiers[1:], limits, strict=True)))
    ]
    return ibis.cases(*branches, else_=ibis.literal(tiers[0]))


def within(trait: str, low: Decimal | None, high: Decimal | None, *, reached: bool = True) -> str:
    """A tier as a condition in words of a rule.

    >>> within("monetary_ppp", Decimal(200), Decimal(1000))
    'monetary_ppp >= 200 AND monetary_ppp < 1000'
    """
    above, below = (">=", "<") if reached else (">", "<=")
    parts = [f"{trait} {sign} {n}" for sign, n in ((above, low), (below, high)) if n is not None]
    return " AND ".join(parts) or f"{trait} IS NOT NULL"


def kept_range(dimension: TiersDimension, tier: str) -> tuple[Decimal | None, Decimal | None]:
    """Where a customer who was in a tier stays in it: from the first value, inclusive, up to the second, exclusive.

    >>> from decimal import Decimal as D
    >>> kept_range(TiersDimension(tiers=("low", "mid", "high"), borders=(D(200), D(1000))), "mid")
    (Decimal('190.00'), Decimal('1050.00'))
    """
    place = dimension.tiers.index(tier)
    low = dimension.borders[place - 1] if place else None
    high = dimension.borders[place] if place < len(dimension.borders) else None
    share = dimension.hysteresis
    return (None if low is None else low - abs(low) * share, None if high is None else high + abs(high) * share)


def _kept(value: ir.Value, before: ir.Value, dimension: TiersDimension) -> ir.BooleanValue:
    stays = []
    for tier in dimension.tiers:
        low, high = kept_range(dimension, tier)
        here = before == tier
        if low is not None:
            here &= value >= ibis.literal(low, "decimal(38, 6)")
        if high is not None:
            here &= value < ibis.literal(high, "decimal(38, 6)")
        stays.append(here)
    return reduce(lambda one, two: one | two, stays).fill_null(ibis.literal(value=False))


def _having(table: ir.Table, trait: str) -> ir.Value:
    """The trait as a decimal, null for prospects and for those without orders in the span of the trait."""
    value = table[trait].cast("decimal(38, 6)")
    if trait.startswith("lifetime_"):
        return ibis.ifelse(table.lifetime_orders > 0, value, None)
    if trait in {"orders", "frequency", "effort"} or trait.startswith("monetary_"):
        return ibis.ifelse(table.orders > 0, value, None)
    return value


def _off(engine: Engine, table: ir.Table, trait: str) -> bool:
    """Whether buyers have no value at all: their lens is off."""
    found = engine.to_arrow(table.agg(known=_having(table, trait).count(), buyers=(table.orders > 0).sum()))
    return bool(found["known"][0].as_py() == 0 and found["buyers"][0].as_py())
