"""A market's customers in their segments: dimensions, stratum, holdout, audiences, sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE
from tasks.catalogue.core import CORE
from tasks.engine import Engine
from tasks.segment import audiences
from tasks.segment.checks import audience_notes, dimension_notes
from tasks.segment.dimensions import GUEST, Assigned, assign
from tasks.segment.effective import effective
from tasks.segment.holdout import with_holdout
from tasks.segment.language import AS_OF
from tasks.segment.strata import strata
from tasks.segment.sums import Cell, cells, segment_sums
from tasks.traits.customer import TraitsResult

__all__ = ["GUEST", "Segmented", "placed", "save", "segment"]


#: Traits that customers.parquet has whatever the data carries.
ALWAYS = frozenset(trait.name for trait in CORE)
#: What comparing asks of customers beside their segments.
COMPARED = (
    "customer_id", "population", "residence", "orders", "frequency", "monetary_local", "monetary_reference",
    "monetary_ppp", "effort", "lifetime_orders", "lifetime_frequency", "lifetime_local", "lifetime_reference",
    "lifetime_ppp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segmented:
    """`customers` (order by customer_id), `segments` (by dimension, segment), `audiences` (by customer_id, audience).

    `why`: rule of each segment by dimension; where a dimension's segments are values of a trait, the trait's name.
    `profile` has only the dimensions and audiences that are on. `notes` is for the manifest: scores, dimensions with
    conditions counted by rule, what is off and why, strata merged, holdout, audiences. `kept` is to be dropped at the
    end.
    """

    customers: ir.Table
    segments: ir.Table
    audiences: ir.Table
    why: Mapping[str, Mapping[str, str] | str]
    profile: Profile
    notes: Mapping[str, Any]
    kept: tuple[ir.Table, ...] = ()


def segment(
    engine: Engine, profile: Profile, traits: TraitsResult, previous: ir.Table | None, as_of: date
) -> Segmented:
    """Put every customer in one segment of each dimension that is on, and in a stratum.

    `previous` is customers.parquet of the publication before, or None. In `segments` each dimension, and `stratum`,
    adds up exactly: sums are of unrounded money, DECIMAL(38,6), guests in a row of their own, and contacts in none.
    Shares are doubles of the dimension's population, and of local revenue with guests. Rules must have passed
    `check_rules`. Raises ProfileError where a dimension of the stratum is off.
    """
    every = tuple(profile.dimensions)
    profile, told = effective(profile, traits.notes)
    table, assigned = _assigned(engine, profile, traits.customers.drop("holdout"), previous, as_of)
    there = engine.cache(_there(table, assigned))
    found = cells(engine, profile, there)
    stratified = strata(profile, _stratum_counts(profile, found[0]))
    keys = [f"segment_{name}" for name in profile.stratum.dimensions]
    mapping = _mapping(engine, keys, stratified.names)
    customers = there.left_join(mapping, keys).drop(*(f"{key}_right" for key in keys))
    customers, held, kept = with_holdout(engine, profile.holdout, customers)
    rules = audiences.conditions(profile, every)
    naming = audiences.with_segments(customers, every)
    rows = segment_sums(profile, found, stratified.names, traits.guests, assigned)
    sizes = {(row["dimension"], row["segment"]): row["customers"] for row in rows.to_pylist()}
    off: Mapping[str, Any] = traits.notes.get("off", {})  # type: ignore[assignment]
    known = [name for name in CATALOGUE if name not in off or name in ALWAYS]
    return Segmented(
        customers=customers.select(*known, *(f"segment_{name}" for name in assigned), "stratum"),
        segments=engine.from_arrow(rows, "segments"),
        audiences=audiences.memberships(profile, rules, naming),
        why={name: one.why or str(one.notes["trait"]) for name, one in assigned.items()},
        profile=profile,
        notes={
            "as_of": as_of.isoformat(),
            "scores": [cuts.as_dict() for cuts in traits.cuts],
            "dimensions": dimension_notes(engine, profile, table, assigned, traits.cuts, told, sizes),
            "dimensions_off": told["dimensions_off"],
            "strata_merged": list(stratified.merged),
            "holdout": held,
            "audiences": audience_notes(engine, profile, naming, rules, traits.cuts, told),
            "audiences_off": told["audiences_off"],
        },
        kept=kept,
    )


def segment_past(
    engine: Engine, profile: Profile, traits: TraitsResult, previous: ir.Table | None, as_of: date
) -> tuple[ir.Table, ir.Table]:
    """Customers in their segments and the sums, as of an earlier date: what comparing asks, and nothing else.

    Neither holdout nor audiences are drawn, nor rules examined. Columns as those of `segment`, where there.
    """
    profile, _ = effective(profile, traits.notes)
    table, assigned = _assigned(engine, profile, traits.customers.drop("holdout"), previous, as_of)
    there = _there(table, assigned)
    found = cells(engine, profile, there)
    stratified = strata(profile, _stratum_counts(profile, found[0]))
    rows = segment_sums(profile, found, stratified.names, traits.guests, assigned)
    columns = (*COMPARED, *(f"segment_{name}" for name in assigned))
    return there.select(*columns), engine.from_arrow(rows, "segments")


def placed(engine: Engine, profile: Profile, customers: ir.Table, previous: ir.Table | None, as_of: date) -> ir.Table:
    """`customer_id` and `segment_<dimension>` alone, of an effective profile: nothing is counted or drawn."""
    table, assigned = _assigned(engine, profile, customers, previous, as_of)
    return table.select("customer_id", **{f"segment_{name}": one.segment for name, one in assigned.items()})


def _assigned(
    engine: Engine, profile: Profile, customers: ir.Table, previous: ir.Table | None, as_of: date
) -> tuple[ir.Table, dict[str, Assigned]]:
    """Customers with what rules may name beside traits, and each dimension over them."""
    table = _with_previous(customers, previous, tuple(profile.dimensions))
    if AS_OF not in table.columns:
        table = table.mutate(**{AS_OF: ibis.literal(as_of)})
    return table, {name: assign(engine, name, one, table) for name, one in profile.dimensions.items()}


def _there(table: ir.Table, assigned: Mapping[str, Assigned]) -> ir.Table:
    return table.mutate(**{f"segment_{name}": one.segment for name, one in assigned.items()})


def _with_previous(customers: ir.Table, previous: ir.Table | None, names: Sequence[str]) -> ir.Table:
    """Customers with `previous_<dimension>` and `previous_holdout`, null where there was no such thing before."""
    wanted = {f"previous_{name}": f"segment_{name}" for name in names} | {"previous_holdout": "holdout"}
    there = {} if previous is None else {new: old for new, old in wanted.items() if old in previous.columns}
    missing = {new: ibis.null("string") for new in wanted if new not in there}
    if previous is not None and there:
        before = previous.select("customer_id", **{new: previous[old] for new, old in there.items()})
        customers = customers.left_join(before, "customer_id").drop("customer_id_right")
    return customers.mutate(**missing)


def _stratum_counts(profile: Profile, found: Sequence[Cell]) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for cell in found:
        key = tuple(cell[f"segment_{name}"] for name in profile.stratum.dimensions)
        counts[key] = counts.get(key, 0) + cell["customers"]
    return counts


def _mapping(engine: Engine, keys: list[str], names: Mapping[tuple[str, ...], str]) -> ir.Table:
    columns = {key: pa.array([codes[number] for codes in names], pa.string()) for number, key in enumerate(keys)}
    return engine.from_arrow(pa.table({**columns, "stratum": pa.array(names.values(), pa.string())}), "strata")


def save(engine: Engine, segmented: Segmented, folder: Path) -> dict[str, Any]:
    """Write customers, segments and audiences.parquet in their published order; rows by file, why, and the notes."""
    rows = {"customers": engine.write(segmented.customers, folder / "customers.parquet", ("customer_id",))}
    rows["segments"] = engine.write(segmented.segments, folder / "segments.parquet", ("dimension", "segment"))
    rows["audiences"], listed = audiences.save(engine, segmented.audiences, folder / "audiences.parquet")
    engine.drop(*segmented.kept)
    nobody = {"listed": 0, "holdout": 0, "first": 0}
    counted = {name: {**one, **listed.get(name, nobody)} for name, one in segmented.notes["audiences"].items()}
    return {"rows": rows, "why": segmented.why, **segmented.notes, "audiences": counted}
