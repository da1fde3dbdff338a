"""Small canonical tables for tests of traits: lines as dictionaries, everything else by default."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from region_profiles.models import Profile
from tasks.contract import INPUT_ONLY, TABLES
from tasks.engine import DuckDB, Spark, open_duckdb
from tasks.traits.blocks import Setting, filled
from tasks.traits.blocks.protected import without_protected
from tasks.traits.customer import Tables, customer_traits
from tasks.traits.windows import window_start

AS_OF = date(2021, 2, 20)
MONEY = pa.decimal128(18, 4)
FACTOR = pa.decimal128(19, 12)
ARROW = {
    "text": pa.string(), "code": pa.string(), "integer": pa.int64(), "decimal": MONEY, "rate": pa.decimal128(19, 12),
    "date": pa.date32(), "timestamp": pa.timestamp("us"), "boolean": pa.bool_(),
}  # fmt: skip


def schema_of(table):
    """The canonical columns of a table, as normalize writes them."""
    gone = INPUT_ONLY.get(table, frozenset())
    return pa.schema([(c.name, ARROW[c.type]) for c in TABLES[table].columns if c.name not in gone])


def rows_of(table, rows):
    """A canonical table from dictionaries; what they leave out is null."""
    schema = schema_of(table)
    whole = [{**dict.fromkeys(schema.names), "file": 0, "record": n, **row} for n, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(whole, schema)


CUSTOMER = schema_of("customers")
LINE = schema_of("transactions")


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


@pytest.fixture(scope="module")
def spark(java, tmp_path_factory):  # noqa: ARG001 - it skips
    from pyspark.sql import SparkSession

    others = SparkSession.getActiveSession()  # of another file's tests in this worker: it stops its own
    engine = Spark(open_duckdb("300MB", 1).cursor(), tmp_path_factory.mktemp("spark"), threads=2, memory="1g")
    yield engine
    if others is None:
        engine.session.stop()


@pytest.fixture
def traits_of(engine):
    """A function from lines (and customers, rates, profile parts) to the traits by member number."""

    def compute(lines, customers=(), rates=None, as_of=AS_OF, stands_in=None, others=None, **parts):
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
            {name: engine.from_arrow(rows_of(name, rows), name) for name, rows in (others or {}).items()},
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


@pytest.fixture(scope="session")
def make_profile():
    """The function from parts to the smallest profile."""
    return profile_of


@pytest.fixture(scope="session")
def canonical_rows():
    """A function from a table's name and dictionaries to canonical rows."""
    return rows_of


@pytest.fixture(scope="session")
def block_of():
    """A function from canonical rows by table to what one block makes of them, by member number.

    A line that says nothing else is an order of its own in store S1, in EUR, one unit, untaxed, a return below zero.
    """

    def compute(engine, block, lines, others=None, as_of=AS_OF, rates=None, **parts):
        back = [line["net"] < 0 for line in lines]
        rows = [
            {"order_id": f"o{n}", "store_id": "S1", "currency": "EUR", "rate_date": line["local_date"]}
            | {"kind": "return" if is_back else "sale", "quantity": D(-1 if is_back else 1), "returned": False}
            | {"gross": line["net"], **line}
            for n, (line, is_back) in enumerate(zip(lines, back, strict=True))
        ]
        members = sorted({row["member_number"] for row in rows if row.get("member_number")})
        people = [{"member_number": name, "customer_id": f"id-{name}", "type": "person"} for name in members]
        tables = {"customers": people, "transactions": rows, **(others or {})}
        tables = {name: engine.from_arrow(rows_of(name, some), name) for name, some in tables.items()}
        days = sorted({(row["currency"], row["rate_date"]) for row in rows})
        known = [{"currency": c, "date": d, **(rates or identity)(c, d)} for c, d in days]
        factors = engine.from_arrow(pa.Table.from_pylist(known, FACTORS), "factors")
        profile = profile_of(**parts)
        tables, left_out = without_protected(engine, profile, tables)
        start = window_start(profile.traits, as_of)
        setting = Setting(engine, profile, tables, factors, as_of, start, filled(engine, tables), left_out)
        rows = engine.to_arrow(block.compute(setting)).to_pylist()
        assert len({row["member_number"] for row in rows}) == len(rows)
        return {row["member_number"]: row for row in rows}

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
