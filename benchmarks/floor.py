"""The floor: the benchmark market's output by a hand-written DuckDB script that knows its one input.

    python benchmarks/floor.py LANDING FACTS OUT

No checks, no ledger, no second market, no profile, no manifest: what a good engineer writes for one file of known form.
It knows that every line is a sale in euros of a known customer, that member numbers are nine digits, that an order is
of one customer, day and store and has a line 1, that a day is a day of the store, and that nothing was published
before, so that nobody has moved. It writes the same customers, segments and localized files as `strata run`
(floor_segments.py, floor_files.py). FACTS (benchmarks/prepare.py) holds what is no computation: rates by day, incomes,
words, and the columns that the market leaves empty.
"""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from floor_files import canonical, exports
from floor_segments import AS_OF, MEASURES, WINDOW, YEAR, place_customers, sum_segments

#: A visit in one number: customer (nine digits, each seventh from 100000000), day of the history, store. Net is gross
#: without 20 % tax, rounded half up, in ten-thousandths.
LINES = """
CREATE TABLE lines AS
SELECT (((member_number - 100000000) // 7)::BIGINT * 2048 + (CAST(sold AS DATE) - DATE '2023-07-01')) * 64 + store
           AS visit,
       line_id = 1 AS is_order, CAST(amount * 100 AS INTEGER) AS cents,
       CAST((CAST(amount * 100 AS BIGINT) * 1000 + 6) // 12 AS INTEGER) AS net
FROM read_csv({path}, header = true, columns = {{
    order_id: 'VARCHAR', line_id: 'TINYINT', member_number: 'INTEGER', store: 'SMALLINT', product: 'VARCHAR',
    sold: 'TIMESTAMP', quantity: 'INTEGER', amount: 'DECIMAL(9, 2)', currency: 'VARCHAR'}})
"""
CUSTOMER, DAY, STORE = "visit // 131072", "(visit // 64) % 2048", "visit % 64"

#: Exact sums, as whole numbers: local in cents, reference in 10^-16, ppp and year (in US dollars) in 10^-14.
MONEY = f"""
CREATE TABLE money AS
SELECT {CUSTOMER} AS place,
       sum(cents) FILTER (recent) AS sum_monetary_local, sum(cents) AS sum_lifetime_local,
       sum(net * to_reference) FILTER (recent) AS sum_monetary_reference,
       sum(net * to_reference) AS sum_lifetime_reference,
       sum(cents * to_ppp) FILTER (recent) AS sum_monetary_ppp, sum(cents * to_ppp) AS sum_lifetime_ppp,
       sum(cents * to_usd) FILTER (this_year) AS sum_year
FROM lines JOIN factors ON {DAY} = factors.day GROUP BY place
"""

#: Each customer's visits: days in stores.
VISITS = "CREATE TABLE visits AS SELECT visit, count(*) AS orders FROM lines WHERE is_order GROUP BY visit"

ACTIVITY = f"""
CREATE TABLE activity AS
SELECT day // 2048 AS place, sum(orders) FILTER (recent) AS orders, count(*) FILTER (recent) AS frequency,
       sum(orders) AS lifetime_orders, count(*) AS lifetime_frequency,
       DATE '2023-07-01' + (min(day) % 2048)::INTEGER AS first_day,
       DATE '2023-07-01' + (max(day) % 2048)::INTEGER AS last_day
FROM (SELECT visit // 64 AS day, sum(orders)::BIGINT AS orders,
          day % 2048 > DATE '{WINDOW}' - DATE '2023-07-01' AS recent FROM visits GROUP BY ALL)
GROUP BY place
"""

#: The store of most days, then of the latest visit, then of the lowest number: the greatest number made of the three.
HOMES = f"""
CREATE TABLE homes AS
SELECT place, 63 - max((days * 2048 + latest) * 64 + 63 - store) % 64 AS store
FROM (SELECT {CUSTOMER} AS place, {STORE} AS store, count(*) AS days, max({DAY}) AS latest FROM visits GROUP BY ALL)
GROUP BY place
"""

#: A sum in whole units, rounded half up to a coarser unit: exactly, and (128-bit division is slow) by way of a double
#: but for what is too near to a half.
ROUNDING = """
CREATE MACRO exactly(total, unit) AS (total::HUGEINT * 2 + unit) // (2 * unit);
CREATE MACRO rounded(total, unit) AS CASE
    WHEN abs(total::DOUBLE / unit::DOUBLE % 1 - 0.5) > 0.001 THEN round(total::DOUBLE / unit::DOUBLE)::BIGINT
    ELSE exactly(total, unit)::BIGINT END;
CREATE MACRO money(total, unit) AS rounded(total, unit)::DECIMAL(16, 0) * 0.01::DECIMAL(2, 2);
"""

