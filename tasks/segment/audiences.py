"""Audiences: named lists that may overlap, with consent, priority and holdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from region_profiles.models import Audience, Profile
from region_profiles.regimes import regime_of
from tasks.engine import Engine
from tasks.segment.compiling import compiled
from tasks.segment.language import AS_OF, SEGMENT, parse
from tasks.segment.tallies import MOST, marks, ranked
from tasks.segment.tree import Condition

COLUMNS = ("customer_id", "audience", "priority", "holdout")
_NO = ibis.literal(value=False)


def conditions(profile: Profile, dimensions: Sequence[str]) -> dict[str, Condition]:
    """The rules of the audiences that are on; `dimensions` are all of the profile, those that are off too."""
    return {
        name: parse(audience.when, ("audiences", name, "when"), dimensions=dimensions)
        for name, audience in profile.audiences.items()
    }


def with_segments(customers: ir.Table, dimensions: Sequence[str]) -> ir.Table:
    """Customers with every `segment_<dimension>` that rules may name: null where the dimension is off."""
    lacking = [f"{SEGMENT}{name}" for name in dimensions if f"{SEGMENT}{name}" not in customers.columns]
    return customers.mutate(**{name: ibis.null("string") for name in lacking})


def ordered(profile: Profile) -> tuple[str, ...]:
    """Names of audiences, the lowest priority number first, ties by code."""
    return tuple(sorted(profile.audiences, key=lambda name: (profile.audiences[name].priority, name)))


def audience_counts(
    engine: Engine, profile: Profile, rules: Mapping[str, Condition], customers: ir.Table
) -> dict[str, dict[str, Any]]:
    """By audience: `matched` customers, of whom `not_listed` are not; `null` conditions; `shared` with.

    Not listed is, for marketing, who is `without_consent`, and of the others who may be among `minors`. `shared`: the
    other audiences in which most of those listed are, too.
    """
    names = ordered(profile)
    asked = [profile.audiences[name] for name in names]
    holds = [_mine(customers, one) & compiled(rules[name], customers) for name, one in zip(names, asked, strict=True)]
    consenting = [_consents(customers, one) for one in asked]
    grown = [_of_age(customers, profile, one) for one in asked]
    found = marks(engine, customers, [*holds, *consenting, *grown, *(one.isnull() for one in holds)])
    told = {name: Counter[str](matched=0, not_listed=0, without_consent=0, minors=0, null=0) for name in names}
    pairs, size = Counter[tuple[int, int]](), len(names)
    for places, n in found.items():
        listed = []
        for place, name in enumerate(names):
            told[name]["null"] += n if place + 3 * size in places else 0
            if place not in places:
                continue
            told[name]["matched"] += n
            if place + size not in places:
                told[name].update(not_listed=n, without_consent=n)
            elif place + 2 * size not in places:
                told[name].update(not_listed=n, minors=n)
            else:
                listed.append(place)
        for pair in permutations(listed, 2):
            pairs[pair] += n
    shared: dict[int, dict[str, int]] = {n: {} for n in range(size)}
    for (one, two), n in ranked(pairs):
        if len(shared[one]) < MOST:
            shared[one][names[two]] = n
    return {name: {"rule": asked[n].when, **told[name], "shared": shared[n]} for n, name in enumerate(names)}


def memberships(profile: Profile, rules: Mapping[str, Condition], customers: ir.Table) -> ir.Table:
    """A row for each customer and audience they are listed in: COLUMNS.

    `priority` numbers a customer's audiences from 1; `holdout` is yes where they are in it and the audience keeps it
    out.
    """
    names = ordered(profile)
    listed = {}
    for name in names:
        audience = profile.audiences[name]
        met = _mine(customers, audience) & compiled(rules[name], customers)
        met &= _consents(customers, audience) & _of_age(customers, profile, audience)
        listed[f"in_{name}"] = met.fill_null(_NO)
    flags = customers.select("customer_id", aside=customers.holdout, **listed)
    flags = flags.filter(ibis.or_(*(flags[f"in_{name}"] for name in names))) if names else flags.filter(_NO)
    rank: ir.Value = ibis.literal(1, "int64")
    places = []
    for name in names:
        here = flags[f"in_{name}"]
        aside = (flags.aside == "yes").fill_null(_NO) if profile.audiences[name].holdout else _NO
        held = ibis.ifelse(aside, "yes", "no")
        place = ibis.struct({"audience": ibis.literal(name), "priority": rank, "holdout": held})
        places.append(ibis.ifelse(here, place, ibis.null(place.type())))
        rank = rank + here.cast("int64")
    if not places:
        none = {"audience": ibis.null("string"), "priority": ibis.null("int64"), "holdout": ibis.null("string")}
        return flags.select("customer_id", **none)
    rows = flags.select("customer_id", place=ibis.array(places).unnest())
    rows = rows.filter(rows.place.notnull())
    return rows.select("customer_id", **{name: rows.place[name] for name in COLUMNS[1:]})


def save(engine: Engine, audiences: ir.Table, path: Path) -> tuple[int, dict[str, dict[str, int]]]:
    """Write audiences.parquet, ordered by customer and audience; rows, and counts by audience.

    `listed` customers, those of them in the `holdout`, and for how many it comes `first`.
    """
    rows = engine.write(audiences, path, ("customer_id", "audience"))
    table = engine.read_parquet(path)
    counts = table.group_by("audience").agg(
        listed=table.count(),
        holdout=table.count(where=table.holdout == "yes"),
        first=table.count(where=table.priority == 1),
    )
    found = {row.pop("audience"): row for row in engine.to_arrow(counts).to_pylist()}
    return rows, found


def _mine(customers: ir.Table, audience: Audience) -> ir.BooleanValue:
    """Contacts are in no audience: their account is."""
    return customers.population == audience.population


def _consents(customers: ir.Table, audience: Audience) -> ir.BooleanValue:
    """Marketing needs consent to one of the channels that ask for it; a word in the store asks for none."""
    columns = [f"consent_{channel}" for channel in audience.channels if channel != "store"]
    if audience.purpose != "marketing" or not columns:
        return ibis.literal(value=True)
    return ibis.or_(*((customers[name] == "yes").fill_null(_NO) for name in columns))


def _of_age(customers: ir.Table, profile: Profile, audience: Audience) -> ir.BooleanValue:
    """Marketing is for nobody whom the law may call a minor.

    Of an age only the year is known: who turns it this year may still be too young.
    """
    age = regime_of(profile.privacy).age
    if age is None or audience.purpose != "marketing" or audience.population != "person":
        return ibis.literal(value=True)
    minor = customers[AS_OF].year() - customers.birth_year <= age
    return ~minor.fill_null(_NO)
