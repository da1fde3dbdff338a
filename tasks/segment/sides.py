"""The customers of a publication with the segment that they have and the one that a changed profile gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Dimension, Profile, RulesDimension
from tasks.catalogue import CATALOGUE, SCORES
from tasks.engine import DuckDB
from tasks.segment.dimensions import assign
from tasks.segment.effective import Told, effective, unpredicted
from tasks.segment.evaluate import traits
from tasks.segment.language import AS_OF, SEGMENT, parse
from tasks.segment.strata import strata
from tasks.sql import name as quoted
from tasks.traits.coverage import IBIS_TYPES, coverage
from tasks.traits.scores import score

#: Prefixes of a dimension's segments on the two sides.
BEFORE, AFTER = "before_", "after_"
_ASKED = ("birth_year", "consent_email", "consent_sms", "consent_phone", "consent_post", "consent_app")


@dataclass(frozen=True, slots=True)
class Current:
    """The publication that is previewed: its customers, and `notes` of its traits (coverage, off).

    `off`: audiences that it does not have. `personal`: the run's own file of traits, for rules that read what is in no
    publication; None: such traits are null. `predicted`: notes of predictions by population.
    """

    customers: Path
    as_of: date
    notes: Mapping[str, Any] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    personal: Path | None = None
    predicted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    """The customers described again under the changed profile: their traits, scored, and notes with their coverage."""

    customers: ir.Table
    notes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sides:
    """`table`: customer_id, population, holdout, money before and after, traits of audiences, BEFORE and AFTER of each.

    `profile`: the changed one with what is on alone, `told` what is off. `was`: dimensions that are published,
    `reached` audiences; `changed`: dimensions that were computed again. `every`: all dimensions of either profile.
    """

    engine: DuckDB
    table: ir.Table
    profile: Profile
    told: Told
    was: tuple[str, ...]
    reached: tuple[str, ...]
    changed: tuple[str, ...]
    every: tuple[str, ...]
    off: frozenset[str]
    again: frozenset[str]
    """Traits whose values are not the published ones."""

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on `{table}`."""
        return self.engine.con.execute(query.format(table=f"({self.engine.sql(self.table)})")).fetchall()

    def reach_changes(self, before: Profile, name: str) -> bool:
        """Whether an audience may list others than before."""
        one = before.audiences[name]
        if self.profile.audiences.get(name) != one:
            return True
        read = traits(parse(one.when, ("audiences", name, "when"), dimensions=self.every))
        return bool(read & ({f"{SEGMENT}{dimension}" for dimension in self.changed} | self.again))


def side_by_side(
    engine: DuckDB, current: Current, before: Profile, after: Profile, described: Described | None
) -> Sides:
    """Place every customer anew in the dimensions that change; the others are as published, and so is the holdout."""
    published = engine.read_parquet(current.customers)
    rescored = described is None and before.traits.scores != after.traits.scores
    base = _base(engine, current, published, after, rescored=rescored) if described is None else described.customers
    profile, told = effective(after, _notes(engine, current, base, after) if described is None else described.notes)
    was = tuple(name for name in before.dimensions if f"{SEGMENT}{name}" in published.columns)
    again = frozenset(CATALOGUE) if described is not None else frozenset(SCORES) if rescored else frozenset()
    changed = tuple(
        name
        for name, one in profile.dimensions.items()
        if name not in was or one != before.dimensions[name] or _read(name, one) & again
    )
    every = tuple(dict.fromkeys((*after.dimensions, *before.dimensions)))
    reached = tuple(name for name in before.audiences if name not in current.off)
    table = _placed(engine, current, published, base, (before, profile), was, changed, every, own=described is None)
    sides = Sides(engine, table, profile, told, was, reached, changed, every, current.off, again)
    return _restratified(sides, before)


def _base(engine: DuckDB, current: Current, published: ir.Table, after: Profile, *, rescored: bool) -> ir.Table:
    """Published traits; those that are personal from the run's own work, or null; scores as `after` asks."""
    table, lacking = published, [name for name in CATALOGUE if name not in published.columns]
    if lacking and current.personal is not None:
        own = engine.read_parquet(current.personal)
        there = [name for name in lacking if name in own.columns]
        table = table.left_join(own.select("customer_id", *there), "customer_id").drop("customer_id_right")
    nulls = {name: ibis.null(IBIS_TYPES[CATALOGUE[name].type]) for name in lacking if name not in table.columns}
    table = table.mutate(**nulls | ({"population": ibis.literal("person")} if "population" in nulls else {}))
    return score(engine, after.traits.scores, table.drop(*SCORES))[0] if rescored else table


