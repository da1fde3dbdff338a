"""What every block of traits gets, and what the market's tables can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from region_profiles.models import Profile
from region_profiles.regimes import off_by_profile
from tasks.catalogue import TRAITS, Group, Trait
from tasks.engine import Engine

#: Canonical tables by name; those that the market lacks are not there.
Sources = Mapping[str, ir.Table]


@dataclass(frozen=True, slots=True)
class Setting:
    """One market at its as-of date. `start` is the last date before the window, None where all history counts.

    In every table `member_number` is the customer who is counted: a contact's account in place of the contact.
    `filled` names the columns, as `table.column`, that hold any value, and the tables that hold any row.
    """

    engine: Engine
    profile: Profile
    tables: Sources
    factors: ir.Table
    as_of: date
    start: date | None
    filled: frozenset[str]
    left_out: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """What the tables lack because the regime protects it: tasks/traits/blocks/protected.py."""

    def has(self, source: str) -> bool:
        """Whether a source of a trait is there: `table`, `table.column`, or one of several joined by `|`."""
        return any(one in self.filled for one in source.split("|"))

    def wanted(self, group: Group) -> tuple[Trait, ...]:
        """The traits of a group that the data carries and the profile does not turn off."""
        return tuple(trait for trait in TRAITS if trait.group == group and self.why_off(trait) is None)

    def why_off(self, trait: Trait) -> str | None:
        """Why a trait is not computed, or None."""
        if why := off_by_profile(self.profile, trait):
            return why
        if lacking := [source for source in trait.sources if not self.has(source)]:
            return f"no values in {', '.join(lacking)}"
        return None


@dataclass(frozen=True, slots=True)
class Block:
    """The traits of some groups: `compute` gives one row per `member_number` (none for who has nothing to tell).

    Its columns are the wanted traits of the groups (and of `place` degrees, for the distance to a store that follows
    from purchases); a customer without a row has nulls. What a contact does counts for its account and is inherited
    from there; `own` traits are each customer's, contacts' too.
    """

    groups: tuple[Group, ...]
    compute: Callable[[Setting], ir.Table]
    own: bool = False


def filled(engine: Engine, tables: Sources) -> frozenset[str]:
    """Tables with rows, and columns with values, that traits ask for: one pass over each table."""
    asked = {part for trait in TRAITS for source in trait.sources for part in source.split("|")}
    found: set[str] = set()
    for name, table in tables.items():
        columns = sorted(part.split(".")[1] for part in asked if part.startswith(f"{name}."))
        counts = {column: table[column].count() for column in columns if column in table.columns}
        row = engine.to_arrow(table.agg(rows=table.count(), **counts)).to_pylist()[0]
        found |= {name} if row.pop("rows") else set()
        found |= {f"{name}.{column}" for column, count in row.items() if count}
    return frozenset(found)
