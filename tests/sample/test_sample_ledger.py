"""The profiles of the sample's markets read its drops right: ledger and canonical tables equal SAMPLE.json."""

from __future__ import annotations

from decimal import Decimal

import pytest

#: How normalize names the values that it takes out of rows which stay.
EMPTIED = {
    "rating_beyond": "rating:outside_scale",
    "nps_beyond": "nps:outside_scale",
    "strength_beyond": "strength:outside_scale",
    "points_text": "points:unreadable",
    "price_negative": "price:negative",
    "lasts_zero": "lasts_days:not_positive",
    "amount_negative": "amount:negative",
    "unknown_status": "status:unknown_value",
    "unknown_outcome": "outcome:unknown_value",
    "population_negative": "population:negative",
}


@pytest.mark.parametrize("table", ["transactions", "customers"])
def test_the_ledger_is_what_was_written(market, table):
    facts, canonical = market.facts[table], market.canonical
    ledger = canonical.ledger[table]
    assert ledger.read == facts["rows"]
    again = ("duplicate_content", "duplicate_key", "duplicate_file", "merged")
    assert ledger.duplicate == sum(facts.get(name, 0) for name in again)
    assert ledger.quarantined == facts["quarantined"]
    if table == "transactions":
        assert ledger.filtered == facts["of_excluded_customers"] + facts["faults"].get("after_as_of", 0)


def test_the_ledger_of_every_further_table_is_what_was_written(market):
    """What customers did and said, and what is known of products, companies and places: row by row."""
    for table, facts in market.facts.items():
        if table in {"transactions", "customers"}:
            continue
        ledger = market.canonical.ledger[table]
        found = (ledger.read, ledger.kept, ledger.duplicate, ledger.quarantined, ledger.filtered)
        filtered = facts["filtered"] + facts["of_excluded_customers"]
        assert found == (
            *(facts["rows"], facts["kept"], facts["duplicate_content"], facts["quarantined"], filtered),
        ), table


def test_values_that_cannot_be_are_emptied_and_counted(market):
    found = market.canonical.evidence["field_faults"]
    for table, facts in market.facts.items():
        planted = {EMPTIED[kind]: count for kind, count in facts["faults"].items() if kind in EMPTIED}
        # A market that writes the codes themselves has no words that could be unknown: `outcome:unknown`.
        reasons = {
            f"{reason}_value" if reason.endswith(":unknown") else reason: n
            for reason, n in found.get(table, {}).items()
        }
        told = {reason: count for reason, count in reasons.items() if reason in EMPTIED.values()}
        assert told == planted, table


def test_every_month_and_kind_has_the_lines_that_were_written(market):
    counted, con = market.facts["transactions"]["counted"], market.con
    months = con.execute(f"SELECT strftime(local_date, '%Y-%m'), count(*) FROM {market.lines} GROUP BY 1")
    assert dict(months.fetchall()) == {month: lines for month, lines in counted["months"].items() if lines}
    kinds = dict(con.execute(f"SELECT kind, count(*) FROM {market.lines} GROUP BY 1").fetchall())
    assert kinds == {kind: counted[kind] for kind in kinds}


def test_amounts_are_those_that_were_written_to_the_cent(market):
    query = (
        f"SELECT kind || ' ' || currency, sum({market.profile.tax.amounts}) FROM {market.lines} "
        "WHERE kind <> 'gift_card_sale' GROUP BY 1"
    )
    found = dict(market.con.execute(query).fetchall())
    told = market.facts["transactions"]["counted"]["amounts"]
    assert found == {name: Decimal(amount) for name, amount in told.items() if not name.startswith("gift_card_sale")}


def test_the_profile_leaves_nothing_to_be_inferred(market):
    assert market.canonical.evidence["inferred"] == {}


def test_languages_and_countries_are_understood(market):
    canonical, con = market.canonical, market.con
    query = "SELECT count(*), count(*) FILTER (language_evidence = 'stated'), count(home_country) FROM read_parquet(?)"
    customers, languages, countries = con.execute(query, [str(canonical.customers)]).fetchone()
    assert languages == customers
    assert countries >= customers - 2  # the two with a country that does not exist