CUSTOMERS = f"""
CREATE TABLE base AS
SELECT left(sha256(repeat('\\x5C'::BLOB, 64) || unhex(sha256(repeat('6'::BLOB, 64)
           || encode('FR' || chr(31) || member_number)))), 32) AS customer_id,
       member_number, given_name || ' ' || family_name AS name, email, {{language}} AS language,
       country AS home_country, {{loyalty_tier}} AS loyalty_tier,
       coalesce(consent_email, 'unknown') AS consent_email,
       CASE country WHEN 'FR' THEN 'resident' ELSE 'visitor' END AS residence,
       {{home_store}} AS home_store, first_day, last_day, DATE '{AS_OF}' - last_day AS recency_days,
       coalesce(orders, 0)::BIGINT AS orders, coalesce(frequency, 0) AS frequency,
       coalesce(lifetime_orders, 0)::BIGINT AS lifetime_orders, coalesce(lifetime_frequency, 0) AS lifetime_frequency,
       CASE WHEN first_day IS NOT NULL
           THEN CAST(money(coalesce(sum_year, 0), {10**12}) * per_head AS DECIMAL(18, 6)) END AS effort,
       {{published}}, COLUMNS('^sum_(monetary|lifetime)')
FROM read_csv({{path}}, header = true, columns = {{{{
    member_number: 'VARCHAR', given_name: 'VARCHAR', family_name: 'VARCHAR', email: 'VARCHAR', country: 'VARCHAR',
    language: 'VARCHAR', birth_date: 'DATE', registered: 'DATE', loyalty_tier: 'VARCHAR',
    consent_email: 'VARCHAR'}}}}) c
LEFT JOIN activity ON activity.place = (CAST(member_number AS INTEGER) - 100000000) // 7
LEFT JOIN money ON money.place = activity.place
{{homes}}
LEFT JOIN (SELECT {{per_head}}::DECIMAL(19, 12) AS per_head) ON country = 'FR'
"""
#: Columns that the market may leave empty (words["empty"]).
KEPT = {"language": "language", "loyalty_tier": "loyalty_tier", "home_store": "printf('%03d', homes.store)"}


def compute(con: duckdb.DuckDBPyConnection, landing: Path, facts: Path, words: dict[str, Any]) -> None:
    """Make the table `base`: a row a customer, of which no line needs to be kept."""
    units = ("to_reference", "to_ppp", "to_usd")
    con.execute(ROUNDING)
    whole = ", ".join(f"CAST({unit} * 1000000000000 AS DECIMAL(19, 0)) AS {unit}" for unit in units)
    types = ", ".join(f"{unit}: 'DECIMAL(19, 12)'" for unit in units)
    con.execute(
        f"CREATE TABLE factors AS SELECT day - DATE '2023-07-01' AS day, day > DATE '{WINDOW}' AS recent, "
        f"day > DATE '{YEAR}' AS this_year, {whole} FROM read_csv('{facts}/factors.csv', types = {{{types}}})"
    )
    con.execute(LINES.format(path=f"'{landing}/FR/purchases.csv'"))
    con.execute(MONEY)
    con.execute(VISITS)
    con.execute("DROP TABLE lines")
    con.execute(ACTIVITY)
    published = ", ".join(
        f"CASE WHEN first_day IS NOT NULL THEN money(coalesce(sum_{name}, 0), {10 ** (scale - 2)}) END AS {name}"
        for name, scale in MEASURES.items()
    )
    per_head = (1 / Decimal(words["incomes"]["FR"])).quantize(Decimal("1e-12"))
    kept = {name: "NULL::VARCHAR" if name in words["empty"] else value for name, value in KEPT.items()}
    homes = ""
    if "home_store" not in words["empty"]:
        con.execute(HOMES)
        homes = "LEFT JOIN homes ON homes.place = activity.place"
    con.execute("DROP TABLE visits")
    path = f"'{landing}/FR/customers.csv'"
    con.execute(CUSTOMERS.format(path=path, published=published, per_head=per_head, homes=homes, **kept))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("landing", "facts", "out"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    words = json.loads((args.facts / "words.json").read_text(encoding="utf-8"))
    con = duckdb.connect(config={"memory_limit": "900MB"})
    compute(con, args.landing, args.facts, words)
    place_customers(con)
    sum_segments(con)
    canonical(con, args.out / "canonical", words)
    exports(con, args.out, words)


if __name__ == "__main__":
    main()
