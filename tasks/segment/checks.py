"""What the manifest tells of each dimension and audience on the market's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import ibis.expr.types as ir

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE
from tasks.engine import Engine
from tasks.segment.audiences import audience_counts
from tasks.segment.dimensions import Assigned
from tasks.segment.effective import Told
from tasks.segment.tallies import borders, near, rule_counts
from tasks.segment.tree import Condition
from tasks.traits.scores import Cuts


def dimension_notes(
    engine: Engine,
    profile: Profile,
    table: ir.Table,
    assigned: Mapping[str, Assigned],
    cuts: Sequence[Cuts],
    told: Told,
    sizes: Mapping[tuple[str, str], int],
) -> dict[str, dict[str, Any]]:
    """By dimension: how it was assigned, the share of customers that carries it, and what deserves a look.

    Of rules, `rules`, `dead` and `overlap` as in `rule_counts`. `small`: segments of fewer customers than
    `privacy.minimum_count`. `near`: by trait the share of the population within one unit of a border.
    """
    at = {
        name: near(
            table,
            [pair for rule in one.rules.values() for pair in borders(rule, cuts, one.population)] or _of_tiers(one),
        )
        for name, one in assigned.items()
    }
    shares = _near_shares(engine, table, {name: one.population for name, one in assigned.items()}, at)
    notes: dict[str, dict[str, Any]] = {}
    for name, one in assigned.items():
        notes[name] = {**one.notes, "population": one.population, **told["dimensions_on"][name], "near": shares[name]}
        if one.conditions:
            found = rule_counts(engine, table.filter(table.population == one.population), one.conditions)
            rules = [{**rule, "rule": one.why[rule["segment"]]} for rule in found["rules"]]
            notes[name] |= found | {"rules": rules}
        mine = {code: n for (dimension, code), n in sizes.items() if dimension == name and code != one.outside}
        notes[name]["small"] = [code for code, n in mine.items() if 0 < n < profile.privacy.minimum_count]
    return notes


def audience_notes(
    engine: Engine,
    profile: Profile,
    customers: ir.Table,
    rules: Mapping[str, Condition],
    cuts: Sequence[Cuts],
    told: Told,
) -> dict[str, dict[str, Any]]:
    """By audience, in order of priority: `audience_counts`, the share that carries it, `near` as for dimensions."""
    counts = audience_counts(engine, profile, rules, customers)
    populations = {name: profile.audiences[name].population for name in counts}
    at = {name: near(customers, list(borders(rules[name], cuts, populations[name]))) for name in counts}
    shares = _near_shares(engine, customers, populations, at)
    return {
        name: {
            "population": populations[name],
            "priority": profile.audiences[name].priority,
            **told["audiences_on"][name],
            **one,
            "near": shares[name],
        }
        for name, one in counts.items()
    }


def _of_tiers(one: Assigned) -> Iterator[tuple[str, Decimal]]:
    """The borders of tiers; of whole numbers between the last below and the first above."""
    trait = str(one.notes.get("trait"))
    whole = trait in CATALOGUE and CATALOGUE[trait].type == "integer"
    for border in one.borders:
        if not whole:
            yield trait, border
        elif one.reached:
            yield trait, -(-border).to_integral_value(ROUND_FLOOR) - Decimal("0.5")
        else:
            yield trait, border.to_integral_value(ROUND_FLOOR) + Decimal("0.5")


def _near_shares(
    engine: Engine, table: ir.Table, populations: Mapping[str, str], at: Mapping[str, Mapping[str, ir.BooleanValue]]
) -> dict[str, dict[str, float]]:
    """By trait the share of each one's population for whom a condition holds, six places; one pass over all."""
    pairs = [(name, trait) for name, conditions in at.items() for trait in conditions]
    counts = {
        f"near:{name}:{trait}": table.count(where=at[name][trait] & (table.population == populations[name]))
        for name, trait in pairs
    }
    counts |= {f"of:{one}": table.count(where=table.population == one) for one in set(populations.values())}
    found = engine.to_arrow(table.agg(**counts)).to_pylist()[0] if pairs else {}
    shares: dict[str, dict[str, float]] = {name: {} for name in at}
    for name, trait in pairs:
        if whole := found[f"of:{populations[name]}"]:
            # Spark's count of a condition that is null everywhere is null
            shares[name][trait] = round((found[f"near:{name}:{trait}"] or 0) / whole, 6)
    return shares
