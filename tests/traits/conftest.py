"""Small canonical tables for tests of traits: lines as dictionaries, everything else by default."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from region_profiles.models import Profile
from tasks.engine import DuckDB, open_duckdb
from tasks.traits.catalogue import STATED
from tasks.traits.customer import Tables, customer_traits

AS_OF = date(2021, 2, 20)
MONEY = pa.decimal128(18, 4)
FACTOR = pa.decimal128(19, 12)
LINE = pa.schema(
    [
        ("order_id", pa.string()), ("member_number", pa.string()), ("store_id", pa.string()),
        ("returned_order_id", pa.string()), ("currency", pa.string()), ("local_date", pa.date32()),
        ("rate_date", pa.date32()), ("net", MONEY), ("gross", MONEY),
    ]
)  # fmt: skip
TEXTS = ("member_number", "customer_id", "home_store", *(name for name in STATED if name != "birth_year"))
CUSTOMER = pa.schema([*((name, pa.string()) for name in dict.fromkeys(TEXTS)), ("birth_year", pa.int64())])


def profile_of(**parts):
    """The smallest profile of a German market."""
    market = {"country": "DE", "time_zone": "Europe/Berlin", "currencies": [{"code": "EUR"}], "languages": ["de"]}
    dimensions = {"language": {"kind": "trait", "trait": "language"}}
    team = {"name": "de_team", "locales": ["de-DE"]}
    whole = {"market": market, "dimensions": dimensions, "teams": [team], "stratum": {"dimensions": ["language"]}}
    return Profile.model_validate(whole | parts)


@pytest.fixture
def engine():
    return DuckDB(open_duckdb("500MB", 2).cursor())


@pytest.fixture
def traits_of(engine):
    """A function from lines (and customers, rates, profile parts) to the traits by member number."""

    def compute(lines, customers=(), rates=None, as_of=AS_OF, stands_in=None, **parts):
        rows = [
            {"order_id": f"o{n}", "store_id": "S1", "currency": "EUR", "rate_date": line["local_date"], **line}
            | {"gross": line.get("gross", line["net"])}
            for n, line in enumerate(lines)
        ]
        members = {row["member_number"] for row in rows if row.get("member_number")}
        people = {name: {"member_number": name} for name in sorted(members)}
        people |= {one["member_number"]: one for one in customers}
        transactions = pa.Table.from_pylist([{**dict.fromkeys(LINE.names), **row} for row in rows], LINE)
        people = [{"customer_id": f"id-{name}", **person} for name, person in people.items()]
        tables = Tables(
            engine.from_arrow(pa.Table.from_pylist([dict.fromkeys(CUSTOMER.names) | p for p in people], CUSTOMER), "c"),
            engine.from_arrow(transactions, "t"),
            stands_in or {},
        )
        days = {(row["currency"], row["rate_date"]) for row in rows}
        known = [{"currency": c, "date": d, **(rates or identity)(c, d)} for c, d in sorted(days)]
        incomes = pa.table({"country": ["DE", "FR"], "gdp_per_head": pa.array([D("50000"), D("40000")], MONEY)})
        found = customer_traits(
            engine,
            profile_of(**parts),
            tables,
            engine.from_arrow(pa.Table.from_pylist(known, FACTORS), "f"),
            engine.from_arrow(incomes, "i"),
            as_of,
        )
        by_member = {row["member_number"]: row for row in engine.to_arrow(found.customers).to_pylist()}
        return by_member, found

    return compute


D = Decimal
FACTORS = pa.schema(
    [
        ("currency", pa.string()), ("date", pa.date32()), ("to_local", FACTOR), ("to_reference", FACTOR),
        ("to_ppp", FACTOR), ("to_usd", FACTOR), ("rate_quality", pa.string()),
    ]
)  # fmt: skip


def identity(_currency, _day):
    one = D(1)
    return {"to_local": one, "to_reference": one, "to_ppp": one, "to_usd": one, "rate_quality": "identity"}
