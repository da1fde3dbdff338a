"""Values as shops write them: text, numbers, dates, codes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tasks.calendars import gregorian
from tasks.errors import DropError
from tasks.normalize.parse_code import country, currency_codes, language
from tasks.normalize.parse_contact import phone
from tasks.parse_date import DateForm, stamp

HEAD = "order;line;member;date;amount"


@pytest.mark.parametrize(
    ("sign", "text", "number"),
    [
        (".", "1234.5", "1234.5"),
        (".", "$6.62 ", "6.62"),
        (".", "Rs. 1,00,000", "100000"),
        (".", "1'234.50", "1234.50"),
        (".", "(12.50)", "-12.50"),
        (".", "12.50-", "-12.50"),
        (".", "\u221212.50", "-12.50"),
        (".", "１，２３４．５０", "1234.50"),
        (".", "१२३४.५", "1234.5"),
        (".", "\u200e12.5\u200f", "12.5"),
        (".", "1,23", None),
        (".", "12 kg", None),
        (".", "1.2.3", None),
        (",", "1.234,50 €", "1234.50"),
        (",", "1.234", "1234"),
        (",", "1\u00a0234,5", "1234.5"),
        (",", "12.5", None),
        (",", "CHF 5,-", "5"),
        ("٫", "١٬٢٣٤٫٥", "1234.5"),
        (".", "0.00005", "0.0001"),
    ],
)
def test_a_number_is_read_by_its_columns_signs_or_refused(lines, sign, text, number):
    made = lines(
        f'{HEAD};kind\nA;1;m;2024-01-02;"{text}";exchange\n',
        columns={"kind": "kind"},
        formats={"amount": {"decimal_sign": sign}},
        source={"contradiction_bound": 1},
    )
    found = made.rows("transactions", "gross")
    assert found == ([] if number is None else [(Decimal(number),)])
    assert list(made.quarantined().values()) == (["amount:unreadable"] if number is None else [])


def test_a_decimal_sign_that_the_column_contradicts_is_refused_with_its_rows(lines):
    rows = "".join(f"A;{n};m;2024-01-02;{n}.25\n" for n in range(1, 9))
    with pytest.raises(DropError, match="8 of 8 values contradict the declared decimal sign ,") as error:
        lines(f"{HEAD}\n{rows}", formats={"amount": {"decimal_sign": ","}})
    assert "1.25 (record 1)" in str(error.value)


def test_a_decimal_sign_left_open_is_inferred_and_said(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;1.234\nA;2;m;2024-01-02;3,50\n", source={"formats": {"date_order": "ymd"}})
    assert made.rows("transactions", "gross") == [(1234,), (Decimal("3.5"),)]
    assert made.canonical.evidence["inferred"]["transactions"]["amount"]["value"] == ","


def test_a_decimal_sign_that_nothing_proves_is_asked_for(lines):
    with pytest.raises(DropError, match="decimal"):
        lines(f"{HEAD}\nA;1;m;2024-01-02;1.234\n", source={"formats": {"date_order": "ymd"}})


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("dmy", "31.12.2023", "2023-12-31"),
        ("dmy", "3/2/2024", "2024-02-03"),
        ("dmy", "03-02-24", "2024-02-03"),
        ("dmy", "3. 2. 2024", "2024-02-03"),
        ("dmy", "2024-02-03", "2024-02-03"),
        ("dmy", "20240203", "2024-02-03"),
        ("dmy", "03022024", "2024-02-03"),
        ("dmy", "29/02/2023", None),
        ("mdy", "2/3/2024", "2024-02-03"),
        ("mdy", "02-03-2024 10:15:00", "2024-02-03T10:15:00"),
        ("ymd", "2024年2月3日", "2024-02-03"),
        ("ymd", "2024. 2. 3.", "2024-02-03"),
        ("ymd", "24/02/03", "2024-02-03"),
        ("ymd", "45325", None),
        ("ymd", "0000-00-00", None),
    ],
)
def test_dates_in_a_declared_order(order, text, day):
    assert stamp(text, DateForm(order=order).code()) == day


@pytest.mark.parametrize("text", ["31.12.2023", "31/12/2023", "31-12-2023", "31.12.23", "2023-12-31", "٣١/١٢/٢٠٢٣"])
def test_the_pass_over_a_drop_reads_what_the_parser_reads(lines, text):
    made = lines(f"{HEAD}\nA;1;m;{text};5\n", formats={"date": {"date_order": "dmy"}})
    assert made.rows("transactions", "local_date") == [(date(2023, 12, 31),)]


@pytest.mark.parametrize(
    ("calendar", "text", "day"),
    [
        ("buddhist", "29/02/2567", date(2024, 2, 29)),
        ("roc", "113/04/01", date(2024, 4, 1)),
        ("japanese", "令和5年4月1日", date(2023, 4, 1)),
        ("japanese", "R5.4.1", date(2023, 4, 1)),
        ("japanese", "平成元年1月8日", date(1989, 1, 8)),
        ("persian", "1402/12/29", date(2024, 3, 19)),
        ("hijri", "1445/09/01", date(2024, 3, 11)),
    ],
)
def test_other_calendars_become_gregorian(lines, calendar, text, day):
    order = "dmy" if calendar == "buddhist" else "ymd"
    made = lines(f"{HEAD}\nA;1;m;{text};5\n", formats={"date": {"calendar": calendar, "date_order": order}})
    assert made.rows("transactions", "local_date") == [(day,)]
    assert ("calendar" in str(made.canonical.evidence["inferred"])) == (calendar == "hijri")  # it is calculated


@pytest.mark.parametrize(
    ("day", "nowruz"),
    [((1399, 12, 30), date(2021, 3, 20)), ((1404, 1, 1), date(2025, 3, 21)), ((1357, 11, 22), date(1979, 2, 11))],
)
def test_persian_dates_agree_with_the_official_calendar(day, nowruz):
    """1399 and 1403 are leap years; the revolution of 22 Bahman 1357 was on 11 February 1979."""
    assert gregorian("persian", *day) == nowruz
    assert gregorian("persian", 1402, 12, 30) is None


def test_a_few_misordered_dates_are_quarantined_by_that_name(lines):
    rows = "".join(f"A;{n};m;{n:02}/01/2024;5\n" for n in range(1, 21))
    made = lines(
        f"{HEAD}\n{rows}B;1;m;01/31/2024;5\nB;2;m;32/01/2024;5\n",
        formats={"date": {"date_order": "dmy"}},
        source={"contradiction_bound": "0.1"},
    )
    assert made.reasons("transactions", "quarantined") == {"date:order": 1, "date:unreadable": 1}


def test_ids_keep_their_zeros_and_their_length(lines):
    made = lines(f"{HEAD};p\n000123456789012345678;01;007;2024-01-02;5;0101\n", columns={"product_id": "p"})
    columns = "order_id, line_id, member_number, product_id"
    assert made.rows("transactions", columns) == [("000123456789012345678", "01", "007", "0101")]


def test_text_is_cleaned_of_what_nobody_sees(lines):
    made = lines(f"{HEAD}\nＡ１\u200b;1;\u200f ００７\u00a0;2024-01-02;5\n")
    assert made.rows("transactions", "order_id, member_number") == [("A1", "007")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NA", "NA"),
        ("Deutschland", "DE"),
        ("DEU", "DE"),
        ("UK", "GB"),
        ("مصر", "EG"),
        ("アメリカ", "US"),
        ("Xland", None),
    ],
)
def test_countries_by_code_and_by_name(text, code):
    assert country(text, "de") == code


@pytest.mark.parametrize(
    ("text", "tag"),
    [("de", "de"), ("GER", "de"), ("zh_CN", "zh-Hans-CN"), ("Deutsch", "de"), ("日本語", "ja"), ("English (US)", None)],
)
def test_languages_become_bcp_47(text, tag):
    assert language(text, "de") == tag


def test_currencies_of_before_the_euro_are_currencies():
    assert {"DEM", "HRK", "TRL", "EUR", "VND"} <= currency_codes()
    assert "EURO" not in currency_codes()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("0151 23456789", "valid:+4915123456789"),
        ("+49 (0)151 23456789", "valid:+4915123456789"),
        ("0044 20 7946 0958", "valid:+442079460958"),
        ("491512345678", "cannot_tell:"),
        ("123", "invalid:"),
        ("none", "invalid:"),
    ],
)
def test_a_phone_is_sure_or_says_that_it_is_not(text, status):
    assert phone(text, "DE") == status


@pytest.mark.parametrize("text", ["5e3", "5E3", "1.5e3", "5E-3", "1_0"])
def test_what_only_a_program_reads_as_a_number_is_none(lines, text):
    made = lines(f"order;line;member;date;amount\nA;1;m;2024-01-02;{text}\n")
    assert made.quarantined() == {("transactions", 1): "amount:unreadable"}


@pytest.mark.parametrize("text", ["1,23457E+11", "1.23457E+11", "1E+12"])
def test_a_member_number_that_a_spreadsheet_rounded_is_nobodys(lines, make, text):
    made = lines(
        f"order;line;member;date;amount\nA;1;{text};2024-01-02;5\n{text};1;m;2024-01-02;5\nA;2;E+;2024-01-02;5\n"
    )
    assert made.quarantined() == {
        ("transactions", 1): "member_number:rounded",
        ("transactions", 2): "order_id:rounded",
    }
    tables = {"sales": "date;amount\n2024-01-02;5\n", "people": f"id\n{text}\n12\n"}
    mapping = {"transactions": {"source": "sales", "columns": {"date": "date", "amount": "amount"}}}
    made = make(tables, {**mapping, "customers": {"source": "people", "columns": {"member_number": "id"}}})
    assert made.quarantined() == {("customers", 1): "member_number:rounded"}


def test_a_pattern_may_say_utc_by_a_letter(lines):
    formats = {"decimal_sign": ".", "dates": ["%d.%m.%Y %I:%M %pZ"]}
    made = lines("order;line;member;date;amount\nA;1;m;29.06.2024 11:30 PMZ;5\n", source={"formats": formats})
    assert made.rows("transactions", "local_date, CAST(sold_at AS VARCHAR)") == [
        (date(2024, 6, 30), "2024-06-29 23:30:00")
    ]


@pytest.mark.parametrize("text", ["14:05", "14時05分", "14시 05분", "02:05 PM"])
def test_a_time_of_day_as_tills_print_it(lines, text):
    head = "order;line;member;date;amount;time"
    made = lines(f"{head}\nA;1;m;2024-01-02;5;{text}\n", columns={"time": "time"})
    assert made.rows("transactions", "CAST(sold_at AS VARCHAR)") == [("2024-01-02 13:05:00",)]
