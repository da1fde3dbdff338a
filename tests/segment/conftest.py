"""Generated customers with every kind of gap, and both engines."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE, EXACT
from tasks.engine import DuckDB, Spark, open_duckdb
from tasks.traits.coverage import coverage
from tasks.traits.customer import TraitsResult

AS_OF = date(2021, 2, 20)
TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "money": pa.decimal128(18, 2),
    "double": pa.float64(),
    "date": pa.date32(),
}
SCHEMA = pa.schema(
    [
        *((t.name, TYPES[t.type]) for t in CATALOGUE.values()),
        *((name, pa.decimal128(38, 16)) for name in EXACT.values()),
    ]
)


@pytest.fixture
def duck():
    return DuckDB(open_duckdb("500MB", 2).cursor())


@pytest.fixture(scope="session")
def spark(java, tmp_path_factory):  # noqa: ARG001 - it skips
    """One session for all tests."""
    temp = tmp_path_factory.mktemp("spark")
    engine = Spark(open_duckdb("500MB", 2).cursor(), temp, threads=2, memory="1g")
    yield engine
    engine.session.stop()


@pytest.fixture
def profile_of():
    def make(**parts):
        market = {"country": "DE", "time_zone": "Europe/Berlin", "currencies": [{"code": "EUR"}], "languages": ["de"]}
        whole = {
            "market": market,
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "de_team", "locales": ["de-DE"]}],
            "stratum": {"dimensions": ["language"]},
        }
        return Profile.model_validate(whole | parts)

    return make


def customer(number, **traits):
    """A customer with nothing but zeros, changed by `traits`; exact money follows the published."""
    row = dict.fromkeys(SCHEMA.names) | {"customer_id": f"id{number:05}", "member_number": f"{number:05}"}
    row |= {
        "population": "person",
        "country": "DE",
        "orders": 0,
        "frequency": 0,
        "lifetime_orders": 0,
        "lifetime_frequency": 0,
    } | traits
    return row | {exact: row[name] for name, exact in EXACT.items() if exact not in traits}


@pytest.fixture
def traits_from():
    """A function from an engine and customers to a TraitsResult; guests and notes as given.

    Without notes every dimension is on, as for traits of which no coverage is known; `covered` measures it.
    """

    def make(engine, rows, guests=None, cuts=(), *, covered=False):
        table = pa.Table.from_pylist([customer(number, **row) for number, row in enumerate(rows)], SCHEMA)
        customers = engine.from_arrow(table, "traits")
        notes = {"coverage": coverage(engine, customers)} if covered else {}
        return TraitsResult(customers, guests or {}, cuts, notes)

    return make


@pytest.fixture(scope="session")
def people():
    """Two thousand customers, seeded: prospects, lapsed, buyers, nulls in every lens, ties and borders."""
    rng = random.Random(20210220)  # noqa: S311 - test data
    rows = []
    for _ in range(2000):
        bought = rng.random() < 0.8
        active = bought and rng.random() < 0.8
        money = Decimal(rng.choice([-500, 0, 1, 19000, 20000, 99999, 100000, rng.randrange(500_000)])) / 100
        days = rng.randrange(0, 1500)
        row = {
            "type": "person",
            "language": rng.choice(["de", "fr", "de-CH", None]),
            "residence": rng.choice(["resident", "visitor", "unknown", None]),
            "city": rng.choice(["Köln", "O'Hara\\n", "東京", "", None]),
        }
        if bought:
            row |= {
                "orders": rng.randrange(1, 9) if active else 0,
                "lifetime_orders": rng.randrange(9, 20),
                "frequency": rng.randrange(1, 5) if active else 0,
                "recency_days": days,
                "last_order_date": AS_OF - timedelta(days),
                "monetary_local": money if active else Decimal(0),
                "lifetime_local": money + 10,
                "monetary_reference": rng.choice([None, money]),
                "monetary_ppp": rng.choice([None, money * 2]),
                "effort": rng.choice([None, rng.random()]),
                **({f"{s}_score": rng.randrange(1, 6) for s in "rfm"} if active else {}),
            }
        rows.append(row)
    return rows
