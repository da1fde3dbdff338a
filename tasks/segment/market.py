"""A market's customers in their segments: dimensions, stratum, sums by segment, and who moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Profile
from tasks.engine import Engine
from tasks.segment.dimensions import Assigned, assign
from tasks.segment.strata import strata
from tasks.segment.sums import segment_sums
from tasks.traits.catalogue import CATALOGUE, EXACT
from tasks.traits.customer import TraitsResult

GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Segmented:
    """`customers` (order by customer_id), `segments` (by dimension, segment), and what `membership` needs beside them.

    `previous`: customers of the publication before, or None. `why`: rule of each segment by dimension; where a
    dimension's segments are values of a trait, the trait's name. `notes` is for the manifest: scores, dimensions with
    conditions counted by rule, strata merged.
    """

    customers: ir.Table
    segments: ir.Table
    previous: ir.Table | None
    why: Mapping[str, Mapping[str, str] | str]
    notes: Mapping[str, Any]


def segment(
    engine: Engine, profile: Profile, traits: TraitsResult, previous: ir.Table | None, as_of: date
) -> Segmented:
    """Put every customer in one segment of each dimension and in a stratum.

    `previous` is customers.parquet of the publication before, or None. In `segments` each dimension, and `stratum`,
    adds up exactly: sums are of unrounded money, DECIMAL(38,6), guests in a row of their own. Shares are doubles of
    customers, and of local revenue with guests. Rules must have passed `check_rules`.
    """
    names = tuple(profile.dimensions)
    table = _with_previous(traits.customers, previous, names)
    assigned = {name: assign(engine, name, profile.dimensions[name], table) for name in names}
    holds = {f"holds:{name}:{code}": is_so for name, one in assigned.items() for code, is_so in one.conditions.items()}
    placed = table.mutate(**{f"segment_{name}": one.segment for name, one in assigned.items()}, **holds)
    cells = _cells(engine, placed, assigned)
    stratified = strata(profile, _stratum_counts(profile, cells))
    keys = [f"segment_{name}" for name in profile.stratum.dimensions]
    mapping = _mapping(engine, keys, stratified.names)
    customers = placed.left_join(mapping, keys).drop(*(f"{key}_right" for key in keys))
    customers = customers.select(*CATALOGUE, *(f"segment_{name}" for name in names), "stratum")
    rows = segment_sums(profile, cells, stratified.names, traits.guests, {n: a.codes for n, a in assigned.items()})
    return Segmented(
        customers=customers,
        segments=engine.from_arrow(rows, "segments"),
        previous=previous,
        why={name: one.why or str(one.notes["trait"]) for name, one in assigned.items()},
        notes={
            "as_of": as_of.isoformat(),
            "scores": [cuts.as_dict() for cuts in traits.cuts],
            "dimensions": {name: {**one.notes, **_rule_counts(one, cells, name)} for name, one in assigned.items()},
            "strata_merged": list(stratified.merged),
        },
    )


def _with_previous(customers: ir.Table, previous: ir.Table | None, names: tuple[str, ...]) -> ir.Table:
    """Customers with `previous_<dimension>`, null where there was no such customer or dimension."""
    there = [] if previous is None else [name for name in names if f"segment_{name}" in previous.columns]
    missing = {f"previous_{name}": ibis.null("string") for name in names if name not in there}
    if previous is not None and there:
        before = previous.select("customer_id", **{f"previous_{name}": previous[f"segment_{name}"] for name in there})
        customers = customers.left_join(before, "customer_id").drop("customer_id_right")
    return customers.mutate(**missing)


def _cells(engine: Engine, placed: ir.Table, assigned: Mapping[str, Assigned]) -> list[dict[str, Any]]:
    """One pass: customers, orders, exact money and counts of each condition by combination of segments."""
    counts: dict[str, ir.Value] = {}
    for name, one in assigned.items():
        reached: ir.Value = ibis.literal(value=True)
        for code in one.conditions:
            condition = placed[f"holds:{name}:{code}"]
            # Spark's count of a condition that is null everywhere is null: so no condition here ever is.
            true = condition.fill_null(ibis.literal(value=False))
            counts[f"holds:{name}:{code}"] = placed.count(where=true)
            counts[f"null:{name}:{code}"] = placed.count(where=condition.isnull() & reached)
            reached = reached & ~true
    sums = {exact: placed[exact].sum() for exact in EXACT.values()}
    totals = {name: placed[name].sum().cast("int64") for name in ("orders", "lifetime_orders")}
    grouped = placed.group_by([f"segment_{name}" for name in assigned])
    rows: list[dict[str, Any]] = engine.to_arrow(
        grouped.agg(customers=placed.count(), **totals, **sums, **counts)
    ).to_pylist()
    return rows


def _stratum_counts(profile: Profile, cells: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for cell in cells:
        key = tuple(cell[f"segment_{name}"] for name in profile.stratum.dimensions)
        counts[key] = counts.get(key, 0) + cell["customers"]
    return counts


def _mapping(engine: Engine, keys: list[str], names: Mapping[tuple[str, ...], str]) -> ir.Table:
    columns = {key: pa.array([codes[number] for codes in names], pa.string()) for number, key in enumerate(keys)}
    return engine.from_arrow(pa.table({**columns, "stratum": pa.array(names.values(), pa.string())}), "strata")


def membership(segmented: Segmented, customers: ir.Table) -> ir.Table:
    """customer_id, dimension, segment, previous_segment, move (enter, exit, move), rule: why they are where they are.

    `customers` are those of `segmented`, computed. Against no publication everyone enters. Who is no longer a
    customer, or no longer to be profiled, exits. Customers keep their order, dimensions come by name.
    """
    previous, names = segmented.previous, sorted(segmented.why)
    present = _with_previous(customers, previous, tuple(names))
    places = ibis.array([_place(present, name, segmented.why[name]) for name in names])
    unfolded = present.select("customer_id", place=places.unnest())
    rows = unfolded.select("customer_id", **{name: unfolded.place[name] for name in unfolded.place.names})
    rows = rows.filter(rows.previous_segment.isnull() | (rows.segment != rows.previous_segment))
    rows = rows.mutate(move=ibis.ifelse(rows.previous_segment.isnull(), "enter", "move"))
    there = [] if previous is None else [name for name in names if f"segment_{name}" in previous.columns]
    columns = ("customer_id", "dimension", "segment", "previous_segment", "move", "rule")
    return ibis.union(*(part.select(*columns) for part in (rows, *_exits(customers, previous, there))))


def _place(present: ir.Table, dimension: str, why: Mapping[str, str] | str) -> ir.StructValue:
    """Where a customer is and was in a dimension, and by which rule: of a trait, by its value where that is told."""
    segment = present[f"segment_{dimension}"]
    if isinstance(why, str):
        rule = present[why] if why in present.columns else segment
    else:
        rule = segment.cases(*why.items(), else_="")
    named = {"dimension": ibis.literal(dimension), "segment": segment, "rule": rule}
    return ibis.struct({**named, "previous_segment": present[f"previous_{dimension}"]})


def _exits(customers: ir.Table, previous: ir.Table | None, names: list[str]) -> Iterator[ir.Table]:
    if previous is None:
        return
    gone = previous.anti_join(customers, "customer_id")
    for name in names:
        yield gone.select(
            "customer_id",
            dimension=ibis.literal(name),
            segment=ibis.null("string"),
            previous_segment=gone[f"segment_{name}"],
            move=ibis.literal("exit"),
            rule=ibis.null("string"),
        )


def _rule_counts(one: Assigned, cells: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Of each rule: customers it took, for whom it holds, and who fell through because it was null."""
    if not one.conditions:
        return {}
    rules = []
    for code in one.conditions:
        taken = sum(cell["customers"] for cell in cells if cell[f"segment_{name}"] == code)
        holds, null = (sum(cell[f"{what}:{name}:{code}"] for cell in cells) for what in ("holds", "null"))
        rules.append({"segment": code, "rule": one.why[code], "customers": taken, "holds": holds, "null": null})
    return {"rules": rules, "dead": [rule["segment"] for rule in rules if not rule["customers"]]}


def save(engine: Engine, segmented: Segmented, folder: Path) -> dict[str, Any]:
    """Write customers, segments and membership.parquet in their published order; rows by file, and the notes.

    Membership is made from the written customers: neither rules nor joins are computed again, and where everyone
    enters nothing is sorted again.
    """
    written = folder / "customers.parquet"
    rows = {"customers": engine.write(segmented.customers, written, ("customer_id",))}
    rows["segments"] = engine.write(segmented.segments, folder / "segments.parquet", ("dimension", "segment"))
    moves = membership(segmented, engine.read_parquet(written))
    order, ordered = ("customer_id", "dimension"), segmented.previous is None
    rows["membership"] = engine.write(moves, folder / "membership.parquet", order, in_order=ordered)
    return {"rows": rows, **segmented.notes}
