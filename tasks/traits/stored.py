"""Traits on disk, between the door that computes them and the door that segments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from region_profiles.models import Profile
from tasks.engine import Engine
from tasks.traits.coverage import coverage
from tasks.traits.customer import TraitsResult, Unscored, in_order
from tasks.traits.scores import Cuts, score, scored

FILE = "traits.parquet"


def save(engine: Engine, profile: Profile, traits: Unscored, folder: Path) -> dict[str, Any]:
    """Compute the customers into a file, in no order, and the cuts of their scores; notes for `load`, as JSON.

    The file has no scores: they follow from the cuts, and comparing is cheaper than writing and reading.
    """
    rows = engine.write(traits.base, folder / FILE, ())
    engine.drop(*traits.kept)
    written = engine.read_parquet(folder / FILE)
    _, cuts = score(engine, profile.traits.scores, written)
    guests = {name: str(value) if isinstance(value, Decimal) else value for name, value in traits.guests.items()}
    covered = coverage(engine, written)
    return {
        "rows": rows,
        "guests": guests,
        "cuts": [one.as_dict() for one in cuts],
        "coverage": covered,
        **traits.notes,
    }


def load(engine: Engine, folder: Path, notes: Mapping[str, Any], predicted: Path | None = None) -> TraitsResult:
    """The traits that `save` wrote, on any engine, with their scores, and those that models `predicted`, if any."""
    guests = {name: Decimal(value) if isinstance(value, str) else value for name, value in notes["guests"].items()}
    rest = {name: value for name, value in notes.items() if name not in {"rows", "guests", "cuts"}}
    cuts = tuple(Cuts.from_dict(told) for told in notes["cuts"])
    customers = scored(engine.read_parquet(folder / FILE), cuts)
    if predicted is not None and predicted.exists():
        customers = customers.left_join(engine.read_parquet(predicted), "customer_id").drop("customer_id_right")
    return TraitsResult(in_order(customers), guests, cuts, rest)
