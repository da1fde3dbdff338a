"""The floor: the benchmark market's output by a hand-written DuckDB script that knows its one input.

    python benchmarks/floor.py LANDING FACTS OUT

No checks, no ledger, no second market, no profile, no manifest: what a good engineer writes for one file of known form.
It knows that every line is a sale in euros of a known customer, that member numbers are nine digits, that an order is
of one customer, day and store and has a line 1, and that a day is a day of the store. It writes the same customers,
segments, membership and localized files as `strata run`. FACTS (benchmarks/prepare.py) holds what is no computation:
rates by day, incomes, words.
"""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

AS_OF, WINDOW, YEAR = "2026-06-30", "2024-06-30", "2025-06-30"
PARQUET = "FORMAT parquet, COMPRESSION lz4"
LIFECYCLE = [
    ("net_negative", "at_risk", "lifetime_local < 0"),
    ("prospect", "prospect", "lifetime_orders = 0"),
    ("lapsed", "lapsed", "orders = 0"),
    ("champions", "active", "r_score >= 4 and f_score >= 4 and m_score >= 4"),
    ("cannot_lose", "at_risk", "r_score = 1 and f_score >= 4 and m_score >= 4"),
    ("at_risk", "at_risk", "r_score <= 2 and f_score >= 2"),
    ("loyal", "active", "r_score >= 3 and f_score >= 3"),
    ("new", "new", "r_score >= 4 and lifetime_orders = 1 and recency_days <= 366"),
    ("promising", "new", "r_score = 3 and lifetime_orders = 1 and recency_days <= 366"),
    ("potential_loyalist", "active", "r_score >= 4"),
    ("needs_attention", "active", "r_score = 3 and (f_score = 2 or m_score >= 3)"),
    ("about_to_sleep", "at_risk", "r_score = 3"),
    ("hibernating", "at_risk", "r_score = 2"),
]
OTHERWISE = ("lost", "lapsed")
BORDERS = (200, 1000)
TIERS = {
    "low": "monetary_ppp < 200",
    "mid": "monetary_ppp >= 200 AND monetary_ppp < 1000",
    "high": "monetary_ppp >= 1000",
    "none": "monetary_ppp IS NULL OR no orders",
}
DIMENSIONS = ("lifecycle", "value", "language", "residence")
#: Cells of lifecycle group and value below this go to the group, groups below it to `other`.
MINIMUM = 10

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
       member_number, given_name || ' ' || family_name AS name, email, language, country AS home_country, loyalty_tier,
       coalesce(consent_email, 'unknown') AS consent_email,
       CASE country WHEN 'FR' THEN 'resident' ELSE 'visitor' END AS residence,
       printf('%03d', homes.store) AS home_store, first_day, last_day, DATE '{AS_OF}' - last_day AS recency_days,
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
LEFT JOIN homes ON homes.place = activity.place
LEFT JOIN (SELECT {{per_head}}::DECIMAL(19, 12) AS per_head) ON country = 'FR'
"""
SCALES = {"local": 2, "reference": 16, "ppp": 14}
MEASURES = {f"{span}_{lens}": scale for span in ("monetary", "lifetime") for lens, scale in SCALES.items()}

SCORED = """
CREATE TABLE customers AS
WITH scored AS (
    SELECT *, CASE WHEN orders > 0 THEN 1 + {recency} END AS r_score,
        CASE WHEN orders > 0 THEN 1 + (frequency >= 2)::INT + (frequency >= 3)::INT + (frequency >= 4)::INT
            + (frequency >= 7)::INT END AS f_score,
        CASE WHEN orders > 0 THEN 1 + {monetary} END AS m_score
    FROM base
), placed AS (
    SELECT *, CASE {lifecycle} ELSE '{otherwise}' END AS segment_lifecycle,
        CASE WHEN orders = 0 THEN 'none' WHEN monetary_ppp >= {high} THEN 'high' WHEN monetary_ppp >= {mid} THEN 'mid'
            ELSE 'low' END AS segment_value,
        CASE segment_lifecycle {groups} END AS lifecycle_group,
        CASE WHEN count(*) OVER (PARTITION BY lifecycle_group, segment_value) >= {minimum}
            THEN lifecycle_group || '_' || segment_value ELSE lifecycle_group END AS cell
    FROM scored
)
SELECT *, CASE WHEN count(*) OVER (PARTITION BY cell) >= {minimum} THEN cell ELSE 'other' END AS stratum
FROM placed
"""

PUBLISHED = """
SELECT customer_id, 'person' AS type, 'FR' AS country, language, 'stated' AS language_evidence, home_country,
       residence, home_store,
       NULL::VARCHAR AS city, consent_email, 'unknown' AS consent_sms, 'unknown' AS consent_phone,
       'unknown' AS consent_post, 'unknown' AS consent_app, 'unknown' AS consent_profiling, 'none' AS phone_status,
       loyalty_tier, first_day AS first_order_date, last_day AS last_order_date, recency_days, orders, frequency,
       monetary_local, 'EUR' AS currency, monetary_reference, 'USD' AS reference_currency, monetary_ppp,
       CAST(effort AS DOUBLE) AS effort, lifetime_orders, lifetime_frequency, lifetime_local, lifetime_reference,
       lifetime_ppp, CASE WHEN lifetime_orders > 0 THEN 'ecb' END AS rate_quality,
       r_score::BIGINT AS r_score, f_score::BIGINT AS f_score, m_score::BIGINT AS m_score, segment_lifecycle,
       segment_value, language AS segment_language, residence AS segment_residence, stratum
