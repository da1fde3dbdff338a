"""What the chain adds up is what its markets have published, and only of what means the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.chain.conftest import AS_OF, BEFORE, STORES

MEASURES = ("customers", "orders", "monetary_reference", "monetary_ppp")


def total(rows, **wanted):
    """Sums of the rows with these values."""
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return {name: sum((row[name] for row in found), Decimal(0)) for name in MEASURES}


def published(chain, country, dimension):
    """Sums of a market's own segments.parquet."""
    found = chain.con.execute(
        f"SELECT {', '.join(f'sum({name})' for name in MEASURES)} FROM '{chain.file(country, 'segments')}' "
        f"WHERE dimension = '{dimension}'"
    ).fetchall()[0]
    return dict(zip(MEASURES, map(Decimal, found), strict=True))


@pytest.mark.parametrize("dimension", ["lifecycle", "residence"])
def test_each_dimension_of_the_chain_adds_up_to_the_markets_own_files_to_the_last_place(usual, dimension):
    chain, outcome = usual
    rows = chain.rows(outcome, "chain")
    markets = [published(chain, country, dimension) for country in ("BR", "DE", "FR", "JP", "VN")]
    wanted = {name: sum(one[name] for one in markets) for name in MEASURES}
    assert total(rows, scope="chain", dimension=dimension) == wanted
    assert total(rows, scope="chain", dimension="market") == wanted


def test_a_market_s_rows_are_those_of_its_own_file(usual):
    chain, outcome = usual
    rows = chain.rows(outcome, "chain")
    for country in ("BR", "DE", "JP"):
        own = chain.con.sql(f"FROM '{chain.file(country, 'segments')}'").to_arrow_table().to_pylist()
        known = {(row["dimension"], row["segment"]): row for row in own}
        mine = [row for row in rows if row["market"] == country and (row["dimension"], row["segment"]) in known]
        assert mine
        for row in mine:
            assert all(row[name] == known[row["dimension"], row["segment"]][name] for name in MEASURES)
        assert total(rows, market=country, dimension="value") == published(chain, country, "value")


def test_developed_and_developing_markets_add_up_to_the_chain(usual):
    """World Bank: Germany, France and Japan are of high income in every year since 1987, Brazil and Vietnam are not."""
    chain, outcome = usual
    rows = [row for row in chain.rows(outcome, "chain") if row["dimension"] == "market"]
    groups = {row["scope"]: row for row in rows if row["market"] is None}
    assert {scope: row["markets"] for scope, row in groups.items()} == {"chain": 5, "developed": 3, "developing": 2}
    for name in MEASURES:
        assert groups["developed"][name] + groups["developing"][name] == groups["chain"][name]


def test_markets_with_other_borders_are_in_no_sum_and_stand_for_themselves(usual):
    chain, outcome = usual
    told = outcome.manifest.dimensions["value"]
    assert told.compared == ("DE", "FR", "JP")
    assert dict(told.apart) == {"BR": ("borders",), "VN": ("borders",)}
    rows = chain.rows(outcome, "chain")
    wanted = {name: sum(published(chain, one, "value")[name] for one in told.compared) for name in MEASURES}
    assert total(rows, scope="chain", dimension="value") == wanted
    own = [row for row in rows if row["dimension"] == "value" and row["market"] == "BR"]
    assert own
    assert not any(row["compared"] for row in own)


def test_shares_are_of_what_is_compared(usual):
    chain, outcome = usual
    rows = [row for row in chain.rows(outcome, "chain") if (row["scope"], row["dimension"]) == ("chain", "lifecycle")]
    assert sum(row["share_customers"] for row in rows) == pytest.approx(1)
    assert sum(row["share_revenue"] for row in rows) == pytest.approx(1)


def test_local_money_is_added_up_in_one_currency_only(usual):
    chain, outcome = usual
    rows = [row for row in chain.rows(outcome, "chain") if row["dimension"] == "market"]
    by = {row["market"] or row["scope"]: (row["currency"], row["monetary_local"] is None) for row in rows}
    assert (by["DE"], by["JP"], by["chain"]) == (("EUR", False), ("JPY", False), (None, True))


def test_a_profile_that_has_changed_since_is_compared_with_nothing(chain):
    for country in ("DE", "FR"):
        chain.market(country)
    chain.market("JP", digest="9" * 64)
    told = chain.publish().manifest.dimensions
    assert told["lifecycle"].compared == ("DE", "FR")
    assert dict(told["lifecycle"].apart) == {"JP": ("profile_changed",)}


