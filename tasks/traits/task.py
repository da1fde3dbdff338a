"""The door of traits: canonical tables to one row per customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.door import door
from tasks.engine import Engine
from tasks.fetched import fetched
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.traits.customer import Tables, unscored_traits
from tasks.traits.past import known_at
from tasks.traits.stored import save
from tasks.traits.stores import standing_in

SECTIONS = {"market", "money", "traits", "prediction", "privacy"}
#: Canonical tables beside customers and transactions that traits read.
OTHERS = (
    "stores", "feedback", "events", "answers", "interests", "usage", "loyalty", "campaigns", "products", "companies",
    "quotes", "contracts", "places",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """The folder that `tasks.traits.stored.load` reads, with the notes it needs."""

    folder: Path
    notes: Mapping[str, Any]
    digest: str
    reused: bool


@door("traits")
def traits(
    run: MarketRun,
    normalized: Normalized,
    money: Factors,
    past: bool = False,
    published: tuple[str, str] | None = None,
) -> Described:
    """Describe each customer; reused where canonical tables, rates and the profile's traits are the same.

    `past`: the run's as-of date is earlier than that of the canonical tables, which are cut to what counts then; key
    and sha256 of the customers `published` by then tell who was listed (tasks/traits/past.py).
    """

    def compute(folder: Path) -> dict[str, Any]:
        engine = run.open_engine()
        factors = engine.from_arrow(money.table, "factors")
        incomes = engine.from_arrow(money.incomes, "incomes")
        tables = canonical(engine, normalized, run.as_of)
        if past:
            listed = None if published is None else engine.read_parquet(fetched(run, *published))
            tables = known_at(tables, run.as_of, listed)
        found = unscored_traits(engine, run.profile, tables, factors, incomes, run.as_of)
        return save(engine, run.profile, found, folder)

    depends_on = {
        "canonical": normalized.digest,
        "money": [money.notes, dict(money.digests)],
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "as_of": str(run.as_of),
        "engine": run.engine,
        "past": past,
        "published": None if published is None else published[1],
    }
    found = remember(run.results, "traits", depends_on, compute)
    return Described(found.folder, found.notes, found.digest, found.reused)


def canonical(engine: Engine, normalized: Normalized, as_of: date) -> Tables:
    """The canonical tables that traits read, on an engine."""
    customers = normalized.file("customers")
    if customers is None:
        raise FileNotFoundError(f"{normalized.folder} lacks customers")
    transactions = engine.from_duckdb(normalized.transactions.relation, "transactions")
    stores = normalized.file("stores")
    rows = [] if stores is None else pq.read_table(stores, columns=["store_id", "closed", "relocated_to"]).to_pylist()
    files = {table: path for table in OTHERS if (path := normalized.file(table)) is not None}
    others = {table: engine.read_parquet(path) for table, path in files.items()}
    return Tables(engine.read_parquet(customers), transactions, standing_in(rows, as_of), others)