FROM customers ORDER BY customer_id
"""


def cuts(con: duckdb.DuckDBPyConnection, value: str) -> str:
    """Terms that count the cuts below a buyer's value: quintiles at (n - 1) * k / 5, interpolated exactly."""
    n = con.execute("SELECT count(*) FROM base WHERE orders > 0").fetchall()[0][0]
    wanted = {k: divmod((n - 1) * k, 5) for k in (1, 2, 3, 4)}
    places = sorted({place for below, _ in wanted.values() for place in (below, below + 1)})
    rows = con.execute(
        f"SELECT place, value FROM (SELECT {value} AS value, row_number() OVER (ORDER BY value) - 1 AS place "
        f"FROM base WHERE orders > 0) WHERE place IN ({', '.join(map(str, places))})"
    ).fetchall()
    at = {place: Decimal(found) for place, found in rows}
    terms = []
    for below, part in wanted.values():
        cut = at[below] + (at[below + 1] - at[below]) * part / 5 if part else at[below]
        terms.append(f"({value} > {cut})::INT")
    return " + ".join(terms)


def case(column: str, names: dict[str, str]) -> str:
    """The name of each code."""
    whens = " ".join(f"WHEN '{code}' THEN '{name}'" for code, name in names.items())
    return f"CASE {column} {whens} END"


def compute(con: duckdb.DuckDBPyConnection, landing: Path, facts: Path, words: dict[str, Any]) -> None:
    """Make the table `customers`."""
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
    con.execute(HOMES)
    con.execute("DROP TABLE visits")
    published = ", ".join(
        f"CASE WHEN first_day IS NOT NULL THEN money(coalesce(sum_{name}, 0), {10 ** (scale - 2)}) END AS {name}"
        for name, scale in MEASURES.items()
    )
    per_head = (1 / Decimal(words["incomes"]["FR"])).quantize(Decimal("1e-12"))
    con.execute(CUSTOMERS.format(path=f"'{landing}/FR/customers.csv'", published=published, per_head=per_head))
    rules = " ".join(f"WHEN {when} THEN '{code}'" for code, _, when in LIFECYCLE)
    groups = " ".join(f"WHEN '{code}' THEN '{group}'" for code, group, *_ in [*LIFECYCLE, OTHERWISE])
    con.execute(
        SCORED.format(
            recency=cuts(con, "-recency_days"), monetary=cuts(con, "monetary_local"), lifecycle=rules, groups=groups,
            otherwise=OTHERWISE[0], mid=BORDERS[0], high=BORDERS[1], minimum=MINIMUM,
        )
    )  # fmt: skip