def test_definitions_in_the_manifest_win_over_the_profile_of_today(chain):
    noted = {name: {"window": 24} for name in ("market", "lifecycle", "value", "residence", "stratum")}
    for country in ("DE", "FR"):
        chain.market(country, digest="9" * 64, notes={"segments": {"definitions": noted}})
    assert chain.publish().manifest.dimensions["lifecycle"].compared == ("DE", "FR")


def test_a_dimension_that_fell_back_to_rank_is_not_compared_with_one_by_borders(chain):
    for country in ("DE", "FR"):
        chain.market(country)
    chain.market("JP", notes={"segments": {"dimensions": {"value": {"fallback": "tiers by rank"}}}})
    told = chain.publish().manifest.dimensions
    assert dict(told["value"].apart) == {"JP": ("fallback",)}
    assert told["lifecycle"].compared == ("DE", "FR", "JP")


def test_another_reporting_currency_keeps_a_market_out_of_every_sum(chain):
    chain.profile("JP", "money: {reporting_currency: EUR}")
    for country in ("DE", "FR", "JP"):
        chain.market(country)
    told = chain.publish().manifest.dimensions
    assert {name: dict(one.apart) for name, one in told.items() if name in {"market", "lifecycle"}} == {
        "market": {"JP": ("reporting_currency",)}, "lifecycle": {"JP": ("reporting_currency",)}
    }  # fmt: skip


def test_one_market_alone_is_its_own_chain(chain):
    chain.market("DE")
    outcome = chain.publish()
    assert outcome.manifest.dimensions["value"].compared == ("DE",)
    assert total(chain.rows(outcome, "chain"), scope="chain", dimension="value") == published(chain, "DE", "value")


def test_contacts_count_with_their_account_alone(chain):
    contact = "CASE WHEN customer_id < 'DE000100' THEN 'contact' ELSE 'person' END AS population"
    chain.market("DE", customers=f"SELECT * REPLACE ({contact}) FROM {{usual}}")
    outcome = chain.publish()
    assert outcome.view.total["customers"] == 500
    languages = [row for row in chain.rows(outcome, "languages") if row["scope"] == "chain" and not row["dimension"]]
    assert sum(row["customers"] for row in languages) == 500


def test_customers_of_the_other_population_are_no_share_of_a_dimension(chain):
    rows = (
        "SELECT * REPLACE (CASE WHEN customer_id < 'DE000100' THEN 'account' ELSE segment_value END AS segment_value)"
    )
    chain.market("DE", customers=rows + " FROM {usual}")
    own = [
        row for row in chain.rows(chain.publish(), "chain") if (row["scope"], row["dimension"]) == ("chain", "value")
    ]
    by = {row["segment"]: row["share_customers"] for row in own}
    assert by.pop("account") is None
    assert sum(by.values()) == pytest.approx(1)


# --- languages --------------------------------------------------------------------------------------------------------


def test_languages_add_up_to_the_customers_and_their_published_money(usual):
    chain, outcome = usual
    rows = [row for row in chain.rows(outcome, "languages") if row["dimension"] is None]
    for country in ("DE", "VN"):
        wanted = chain.con.execute(
            f"SELECT count(*), sum(monetary_reference) FROM '{chain.file(country, 'customers')}'"
        ).fetchall()[0]
        own = [row for row in rows if row["market"] == country]
        assert (sum(row["customers"] for row in own), sum(row["monetary_reference"] for row in own)) == wanted
    assert sum(row["customers"] for row in rows if row["scope"] == "chain") == 5 * 700


# --- migration --------------------------------------------------------------------------------------------------------


def test_moves_of_the_chain_are_those_of_the_markets(usual):
    """The customers 600 to 699 come; in DE everyone who buys moves on by a segment."""
    chain, outcome = usual
    rows = [row for row in chain.rows(outcome, "migration") if row["dimension"] == "lifecycle"]
    moved = [row for row in rows if row["market"] == "DE" and row["move"] == "move"]
    counted = chain.con.execute(
        f"SELECT count(*) FROM '{chain.file('DE', 'customers')}' n JOIN '{chain.file('DE', 'customers', BEFORE)}' b "
        "USING (customer_id) WHERE n.segment_lifecycle <> b.segment_lifecycle"
    ).fetchall()[0][0]
    assert sum(row["customers"] for row in moved) == counted > 400
    assert {row["previous_as_of"] for row in moved} == {BEFORE}
    assert not [row for row in rows if row["market"] == "FR" and row["move"] == "move"]
    whole = {(row["previous_segment"], row["segment"]): row["customers"] for row in rows if row["scope"] == "chain"}
    assert all(whole[row["previous_segment"], row["segment"]] == row["customers"] for row in moved)


