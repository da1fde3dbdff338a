"""A market's own table of rates: used first, checked before, never silently wrong."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from tasks.reference.market_rates import check, check_rates, read_quotes
from tasks.reference.rates import RateBook
from tasks.reference.tables import Reference


def table(*rows):
    days, currencies, rates, bases = (
        zip(*rows, strict=True) if rates_have_bases(rows) else (*zip(*rows, strict=True), ())
    )
    columns = {"date": list(days), "currency": list(currencies), "rate": [r and Decimal(r) for r in rates]}
    return pa.table(columns | ({"base": list(bases)} if bases else {}))


def rates_have_bases(rows):
    return len(rows[0]) == 4


def retailers(path):
    """The Global Electronics Retailer's rates: units for one USD, M/D/YYYY."""
    with path.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    days = [datetime.strptime(row["Date"], "%m/%d/%Y").date() for row in rows]  # noqa: DTZ007 - dates only
    rates = [Decimal(row["Exchange"]) if row["Exchange"] else None for row in rows]
    return pa.table({"date": days, "currency": [row["Currency"] for row in rows], "rate": rates})


def book(rates, base=None):
    return RateBook(Reference(), market=check(read_quotes(rates, base), RateBook(Reference())).quotes)


def test_the_dirtied_table_has_391_times_five_370_negative_360_blank(shared_data):
    # shared data README: rates multiplied by 5 (391), negated (370) or blank (360)
    findings = check_rates(retailers(shared_data("global_electronics_retailer/dirtied/Exchange_Rates.csv")), "USD")
    assert [(finding.reason, finding.factor, finding.count) for finding in findings] == [
        ("deviates", "5", 391),
        ("not_positive", None, 370),
        ("blank", None, 360),
    ]


def test_the_pristine_table_has_no_fault(shared_data):
    rates = retailers(shared_data("global_electronics_retailer/pristine/Exchange_Rates.csv"))
    assert rates.num_rows == 11215
    assert check_rates(rates, "USD") == ()


def test_all_rates_of_the_retailer_follow_from_the_ecbs(shared_data):
    # facts/statistics.md: cross rates with weekends carried forward, to four decimals
    quotes = read_quotes(retailers(shared_data("global_electronics_retailer/pristine/Exchange_Rates.csv")), "USD")
    official = RateBook(Reference())
    off = Counter(
        abs(quote.rate - official.rate("USD", quote.currency, quote.day).value) > Decimal("0.000051")
        for quote in quotes
    )
    assert off == {False: 11215}


def test_the_retailers_faulty_days_fall_back_to_the_ecb(shared_data):
    own = book(retailers(shared_data("global_electronics_retailer/dirtied/Exchange_Rates.csv")), "USD")
    # 2021-02-16 EUR is 4.1175 instead of .8235; 2021-02-18 AUD is blank; 2021-02-15 is untouched
    assert own.rate("USD", "EUR", date(2021, 2, 16)).quality == "ecb"
    assert abs(own.rate("USD", "EUR", date(2021, 2, 16)).value - Decimal("0.8235")) < Decimal("0.0001")
    assert own.rate("USD", "AUD", date(2021, 2, 18)).quality == "ecb"


DAY = date(2021, 2, 19)


def test_the_markets_own_rate_comes_first():
    own = book(table((DAY, "EUR", "0.84")), "USD")
    assert own.rate("USD", "EUR", DAY) == (Decimal("0.84"), "market_table")
    assert own.rate("EUR", "USD", DAY) == (1 / Decimal("0.84"), "market_table")


def test_two_of_the_markets_rates_cross_through_their_base():
    own = book(table((DAY, "EUR", "0.84"), (DAY, "GBP", "0.70")), "USD")
    assert own.rate("EUR", "GBP", DAY) == (Decimal("0.70") / Decimal("0.84"), "market_table")


def test_a_currency_the_ecb_lacks_crosses_from_the_markets_base_through_the_ecb():
    own = book(table((DAY, "VND", "23000")), "USD")
    rate = own.rate("VND", "EUR", DAY)
    assert rate.quality == "ecb"
    assert rate.value == 1 / Decimal("1.2139") / 23000  # ECB 2021-02-19: 1.2139 USD


