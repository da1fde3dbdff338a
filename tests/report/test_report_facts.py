"""The figures of a report, against numbers worked out by hand or by another way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.export.report.lenses import DOLLAR_RATE, Lens
from tasks.export.report.months import by_month
from tasks.export.report.words import Words

#: Ten buyers: spend at comparable prices, at market rates, share of income.
TEN = [
    (5000, 4000, 0.9), (4000, 999, 0.8), (3000, 3000, 0.01), (900, 950, 0.7), (800, 1000, 0.02),
    (700, 150, 0.6), (600, 600, 0.5), (150, 200, 0.4), (100, 90, 0.3), (50, 40, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def ten(market):
    """Each of ten buyers five hundred times, so that no count is small; their tiers by the borders 200 and 1,000."""

    def make(rows=TEN, **changes):
        values = ", ".join(
            f"({n}, {p}::DECIMAL(18,2), {r}::DECIMAL(18,2), {'NULL' if e is None else e}::DOUBLE)"
            for n, (p, r, e) in enumerate(rows)
        )
        now = f"""SELECT printf('%032x', n * 1000 + k) AS customer_id, 'yes' AS contactable_email, 2 AS orders,
            monetary_reference AS monetary_local, 'EUR' AS currency, '{changes.pop("reference", "USD")}'
            AS reference_currency, monetary_reference, monetary_ppp, effort, 'ecb' AS rate_quality, 'de' AS language,
            'Ulm' AS city, 'loyal' AS segment_lifecycle, 'de' AS segment_language, 'resident' AS segment_residence,
            CASE WHEN n < 3 THEN 'high' WHEN n < 7 THEN 'mid' ELSE 'low' END AS segment_value, 'other' AS stratum
            FROM (VALUES {values}) v(n, monetary_ppp, monetary_reference, effort), range(500) t(k)"""
        return market(now, first="before" not in changes, **changes)

    return make


def lenses(made):
    return {one.name: one for one in made.facts().lenses.lenses}


def test_the_same_borders_hold_at_market_rates(ten):
    found = lenses(ten())
    assert found["ppp"] == Lens("ppp", (1500, 2000, 1500))
    # 4000, 3000, 1000 are high; 999, 950, 600, 200 mid; 150, 90, 40 low. Higher: 1000 and 200. Lower: 999 and 150.
    assert found["reference"] == Lens("reference", (1500, 2000, 1500), higher=1000, lower=1000, compared=True)


def test_against_incomes_a_tier_has_as_many_customers_as_at_comparable_prices(ten):
    # Of the nine with an effort, three are high and four mid at comparable prices: so are 0.9 0.8 0.7, then 0.6 to 0.3.
    # Of those, 0.7 was mid, 0.4 and 0.3 low; 0.01 was high and 0.02 mid.
    assert lenses(ten())["effort"] == Lens("effort", (1000, 2000, 1500), higher=1500, lower=1000, compared=True)


def test_equal_efforts_stay_together_in_the_lower_tier(ten):
    rows = [(p, r, 0.5 if n in {2, 3} else e) for n, (p, r, e) in enumerate(TEN)]
    rows[0], rows[1] = (*rows[0][:2], 0.9), (*rows[1][:2], 0.8)
    rows[5] = (*rows[5][:2], 0.5)
    # 0.9, 0.8, then four times 0.5 for one place in the high tier: none of the four takes it.
    assert lenses(ten(rows))["effort"].tiers[2] == 1000


def test_another_reporting_currency_needs_a_rate_for_the_borders(ten):
    money = {"reporting_currency": "EUR"}
    without = ten(reference="EUR", money=money)
    assert lenses(without)["reference"] == Lens("reference", off="rate")
    with_rate = ten(reference="EUR", money=money, background={"money": {DOLLAR_RATE: "0.5"}})
    # Borders 100 and 500: 4000 999 3000 950 1000 600 are high, 150 200 mid, 90 40 low.
    assert lenses(with_rate)["reference"].tiers == (1000, 1000, 3000)


def test_a_lens_that_is_off_says_so(market, sql):
    off = f"SELECT * REPLACE (NULL::DOUBLE AS effort) FROM ({sql.customers})"
    assert lenses(market(off, first=True))["effort"] == Lens("effort", off="figures")
    ranked = lenses(
        market(f"SELECT * REPLACE (NULL::DECIMAL(18,2) AS monetary_ppp) FROM ({sql.customers})", first=True)
    )
    assert ranked["ppp"] == Lens("ppp", off="figures")
    assert ranked["rank"].tiers == tuple(
        market(first=True).figures.rows["value", tier]["customers"] for tier in ("low", "mid", "high")
    )
    assert not ranked["reference"].compared, "there is nothing to compare with"


def test_few_who_stand_elsewhere_withhold_the_lens(ten):
    found = lenses(ten([*TEN[:1], (4000, 4000, 0.8), *TEN[2:]], privacy={"minimum_count": 600}))
    assert (found["reference"].tiers, found["reference"].higher) == ((None, None, None), None)


def exchange(ten, now, then):
    """Customers by whom rates moved: (local, reference) now and then of ten buyers, each five hundred times."""
    made = ten()
    select = "SELECT * REPLACE (CASE i {} END::DECIMAL(18,2) AS {}, CASE i {} END::DECIMAL(18,2) AS {}) FROM ({})"

    def at(pairs):
        local = " ".join(f"WHEN {number} THEN {pair[0]}" for number, pair in enumerate(pairs))
        reference = " ".join(f"WHEN {number} THEN {pair[1]}" for number, pair in enumerate(pairs))
        inner = (
            "SELECT *, ('0x' || right(customer_id, 8))::BIGINT // 1000 AS i "
            f"FROM read_parquet('{made.folder}/customers.parquet')"
        )
        return select.format(local, "monetary_local", reference, "monetary_reference", inner)

    return at(now), at(then)


def test_only_exchange_rates_moved_who_would_have_stayed_at_constant_ones(ten, market):
    now = [(1000, 1100), (1000, 900), (1500, 1500), (900, 1080), *[(100, 100)] * 6]
    then = [(1000, 900), (1000, 1100), (900, 900), (890, 890), *[(100, 100)] * 6]
    # 0: rose by the rate alone. 1: fell by it. 2: spent more. 3: 900 x 890 / 890 stays below 1,000, so the rate's.
    made = market(*exchange(ten, now, then))
    assert made.facts().lenses.exchange == 1500


def test_rates_move_nobody_where_the_market_has_the_reporting_currency(market, sql):
    def at(statement):
        return f"SELECT * REPLACE ('USD' AS currency) FROM ({statement})"

    made = market(
        at(sql.customers), at(f"SELECT * REPLACE (1::DECIMAL(18,2) AS monetary_reference) FROM ({sql.customers})")
    )
    assert made.facts().lenses.exchange == 0


def test_a_change_of_currency_compares_nothing(market, sql):
    made = market(before=f"SELECT * REPLACE ('BGN' AS currency) FROM ({sql.customers})")
    assert made.facts().lenses.exchange is None


def test_moves_agree_with_a_count_of_the_files(usual):
    facts = usual.facts()
    assert facts.moves is not None
    now, then = f"'{usual.folder}/customers.parquet'", f"'{usual.folder}/before.parquet'"
    for code, change in facts.moves.changes["lifecycle"].items():
        for files, found in ((now, change.now), (then, change.then)):
            query = f"SELECT count(*) FROM read_parquet({files}) WHERE segment_lifecycle = '{code}'"
            assert found is None or found == usual.con.execute(query).fetchone()[0]
    for first, second, count in facts.moves.flows["lifecycle"]:
        query = (
            f"SELECT count(*) FROM read_parquet({now}) n JOIN read_parquet({then}) t USING (customer_id) "
            f"WHERE t.segment_lifecycle = '{first}' AND n.segment_lifecycle = '{second}'"
        )
        assert count == usual.con.execute(query).fetchone()[0]
    assert (facts.moves.joined, facts.moves.left) == (30, 20)


def test_a_dimension_that_is_new_has_nothing_to_compare_with(market, sql):
    made = market(before=f"SELECT * EXCLUDE (segment_value) FROM ({sql.customers})")
    assert set(made.facts().moves.changes) == {"lifecycle"}


def test_small_cities_are_among_the_others_and_blank_ones_not_stated(market, sql):
    place = "CASE WHEN i < 3 THEN 'Nowhere' WHEN i < 60 THEN 'City ' || i % 11 WHEN i < 100 THEN ' ' ELSE ' Ulm ' END"
    now = f"SELECT * REPLACE ({place} AS city) FROM ({sql.numbered})"
    cities = dict(market(now, first=True).facts().cities)
    assert cities["Ulm"] == 2880
    assert cities[""] == 40
    assert len(cities) == 12
    assert "Nowhere" not in cities


def test_a_city_is_one_in_whatever_spelling_of_one_script(market, sql):
    spelt = "CASE WHEN i < 1500 THEN 'Ulm' WHEN i < 2000 THEN ' ULM' WHEN i < 2500 THEN 'Ｕｌｍ ' ELSE 'New  Ulm' END"
    cities = market(f"SELECT * REPLACE ({spelt} AS city) FROM ({sql.numbered})", first=True).facts().cities
    assert cities == (("Ulm", 2500), ("New  Ulm", 480))


def test_a_city_in_two_scripts_is_one_where_cldr_has_both_names_and_two_where_it_has_not(market, sql, usual):
    emirates = {**usual.profile.market.model_dump(), "country": "AE", "languages": ["ar"]}
    spelt = """['Dubai', 'دبي', 'Sharjah', 'الشارقة'][1 + i % 4]"""
    now = f"SELECT * REPLACE ({spelt} AS city) FROM ({sql.numbered})"
    assert dict(market(now, first=True, market=emirates).facts().cities) == {
        "Dubai": 1490, "Sharjah": 745, "الشارقة": 745,
    }  # fmt: skip
    assert len(market(now, first=True).facts().cities) == 4, "Germany has no Dubai"


def test_buyers_are_told_unless_they_betray_a_withheld_segment(market, sql):
    assert market(first=True).facts().buyers == 1986
    few = "CASE WHEN i = 3 THEN 'prospect' WHEN orders = 0 THEN 'lapsed' ELSE 'loyal' END"
    now = f"SELECT * REPLACE ({few} AS segment_lifecycle) FROM ({sql.numbered})"
    lifecycle_only = {"lifecycle": market(first=True).profile.model_dump(by_alias=True)["dimensions"]["lifecycle"]}
    made = market(now, first=True, dimensions=lifecycle_only, stratum={"dimensions": ["lifecycle"]})
    assert ("lifecycle", "prospect") in made.figures.hidden
    assert made.facts().buyers in {None, 1986}
    hidden = [code for dimension, code in made.figures.hidden if dimension == "lifecycle"]
    assert made.facts().buyers is None or set(hidden) == {"prospect", "lapsed"}


def test_the_last_four_weeks_are_set_beside_aligned_ones(market):
    made = market(first=True)
    weeks = made.facts().weeks
    as_of = date(2026, 3, 31)
    expected = sum(made.background.days[as_of - timedelta(days=number)] for number in range(28))
    assert weeks.revenue == expected
    # Easter was on 20 April 2025 and is on 5 April 2026, so March 2026 is before Easter and March 2025 was not.
    assert weeks.moment == "easter"


def test_a_history_too_short_to_compare_compares_nothing(market):
    days = {date(2026, 3, 1) + timedelta(days=number): Decimal(5) for number in range(31)}
    assert market(first=True, background={"days": days}).facts().weeks is None


def test_months_are_whole_and_without_gaps(usual):
    words = Words("de-DE", usual.profile)
    days = {date(2025, 11, 1): Decimal(5), date(2026, 1, 15): Decimal(7), date(2026, 3, 2): Decimal(9)}
    assert by_month(words, date(2026, 3, 30), days) == [
        (date(2025, 11, 1), Decimal(5)), (date(2025, 12, 1), Decimal(0)),
        (date(2026, 1, 1), Decimal(7)), (date(2026, 2, 1), Decimal(0)),
    ]  # fmt: skip
    assert by_month(words, date(2026, 3, 31), days)[-1] == (date(2026, 3, 1), Decimal(9))
    later = {day + timedelta(days=1): amount for day, amount in days.items()}
    assert by_month(words, date(2026, 3, 31), later)[0][0] == date(2025, 12, 1), "a first month may be a part of one"


def test_months_are_those_of_the_readers_calendar(usual):
    """1 Farvardin 1405 was 21 March 2026 (the equinox)."""
    found = by_month(Words("fa-IR", usual.profile), date(2026, 3, 31), usual.background.days)
    assert found[-1] == (
        date(2026, 2, 20),
        sum(usual.background.days[date(2026, 2, 20) + timedelta(days=number)] for number in range(29)),
    )


def test_shares_of_the_datas_quality(usual):
    quality = usual.facts().quality
    assert quality["email"] == quality["language"] == quality["rates"] == 1
    total = usual.figures.rows["market", "all"]["monetary_local"]
    assert quality["guests"] == Decimal(5000) / total
