"""Each dimension as an expression: every customer in exactly one segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import reduce

import ibis
import ibis.expr.types as ir

from region_profiles.models import Dimension, Population, RulesDimension, TiersDimension, TraitDimension
from tasks.catalogue import CATALOGUE
from tasks.engine import Engine
from tasks.segment.compiling import compiled
from tasks.segment.language import parse
from tasks.segment.tree import Condition
from tasks.traits.scores import value_cuts

#: Purchases without a known customer: a row of segments.parquet, no segment of any customer.
GUEST = "guest"
#: The segment of who is of the other population.
OUTSIDE: Mapping[Population, Population] = {"person": "account", "account": "person"}


@dataclass(frozen=True, slots=True)
class Assigned:
    """`segment` over the table it was made for, why by segment, rules with their conditions in order, and notes.

    `borders` are where tiers change; `reached` whether a value that equals one is above it.
    """

    population: Population
    segment: ir.Value
    why: Mapping[str, str]
    codes: tuple[str, ...]
    notes: Mapping[str, object]
    rules: Mapping[str, Condition] = field(default_factory=dict)
    conditions: Mapping[str, ir.BooleanValue] = field(default_factory=dict)
    borders: tuple[Decimal, ...] = ()
    reached: bool = True

    @property
    def outside(self) -> Population:
        """The segment of who is of the other population."""
        return OUTSIDE[self.population]


def belongs(table: ir.Table, population: Population) -> ir.BooleanValue:
    """Who is assigned in a dimension of a population: contacts go with their account."""
    if population == "person":
        return table.population == "person"
    return table.population.isin(["account", "contact"])


def assign(engine: Engine, name: str, dimension: Dimension, table: ir.Table) -> Assigned:
    """Assign a dimension over traits joined with `previous_<dimension>` (null: in no segment before)."""
    if isinstance(dimension, RulesDimension):
        return _by_rules(name, dimension, table)
    if isinstance(dimension, TiersDimension):
        return _by_tiers(engine, name, dimension, table)
    return _by_trait(engine, dimension, table)


def _placed(table: ir.Table, dimension: Dimension, segment: ir.Value) -> ir.Value:
    return ibis.ifelse(belongs(table, dimension.population), segment, ibis.literal(OUTSIDE[dimension.population]))


def _by_trait(engine: Engine, dimension: TraitDimension, table: ir.Table) -> Assigned:
    """The value itself; `other` where it is not among the most frequent, or called like what is no segment."""
    value = table[dimension.trait]
    notes: dict[str, object] = {"kind": "trait", "trait": dimension.trait}
    reserved = value.isin([GUEST, OUTSIDE[dimension.population]])
    if dimension.most is None:
        apart = ibis.ifelse(reserved, dimension.other, value)
    else:
        most = _most(engine, table.filter(table.population == dimension.population), dimension)
        notes["most"] = most
        stands = value.isin(most) & ~reserved if most else ibis.literal(value=False)
        apart = ibis.ifelse(value.isnull(), value, ibis.ifelse(stands, value, dimension.other))
    segment = _placed(table, dimension, apart.fill_null(dimension.unknown))
    return Assigned(dimension.population, segment, {}, (), notes)


def _most(engine: Engine, table: ir.Table, dimension: TraitDimension) -> list[str]:
    """The values of most customers, ties by code, in the order of codes."""
    known = table.select(value=dimension.trait).filter(ibis._.value.notnull())
    counts = known.group_by("value").agg(n=known.count())
    first = counts.order_by(ibis.desc("n"), ibis.asc("value")).limit(dimension.most)
    return sorted(engine.to_arrow(first)["value"].to_pylist())


def _by_rules(name: str, dimension: RulesDimension, table: ir.Table) -> Assigned:
    """The first rule that holds; null does not hold."""
    rules = {
        segment.code: parse(segment.when, ("dimensions", name, "segments", number, "when"))
        for number, segment in enumerate(dimension.segments)
    }
    conditions = {code: compiled(rule, table) for code, rule in rules.items()}
    branches = [(condition, ibis.literal(code)) for code, condition in conditions.items()]
    segment = _placed(table, dimension, ibis.cases(*branches, else_=ibis.literal(dimension.otherwise)))
    why = {one.code: one.when for one in dimension.segments} | {dimension.otherwise: "else"}
    return Assigned(dimension.population, segment, why, tuple(why), {"kind": "rules"}, rules, conditions)


def _by_tiers(engine: Engine, name: str, dimension: TiersDimension, table: ir.Table) -> Assigned:
    trait, borders, shares = dimension.trait, dimension.borders, dimension.quantiles
    notes: dict[str, object] = {"kind": "tiers", "trait": trait}
    mine = table.filter(table.population == dimension.population)
    if dimension.fallback is not None and _off(engine, mine, trait):
        trait, shares = dimension.fallback.trait, dimension.fallback.quantiles
        notes |= {"trait": trait, "fallback": f"no customer has {dimension.trait}: tiers by rank"}
    hysteresis, reached = dimension.hysteresis, True
    if shares:
        # Rank has no border that holds from one publication to the next, so nobody is kept by hysteresis.
        hysteresis, reached = Decimal(0), False
        borders = value_cuts(engine, having(mine, trait).cast("decimal(38, 6)"), [Fraction(share) for share in shares])
        notes["quantiles"] = [str(share) for share in shares]
    value = having(table, trait)
    tiers = dimension.tiers[: len(borders) + 1]
    tier = tier_of(value, tiers, borders, reached=reached)
    if hysteresis:
        tier = ibis.ifelse(_kept(value, table[f"previous_{name}"], dimension), table[f"previous_{name}"], tier)
    segment = _placed(table, dimension, ibis.ifelse(value.isnull(), ibis.literal(dimension.nobody), tier))
    notes |= {"borders": [str(border) for border in borders], "hysteresis": str(hysteresis)}
    low, why = None, {}
    for code, border in zip(tiers, (*borders, None), strict=True):
        why[code] = within(trait, low, border, reached=reached)
        low = border
    why[dimension.nobody] = f"{trait} IS NULL OR no orders"
    codes = tuple(why)
    return Assigned(dimension.population, segment, why, codes, notes, borders=borders, reached=reached)


def limit(value: ir.Value, border: Decimal) -> ir.Value:
    """A border in the type of the value: doubles are never rounded to meet it."""
    if value.type().is_floating():
        return ibis.literal(float(border), "float64")
    return ibis.literal(border, "decimal(38, 6)")


def tier_of(value: ir.Value, tiers: tuple[str, ...], borders: tuple[Decimal, ...], *, reached: bool) -> ir.Value:
    """The highest tier whose border the value reaches (or, for ranks, exceeds)."""
    branches = [
        (value >= limit(value, border) if reached else value > limit(value, border), ibis.literal(tier))
        for tier, border in reversed(list(zip(tiers[1:], borders, strict=True)))
    ]
    return ibis.cases(*branches, else_=ibis.literal(tiers[0])) if branches else ibis.literal(tiers[0])


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
            here &= value >= limit(value, low)
        if high is not None:
            here &= value < limit(value, high)
        stays.append(here)
    return reduce(lambda one, two: one | two, stays).fill_null(ibis.literal(value=False))


def having(table: ir.Table, trait: str) -> ir.Value:
    """The trait as a number, null for prospects and for those without orders in the span of the trait.

    Doubles stay what they are; all else is DECIMAL(38,6).
    """
    value = table[trait]
    if CATALOGUE[trait].type != "double":
        value = value.cast("decimal(38, 6)")
    if trait.startswith("lifetime_") and trait != "lifetime_value":
        return ibis.ifelse(table.lifetime_orders > 0, value, None)
    if trait in {"orders", "frequency", "effort"} or trait.startswith("monetary_"):
        return ibis.ifelse(table.orders > 0, value, None)
    return value


def _off(engine: Engine, table: ir.Table, trait: str) -> bool:
    """Whether buyers have no value at all: their lens is off."""
    found = engine.to_arrow(table.agg(known=having(table, trait).count(), buyers=(table.orders > 0).sum()))
    return bool(found["known"][0].as_py() == 0 and found["buyers"][0].as_py())
