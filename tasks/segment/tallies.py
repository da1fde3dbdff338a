"""Checks on the market's data: which rules hold together, which are null, who stands near a border."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir

from region_profiles.models import Population
from tasks.catalogue import CATALOGUE, SCORES
from tasks.engine import Engine
from tasks.segment.dimensions import limit
from tasks.segment.tree import MIRRORED, And, Compare, Condition, Constant, Named, Not, Or, Sign
from tasks.traits.scores import Cuts

#: Bits of one column of a mask: a BIGINT less its sign.
_BITS = 60
#: Pairs of rules, and of audiences, that are told.
MOST = 10
_HALF, _PERCENT = Decimal("0.5"), Decimal("0.01")

#: How many customers have which of the conditions asked for, as numbers of their places.
Marks = Counter[frozenset[int]]


def marks(engine: Engine, table: ir.Table, conditions: Sequence[ir.BooleanValue]) -> Marks:
    """Count the rows of a table by the conditions that hold (null does not), in one pass."""
    columns = {}
    for start in range(0, len(conditions), _BITS):
        part = conditions[start : start + _BITS]
        bits = (ibis.ifelse(one, ibis.literal(1 << n, "int64"), ibis.literal(0, "int64")) for n, one in enumerate(part))
        columns[f"mask{start}"] = reduce(lambda one, two: one + two, bits)
    if not columns:
        return Counter()
    masked = table.select(**columns)
    rows = engine.to_arrow(masked.group_by(*columns).agg(n=masked.count())).to_pylist()
    found: Marks = Counter()
    for row in rows:
        places = (
            start + n
            for start in range(0, len(conditions), _BITS)
            for n in range(_BITS)
            if row[f"mask{start}"] >> n & 1
        )
        found[frozenset(places)] += row["n"]
    return found


def rule_counts(engine: Engine, table: ir.Table, rules: Mapping[str, ir.BooleanValue]) -> dict[str, Any]:
    """Of rules in order, over the customers of their population.

    `rules`: by segment the customers it took, for whom it holds, and who fell through because it was null. `overlap`:
    pairs of rules that both hold, where the first took the customer, the largest first. `dead`: segments without
    customers.
    """
    codes = list(rules)
    found = marks(engine, table, [*rules.values(), *(condition.isnull() for condition in rules.values())])
    taken, holds, null, pairs = Counter[int](), Counter[int](), Counter[int](), Counter[tuple[int, int]]()
    for places, n in found.items():
        true = sorted(place for place in places if place < len(codes))
        first = true[0] if true else len(codes)
        taken[first] += n
        for place in true:
            holds[place] += n
        for place in true[1:]:
            pairs[first, place] += n
        for place in places:
            if len(codes) <= place < len(codes) + first:
                null[place - len(codes)] += n
    return {
        "rules": [
            {"segment": code, "customers": taken[n], "holds": holds[n], "null": null[n]} for n, code in enumerate(codes)
        ],
        "dead": [code for n, code in enumerate(codes) if not taken[n]],
        "overlap": [
            {"first": codes[one], "later": codes[two], "customers": n} for (one, two), n in ranked(pairs)[:MOST]
        ],
    }


def ranked(pairs: Counter[tuple[int, int]]) -> list[tuple[tuple[int, int], int]]:
    """The largest first, ties in order."""
    return sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))


def near(table: ir.Table, borders: Iterable[tuple[str, Decimal]]) -> dict[str, ir.BooleanValue]:
    """By trait, whether a customer stands within one unit of any of its borders.

    A unit is 1 of whole numbers, whose borders lie between two of them: who has either of the two is near; and 1 % of
    the border for money and doubles.
    """
    parts: dict[str, list[ir.BooleanValue]] = {}
    for trait, border in dict.fromkeys(borders):
        value = table[trait]
        if CATALOGUE[trait].type == "integer":
            low, high = (int(border.to_integral_value(way)) for way in (ROUND_FLOOR, ROUND_CEILING))
            found = value.between(low, high)
        else:
            reach = abs(border) * _PERCENT
            found = (value >= limit(value, border - reach)) & (value <= limit(value, border + reach))
        parts.setdefault(trait, []).append(found)
    return {trait: reduce(or_, parts[trait]) for trait in sorted(parts)}


def borders(condition: Condition, cuts: Sequence[Cuts], population: Population) -> Iterator[tuple[str, Decimal]]:
    """Traits of a rule with the values at which a comparison with a constant changes.

    Of a score that is the cut of what it ranks; nested scores have too many.
    """
    match condition:
        case Compare(sign, Named(name), Constant(Decimal() as value)):
            yield from _borders(name, sign, value, cuts, population)
        case Compare(sign, Constant(Decimal() as value), Named(name)):
            yield from _borders(name, MIRRORED[sign], value, cuts, population)
        case Not(inner):
            yield from borders(inner, cuts, population)
        case And(parts) | Or(parts):
            for part in parts:
                yield from borders(part, cuts, population)


def _borders(
    name: str, sign: Sign, value: Decimal, cuts: Sequence[Cuts], population: Population
) -> Iterator[tuple[str, Decimal]]:
    if name in CATALOGUE and CATALOGUE[name].type != "integer":
        yield name, value
        return
    for border in _between(sign, value):
        if name in SCORES:
            yield from _of_score(name, border, cuts, population)
        elif name in CATALOGUE:
            yield name, border


def _between(sign: Sign, value: Decimal) -> tuple[Decimal, ...]:
    """Where a comparison of whole numbers changes: between two of them."""
    if sign in {">=", "<"}:
        return (value.to_integral_value(ROUND_CEILING) - _HALF,)
    if sign in {">", "<="}:
        return (value.to_integral_value(ROUND_FLOOR) + _HALF,)
    return (value - _HALF, value + _HALF) if value % 1 == 0 else ()


def _of_score(
    score: str, border: Decimal, cuts: Sequence[Cuts], population: Population
) -> Iterator[tuple[str, Decimal]]:
    for one in cuts:
        place = int(border - _HALF) - 1  # between the scores 1 and 2 lies the first cut
        if (one.score, one.population, one.within) != (score, population, None):
            continue
        found = one.cuts.get(0, ())
        if 0 <= place < len(found):
            cut = found[place]
            if CATALOGUE[one.basis].type == "integer":
                cut = _between(">=" if one.reached else ">", cut)[0]
            yield one.basis, -cut if one.basis == "recency_days" else cut