def _notes(engine: DuckDB, current: Current, base: ir.Table, after: Profile) -> dict[str, Any]:
    """Coverage as the run told it; of predicted traits, which it does not tell, from the customers."""
    weak = after.prediction.weak(current.predicted)
    told = {**current.notes, "weak": weak, "unpredicted": unpredicted(current.predicted)}
    if "coverage" in told:
        predicted = [name for name, trait in CATALOGUE.items() if trait.group in {"prediction", "cluster"}]
        measured = coverage(engine, base.select(*predicted, "population", "orders", "lifetime_orders"))
        told["coverage"] = {one: {**shares, **measured.get(one, {})} for one, shares in told["coverage"].items()}
    return told


def _read(name: str, dimension: Dimension) -> frozenset[str]:
    """Traits that a dimension looks at."""
    if isinstance(dimension, RulesDimension):
        rules = (parse(one.when, ("dimensions", name)) for one in dimension.segments)
        return frozenset[str]().union(*map(traits, rules))
    fallback = getattr(dimension, "fallback", None)
    return frozenset({dimension.trait} | ({fallback.trait} if fallback is not None else set()))


def _placed(
    engine: DuckDB,
    current: Current,
    published: ir.Table,
    base: ir.Table,
    profiles: tuple[Profile, Profile],
    was: tuple[str, ...],
    changed: tuple[str, ...],
    every: tuple[str, ...],
    *,
    own: bool,
) -> ir.Table:
    """The columns of `Sides.table` but for the stratum after; new dimensions have no previous segment."""
    table = base
    if not own:
        there = (*(f"{SEGMENT}{name}" for name in was), "stratum", "holdout")
        before = published.select("customer_id", *there, was_local="monetary_local")
        table = base.drop("holdout").left_join(before, "customer_id").drop("customer_id_right")
    previous = {name: table[f"{SEGMENT}{name}"] if name in was else ibis.null("string") for name in {*was, *changed}}
    table = table.mutate(
        **{AS_OF: ibis.literal(current.as_of)}, **{f"previous_{n}": one for n, one in previous.items()}
    )
    needed = set(_ASKED)
    for profile in profiles:
        for name, audience in profile.audiences.items():
            needed |= traits(parse(audience.when, ("audiences", name, "when"), dimensions=every)) & CATALOGUE.keys()
    needed -= {"customer_id", "population", "holdout", "currency"}
    now = profiles[1].dimensions
    columns = {f"{BEFORE}{name}": table[f"previous_{name}"] for name in was}
    columns |= {
        f"{AFTER}{name}": assign(engine, name, one, table).segment if name in changed else table[f"previous_{name}"]
        for name, one in now.items()
    }
    kept = ("customer_id", "population", "holdout", AS_OF, "currency", *sorted(needed))
    worth = {"local_before": table.monetary_local if own else table.was_local, "local_after": table.monetary_local}
    return engine.cache(table.select(*kept, **worth, **columns, before_stratum=table.stratum))


def _restratified(sides: Sides, before: Profile) -> Sides:
    """With `after_stratum`: as published, unless the strata or one of their dimensions change."""
    setting, table = sides.profile.stratum, sides.table
    if setting == before.stratum and not set(setting.dimensions) & set(sides.changed):
        return replace(sides, table=table.mutate(after_stratum=table.before_stratum))
    keys = [f"{AFTER}{name}" for name in setting.dimensions]
    counts = sides.sql(
        f"SELECT {', '.join(map(quoted, keys))}, count(*) FROM {{table}} WHERE population <> 'contact' GROUP BY ALL"
    )
    names = strata(sides.profile, {row[:-1]: row[-1] for row in counts}).names
    columns = {key: pa.array([codes[place] for codes in names], pa.string()) for place, key in enumerate(keys)}
    mapping = pa.table({**columns, "after_stratum": pa.array(names.values(), pa.string())})
    joined = table.left_join(sides.engine.from_arrow(mapping, "strata"), keys)
    return replace(sides, table=joined.drop(*(f"{key}_right" for key in keys)))
