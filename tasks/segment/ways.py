"""Ways into other segments, on columns: for whom one part of a rule is all that fails, and how far they are from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import TiersDimension
from tasks.catalogue import SCORES
from tasks.engine import DuckDB
from tasks.segment.compiling import compiled
from tasks.segment.evaluate import parts, words
from tasks.segment.explain import Published
from tasks.segment.nearly import NEEDS, Wish, basis, on_grid
from tasks.segment.placing import plain
from tasks.segment.tree import MIRRORED, And, Compare, Condition, Constant, Named, Not, Or

NO = ibis.literal(value=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way into another segment: for whom it is the only part that fails, how far it is, and what would differ."""

    segment: str
    eligible: ir.BooleanValue
    distance: ir.FloatingValue
    wish: Wish | None
    condition: str = ""


def rule_ways(
    code: str, condition: Condition, table: ir.Table, scores: Sequence[Mapping[str, Any]]
) -> Iterator[Candidate]:
    """By each part of a rule, for whom all its other parts hold and this one does not."""
    pieces = parts(condition)
    held = [compiled(piece, table).fill_null(NO) for piece in pieces]
    for number, piece in enumerate(pieces):
        others = [one for place, one in enumerate(held) if place != number]
        eligible = reduce(and_, others, ~held[number])
        for side, wish in _sides(piece, table, scores):
            yield Candidate(code, eligible & side, _far(piece, table, scores), wish, words(piece))


def _sides(
    piece: Condition, table: ir.Table, scores: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[ir.BooleanValue, Wish | None]]:
    """What a part asks for, and of whom: of a score that has to be 3 those below need more, those above less."""
    wish = _wish(piece, scores)
    if wish is None or wish.need != "equal" or wish.trait not in SCORES:
        yield ibis.literal(value=True), wish
        return
    score = table[wish.trait].cast("float64")
    below, above = (_based(wish, wish.needed + side, scores) for side in (-1, 1))
    yield score < float(wish.needed), below
    yield score > float(wish.needed), above
    yield score.isnull(), wish


def _based(wish: Wish, value: Any, scores: Sequence[Mapping[str, Any]]) -> Wish:
    """With what a score takes in days or money, for whoever has `value`; as it is where the cuts do not say."""
    cuts = next((one for one in scores if one["score"] == wish.trait and not one["within"]), None)
    if cuts is None:
        return wish
    return Wish(wish.trait, None, wish.need, wish.needed, 1.0, basis(cuts, replace(wish, value=value), {}))


def _wish(piece: Condition, scores: Sequence[Mapping[str, Any]]) -> Wish | None:
    """What a plain comparison asks for, whoever the customer is; None where that takes more than one trait."""
    match piece:
        case Compare(sign, Named(name), Constant(value)):
            need, needed = on_grid(name, NEEDS[sign], value)
        case Compare(sign, Constant(value), Named(name)):
            need, needed = on_grid(name, NEEDS[MIRRORED[sign]], value)
        case _:
            return None
    found = Wish(name, None, need, needed, 1.0)
    return _based(found, None, scores) if need in {"at_least", "at_most"} else found


def _far(
    piece: Condition, table: ir.Table, scores: Sequence[Mapping[str, Any]], *, holds: bool = True
) -> ir.FloatingValue:
    """As `tasks.segment.nearly.far` of `wishes`, on columns; 0 where it holds."""
    match piece:
        case Not(inner):
            return _far(inner, table, scores, holds=not holds)
        case And(pieces) | Or(pieces):
            found = [_far(one, table, scores, holds=holds) for one in pieces]
            return ibis.greatest(*found) if isinstance(piece, And) == holds else ibis.least(*found)
    met = compiled(piece, table) if holds else ~compiled(piece, table)
    sides = list(_sides(piece, table, scores)) if holds else [(ibis.literal(value=True), _border(piece))]
    branches = [(who, _distance(wish, table)) for who, wish in sides]
    return ibis.ifelse(met.fill_null(NO), 0.0, ibis.cases(*branches, else_=1.0).fill_null(1.0))


def _distance(wish: Wish | None, table: ir.Table) -> ir.Value:
    """Of a score in what it ranks, where the cuts say; 1 where there is nothing to subtract."""
    asked = None if wish is None else wish.basis or wish
    if asked is None or not isinstance(asked.needed, Decimal) or asked.need == "other":
        return ibis.literal(1.0)
    return _relative(table[asked.trait].cast("float64"), float(asked.needed))


def _border(piece: Condition) -> Wish | None:
    """Of a comparison that must not hold: how far its border is."""
    match piece:
        case Compare(_, Named(name), Constant(Decimal() as value)) | Compare(
            _, Constant(Decimal() as value), Named(name)
        ):
            return Wish(name, None, "equal", value, 1.0)
    return None


def _relative(value: ir.Value, needed: float) -> ir.FloatingValue:
    largest = ibis.greatest(value.abs(), ibis.literal(abs(needed)))
    return ibis.least(
        ((value - needed).abs() / largest.nullif(0.0)).fill_null(ibis.ifelse(value.isnull(), 1.0, 0.0)), 1.0
    )


def stayed_before(engine: DuckDB, published: Published, name: str, table: ir.Table) -> ir.BooleanValue:
    """Who was in the segment before, so that hysteresis holds them."""
    if published.membership is None or published.first:
        return NO
    moved = engine.read_parquet(published.membership)
    came = engine.to_arrow(moved.filter(moved.dimension == name).select("customer_id"))["customer_id"]
    listed = engine.from_arrow(pa.table({"mover": came}), "movers")
    return ~table.customer_id.isin(listed.mover)


def tier_ways(
    dimension: TiersDimension,
    segment: str,
    notes: Mapping[str, Any],
    table: ir.Table,
    trait: str,
    stayed: ir.BooleanValue,
) -> Iterator[Candidate]:
    """Into the tier on each side; who `stayed` is held by hysteresis."""
    borders = [Decimal(one) for one in notes.get("borders", dimension.borders)]
    ranked = bool(notes.get("quantiles", dimension.quantiles))
    here = dimension.tiers.index(segment)
    share = Decimal(0) if ranked else Decimal(str(notes.get("hysteresis", dimension.hysteresis)))
    value = table[trait].cast("float64")
    for who, reach in ((stayed, share), (~stayed, Decimal(0))):
        if 0 < here <= len(borders):
            border = borders[here - 1] - abs(borders[here - 1]) * reach
            need, needed = on_grid(trait, "at_most" if ranked else "less_than", border)
            wish = Wish(trait, None, need, needed, 1.0)
            yield Candidate(dimension.tiers[here - 1], who, _relative(value, float(needed)), wish, plain(needed))
        if here < min(len(borders), len(dimension.tiers) - 1):
            border = borders[here] + abs(borders[here]) * reach
            need, needed = on_grid(trait, "more_than" if ranked else "at_least", border)
            wish = Wish(trait, None, need, needed, 1.0)
            yield Candidate(dimension.tiers[here + 1], who, _relative(value, float(needed)), wish, plain(needed))
