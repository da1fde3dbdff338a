"""DuckDB and Spark agree in every column of traits, customers, segments and audiences: equal bytes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from region_profiles.loader import load_profile
from tasks.contract import CUSTOMERS, SQL_TYPES, TRANSACTIONS
from tasks.engine import DuckDB, Spark
from tasks.segment.market import save, segment
from tasks.traits import stored
from tasks.traits.customer import Tables, unscored_traits

pytestmark = pytest.mark.slow

AS_OF = date(2021, 2, 20)
FILES = ("customers", "segments", "audiences")

#: One market with returns, guests, an old currency, a currency without rates before 2020, shops and gift cards.
GENERATED = {
    "transactions": """
        SELECT 'A' || o AS order_id, member_number, CASE WHEN o % 13 > 0 THEN 'S' || (o * 7 % 4) END AS store_id,
               CASE WHEN back THEN 'A' || (o - o % 3) END AS returned_order_id, currency, local_date,
               local_date AS rate_date, CAST(amount AS DECIMAL(18,4)) AS net,
               CAST(amount * 1.19 AS DECIMAL(18,4)) AS gross
        FROM (SELECT *, (CASE WHEN back THEN -2 WHEN i % 31 = 0 THEN 0 ELSE 1 END)
                        * CAST(i * i % 99991 + 1 AS DECIMAL(18,4)) / 100 AS amount
              FROM (SELECT i, i // 2 AS o, i % 11 = 0 AS back,
                           CASE WHEN i // 2 % 17 > 0 THEN 'M' || ((i // 2) * (i // 2) % 613
                                * ((i // 2) * 7919 % 997) // 997) END AS member_number,
                           ['EUR', 'EUR', 'DEM', 'USD'][1 + (i // 2) % 4] AS currency,
                           DATE '2017-06-01' + CAST((i // 2) * 37 % 1360 AS INTEGER) AS local_date
                    FROM range(6000) AS r(i)))""",
    "customers": """
        SELECT m AS member_number, md5(m) AS customer_id,
               CASE WHEN n % 7 = 0 THEN 'account' WHEN n % 7 = 1 THEN 'contact' ELSE 'person' END AS type,
               CASE WHEN n % 14 = 1 THEN 'M' || (n - 1) END AS account,
               ['de', 'fr', NULL][1 + n % 3] AS language,
               ['stated', 'region', 'none'][1 + n % 3] AS language_evidence,
               ['DE', 'FR', NULL][1 + n % 3] AS home_country,
               ['resident', 'visitor', 'unknown', 'cross_border'][1 + n % 4] AS residence,
               CASE WHEN n % 5 = 0 THEN 'S1' END AS home_store, CAST(NULL AS VARCHAR) AS gender, 'Köln' AS city,
               'yes' AS consent_email, 'no' AS consent_sms, 'unknown' AS consent_phone, 'yes' AS consent_post,
               'yes' AS consent_app, 'yes' AS consent_profiling, 'valid' AS phone_status, 'gold' AS loyalty_tier,
               CAST(1980 AS BIGINT) AS birth_year
        FROM (SELECT n, 'M' || n AS m FROM range(650) AS r(n))""",
    "factors": """
        SELECT currency, day AS date,
               CAST(CASE currency WHEN 'DEM' THEN 0.511291881196 WHEN 'USD' THEN 0.9 ELSE 1 END AS DECIMAL(19,12))
                   AS to_local,
               CASE WHEN currency <> 'USD' OR day >= DATE '2020-01-01'
                    THEN CAST(1.1 + n * 0.000123456789 AS DECIMAL(19,12)) END AS to_reference,
               CAST(1.333333333333 AS DECIMAL(19,12)) AS to_ppp,
               CAST(1.1 + n * 0.000123456789 AS DECIMAL(19,12)) AS to_usd,
               CASE currency WHEN 'DEM' THEN 'irrevocable' WHEN 'USD' THEN 'none' ELSE 'ecb' END AS rate_quality
        FROM (SELECT unnest(['EUR', 'DEM', 'USD']) AS currency, n, DATE '2017-06-01' + CAST(n AS INTEGER) AS day
              FROM range(1360) AS r(n))""",
}
INCOMES = pa.table(
    {
        "country": ["DE", "FR"],
        "gdp_per_head": pa.array([Decimal("46252.69"), Decimal("39055.28")], pa.decimal128(18, 4)),
    }
)


@pytest.fixture
def generated(duck):
    tables = {name: duck.con.sql(query).to_arrow_table() for name, query in GENERATED.items()}
    for name, contract in (("transactions", TRANSACTIONS), ("customers", CUSTOMERS)):
        # What the market's drop does not have is null.
        lacking = [column for column in contract.columns if column.name not in tables[name].column_names]
        nulls = ", ".join(f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {column.name}" for column in lacking)
        duck.con.register("there", tables[name])
        tables[name] = duck.con.sql(f"SELECT *, {nulls} FROM there").to_arrow_table()
        duck.con.unregister("there")
    return tables


def run(engine: DuckDB | Spark, profile, tables, folder, as_of=AS_OF):
    """Two publications, a year apart, through the files that the doors exchange; the notes of both."""
    notes = []
    previous = None
    for day in (as_of.replace(year=as_of.year - 1), as_of):
        there = {name: engine.from_arrow(table, name) for name, table in tables.items()}
        lines = there["transactions"].filter(there["transactions"].local_date <= day)
        canonical = Tables(there["customers"], lines)
        incomes = engine.from_arrow(INCOMES, "incomes")
        traits = unscored_traits(engine, profile, canonical, there["factors"], incomes, day)
        out = folder / engine.name / day.isoformat()
        kept = stored.save(engine, profile, traits, out)
        made = segment(engine, profile, stored.load(engine, out, kept), previous, day)
        notes.append((kept, save(engine, made, out)))
        previous = engine.read_parquet(out / "customers.parquet")
        engine.drop(*there.values(), incomes)
    return notes


def assert_same_files(folder, duck):
    days = sorted(path.name for path in (folder / "duckdb").iterdir())
    assert len(days) == 2
    for day in days:
        for name in ("traits", *FILES):
            one, two = (folder / engine / day / f"{name}.parquet" for engine in ("duckdb", "spark"))
            differing = duck.con.execute(
                f"SELECT (SELECT count(*) FROM (FROM '{one}' EXCEPT ALL FROM '{two}')), "
                f"(SELECT count(*) FROM (FROM '{two}' EXCEPT ALL FROM '{one}'))",
            ).fetchall()
            assert differing == [(0, 0)], f"{day} {name}"
            # traits.parquet lies between two doors, in no order: equal rows are all it promises.
            assert name == "traits" or one.read_bytes() == two.read_bytes(), f"{day} {name}"


def test_both_engines_write_the_same_bytes(duck, spark, generated, tmp_path):
    profile = load_profile("DE")
    assert run(duck, profile, generated, tmp_path) == run(spark, profile, generated, tmp_path)
    assert_same_files(tmp_path, duck)


def test_the_generated_market_has_every_kind_of_customer(duck, generated, tmp_path):
    notes = run(duck, load_profile("DE"), generated, tmp_path)[-1][1]
    customers = tmp_path / "duckdb" / AS_OF.isoformat() / "customers.parquet"
    facts = duck.con.execute(
        f"""SELECT count(*) FILTER (lifetime_orders = 0), count(*) FILTER (orders = 0 AND lifetime_orders > 0),
                   count(*) FILTER (monetary_local < 0), count(*) FILTER (monetary_reference IS NULL AND orders > 0),
                   count(DISTINCT home_store), count(DISTINCT stratum), count(effort), count(DISTINCT segment_value)
            FROM '{customers}'"""
    ).fetchall()[0]
    assert all(facts), facts
    assert notes["rows"]["customers"] == 650
    populations = duck.con.execute(f"SELECT DISTINCT population FROM '{customers}' ORDER BY 1").fetchall()
    assert populations == [("account",), ("contact",), ("person",)]
    assert {"account_lifecycle", "lifecycle", "culture"} <= set(notes["dimensions"])
    assert notes["holdout"]["customers"] > 0
    listed = duck.con.execute(f"SELECT DISTINCT audience FROM '{customers.parent}/audiences.parquet'").fetchall()
    assert {("win_back",), ("account_overdue",)} <= set(listed)
