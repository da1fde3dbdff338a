"""The floor's scores, segments and strata, and the sums over them: the market's rules by hand."""

from __future__ import annotations

from decimal import Decimal

import duckdb

#: The last day, and the days before the window and the year that end with it.
AS_OF, WINDOW, YEAR = "2026-06-30", "2024-06-30", "2025-06-30"
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
TIERS = ("low", "mid", "high", "none")
DIMENSIONS = ("lifecycle", "value", "residence", "language")
#: Cells of lifecycle group and value below this go to the group, groups below it to `other`.
MINIMUM = 10

#: Money per customer: name of the column, and how many digits its exact sums (sum_<name>) have behind the unit.
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
        coalesce(language, 'unknown') AS segment_language, residence AS segment_residence,
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


def place_customers(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `customers` from the table `base`: scores, segments and strata."""
    rules = " ".join(f"WHEN {when} THEN '{code}'" for code, _, when in LIFECYCLE)
    groups = " ".join(f"WHEN '{code}' THEN '{group}'" for code, group, *_ in [*LIFECYCLE, OTHERWISE])
    con.execute(
        SCORED.format(
            recency=cuts(con, "-recency_days"), monetary=cuts(con, "monetary_local"), lifecycle=rules, groups=groups,
            otherwise=OTHERWISE[0], mid=BORDERS[0], high=BORDERS[1], minimum=MINIMUM,
        )
    )  # fmt: skip


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


def sum_segments(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `segments` with a row for each segment, empty and guest ones too.

    Money is rounded to six places so that the segments of each dimension add up to the market: the difference of two
    rounded running sums, listed segments first, then others by name.
    """
    keys = (*(f"segment_{name}" for name in DIMENSIONS), "stratum")
    exact = ", ".join(f"sum(sum_{name}) AS {name}" for name in MEASURES)
    counts = "count(*) AS customers, sum(orders)::BIGINT AS orders, sum(lifetime_orders)::BIGINT AS lifetime_orders"
    con.execute(f"CREATE TABLE cells AS SELECT {', '.join(keys)}, {counts}, {exact} FROM customers GROUP BY ALL")
    known = {"lifecycle": [*(code for code, *_ in LIFECYCLE), OTHERWISE[0]], "value": TIERS}
    parts = []
    for key, dimension in zip(keys, (*DIMENSIONS, "stratum"), strict=True):
        listed = ", ".join(f"('{code}', {n})" for n, code in enumerate((*known.get(dimension, ()), "guest")))
        parts.append(
            f"SELECT '{dimension}' AS dimension, coalesce({key}, code) AS segment, "
            f"CASE code WHEN 'guest' THEN 1000 ELSE coalesce(place, 999) END AS place, cells.* "
            f"FROM cells FULL JOIN (VALUES {listed}) v(code, place) ON code = {key}"
        )
    total = ", ".join(
        f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in ("customers", "orders", "lifetime_orders")
    )
    money = ", ".join(f"coalesce(sum({name}), 0)::HUGEINT AS {name}" for name in MEASURES)
    running = ", ".join(
        f"exactly(sum({name}) OVER upto * 10000, {10 ** (scale - 2)}) AS {name}" for name, scale in MEASURES.items()
    )
    apart = ", ".join(
        f"({name} - lag({name}, 1, 0) OVER upto)::DECIMAL(32, 0) * 0.000001::DECIMAL(6, 6) AS {name}"
        for name in MEASURES
    )
    window = "WINDOW upto AS (PARTITION BY dimension ORDER BY place, segment)"
    con.execute(
        f"CREATE TABLE segments AS WITH s AS (SELECT dimension, segment, place, {total}, {money} "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL), "
        f"r AS (SELECT * REPLACE ({running}) FROM s {window}), "
        f"d AS (SELECT * REPLACE ({apart}) FROM r {window}) "
        "SELECT dimension, segment, customers, orders, "
        f"{', '.join(f'{name}::DECIMAL(38, 6) AS {name}' for name in MEASURES if name.startswith('monetary'))}, "
        "customers / sum(customers) OVER (PARTITION BY dimension) AS share_customers, monetary_local / "
        "sum(monetary_local) OVER (PARTITION BY dimension) AS share_revenue, lifetime_orders, "
        f"{', '.join(f'{name}::DECIMAL(38, 6) AS {name}' for name in MEASURES if name.startswith('lifetime'))} "
        "FROM d ORDER BY dimension, segment"
    )
