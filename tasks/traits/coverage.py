"""Which share of the customers has each trait: what decides whether a dimension is on."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from tasks.catalogue import CATALOGUE, Trait, Type
from tasks.engine import Engine

IBIS_TYPES: dict[Type, str] = {
    "text": "string",
    "integer": "int64",
    "money": "decimal(18, 2)",
    "double": "float64",
    "date": "date",
}
#: Traits that follow from purchases: nobody who never bought can have them.
_OF_PURCHASES = ("transactions", "products")


def coverage(engine: Engine, traits: ir.Table) -> dict[str, dict[str, float]]:
    """By population (person, account) and trait the share of its customers with a value, six places.

    Of traits made of purchases the share is of those who bought: in the window, or ever, as the trait counts. A
    population without customers is left out, and so are the traits that nobody there could have.
    """
    traits = traits.filter(traits.population != "contact")
    counts: dict[str, ir.Value] = {}
    names = [name for name in CATALOGUE if name in traits.columns]
    for name in names:
        could = _could(CATALOGUE[name], traits)
        counts[f"of:{name}"] = traits.count(where=could)
        counts[f"has:{name}"] = traits[name].count(where=could)
    rows: list[dict[str, Any]] = engine.to_arrow(traits.group_by("population").agg(**counts)).to_pylist()
    return {
        row["population"]: {
            name: round(row[f"has:{name}"] / row[f"of:{name}"], 6) for name in names if row[f"of:{name}"]
        }
        for row in sorted(rows, key=lambda row: str(row["population"]))
    }


def _could(trait: Trait, traits: ir.Table) -> ir.BooleanValue | None:
    """Of whom the trait can be known; None is everyone."""
    if not any(source.split(".")[0] in _OF_PURCHASES for source in trait.sources):
        return None
    return traits.orders > 0 if trait.window == "window" else traits.lifetime_orders > 0
