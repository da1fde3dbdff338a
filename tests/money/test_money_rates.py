"""Exchange rates: which source has a day, and how sure that is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.contract import RATE_QUALITY
from tasks.reference import ecb
from tasks.reference.rates import WEAKNESS, RateBook, last_ecb_day, weakest
from tasks.reference.tables import Reference


@pytest.fixture(scope="module")
def book():
    return RateBook(Reference())


def test_the_same_currency_is_one_on_any_day(book):
    for day in (date(1950, 1, 1), date(2026, 1, 1), date(2999, 1, 1)):
        assert book.rate("VND", "VND", day) == (1, "identity")


def test_rates_cross_through_the_euro(book):
    # ECB 2021-02-19: 1.2139 USD and 0.86508 GBP for 1 EUR
    rate = book.rate("GBP", "USD", date(2021, 2, 19))
    assert rate.quality == "ecb"
    assert rate.value == Decimal("1.2139") / Decimal("0.86508")


def test_weekends_carry_fridays_rate(book):
    assert book.rate("EUR", "USD", date(2021, 2, 21)) == book.rate("EUR", "USD", date(2021, 2, 19))


def test_a_rate_is_carried_seven_days_and_no_longer(book):
    last = last_ecb_day(Reference())
    assert book.rate("EUR", "GBP", last + timedelta(days=7)) == book.rate("EUR", "GBP", last)
    assert book.rate("EUR", "GBP", last + timedelta(days=8)) is None


def test_the_carry_is_the_profiles():
    patient, strict = RateBook(Reference(), carry=30), RateBook(Reference(), carry=0)
    day = last_ecb_day(Reference()) + timedelta(days=20)
    assert patient.rate("EUR", "GBP", day) is not None
    assert strict.rate("EUR", "GBP", date(2021, 2, 21)) is None


def test_na_cells_are_no_quotes():
    # The Icelandic krona has no quotes from 2008-12-10 to 2018-01-31
    series = ecb.series(Reference(), "ISK")
    assert series.at(date(2012, 6, 1).toordinal(), 7) is None
    assert series.at(date(2019, 6, 3).toordinal(), 7) is not None


@pytest.mark.parametrize(
    ("currency", "anchor", "units"),
    [
        ("AED", "USD", "3.6725"),
        ("SAR", "USD", "3.75"),
        ("QAR", "USD", "3.64"),
        ("BHD", "USD", "0.376"),
        ("JOD", "USD", "0.709"),
        ("XOF", "EUR", "655.957"),
        ("XAF", "EUR", "655.957"),
        ("BAM", "EUR", "1.95583"),
    ],
)
def test_pegs_hold_without_any_market_rate(book, currency, anchor, units):
    rate = book.rate(anchor, currency, date(2040, 1, 1))
    assert rate == (Decimal(units), "peg")


def test_pegged_money_crosses_through_its_anchor(book):
    rate = book.rate("AED", "EUR", date(2021, 2, 19))
    assert rate.quality == "peg"
    assert rate.value == Decimal(1) / (Decimal("3.6725") * Decimal("1.2139"))


def test_two_pegs_to_one_anchor_need_no_rate_of_the_anchor(book):
    assert book.rate("QAR", "SAR", date(2040, 1, 1)).value == Decimal("3.75") / Decimal("3.64")


def test_the_hong_kong_dollar_has_no_peg(book):
    assert book.rate("HKD", "USD", date(2040, 1, 1)) is None


def test_a_peg_that_ended_no_longer_holds(book):
    assert book.rate("ARS", "USD", date(2001, 12, 31)).quality == "peg"
    assert book.rate("ARS", "USD", date(2002, 1, 6)) is None
    assert book.rate("LBP", "USD", date(2021, 1, 1)) is None


@pytest.mark.parametrize(
    ("currency", "units", "since"),
    [
        ("ATS", "13.7603", date(1999, 1, 1)),
        ("DEM", "1.95583", date(1999, 1, 1)),
        ("GRD", "340.750", date(2001, 1, 1)),
        ("SIT", "239.640", date(2007, 1, 1)),
        ("CYP", "0.585274", date(2008, 1, 1)),
        ("MTL", "0.429300", date(2008, 1, 1)),
        ("SKK", "30.1260", date(2009, 1, 1)),
        ("EEK", "15.6466", date(2011, 1, 1)),
        ("LVL", "0.702804", date(2014, 1, 1)),
        ("LTL", "3.45280", date(2015, 1, 1)),
        ("HRK", "7.53450", date(2023, 1, 1)),
        ("BGN", "1.95583", date(2026, 1, 1)),
    ],
)
def test_euro_conversion_rates_hold_from_their_day(book, currency, units, since):
    # Council Regulation (EC) 2866/98 as amended up to Bulgaria's accession, Article 1
    assert book.rate("EUR", currency, since) == (Decimal(units), "irrevocable")


def test_lev_becomes_euro_on_the_first_of_january_2026(book):
    last, first = date(2025, 12, 31), date(2026, 1, 1)
    assert book.rate("BGN", "EUR", last) == (1 / Decimal("1.9558"), "ecb")
    assert book.rate("BGN", "EUR", first) == (1 / Decimal("1.95583"), "irrevocable")
    assert book.rate("BGN", "USD", date(2026, 2, 2)).quality == "ecb"


def test_kuna_after_the_changeover_is_not_carried_but_converted(book):
    assert book.rate("HRK", "EUR", date(2023, 1, 2)) == (1 / Decimal("7.5345"), "irrevocable")


def test_old_lira_is_a_million_to_one(book):
    assert book.rate("TRL", "TRY", date(2005, 1, 1)) == (Decimal("0.000001"), "irrevocable")
    # ECB 2004-12-31: 1,836,200 TRL; 2005-01-03: 1.8269 TRY
    assert book.rate("EUR", "TRL", date(2004, 12, 31)).value == 1836200


def test_money_restated_in_its_successor_converts_before_that_was_born(book):
    # TRY did not exist on 2004-12-31: 1,836,200 TRL are 1.8362 TRY
    assert book.rate("EUR", "TRY", date(2004, 12, 31)).value == Decimal("1.8362")
    assert book.rate("EUR", "RON", date(2005, 6, 30)).value == book.rate("EUR", "ROL", date(2005, 6, 30)).value / 10000


def test_local_money_that_is_legacy_converts_at_the_irrevocable_rate_whatever_the_day(book):
    rate = book.local("BGN", "EUR", date(2024, 5, 3), as_of=date(2026, 2, 28))
    assert rate == (1 / Decimal("1.95583"), "irrevocable")
    assert book.local("DEM", "EUR", date(1997, 5, 3), as_of=date(2000, 1, 1)).value == 1 / Decimal("1.95583")


def test_local_money_knows_no_rate_of_the_future(book):
    # In June 2022 the kuna's rate of July 2022 was not law
    rate = book.local("EUR", "HRK", date(2022, 5, 3), as_of=date(2022, 6, 30))
    assert rate == (Decimal("7.5555"), "ecb")


def test_a_currency_without_any_source_has_no_rate(book):
    assert book.rate("VND", "USD", date(2020, 1, 1)) is None


def test_an_annual_average_is_the_last_resort_and_marked(tmp_path):
    header = "currency,year,per_usd,source\n"
    (tmp_path / "annual_rates.csv").write_text(header + "VND,2020,23208.37,made up for this test\n")
    book = RateBook(Reference(tmp_path))
    assert book.rate("USD", "VND", date(2020, 5, 5)) == (Decimal("23208.37"), "annual_average")
    assert book.rate("VND", "EUR", date(2020, 5, 5)).quality == "annual_average"
    assert book.rate("USD", "VND", date(2021, 5, 5)) is None


def test_marks_are_the_contracts():
    assert set(WEAKNESS) == set(RATE_QUALITY)


def test_a_chain_is_as_sure_as_its_weakest_leg():
    assert weakest("identity", "irrevocable", "market_table", "ecb") == "ecb"
    assert weakest("annual_average", "peg") == "annual_average"
