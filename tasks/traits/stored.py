"""Traits on disk, between the door that computes them and the door that segments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.engine import Engine
from tasks.traits.customer import TraitsResult
from tasks.traits.scores import Cuts

FILE = "traits.parquet"


def save(engine: Engine, traits: TraitsResult, folder: Path) -> dict[str, Any]:
    """Write the customers with their exact money and give back what the engine kept; notes for `load`, as JSON."""
    rows = engine.write(traits.customers, folder / FILE, ("customer_id",))
    engine.drop(*traits.kept)
    guests = {name: str(value) if isinstance(value, Decimal) else value for name, value in traits.guests.items()}
    return {"rows": rows, "guests": guests, "cuts": [cuts.as_dict() for cuts in traits.cuts], **traits.notes}


def load(engine: Engine, folder: Path, notes: Mapping[str, Any]) -> TraitsResult:
    """The traits that `save` wrote, on any engine."""
    guests = {name: Decimal(value) if isinstance(value, str) else value for name, value in notes["guests"].items()}
    rest = {name: value for name, value in notes.items() if name not in {"rows", "guests", "cuts"}}
    cuts = tuple(Cuts.from_dict(told) for told in notes["cuts"])
    return TraitsResult(engine.read_parquet(folder / FILE), guests, cuts, rest)
