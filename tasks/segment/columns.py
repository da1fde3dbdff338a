"""Why everyone of a segment is in it, as columns: rule, its traits, the nearest other rule, what would differ."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.catalogue import CATALOGUE, SCORES
from tasks.engine import DuckDB
from tasks.errors import Terminal
from tasks.segment.compiling import compiled
from tasks.segment.evaluate import parts, traits, words
from tasks.segment.explain import Published
from tasks.segment.language import AS_OF
from tasks.segment.nearly import NEEDS, Wish, basis, on_grid
from tasks.segment.placing import plain, tier_trait, written
from tasks.segment.tree import MIRRORED, And, Compare, Condition, Constant, Named, Not, Or

_NO = ibis.literal(value=False)
_HERE, _THERE = "\x00", "\x01"


class Words(Protocol):
    """Words of `tasks.segment.telling.Words`, and columns of values."""

    def text(self, code: str, **values: object) -> str:
        """A message with its places filled."""

    def trait(self, name: str) -> str:
        """What a trait is called."""

    def value(self, trait: str, value: object) -> str:
        """A trait's value as the reader writes it."""

    def column(self, trait: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Many at once."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A way into another segment: for whom it is the only part that fails, how far it is, and what would differ."""

    segment: str
    eligible: ir.BooleanValue
    distance: ir.FloatingValue
    wish: Wish | None
    condition: str = ""


def explain_segment(
    engine: DuckDB, published: Published, profile: Profile, dimension: str, segment: str, words_: Words
) -> pa.Table:
    """A row for each customer of a segment, in the order of customer_id.

    Columns: customer_id, rule, each published trait of the rule, nearest (segment of the rule that fails in one part
    only, by the least relative distance; null where there is none), differing (in words), distance. A part of a rule
    that compares no trait with a number counts as its nearest way does; of what is no comparison the distance is 1.
    Raises Terminal for a dimension that the publication does not have, or a segment that nobody is in.
    """
    source = engine.read_parquet(published.customers)
    column = f"segment_{dimension}"
    if dimension not in profile.dimensions or column not in source.columns:
        on = [name for name in profile.dimensions if f"segment_{name}" in source.columns]
        raise Terminal("no such dimension here", value=dimension, expected=f"one of {', '.join(on)}")
    table = source.filter(source[column] == segment).mutate(**{AS_OF: ibis.literal(published.as_of)})
    lacking = [name for name in CATALOGUE if name not in table.columns]
    table = table.mutate(**{name: ibis.null(_TYPES[CATALOGUE[name].type]) for name in lacking})
    rule, names, candidates = _looked_at(engine, published, profile, dimension, segment, table)
    shown = [name for name in names if name not in lacking and name in CATALOGUE]
    asked = {one.wish.basis.trait if one.wish and one.wish.basis else None for one in candidates}
    more = sorted({one.wish.trait for one in candidates if one.wish} | {name for name in asked if name})
    needed = [name for name in more if name not in shown]
    far = {
        f"far{n}": ibis.ifelse(one.eligible.fill_null(_NO), one.distance, math.inf) for n, one in enumerate(candidates)
    }
    cached = engine.cache(table.select("customer_id", *shown, *needed, **far))
    rows = engine.to_arrow(_nearest(cached, far, [*shown, *needed]).order_by("customer_id"))
    engine.drop(cached)
    if not rows.num_rows:
        raise Terminal("nobody is in that segment", column=column, value=segment)
    return _told(rows, rule, shown, candidates, words_)


def write(made: pa.Table, path: Path) -> None:
    """As .csv (UTF-8, a header, commas) or .parquet, by the name."""
    if path.suffix == ".csv":
        pa_csv.write_csv(made, path)
    else:
        pq.write_table(made, path)


_TYPES = {"text": "string", "integer": "int64", "money": "decimal(18, 2)", "double": "float64", "date": "date"}


def _looked_at(
    engine: DuckDB, published: Published, profile: Profile, name: str, segment: str, table: ir.Table
) -> tuple[str, list[str], list[_Candidate]]:
    """The rule of the segment, the traits it reads, and the ways into others."""
    dimension = profile.dimensions[name]
    told = published.notes.get("segments")
    notes = told if isinstance(told, Mapping) else {}
    of = notes.get("dimensions", {}).get(name, {})
    if isinstance(dimension, RulesDimension):
        rules = written(name, dimension, of)
        scores = [one for one in notes.get("scores", ()) if one.get("population", "person") == dimension.population]
        mine = next(((text, condition) for code, text, condition in rules if code == segment), None)
        read = frozenset[str]().union(*(traits(one) for _, _, one in rules)) if mine is None else traits(mine[1])
        candidates = [
            one for code, _, condition in rules if code != segment for one in _ways(code, condition, table, scores)
        ]
        return "else" if mine is None else mine[0], [one for one in CATALOGUE if one in read], candidates
    trait = tier_trait(dimension, of) if isinstance(dimension, TiersDimension) else dimension.trait
    if isinstance(dimension, TiersDimension) and segment in dimension.tiers:
        stayed = _stayed(engine, published, name, table)
        return trait, [trait], list(_tiers(dimension, segment, of, table, trait, stayed))
    return trait, [trait], []


# --- rules ------------------------------------------------------------------------------------------------------------


def _ways(
    code: str, condition: Condition, table: ir.Table, scores: Sequence[Mapping[str, Any]]
) -> Iterator[_Candidate]:
    pieces = parts(condition)
    held = [compiled(piece, table).fill_null(_NO) for piece in pieces]
    for number, piece in enumerate(pieces):
        others = [one for place, one in enumerate(held) if place != number]
        eligible = reduce(and_, others, ~held[number])
        for side, wish in _sides(piece, table, scores):
            yield _Candidate(code, eligible & side, _far(piece, table, scores), wish, words(piece))


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
    return ibis.ifelse(met.fill_null(_NO), 0.0, ibis.cases(*branches, else_=1.0).fill_null(1.0))


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


# --- tiers ------------------------------------------------------------------------------------------------------------


def _stayed(engine: DuckDB, published: Published, name: str, table: ir.Table) -> ir.BooleanValue:
    """Who was in the segment before, so that hysteresis holds them."""
    if published.membership is None or published.first:
        return _NO
    moved = engine.read_parquet(published.membership)
    came = engine.to_arrow(moved.filter(moved.dimension == name).select("customer_id"))["customer_id"]
    listed = engine.from_arrow(pa.table({"mover": came}), "movers")
    return ~table.customer_id.isin(listed.mover)


def _tiers(
    dimension: TiersDimension,
    segment: str,
    notes: Mapping[str, Any],
    table: ir.Table,
    trait: str,
    stayed: ir.BooleanValue,
) -> Iterator[_Candidate]:
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
            yield _Candidate(dimension.tiers[here - 1], who, _relative(value, float(needed)), wish, plain(needed))
        if here < min(len(borders), len(dimension.tiers) - 1):
            border = borders[here] + abs(borders[here]) * reach
            need, needed = on_grid(trait, "more_than" if ranked else "at_least", border)
            wish = Wish(trait, None, need, needed, 1.0)
            yield _Candidate(dimension.tiers[here + 1], who, _relative(value, float(needed)), wish, plain(needed))


# --- the table --------------------------------------------------------------------------------------------------------


def _nearest(cached: ir.Table, far: Mapping[str, Any], kept: Sequence[str]) -> ir.Table:
    """`nearest`: number of the candidate of the least distance, the first of equal ones; `distance`."""
    if not far:
        none = {"nearest": ibis.null("int64"), "distance": ibis.null("float64")}
        return cached.select("customer_id", *kept, **none)
    least = ibis.least(*(cached[name] for name in far))
    found = cached.select("customer_id", *kept, *far, distance=least)
    branches = [(found[name] == found.distance, ibis.literal(n, "int64")) for n, name in enumerate(far)]
    number = ibis.ifelse(found.distance < math.inf, ibis.cases(*branches), ibis.null("int64"))
    return found.select("customer_id", *kept, nearest=number, distance=found.distance.nullif(math.inf))


def _told(rows: pa.Table, rule: str, shown: Sequence[str], candidates: Sequence[_Candidate], words_: Words) -> pa.Table:
    """The columns as they are written; texts are made for each candidate's rows at once."""
    place = pc.fill_null(rows["nearest"], -1)
    pieces, numbers = [], []
    for number in pc.unique(place).to_pylist():
        where = pc.indices_nonzero(pc.equal(place, number))
        mine = rows.take(where)
        if number < 0:
            empty = pa.nulls(mine.num_rows, pa.string())
            pieces.append(pa.table({"nearest": empty, "differing": empty}))
        else:
            one = candidates[number]
            texts = _differing(one, mine, words_)
            names = pa.repeat(pa.scalar(one.segment, pa.string()), mine.num_rows)
            pieces.append(pa.table({"nearest": names, "differing": texts}))
        numbers.append(where)
    order = pc.sort_indices(pa.chunked_array(numbers))
    joined = pa.concat_tables(pieces).take(order)
    columns = {"customer_id": rows["customer_id"], "rule": pa.repeat(pa.scalar(rule), rows.num_rows)}
    columns |= {name: rows[name] for name in shown}
    return pa.table({**columns, **{name: joined[name] for name in joined.column_names}, "distance": rows["distance"]})


def _differing(one: _Candidate, mine: pa.Table, words_: Words) -> pa.ChunkedArray:
    if one.wish is None:
        text = words_.text("wish_condition", condition=one.condition)
        return pa.chunked_array([pa.repeat(pa.scalar(text), mine.num_rows)])
    sentence = _sentence(one.wish, _HERE, words_)
    columns = {_HERE: words_.column(one.wish.trait, mine[one.wish.trait])}
    if one.wish.basis is not None:
        other = one.wish.basis
        sentence = words_.text("wish_basis", wish=sentence, basis=_sentence(other, _THERE, words_))
        columns[_THERE] = words_.column(other.trait, mine[other.trait])
    pieces = [columns.get(piece, piece) for piece in re.split(f"([{_HERE}{_THERE}])", sentence)]
    if not any(isinstance(piece, pa.ChunkedArray) for piece in pieces):
        return pa.chunked_array([pa.repeat(pa.scalar(sentence), mine.num_rows)])
    return pc.binary_join_element_wise(*pieces, "")


def _sentence(wish: Wish, place: str, words_: Words) -> str:
    needed = words_.value(wish.trait, wish.needed)
    return words_.text(f"wish_{wish.need}", trait=words_.trait(wish.trait), value=place, needed=needed)
