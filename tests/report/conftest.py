"""A market of 3,000 made customers at two dates, written as segment and membership write it, and its report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml

from region_profiles.models import Profile
from tasks.export.background import Background
from tasks.export.customers import BASE, Base
from tasks.export.report import load_facts
from tasks.export.report.words import Words
from tasks.export.report.write import render
from tasks.export.summary import load_summary

AS_OF, BEFORE = date(2026, 3, 31), date(2026, 2, 28)
BASE_YAML = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "region_profiles" / "base.yaml").read_text(encoding="utf-8")
)
DIMENSIONS = ("lifecycle", "value", "language", "residence")
#: The segments of today at an earlier date.
BEFORE_SQL = f"'previous' AS anchor, DATE '{BEFORE}' AS as_of"

#: A third never bought or no longer buys; spend is skewed; a hundredth each has another city, language and residence.
CUSTOMERS = """
    SELECT printf('%032x', i) AS customer_id, 'yes' AS contactable_email,
        CASE WHEN i % 3 = 0 THEN 0 ELSE 1 + i % 5 END AS orders,
        CASE WHEN i % 3 > 0 THEN (50 + (i * 7919) % 1000 + (i % 97) * 20)::DECIMAL(18, 2) END AS monetary_local,
        'EUR' AS currency, 'USD' AS reference_currency,
        (monetary_local * 0.9)::DECIMAL(18, 2) AS monetary_reference,
        (monetary_local * 1.4)::DECIMAL(18, 2) AS monetary_ppp,
        CASE WHEN i % 10 > 0 THEN monetary_local::DOUBLE / (40000 + i % 7 * 5000) END AS effort,
        CASE WHEN i % 3 > 0 THEN 'ecb' END AS rate_quality,
        ['de', 'de', 'de', 'tr', 'en'][1 + i % 5] AS language,
        ['Berlin', 'München', 'Köln', 'Görlitz', NULL][1 + i % 5] AS city,
        CASE WHEN orders = 0 THEN ['prospect', 'lapsed'][1 + i % 2]
             ELSE ['champions', 'loyal', 'new', 'at_risk', 'lost'][1 + i % 5] END AS segment_lifecycle,
        CASE WHEN orders = 0 THEN 'none' WHEN monetary_ppp >= 1000 THEN 'high' WHEN monetary_ppp >= 200 THEN 'mid'
             ELSE 'low' END AS segment_value,
        language AS segment_language,
        CASE WHEN i % 100 = 0 THEN 'visitor' ELSE 'resident' END AS segment_residence,
        'other' AS stratum,
        'person' AS population, CASE WHEN i % 20 = 0 THEN 'yes' ELSE 'no' END AS holdout,
        CASE WHEN i % 2 = 0 THEN 'yes' ELSE 'no' END AS consent_email,
        CASE WHEN i % 4 = 0 THEN 'yes' END AS consent_sms, CASE WHEN i < 2 THEN 'yes' END AS consent_post,
        monetary_local / 2 AS basket_local,
        CASE WHEN orders > 0 THEN ['Schuhe', 'Schuhe', 'Mäntel'][1 + i % 3] END AS category_main,
        CASE WHEN orders > 0 THEN ['Hüte', 'Schals'][1 + i % 2] END AS next_category,
        ['B1', 'B1', 'M1', 'K1'][1 + i % 4] AS home_store,
        orders AS lifetime_orders, coalesce(monetary_reference, 0)::DECIMAL(18, 2) AS lifetime_reference,
        CASE WHEN orders > 0 THEN orders / 2.0::DOUBLE END AS expected_purchases,
        CASE WHEN orders > 0 THEN (orders * 20)::DECIMAL(18, 2) END AS expected_revenue,
        CASE WHEN orders > 0 THEN (i % 10) / 10.0::DOUBLE END AS churn_risk
    FROM range({first}, {last}) t(i)"""
#: The month before: thirty not yet there, twenty since gone, every eleventh in another segment; of ten customers with
#: campaigns four have bought since for 9 each, of the holdout a third.
CHANGED = """
    SELECT * REPLACE (
        CASE WHEN orders > 0 AND i % 11 = 0 THEN 'champions' ELSE segment_lifecycle END AS segment_lifecycle,
        CASE WHEN {bought} THEN lifetime_orders - 1 ELSE lifetime_orders END AS lifetime_orders,
        CASE WHEN {bought} THEN lifetime_reference - 9 ELSE lifetime_reference END AS lifetime_reference)
    FROM (SELECT *, ('0x' || right(customer_id, 8))::BIGINT AS i FROM ({now}))"""
BOUGHT = "CASE WHEN i % 20 = 0 THEN i % 3 = 1 ELSE i % 10 < 4 END"
#: Nine hundred days of sales, more in December.
DAYS = {
    AS_OF - timedelta(days=number): Decimal(1000 + number % 7 * 100)
    * (2 if (AS_OF - timedelta(days=number)).month == 12 else 1)
    for number in range(900)
}
LEDGER = {
    "customers": {
        "read": 3100, "kept": 2980, "duplicate": 0, "filtered": 116, "quarantined": 4, "derived": 0,
        "reasons": {
            "filtered": {"employee": 100, "deceased": 3, "erased": 13},
            "quarantined": {"member_number:missing": 3, "too_few_fields": 1},
        },
    },
    "transactions": {
        "read": 9000, "kept": 8700, "duplicate": 100, "filtered": 150, "quarantined": 50, "derived": 0,
        "reasons": {
            "duplicate": {"content": 60, "key": 40},
            "filtered": {"customer:employee": 100, "where: status <> 'void'": 50},
            "quarantined": {"quantity:missing": 20, "unmatched:receipts": 20, "amount:odd": 10},
        },
    },
}  # fmt: skip
RECONCILIATION = {
    "till": {
        "EUR": {"total": "105.50", "kept": {"sale": "100.00", "return": "-3.00"}, "filtered": {"where: x": "8.50"}},
        "XXX": {"total": "7.00", "quarantined": {"currency:unknown": "7.00"}},
    },
    "revenue": {
        "gross": {"EUR": "97.00"},
        "currency": "EUR",
        "dimensions": {"lifecycle": {"segmented": "90.00", "guests": "7.00"}},
    },
}
#: What the stages before tell: of predictions, groups, rules and audiences.
PREDICTED = {
    "prediction": {
        "person": {
            "customers": 1986, "fit": {"model": "mbg_nbd"}, "grade": "B", "horizon_days": 365,
            "reasons": [{"code": "holdout_short"}, {"code": "few_customers", "customers": 1986, "minimum": 3000},
                        {"code": "total_far", "bias": -0.61}, {"code": "no_margin"}],
            "backtest": {"days": 181, "actual": 1201.0, "purchases": {"total": 1333.4, "top_tenth": 0.41},
                         "baseline": {"total": 900.2}},
        },
        "account": {"customers": 0, "fit": None, "grade": "none", "reasons": [{"code": "no_buyers"}]},
    },
    "clusters": {
        "refused": None,
        "clusters": [
            {"code": "c1", "customers": 1500, "share": 0.75, "jaccard": None, "apart": [
                {"trait": "recency_days", "direction": "low", "difference": -1.0, "median": 9.0, "market_median": 90.0},
            ]},
            {"code": "c2", "customers": 486, "share": 0.25, "jaccard": None, "apart": []},
        ],
    },
}  # fmt: skip
SEGMENTS = {
    "dimensions": {
        "lifecycle": {
            "population": "person", "share": 1.0, "trait": None, "dead": ["net_negative"],
            "near": {"orders": 0.123, "recency_days": 0.01},
            "overlap": [{"first": "champions", "later": "loyal", "customers": 397},
                        {"first": "new", "later": "potential_loyalist", "customers": 2}],
        },
        "value": {"population": "person", "share": 0.98, "trait": "monetary_ppp", "near": {"monetary_ppp": 0.01}},
    },
    "dimensions_off": {
        "attitude": {"code": "few", "reason": "", "share": 0.07, "trait": "orders"},
        "place": {"code": "off", "reason": "", "share": None, "trait": "city"},
        "industry": {"code": "nobody", "reason": "no accounts", "share": None, "trait": None},
    },
    "audiences": {
        "win_back": {"matched": 1100, "listed": 1000, "not_listed": 100, "holdout": 50},
        "welcome": {"matched": 3, "listed": 3, "not_listed": 0, "holdout": 0},
        "cart_abandoned": {"matched": 0, "listed": 0, "not_listed": 0, "holdout": 0},
    },
}  # fmt: skip


def make_profile(**parts: Any) -> Profile:
    """Four of the base's dimensions, its playbooks and audiences for Germany; parts replace what stands at the top."""
    team = {"name": "crm", "locales": ["de-DE"], "grants": []}
    return Profile.model_validate(
        {
            "market": {
                "country": "DE",
                "time_zone": "Europe/Berlin",
                "currencies": [{"code": "EUR"}],
                "languages": ["de"],
            },
            **{name: BASE_YAML[name] for name in ("traits", "stratum", "audiences", "playbooks", "privacy")},
            "dimensions": {name: BASE_YAML["dimensions"][name] for name in DIMENSIONS},
            "teams": [team],
            **parts,
        }
    )


