"""Why everyone of a segment is in it, as columns: rule, its traits, the nearest other rule, what would differ."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.catalogue import CATALOGUE
from tasks.engine import DuckDB
from tasks.errors import Terminal
from tasks.segment.evaluate import traits
from tasks.segment.explain import Published
from tasks.segment.language import AS_OF
from tasks.segment.nearly import Wish
from tasks.segment.placing import tier_trait, written
from tasks.segment.ways import NO, Candidate, rule_ways, stayed_before, tier_ways

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
        f"far{n}": ibis.ifelse(one.eligible.fill_null(NO), one.distance, math.inf) for n, one in enumerate(candidates)
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
) -> tuple[str, list[str], list[Candidate]]:
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
            one for code, _, condition in rules if code != segment for one in rule_ways(code, condition, table, scores)
        ]
        return "else" if mine is None else mine[0], [one for one in CATALOGUE if one in read], candidates
    trait = tier_trait(dimension, of) if isinstance(dimension, TiersDimension) else dimension.trait
    if isinstance(dimension, TiersDimension) and segment in dimension.tiers:
        stayed = stayed_before(engine, published, name, table)
        return trait, [trait], list(tier_ways(dimension, segment, of, table, trait, stayed))
    return trait, [trait], []


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


def _told(rows: pa.Table, rule: str, shown: Sequence[str], candidates: Sequence[Candidate], words_: Words) -> pa.Table:
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


def _differing(one: Candidate, mine: pa.Table, words_: Words) -> pa.ChunkedArray:
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