def test_on_days_without_a_row_the_ecb_comes_before_yesterdays_own_rate():
    own = book(table((date(2021, 2, 18), "EUR", "0.84")), "USD")
    assert own.rate("USD", "EUR", DAY).quality == "ecb"


def test_where_nothing_official_has_the_day_the_own_rate_is_carried_seven_days():
    own = book(table((DAY, "VND", "23000")), "USD")
    assert own.rate("USD", "VND", DAY + timedelta(days=7)) == (23000, "market_table")
    assert own.rate("USD", "VND", DAY + timedelta(days=8)) is None


def test_each_row_may_name_its_base():
    own = book(table((DAY, "VND", "23000", "USD"), (DAY, "LAK", "11300", "EUR")))
    assert own.rate("USD", "VND", DAY).value == 23000
    assert own.rate("EUR", "LAK", DAY).value == 11300


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param((DAY, "EUR", None, "USD"), "blank", id="blank"),
        pytest.param((DAY, "EUR", "0", "USD"), "not_positive", id="zero"),
        pytest.param((DAY, "EUR", "-0.82", "USD"), "not_positive", id="negative"),
        pytest.param((None, "EUR", "0.82", "USD"), "no_date", id="no date"),
        pytest.param((DAY, "EUR", "0.82", None), "no_base", id="no base"),
        pytest.param((DAY, "EURO", "0.82", "USD"), "unknown_currency", id="no ISO code"),
        pytest.param((DAY, "EUR", "8.2", "USD"), "deviates", id="decimal point slipped"),
        pytest.param((DAY, "EUR", "1.2139", "USD"), "inverted", id="the other way round"),
        pytest.param((DAY, "AED", "36.725", "USD"), "deviates", id="beside the peg"),
        pytest.param((DAY, "USD", "5", "USD"), "deviates", id="the base itself is one"),
    ],
)
def test_a_faulty_rate_is_found_and_not_used(row, reason):
    rates = pa.table(
        {
            "date": pa.array([row[0]], pa.date32()),
            "currency": [row[1]],
            "rate": pa.array([row[2] and Decimal(row[2])], pa.decimal128(18, 4)),
            "base": pa.array([row[3]], pa.string()),
        }
    )
    checked = check(read_quotes(rates), RateBook(Reference()))
    assert [(finding.reason, finding.count, finding.rows) for finding in checked.findings] == [(reason, 1, (1,))]
    assert checked.quotes == {}


def test_a_tills_spread_is_no_fault():
    assert check_rates(table((DAY, "EUR", "0.90")), "USD") == ()


def test_two_rates_for_one_day_contradict_and_the_first_holds():
    rates = table((DAY, "EUR", "0.82"), (DAY, "EUR", "0.83"), (DAY, "EUR", "0.82"))
    (finding,) = check_rates(rates, "USD")
    assert (finding.reason, finding.rows) == ("contradicts", (2,))
    assert book(rates, "USD").rate("USD", "EUR", DAY).value == Decimal("0.82")


def test_where_nothing_official_is_known_a_lone_spike_is_a_fault():
    rates = ["23000", "23010", "23020", "115000", "23000", "23040", "23050"]
    spike = table(*((DAY + timedelta(days=i), "VND", rate) for i, rate in enumerate(rates)))
    (finding,) = check_rates(spike, "USD")
    assert (finding.reason, finding.factor, finding.rows) == ("spike", "5", (4,))


def test_a_devaluation_lasts_and_is_no_fault():
    # Central Bank of Argentina, December 2023: 366 to 800 for 1 USD, overnight; after the peg nothing official is known
    rates = ["365", "366", "366", "366", "800", "801", "802", "803"]
    fall = table(*((date(2023, 12, 9) + timedelta(days=i), "ARS", rate) for i, rate in enumerate(rates)))
    assert check_rates(fall, "USD") == ()


def test_findings_say_in_words_what_is_wrong():
    (finding,) = check_rates(table((DAY, "EUR", "4.1175")), "USD")
    assert str(finding) == (
        "1 rates are 5 times the official rate (EUR; 2021-02-19 to 2021-02-19; rows 1); they are not used"
    )
