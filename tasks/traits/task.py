"""The door of traits: canonical tables to one row per customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.door import door
from tasks.engine import Engine
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.traits.customer import Tables, TraitsResult, customer_traits
from tasks.traits.scores import Cuts

FILE = "traits.parquet"
SECTIONS = {"market", "money", "traits"}


@dataclass(frozen=True, slots=True)
class Described:
    """The traits' file, and the rest of a TraitsResult as plain data."""

    folder: Path
    notes: Mapping[str, Any]
    digest: str
    reused: bool

    def on(self, engine: Engine) -> TraitsResult:
        """The result again, on an engine."""
        guests = {name: None if value is None else _number(value) for name, value in self.notes["guests"].items()}
        cuts = tuple(Cuts.from_dict(told) for told in self.notes["cuts"])
        return TraitsResult(engine.read_parquet(self.folder / FILE), guests, cuts, self.notes["notes"])


def _number(told: str | int) -> int | Decimal:
    return told if isinstance(told, int) else Decimal(told)


@door("traits")
def traits(run: MarketRun, normalized: Normalized, money: Factors) -> Described:
    """Describe each customer; reused where canonical tables, rates and the profile's traits are the same."""

    def compute(folder: Path) -> dict[str, Any]:
        engine = run.open_engine()
        result = customer_traits(
            engine,
            run.profile,
            canonical(engine, normalized),
            engine.from_arrow(money.table, "factors"),
            engine.from_arrow(money.incomes, "incomes"),
            run.as_of,
        )
        engine.write(result.customers, folder / FILE, ["customer_id"])
        guests = {name: value if isinstance(value, int) else _told(value) for name, value in result.guests.items()}
        engine.drop(*result.kept)
        return {"guests": guests, "cuts": [cut.as_dict() for cut in result.cuts], "notes": dict(result.notes)}

    depends_on = {
        "canonical": normalized.digest,
        "money": [money.notes, dict(money.digests)],
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "as_of": str(run.as_of),
        "engine": run.engine,
    }
    found = remember(run.results, "traits", depends_on, compute)
    return Described(found.folder, found.notes, found.digest, found.reused)


def canonical(engine: Engine, normalized: Normalized) -> Tables:
    """The canonical tables that traits read, on an engine."""
    customers, transactions = normalized.file("customers"), normalized.file("transactions")
    if customers is None or transactions is None:
        raise FileNotFoundError(f"{normalized.folder} lacks customers or transactions")
    return Tables(engine.read_parquet(customers), engine.read_parquet(transactions))


def _told(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
