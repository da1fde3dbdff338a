"""A market's customers in their segments: dimensions, stratum, sums by segment, and who moved."""

from __future__ import annotations

from collections.abc import Mapping
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
    """`customers` (order by customer_id), `segments` (by dimension, segment), `membership` (by customer_id, dimension).

    `notes` is for the manifest: scores, dimensions with conditions counted by rule, strata merged.
    """

    customers: ir.Table
    segments: ir.Table
    membership: ir.Table
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
        membership=_membership(customers, previous, assigned),
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


def _membership(customers: ir.Table, previous: ir.Table | None, assigned: Mapping[str, Assigned]) -> ir.Table:
    """customer_id, dimension, segment, previous_segment, move (enter, exit, move), rule: why they are where they are.

    Against no publication everyone enters. Who is no longer a customer, or no longer to be profiled, exits.
    """
    present = _with_previous(customers, previous, tuple(assigned))
    rows = []
    for name, one in assigned.items():
        now, before = present[f"segment_{name}"], present[f"previous_{name}"]
        why = now.cases(*one.why.items(), else_=str(one.notes.get("trait", ""))) if one.why else str(one.notes["trait"])
        moved = present.filter(before.isnull() | (now != before))
        rows.append(
            moved.select(
                "customer_id",
                dimension=ibis.literal(name),
                segment=now,
                previous_segment=before,
                move=ibis.ifelse(before.isnull(), "enter", "move"),
                rule=why,
            )
        )
        if previous is not None and f"segment_{name}" in previous.columns:
            gone = previous.anti_join(customers, "customer_id")
            rows.append(
                gone.select(
                    "customer_id",
                    dimension=ibis.literal(name),
                    segment=ibis.null("string"),
                    previous_segment=gone[f"segment_{name}"],
                    move=ibis.literal("exit"),
                    rule=ibis.null("string"),
                )
            )
    return ibis.union(*rows) if len(rows) > 1 else rows[0]


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
    """Write customers, segments and membership.parquet in their published order; rows by file, and the notes."""
    files = {
        "customers": (segmented.customers, ("customer_id",)),
        "segments": (segmented.segments, ("dimension", "segment")),
        "membership": (segmented.membership, ("customer_id", "dimension")),
    }
    rows = {name: engine.write(table, folder / f"{name}.parquet", order) for name, (table, order) in files.items()}
    return {"rows": rows, **segmented.notes}