def test_the_first_publication_of_a_market_moves_nobody(chain):
    chain.market("DE")
    assert chain.rows(chain.publish(), "migration") == []


def test_a_dimension_that_went_off_has_no_moves_in_the_chain(chain):
    """Everybody left it: its flows would be its sizes before."""
    chain.market("DE", as_of=BEFORE)
    off = "SELECT customer_id, 'demography', NULL, segment_lifecycle, 'exit', '' FROM now"
    chain.market("DE", shift=1, moves=f"SELECT * FROM {{usual}} UNION ALL {off}")
    found = {row["dimension"] for row in chain.rows(chain.publish(), "migration")}
    assert "lifecycle" in found
    assert "demography" not in found


def test_causes_divide_the_moves_where_markets_tell_them(chain):
    chain.market("DE", as_of=BEFORE)
    chain.market("DE", shift=1, moves="SELECT *, CASE WHEN customer_id < 'DE000300' THEN 'rule' ELSE 'customer' END "
                 "AS cause FROM {usual}")  # fmt: skip
    rows = [row for row in chain.rows(chain.publish(), "migration") if row["dimension"] == "lifecycle"]
    own = {(row["previous_segment"], row["segment"], row["cause"]) for row in rows if row["market"] == "DE"}
    assert {cause for _, _, cause in own} == {"rule", "customer"}


def test_of_several_comparisons_only_the_previous_publication_counts(chain):
    chain.market("DE", as_of=BEFORE)
    twice = "SELECT *, c AS comparison FROM {usual}, (VALUES ('previous'), ('last_year')) v(c)"
    chain.market("DE", shift=1, moves=twice)
    rows = [row for row in chain.rows(chain.publish(), "migration") if row["dimension"] == "lifecycle"]
    moved = sum(row["customers"] for row in rows if row["market"] == "DE" and row["move"] == "move")
    assert moved == 450, "three quarters of 600 buy"


# --- stores -----------------------------------------------------------------------------------------------------------


def test_like_for_like_is_of_stores_with_both_years_at_constant_and_at_market_rates(usual):
    """Stores of 1,000 and 2,000 a month, the second a tenth more: 3,200 after 3,000, at 0.8 of the rate."""
    chain, outcome = usual
    rows = chain.rows(outcome, "stores")
    (de,) = (row for row in rows if row["market"] == "DE" and row["store_id"] is None)
    assert (de["stores"], de["months"]) == (2, 12)
    assert (de["net_local"], de["net_local_before"]) == (Decimal(12 * 3200), Decimal(12 * 3000))
    assert (de["net_reference"], de["net_reference_before"]) == (Decimal(30720), Decimal(36000))
    (whole,) = (row for row in rows if row["scope"] == "chain")
    assert (whole["stores"], whole["net_reference"]) == (8, 4 * de["net_reference"])
    assert whole["net_reference_constant"] == Decimal(4 * 12 * 3200)
    new = next(row for row in rows if row["market"] == "DE" and row["store_id"] == "S3")
    assert new["months"] == 0


def test_a_market_without_months_of_stores_is_said(usual):
    _, outcome = usual
    assert {one.country: one.stores for one in outcome.manifest.markets} == {
        "BR": True, "DE": True, "FR": True, "JP": True, "VN": False
    }  # fmt: skip


def test_a_store_of_few_orders_is_withheld_with_another(chain):
    few = "CASE WHEN store_id = 'S1' THEN (month = '2026-01-01')::BIGINT ELSE orders END AS orders"
    chain.market("DE", stores=f"SELECT * REPLACE ({few}) FROM ({STORES})")
    rows = [row for row in chain.rows(chain.publish(), "stores") if row["scope"] == "market"]
    assert {row["store_id"] for row in rows} == {"S3", "*", None}
    together = next(row for row in rows if row["store_id"] == "*")
    assert (together["stores"], together["net_local"]) == (2, Decimal(12 * 3200))


def test_the_as_of_date_of_the_rows_is_the_market_s_own(chain):
    chain.market("DE", as_of=BEFORE)
    chain.market("FR")
    outcome = chain.publish()
    days = {row["market"]: row["market_as_of"] for row in chain.rows(outcome, "chain") if row["dimension"] == "market"}
    assert (days["DE"], days["FR"], days[None]) == (BEFORE, AS_OF, None)