@dataclass(frozen=True)
class Made:
    """A market ready to report."""

    con: duckdb.DuckDBPyConnection
    profile: Profile
    folder: Path
    background: Background
    base: Base
    figures: Any

    @cached_property
    def _facts(self):
        return load_facts(self.con, self.profile, self.base, self.figures, self.background, self.folder, AS_OF)

    def facts(self):
        return self._facts

    def page(self, locale="de-DE", **changes):
        facts = replace(self.facts(), **changes)
        return render(self.profile, facts, self.figures, self.background, Words(locale, self.profile))


def write(con, folder, now, before, profile):
    """customers, membership and segments of `now` against `before` (SQL, or None), as the segment stage writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {BASE} AS {now}")
    con.execute(f"COPY {BASE} TO '{folder}/customers.parquet'")
    there = {row[0] for row in con.execute(f"DESCRIBE {BASE}").fetchall()}
    names = [name for name in profile.dimensions if f"segment_{name}" in there]
    counted = "population <> 'contact'" if "population" in there else "true"
    previous = "SELECT NULL::VARCHAR AS customer_id WHERE false" if before is None else before
    con.execute(f"CREATE OR REPLACE TEMP TABLE previous AS {previous}")
    known = [row[0] for row in con.execute("DESCRIBE previous").fetchall()]
    if before is not None:
        con.execute(f"COPY previous TO '{folder}/before.parquet'")
    moves, sums = [], []
    for name in names:
        column = f"segment_{name}"
        old = f"p.{column}" if column in known else "NULL::VARCHAR"
        moves.append(
            f"SELECT coalesce(n.customer_id, p.customer_id) AS customer_id, '{name}' AS dimension, "
            f"n.{column} AS segment, {old} AS previous_segment, "
            f"CASE WHEN right(customer_id, 1) = '0' THEN 'rule' ELSE 'customer' END AS cause "
            f"FROM {BASE} n FULL JOIN previous p USING (customer_id) "
            f"WHERE n.{column} IS DISTINCT FROM {old}"
        )
    for name in (*names, "stratum"):
        column = name if name == "stratum" else f"segment_{name}"
        sums.append(
            f"SELECT '{name}' AS dimension, {column} AS segment, count(*) AS customers, sum(orders)::BIGINT AS orders, "
            "coalesce(sum(monetary_local), 0) AS monetary_local, coalesce(sum(monetary_reference), 0) "
            "AS monetary_reference, sum(monetary_ppp) AS monetary_ppp, count(*) / (SELECT count(*) FROM "
            f"{BASE}) AS share_customers, 0.1 AS share_revenue FROM {BASE} WHERE {counted} GROUP BY ALL UNION ALL "
            f"SELECT '{name}', 'guest', 0, 10, 5000, 4000, NULL, 0, 0.05"
        )
    con.execute(f"COPY ({' UNION ALL '.join(moves)}) TO '{folder}/membership.parquet' (FORMAT parquet)")
    con.execute(f"COPY ({' UNION ALL '.join(sums)}) TO '{folder}/segments.parquet' (FORMAT parquet)")
    held = "CASE WHEN right(customer_id, 1) = '0' THEN 'yes' ELSE 'no' END AS holdout"
    lists = f"SELECT customer_id, 'win_back' AS audience, 1 AS priority, {held} FROM {BASE} ORDER BY 1 LIMIT 1000"
    con.execute(f"COPY ({lists}) TO '{folder}/audiences.parquet' (FORMAT parquet)")
    con.execute(
        f"COPY (SELECT 'B1' AS store_id, 'Berlin Mitte' AS store_name) TO '{folder}/stores.parquet' (FORMAT parquet)"
    )
    if before is not None:
        anchors = f"SELECT dimension, segment, customers, {BEFORE_SQL} FROM read_parquet('{folder}/segments.parquet')"
        con.execute(f"COPY ({anchors}) TO '{folder}/comparisons.parquet' (FORMAT parquet)")


@pytest.fixture(scope="session")
def market(tmp_path_factory):
    """A function that makes a market; what is not said is the market of 3,000 with a publication before."""
    count = iter(range(10_000))

    def make(now=None, before=None, *, first=False, background=None, **parts):
        con, profile = duckdb.connect(), make_profile(**parts)
        folder = tmp_path_factory.mktemp("market") / str(next(count))
        now = now or CUSTOMERS.format(first=0, last=2980)
        before = None if first else before or CHANGED.format(bought=BOUGHT, now=CUSTOMERS.format(first=30, last=3000))
        write(con, folder, now, before, profile)
        rows = con.execute(f"SELECT count(*) FROM {BASE}").fetchall()[0][0]
        base = Base(rows, tuple(profile.dimensions), {}, {})
        figures = load_summary(con, profile, str(folder / "segments.parquet"), base)
        known = Background(
            publication="0" * 24,
            previous_as_of=None if first else BEFORE,
            previous=None if first else folder / "before.parquet",
            ledger=LEDGER,
            reconciliation=RECONCILIATION,
            days=DAYS,
            predicted=PREDICTED,
            segments=SEGMENTS,
            previous_audiences=None if first else folder / "audiences.parquet",
            stores=folder / "stores.parquet",
        )
        return Made(con, profile, folder, replace(known, **(background or {})), base, figures)

    return make


@pytest.fixture(scope="session")
def base_dimensions():
    """The dimensions of base.yaml, to choose from."""
    return BASE_YAML["dimensions"]


@pytest.fixture(scope="session")
def usual(market):
    """The market as it usually is; nobody may change it."""
    return market()


@pytest.fixture(scope="session")
def sql():
    """The customers as SQL, to build others upon."""
    customers = CUSTOMERS.format(first=0, last=2980)
    numbered = f"SELECT *, ('0x' || right(customer_id, 8))::BIGINT AS i FROM ({customers})"
    return SimpleNamespace(customers=customers, numbered=numbered, template=CUSTOMERS)