def segment_sums(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `segments` with a row for each segment, empty and guest ones too."""
    keys = ("segment_lifecycle", "segment_value", "language", "residence", "stratum")
    sums = ", ".join(
        f"exactly(sum(sum_{name}) * 10000, {10 ** (scale - 2)})::DECIMAL(32, 0) * 0.000001::DECIMAL(6, 6) AS {name}"
        for name, scale in MEASURES.items()
    )
    counts = "count(*) AS customers, sum(orders)::BIGINT AS orders, sum(lifetime_orders)::BIGINT AS lifetime_orders"
    con.execute(f"CREATE TABLE cells AS SELECT {', '.join(keys)}, {counts}, {sums} FROM customers GROUP BY ALL")
    lifecycle = [*(code for code, *_ in LIFECYCLE), OTHERWISE[0]]
    listed = [
        ("lifecycle", lifecycle),
        ("value", TIERS),
        *((name, ()) for name in ("language", "residence", "stratum")),
    ]
    parts = []
    for key, (dimension, codes) in zip(keys, listed, strict=True):
        empty = ", ".join(f"('{code}')" for code in (*codes, "guest"))
        parts.append(
            f"SELECT '{dimension}' AS dimension, coalesce({key}, code) AS segment, cells.* "
            f"FROM cells FULL JOIN (VALUES {empty}) v(code) ON code = {key}"
        )
    total = ", ".join(
        f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in ("customers", "orders", "lifetime_orders")
    )
    money = ", ".join(f"coalesce(sum({name}), 0)::DECIMAL(38, 6) AS {name}" for name in MEASURES)
    con.execute(
        f"CREATE TABLE segments AS WITH s AS (SELECT dimension, segment, {total}, {money} "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL) "
        "SELECT dimension, segment, customers, orders, monetary_local, monetary_reference, monetary_ppp, "
        "customers / sum(customers) OVER (PARTITION BY dimension) AS share_customers, monetary_local / "
        "sum(monetary_local) OVER (PARTITION BY dimension) AS share_revenue, lifetime_orders, lifetime_local, "
        "lifetime_reference, lifetime_ppp FROM s ORDER BY dimension, segment"
    )


def canonical(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write the three Parquet files."""
    out.mkdir(parents=True)
    con.execute(f"COPY ({PUBLISHED}) TO '{out}/customers.parquet' ({PARQUET})")
    con.execute(f"COPY segments TO '{out}/segments.parquet' ({PARQUET})")
    lifecycle = {code: when for code, _, when in LIFECYCLE} | {OTHERWISE[0]: "else"}
    named = {
        "language": ("language", "language"),
        "lifecycle": ("segment_lifecycle", case("segment_lifecycle", lifecycle)),
        "residence": ("residence", "residence"),
        "value": ("segment_value", case("segment_value", TIERS)),
    }
    rows = ", ".join(
        f"{{dimension: '{name}', segment: {column}, rule: {rule}}}" for name, (column, rule) in named.items()
    )
    con.execute(
        "COPY (SELECT customer_id, m.dimension, m.segment, NULL::VARCHAR AS previous_segment, 'enter' AS move, m.rule "
        f"FROM (SELECT customer_id, unnest([{rows}]) AS m FROM (SELECT * FROM customers ORDER BY customer_id))) "
        f"TO '{out}/membership.parquet' ({PARQUET})"
    )


def exports(con: duckdb.DuckDBPyConnection, out: Path, words: dict[str, Any]) -> None:
    """Write the localized customers and segments, and the tags."""
    stem = f"FR_{AS_OF}"
    for folder in ("de-DE/customers", "de-DE/summary", "tags"):
        (out / folder).mkdir(parents=True)
    con.execute(
        "CREATE TABLE listed AS SELECT * FROM customers ORDER BY monetary_reference DESC NULLS LAST, customer_id"
    )
    yes, no = words["word"]["yes"], words["word"]["no"]
    labelled = [("segment_lifecycle", "lifecycle"), ("segment_value", "value"), ("language", "language"),
                ("residence", "residence"), ("stratum", "stratum")]  # fmt: skip
    mailed = "consent_email = 'yes'"
    cells = [
        "member_number", "name", "name", f"CASE WHEN {mailed} THEN email END",
        f"CASE WHEN {mailed} THEN '{yes}' ELSE '{no}' END",
        f"'{no}'", f"'{no}'", f"'{no}'", f"'{words['type']['person']}'", case("home_country", words["country"]),
        f"'{words['evidence']['stated']}'",
        "'''' || home_store",
        "strftime(first_day, '%d.%m.%Y')", "strftime(last_day, '%d.%m.%Y')", "recency_days", "orders", "frequency",
        comma("monetary_local"), "'EUR'", comma("monetary_reference"), "'USD'", comma("monetary_ppp"), comma("effort"),
        "r_score", "f_score", "m_score",
        *(cell for column, name in labelled for cell in (case(column, words["label"][name]), column)),
    ]  # fmt: skip
    write(
        con,
        cells,
        words["customers"],
        "FROM listed ORDER BY rowid",
        out / f"de-DE/customers/{stem}_de-DE_customers.csv",
    )
    con.execute(
        "COPY (SELECT member_number, segment_lifecycle AS lifecycle, segment_value AS value, language, residence, "
        f"stratum, '{AS_OF}' AS as_of FROM listed ORDER BY rowid) TO '{out}/tags/{stem}_tags.csv' (HEADER)"
    )
    names = " ".join(
        f"WHEN dimension = '{dimension}' AND segment = '{code}' THEN '{name}'"
        for dimension, labels in words["label"].items()
        for code, name in labels.items()
    )
    strata = [code for code in words["label"]["stratum"] if code.rsplit("_", 1)[-1] in TIERS]
    codes = [*(code for code, *_ in LIFECYCLE), "lost", *TIERS, *strata]
    place = " ".join(f"WHEN '{code}' THEN {n}" for n, code in enumerate(codes))
    cells = [
        case("dimension", words["dimension"]), "dimension", f"CASE {names} END", "segment", "customers",
        comma("share_customers::DECIMAL(9, 6)"), "orders", comma("monetary_local::DECIMAL(38, 2)"), "'EUR'",
        comma("monetary_reference::DECIMAL(38, 2)"), "'USD'", comma("monetary_ppp::DECIMAL(38, 2)"),
        comma("share_revenue::DECIMAL(9, 6)"), "NULL",
    ]  # fmt: skip
    whole = (
        "SELECT 'market' AS dimension, 'all' AS segment, sum(COLUMNS(* EXCLUDE (dimension, segment))) FROM segments "
        "WHERE dimension = 'lifecycle'"
    )
    order = (
        f"FROM ({whole} UNION ALL SELECT * FROM segments) s "
        f"ORDER BY list_position({['market', *DIMENSIONS, 'stratum']}, s.dimension), "
        f"s.segment = 'guest', CASE s.segment {place} ELSE 99 END, s.segment"
    )
    write(con, cells, words["segments"], order, out / f"de-DE/summary/{stem}_de-DE_segments.csv")


def comma(number: str) -> str:
    """A number as a German reads it."""
    return f"replace(({number})::VARCHAR, '.', ',')"


def write(con: duckdb.DuckDBPyConnection, cells: list[str], names: list[str], source: str, path: Path) -> None:
    """One CSV as a German Excel opens it; the byte order mark stands before the first name."""
    columns = ", ".join(
        f'{cell} AS "{name}"' for cell, name in zip(cells, ["\ufeff" + names[0], *names[1:]], strict=True)
    )
    con.execute(f"COPY (SELECT {columns} {source}) TO '{path}' (HEADER, DELIMITER ';')")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("landing", "facts", "out"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    words = json.loads((args.facts / "words.json").read_text(encoding="utf-8"))
    con = duckdb.connect(config={"memory_limit": "900MB"})
    compute(con, args.landing, args.facts, words)
    segment_sums(con)
    canonical(con, args.out / "canonical")
    exports(con, args.out, words)


if __name__ == "__main__":
    main()
