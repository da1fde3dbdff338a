"""Factors of a market: one row a currency and day, in four units of money, with marks, notes and digests."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from region_profiles.models import Profile
from tasks.errors import ReferenceDataError
from tasks.reference.factors import SCHEMA, factors, local_currency, spans, unconvertible
from tasks.reference.tables import Reference

BULGARIA = ({"code": "EUR", "since": "2026-01-01"}, {"code": "BGN", "until": "2025-12-31"})


def market(country, *currencies, window=24, **money):
    return Profile.model_validate(
        {
            "market": {
                "country": country,
                "time_zone": "UTC",
                "currencies": [c if isinstance(c, dict) else {"code": c} for c in currencies],
                "languages": ["en"],
            },
            "traits": {"window": window},
            "money": money,
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "team", "locales": ["en"]}],
        }
    )


def one(made, currency, day):
    rows = [row for row in made.table.to_pylist() if (row["currency"], row["date"]) == (currency, day)]
    assert len(rows) == 1
    return rows[0]


def test_the_table_is_the_contracts_one_row_a_currency_and_day():
    first, last = date(2024, 5, 1), date(2024, 5, 31)
    made = factors(market("DE", "EUR"), [("EUR", first, last), ("USD", last, last)], date(2024, 6, 1))
    assert made.table.schema == SCHEMA
    assert made.table.num_rows == 31 + 1
    keys = list(zip(made.table["currency"].to_pylist(), made.table["date"].to_pylist(), strict=True))
    assert keys == sorted(set(keys))


def test_spans_of_one_currency_are_merged_and_may_come_as_a_table():
    pairs = pa.table(
        {
            "currency": ["EUR", None, "EUR"],
            "first": [date(2024, 2, 1), date(2024, 1, 1), date(2024, 1, 1)],
            "last": [date(2024, 3, 1), date(2024, 1, 1), date(2024, 1, 2)],
        }
    )
    assert spans(pairs) == [("EUR", date(2024, 1, 1), date(2024, 3, 1))]


def test_the_worked_example_of_the_documentation():
    # docs/money.md: Sofia, 100 BGN on 2024-05-03 and 50 EUR on 2026-02-02, as of 2026-02-28
    lev, euro = date(2024, 5, 3), date(2026, 2, 2)
    made = factors(market("BG", *BULGARIA), [("BGN", lev, lev), ("EUR", euro, euro)], date(2026, 2, 28))
    old, new = one(made, "BGN", lev), one(made, "EUR", euro)
    cent = Decimal("0.01")
    assert (100 * old["to_local"]).quantize(cent) == Decimal("51.13")
    assert (100 * old["to_reference"]).quantize(cent) == Decimal("54.93")
    assert (100 * old["to_ppp"]).quantize(cent) == Decimal("111.66")
    assert (50 * new["to_local"], new["to_reference"]) == (50, Decimal("1.184"))
    assert (50 * new["to_ppp"]).quantize(cent) == Decimal("109.19")
    assert (old["rate_quality"], new["rate_quality"]) == ("ecb", "ecb")
    assert made.notes["purchasing_power"]["carried"] == {"2026": 2024}


def test_before_2026_the_local_currency_of_bulgaria_is_the_lev():
    profile = market("BG", *BULGARIA)
    assert local_currency(profile.market.currencies, date(2025, 12, 31)) == "BGN"
    assert local_currency(profile.market.currencies, date(2026, 1, 1)) == "EUR"


def test_no_legal_tender_at_the_as_of_date_is_an_error():
    with pytest.raises(ReferenceDataError, match="no currency of the market is legal tender on 1990-01-01"):
        local_currency(market("DE", {"code": "EUR", "since": "1999-01-01"}).market.currencies, date(1990, 1, 1))


def test_money_in_the_reporting_currency_stays_as_it_is():
    day = date(2040, 1, 1)
    made = factors(market("US", "USD"), [("USD", day, day)], day)
    row = one(made, "USD", day)
    assert (row["to_reference"], row["to_usd"], row["to_local"], row["rate_quality"]) == (1, 1, 1, "identity")


def test_the_reporting_currency_may_be_another():
    day = date(2021, 2, 19)
    row = one(factors(market("AE", "AED"), [("AED", day, day)], day, None, "EUR"), "AED", day)
    assert row["to_reference"] == (1 / (Decimal("3.6725") * Decimal("1.2139"))).quantize(Decimal("1E-12"))
    assert row["to_usd"] == (1 / Decimal("3.6725")).quantize(Decimal("1E-12"))


def test_days_without_a_rate_have_null_reference_and_keep_local_money_and_purchasing_power():
    day = date(2022, 5, 3)
    made = factors(market("VN", "VND"), [("VND", day, day)], day)
    row = one(made, "VND", day)
    assert (row["to_reference"], row["to_usd"], row["rate_quality"]) == (None, None, "none")
    assert row["to_local"] == 1
    # PIP method by hand: 1 / (7120.01 x 1.031565), World Bank PA.NUS.PPP 2021 and inflation 2022
    assert abs(row["to_ppp"] * Decimal("7120.01") * Decimal("1.0315651") - 1) < Decimal("0.0001")
    assert made.notes["rates"]["VND"]["without_rate"] == {"days": 1, "first": "2022-05-03", "last": "2022-05-03"}
    assert set(made.notes["lenses_off"]) == {"reference", "effort"}


def test_a_drop_with_its_own_rates_brings_the_lenses_back():
    day = date(2022, 5, 3)
    rates = pa.table({"date": [day], "currency": ["VND"], "rate": [Decimal(22963)], "base": ["USD"]})
    made = factors(market("VN", "VND"), [("VND", day, day)], day, rates)
    assert one(made, "VND", day)["rate_quality"] == "market_table"
    assert made.notes["lenses_off"] == {}


def test_faulty_market_rates_are_ignored_and_told():
    day = date(2021, 2, 19)
    columns = {"date": [day] * 2, "currency": ["CHF", "EUR"], "rate": [Decimal("0.9"), Decimal("4.1175")]}
    rates = pa.table(columns | {"base": ["USD"] * 2, "record": [57, 58]})
    made = factors(market("DE", "EUR"), [("EUR", day, day)], day, rates)
    assert one(made, "EUR", day)["to_reference"] == Decimal("1.2139")
    assert made.notes["market_rates"]["rows"] == 1
    assert made.notes["market_rates"]["not_used"][0].startswith("1 rates are 5 times the official rate")
    assert "rows 58" in made.notes["market_rates"]["not_used"][0]


def test_high_inflation_in_the_window_turns_purchasing_power_off_with_its_reason():
    made = factors(market("TR", "TRY"), [("TRY", date(2020, 1, 1), date(2023, 6, 30))], date(2023, 6, 30))
    assert made.notes["lenses_off"] == {"ppp": "inflation of 72 % in 2022"}
    assert made.table["to_ppp"].null_count == made.table.num_rows


def test_high_inflation_before_the_window_leaves_only_those_years_out():
    # Turkey 2002: 45 % (World Bank); the window of 24 months begins in 2008
    made = factors(market("TR", "TRY"), [("TRY", date(2002, 1, 1), date(2010, 6, 30))], date(2010, 6, 30))
    assert made.notes["lenses_off"] == {}
    assert one(made, "TRY", date(2002, 6, 3))["to_ppp"] is None
    assert one(made, "TRY", date(2009, 6, 3))["to_ppp"] is not None
    assert "2002" in made.notes["purchasing_power"]["not_used"]


def test_a_window_of_the_whole_history_counts_every_year():
    spans_ = [("TRY", date(2002, 1, 1), date(2010, 6, 30))]
    made = factors(market("TR", "TRY", window="all"), spans_, date(2010, 6, 30))
    assert made.notes["lenses_off"] == {"ppp": "inflation of 45 % in 2002"}


def test_a_country_without_a_factor_has_no_purchasing_power():
    day = date(2022, 5, 3)
    made = factors(market("TW", "TWD"), [("TWD", day, day)], day)
    assert made.notes["lenses_off"]["ppp"] == "no gdp factor for TW in 2021"


def test_purchases_in_foreign_money_are_brought_into_the_money_of_the_series():
    day = date(2021, 2, 19)
    made = factors(market("BG", *BULGARIA), [("USD", day, day), ("BGN", day, day)], date(2021, 2, 28))
    ratio = one(made, "USD", day)["to_ppp"] / one(made, "BGN", day)["to_ppp"]
    assert abs(ratio - Decimal("1.9558") / Decimal("1.2139")) < Decimal("1E-10")


def test_incomes_are_the_latest_year_that_was_over():
    made = factors(market("DE", "EUR"), [], date(2021, 2, 20))
    rows = {row["country"]: row for row in made.incomes.to_pylist()}
    # World Bank: Germany 2020, GDP over population, about 46,800 USD
    assert (rows["DE"]["year"], rows["DE"]["gdp_per_head"] // 1000) == (2020, 46)
    assert "WLD" not in rows
    assert rows["NA"]["year"] == 2020
    assert made.incomes["country"].to_pylist() == sorted(rows)
    assert made.notes["incomes"]["age_years"] == 1


def test_the_same_call_gives_the_same_result():
    call = (market("BG", *BULGARIA), [("BGN", date(2019, 1, 1), date(2020, 1, 1))], date(2021, 1, 1))
    first, second = factors(*call), factors(*call)
    assert first.table.equals(second.table)
    assert first.digests == second.digests
    assert first.notes == second.notes


def test_digests_are_of_the_figures_used_and_not_of_the_files(tmp_path):
    """A newer day in the ECB's history leaves a publication of older days as it is; a changed figure does not."""
    history = "Date,USD,GBP,\n2024-05-03,{},0.85\n2024-05-02,1.07,0.86\n"
    day = date(2024, 5, 3)

    def made(text):
        (tmp_path / "eurofxref-hist.csv").write_text(text)
        return factors(market("DE", "EUR"), [("EUR", day, day)], day, reference=Reference(tmp_path))

    known = made(history.format("1.08"))
    newer = made("Date,USD,GBP,\n2024-05-06,1.5,0.99\n" + history.format("1.08").split("\n", 1)[1])
    changed = made(history.format("1.09"))
    assert known.digests == newer.digests
    assert known.digests["ecb"] != changed.digests["ecb"]
    assert known.table.equals(newer.table)


