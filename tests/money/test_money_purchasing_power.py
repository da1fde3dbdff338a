"""International dollars: published numbers, the pinned vintage, and when the lens must not be used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import mean

import pytest

from tasks.reference import ecb
from tasks.reference.purchasing_power import constant_dollars, extrapolate, international_dollars, price_index, prices
from tasks.reference.tables import Reference

BUILT_IN = Reference()


def factor(country: str, year: int, aggregate: str = "gdp") -> tuple[Decimal, str]:
    rows = BUILT_IN.of("purchasing_power", country)
    row = next(row for row in rows if (row["year"], row["aggregate"]) == (str(year), aggregate))
    return Decimal(row["factor"]), row["currency"]


@pytest.mark.parametrize(
    ("base", "home", "united_states", "published"),
    [
        pytest.param("226.6", "1.096", "1.081", "229.7", id="Senegal 2022"),
        pytest.param("2.33", "1.075", "1.043", "2.40", id="Brazil 2019"),
        pytest.param("1.66", "1.19", "1.052", "1.88", id="Brazil 2014"),
    ],
)
def test_extrapolated_factors_are_those_of_the_world_banks_help_desk(base, home, united_states, published):
    extrapolated = extrapolate(Decimal(base), Decimal(home), Decimal(united_states))
    assert extrapolated.quantize(Decimal(published)) == Decimal(published)


def test_ten_thousand_rupees_of_2024_are_490_international_dollars():
    # facts/statistics.md: 490, not 5.85 (to dollars first, then over PPP)
    value, currency = factor("IN", 2024)
    assert currency == "INR"
    assert round(international_dollars(Decimal(10000), value)) == 490


def test_price_levels_are_proportional_to_eurostats_of_2022():
    # Eurostat, GDP PPP over the ECB's mean rate, EU = 100
    published = {"BG": 60.3, "DK": 133.3, "PL": 61.5, "HU": 64.6, "CH": 157.4, "NO": 134.3, "TR": 42.6}
    first, last = date(2022, 1, 1).toordinal(), date(2022, 12, 31).toordinal()
    union = {}
    for country, level in published.items():
        value, currency = factor(country, 2022)
        quotes = [float(quote) for _, quote in ecb.series(BUILT_IN, currency).between(first, last)]
        union[country] = float(value) / mean(quotes) / level
    middle = mean(union.values())
    assert all(abs(implied / middle - 1) < 0.02 for implied in union.values()), union


def test_constant_dollars_take_home_inflation_out_before_the_factor_of_the_vintage():
    # PIP method by hand: Bulgaria 2022, 15.3252589264 % over 2021, factor 0.69262606116 BGN
    level = prices(BUILT_IN, "BG")
    by_hand = Decimal("0.69262606116") * Decimal("1.153252589264")
    assert level.per_dollar[2022] == by_hand
    home = constant_dollars(Decimal(100), Decimal("0.69262606116"), Decimal("1.153252589264"), Decimal(1))
    assert abs(100 / by_hand - home) < Decimal("1E-20")


def test_the_vintages_own_year_needs_no_prices():
    assert prices(BUILT_IN, "DE").per_dollar[2021] == factor("DE", 2021)[0]


def test_prices_reach_back_as_well_as_forward():
    index = price_index({2020: Decimal(25), 2021: Decimal(10)}, base=2020)
    assert index == {2019: Decimal("0.8"), 2020: Decimal(1), 2021: Decimal("1.1")}


def test_a_year_without_inflation_ends_the_chain():
    assert max(price_index({2021: Decimal(10), 2023: Decimal(10)}, base=2020)) == 2021


def test_without_home_prices_the_annual_factors_and_american_prices_serve():
    # Argentina has no consumer prices here. 2021 is the vintage; 2018 = PPP_2018 x CPI_US,2018 / CPI_US,2021
    level = prices(BUILT_IN, "AR")
    assert level.method == "ppp_series"
    american = Decimal("1.0181221") * Decimal("1.0123358") * Decimal("1.0469786")  # 2019, 2020, 2021: World Bank
    assert abs(level.per_dollar[2018] * american / factor("AR", 2018)[0] - 1) < Decimal("0.0001")


def test_home_prices_are_not_used_on_a_series_in_foreign_money():
    west_bank = prices(BUILT_IN, "PS", tender={"ILS", "JOD"})
    assert (west_bank.currency, west_bank.method) == ("USD", "ppp_series")


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_the_last_figure_is_carried_three_years_and_marked(year):
    germany = prices(BUILT_IN, "DE")
    assert germany.per_dollar[year] == germany.per_dollar[2024]
    assert germany.carried[year] == 2024
    assert germany.fault(year) is None


def test_the_fourth_year_after_the_series_has_no_figure():
    assert prices(BUILT_IN, "DE").fault(2028) == "no figure for 2028: the series ends with 2024"


@pytest.mark.parametrize(
    ("country", "year", "why"),
    [
        ("TR", 2022, "inflation of 72 % in 2022"),
        ("TR", 2026, "inflation of 59 % in 2024, carried to 2026"),
        ("AR", 2024, "the PPP factor moved 3.00 times in 2024"),
        ("ZW", 2019, "inflation of 255 % in 2019"),
        ("VE", 2015, "no gdp factor for VE in 2021"),
    ],
)
def test_purchasing_power_is_unreliable_where_money_lost_its_value(country, year, why):
    assert prices(BUILT_IN, country).fault(year) == why


@pytest.mark.parametrize(("country", "year"), [("TR", 2021), ("EG", 2023), ("NG", 2023), ("IN", 2024)])
def test_purchasing_power_stands_below_40_percent(country, year):
    assert prices(BUILT_IN, country).fault(year) is None


def test_taiwan_has_a_household_factor_only():
    assert prices(BUILT_IN, "TW").off == "no gdp factor for TW in 2021"
    household = prices(BUILT_IN, "TW", aggregate="household", vintage=2017)
    assert household.fault(2017) is None
    assert household.currency == "TWD"


def test_a_vintage_that_the_aggregate_lacks_names_those_it_has():
    off = prices(BUILT_IN, "DE", aggregate="household", vintage=2021).off
    assert off == "no household factor for DE in 2021; there are 2011, 2017"


def test_namibia_is_a_country():
    assert prices(BUILT_IN, "NA").currency == "NAD"


def test_kosovo_is_there():
    assert prices(BUILT_IN, "XK").currency == "EUR"


def test_china_india_indonesia_have_one_household_factor_a_round():
    for country in ("CN", "ID", "IN"):
        rows = [row for row in BUILT_IN.of("purchasing_power", country) if row["aggregate"] == "household"]
        assert [row["year"] for row in rows] == ["2011", "2017"]


def test_gdp_and_household_factors_of_a_year_are_counted_in_one_money_after_irrevocable_rates():
    """A wrong unit would be off by the rate of a redenomination: at least 3, mostly 1,000 or more."""
    chains = {row["currency"]: row for row in BUILT_IN.rows("irrevocable")}

    def in_last(value: Decimal, currency: str) -> tuple[Decimal, str]:
        while currency in chains:
            value, currency = value / Decimal(chains[currency]["rate"]), chains[currency]["successor"]
        return value, currency

    for year in (2011, 2017):
        rows = [row for row in BUILT_IN.rows("purchasing_power") if row["year"] == str(year)]
        gdp = {row["country"]: row for row in rows if row["aggregate"] == "gdp"}
        for row in rows:
            other = gdp.get(row["country"])
            if row["aggregate"] == "gdp" or other is None:
                continue
            (a, unit), (b, other_unit) = (
                in_last(Decimal(row["factor"]), row["currency"]),
                in_last(Decimal(other["factor"]), other["currency"]),
            )
            if unit == other_unit:
                assert Decimal("0.4") < a / b < Decimal("2.4"), (row, other)
