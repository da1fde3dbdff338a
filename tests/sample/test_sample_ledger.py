"""The profiles of the sample's markets read its drops right: ledger and canonical tables equal SAMPLE.json."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from region_profiles.loader import load_profile
from tasks.engine import open_duckdb
from tasks.ingest.drop import read_drop
from tasks.normalize.canonical import normalize
from tasks.objects.opening import open_store
from tasks.sample.specs import drops, load

AS_OF = date(2026, 6, 30)
MARKETS = [(drop, market) for drop in drops() for market in load(drop).markets]


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory):
    return open_duckdb("1GiB", 2, tmp_path_factory.mktemp("spill"))


@pytest.fixture(scope="module", params=MARKETS, ids=[market for _, market in MARKETS])
def market(request, sample, duckdb, tmp_path_factory):
    """(facts of the market's tables, what normalize made of its drop, a cursor)."""
    drop, code = request.param
    con, work = duckdb.cursor(), tmp_path_factory.mktemp(code)
    profile = load_profile(code)
    sources = read_drop(con, profile, open_store(sample.folder), work, as_of=AS_OF)
    canonical = normalize(con, profile, sources, work, as_of=AS_OF, pseudonym_key="k" * 32)
    tables = sample.facts["drops"][drop]["tables"]
    facts = {name: {**tables[name]["markets"][code], "copies": tables[name].get("duplicate_file", 0)}
             for name in ("transactions", "customers")}  # fmt: skip
    return facts, canonical, con, profile


@pytest.mark.parametrize("table", ["transactions", "customers"])
def test_the_ledger_is_what_was_written(market, table):
    facts, canonical = market[0][table], market[1]
    ledger = canonical.ledger[table]
    assert ledger.read == facts["rows"]
    again = ("duplicate_content", "duplicate_key", "copies", "merged")
    assert ledger.duplicate == sum(facts.get(name, 0) for name in again)
    assert ledger.quarantined == facts["quarantined"]
    if table == "transactions":
        assert ledger.filtered == facts["of_excluded_customers"] + facts["faults"].get("after_as_of", 0)


def test_every_month_and_kind_has_the_lines_that_were_written(market):
    facts, canonical, con, _ = market
    counted = facts["transactions"]["counted"]
    path = str(canonical.transactions)
    months = con.execute("SELECT strftime(local_date, '%Y-%m'), count(*) FROM read_parquet(?) GROUP BY 1", [path])
    assert dict(months.fetchall()) == {month: lines for month, lines in counted["months"].items() if lines}
    kinds = dict(con.execute("SELECT kind, count(*) FROM read_parquet(?) GROUP BY 1", [path]).fetchall())
    assert kinds == {kind: counted[kind] for kind in kinds}


def test_amounts_are_those_that_were_written_to_the_cent(market):
    facts, canonical, con, profile = market
    basis = profile.tax.amounts
    query = (
        f"SELECT kind || ' ' || currency, sum({basis}) FROM read_parquet(?) WHERE kind <> 'gift_card_sale' GROUP BY 1"
    )
    found = dict(con.execute(query, [str(canonical.transactions)]).fetchall())
    told = facts["transactions"]["counted"]["amounts"]
    assert found == {name: Decimal(amount) for name, amount in told.items() if not name.startswith("gift_card_sale")}


def test_the_profile_leaves_nothing_to_be_inferred(market):
    assert market[1].evidence["inferred"] == {}


def test_languages_and_countries_are_understood(market):
    _, canonical, con, _ = market
    query = "SELECT count(*), count(language), count(home_country) FROM read_parquet(?)"
    customers, languages, countries = con.execute(query, [str(canonical.customers)]).fetchone()
    assert languages == customers
    assert countries >= customers - 2  # the two with a country that does not exist