def test_local_and_reference_money_do_not_depend_on_the_table_of_purchasing_power(tmp_path):
    (tmp_path / "purchasing_power.csv").write_text(
        "country,year,aggregate,factor,currency,source,vintage\nBG,2021,gdp,1,BGN,test,2021\n"
    )
    call = (market("BG", *BULGARIA), [("BGN", date(2021, 1, 1), date(2021, 1, 31))], date(2021, 2, 28))
    built_in, other = factors(*call), factors(*call, reference=Reference(tmp_path))
    for column in ("to_local", "to_reference", "to_usd", "rate_quality"):
        assert built_in.table[column].equals(other.table[column])
    assert not built_in.table["to_ppp"].equals(other.table["to_ppp"])


def test_a_factor_beyond_seven_digits_is_an_error():
    day = date(2021, 2, 19)
    rates = pa.table({"date": [day], "currency": ["IRR"], "rate": [Decimal(42000000)], "base": ["USD"]})
    profile = market("IR", "IRR", reporting_currency="USD")
    with pytest.raises(ReferenceDataError, match="more than seven digits"):
        factors(profile, [("USD", day, day)], day, rates)


def test_a_currency_without_any_source_is_one_finding():
    found = unconvertible(market("VN", "VND"), ["VND", "USD", "AED", "EUR"], date(2020, 1, 1), date(2020, 12, 31))
    (finding,) = found
    assert finding.value == "VND"
    assert str(finding).startswith("VN: no rate of VND to USD on any day from 2020-01-01 to 2020-12-31")


def test_a_currency_with_a_rate_on_some_day_is_no_finding():
    day = date(2020, 6, 1)
    rates = pa.table({"date": [day], "currency": ["VND"], "rate": [Decimal(23000)], "base": ["USD"]})
    assert unconvertible(market("VN", "VND"), ["VND"], date(2020, 1, 1), date(2020, 12, 31), rates) == []


def test_ten_years_of_five_currencies_are_made_in_moments():
    first = date(2016, 1, 1)
    pairs = [(code, first, first + timedelta(days=3652)) for code in ("BGN", "EUR", "USD", "GBP", "AED")]
    start = time.process_time()
    made = factors(market("BG", *BULGARIA), pairs, date(2026, 1, 31))
    assert made.table.num_rows == 5 * 3653
    assert time.process_time() - start < 3  # about half a second on an idle core
