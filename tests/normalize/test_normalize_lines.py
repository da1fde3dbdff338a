"""Lines: what counts, with which amount and sign, on which day; what is refused, with every reason."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

HEAD = "order;line;member;date;amount"


def test_a_row_with_two_faults_stands_once_with_both_reasons(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;5\nA;2;m;2024-13-02;five\n")
    assert made.quarantined() == {("transactions", 2): "date:unreadable;amount:unreadable"}
    assert made.reasons("transactions", "quarantined") == {"date:unreadable": 1, "amount:unreadable": 1}
    ledger = made.canonical.ledger["transactions"]
    assert (ledger.read, ledger.kept, ledger.quarantined) == (2, 1, 1)


def test_a_record_that_could_not_be_read_has_that_reason_only(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;5\nA;2\n")
    assert made.quarantined() == {("transactions", 2): "too_few_fields"}


def test_lines_after_the_as_of_date_are_filtered_even_if_faulty(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-06-30;5\nA;2;m;2024-07-01;5\nA;3;m;2024-07-01;x\n")
    assert made.reasons("transactions", "filtered") == {"after_as_of": 2}
    assert made.rows("transactions", "line_id, local_date") == [("1", date(2024, 6, 30))]


@pytest.mark.parametrize(
    ("quantity", "amount", "reason"),
    [
        ("0", "5", "quantity:not_positive"),
        ("-1", "-5", "quantity:not_positive"),
        ("1", "-5", "amount:negative"),
        ("1", "0", None),
        ("", "5", "quantity:missing"),
        ("1", "", "amount:missing"),
        ("101", "5", "quantity:implausible"),
        ("1", "1000.01", "amount:implausible"),
    ],
)
def test_quantities_and_amounts_have_bounds(lines, quantity, amount, reason):
    made = lines(
        f"{HEAD};qty\nA;1;m;2024-01-02;{amount};{quantity}\n",
        columns={"quantity": "qty"},
        plausibility={"maximum_amount": 1000, "maximum_quantity": 100},
    )
    assert list(made.quarantined().values()) == ([reason] if reason else [])


def test_a_negative_quantity_is_a_return_where_the_profile_says_so(lines):
    made = lines(
        f"{HEAD};qty\nA;1;m;2024-01-02;5;2\nB;1;m;2024-01-03;-5;-2\n",
        columns={"quantity": "qty"},
        plausibility={"negative_quantity_is_return": True},
    )
    assert made.rows("transactions", "kind, quantity, gross") == [("sale", 2, 5), ("return", -2, -5)]


@pytest.mark.parametrize(
    ("kind", "amount", "gross"),
    [
        ("return", "5", -5),
        ("return", "-5", -5),
        ("exchange", "-5", -5),
        ("shipping", "5", 5),
        ("gift_card_redemption", "5", 5),
        ("gift_card_sale", "50", 0),
        ("deposit", "-0.25", 0),
        ("tip", "3", 0),
    ],
)
def test_each_kind_has_its_sign_and_only_revenue_counts(lines, kind, amount, gross):
    made = lines(f"{HEAD};kind\nA;1;m;2024-01-02;{amount};{kind}\n", columns={"kind": "kind"})
    assert made.rows("transactions", "kind, net, gross") == [(kind, gross, gross)]


def test_a_line_that_came_back_whole_has_no_revenue(lines):
    made = lines(
        f"{HEAD};back\nA;1;m;2024-01-02;5;○\nA;2;m;2024-01-02;7;\n",
        columns={"returned": "back"},
        formats={"returned": {"yes": ["○"]}},
    )
    assert made.rows("transactions", "returned, gross") == [(True, 0), (False, 7)]


@pytest.mark.parametrize(
    ("basis", "delivered", "net", "tax", "gross"),
    [
        ("gross", "119.00", "100.0000", "19.0000", "119.0000"),
        ("gross", "0.01", "0.0084", "0.0016", "0.0100"),  # 0.01 / 1.19 = 0.008403
        ("net", "100.00", "100.0000", "19.0000", "119.0000"),
        ("untaxed", "100.00", "100.0000", None, "100.0000"),
    ],
)
def test_net_and_gross_follow_the_basis_and_the_rate(lines, basis, delivered, net, tax, gross):
    rates = [{"rate": "0.16", "since": "2020-07-01"}, {"rate": "0.19", "since": "2021-01-01"}]
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;{delivered}\n", tax={"amounts": basis, "rates": rates})
    expected = tuple(None if value is None else Decimal(value) for value in (net, tax, gross))
    assert made.rows("transactions", "net, tax, gross") == [expected]


def test_the_rate_is_that_of_the_day(lines):
    """Germany's standard rate was 16 % from July to December 2020, 19 % before and after."""
    rates = [
        {"rate": "0.19"},
        {"rate": "0.16", "since": "2020-07-01"},
        {"rate": "0.19", "since": "2021-01-01"},
    ]
    text = f"{HEAD}\nA;1;m;2020-06-30;119\nB;1;m;2020-07-01;116\nC;1;m;2020-12-31;116\nD;1;m;2021-01-01;119\n"
    made = lines(text, tax={"amounts": "gross", "rates": rates})
    assert made.rows("transactions", "net") == [(100,)] * 4


def test_the_tax_of_the_line_wins_over_the_rate(lines):
    made = lines(
        f"{HEAD};vat\nA;1;m;2024-01-02;107;7\n",
        columns={"tax": "vat"},
        tax={"amounts": "gross", "rates": [{"rate": "0.19"}]},
    )
    assert made.rows("transactions", "net, tax, gross") == [(100, 7, 107)]


def test_amounts_follow_from_quantity_price_and_discount(lines):
    made = lines(
        "order;line;member;date;qty;price;off\nA;1;m;2024-01-02;3;2.50;0.50\n",
        replace={
            "order_id": "order",
            "line_id": "line",
            "member_number": "member",
            "date": "date",
            "quantity": "qty",
            "unit_price": "price",
            "discount": "off",
        },
    )
    assert made.rows("transactions", "gross, discount") == [(7, Decimal("0.5"))]


def test_a_product_too_large_for_the_column_is_refused_not_fatal(lines):
    made = lines(
        "order;line;member;date;qty;price\nA;1;m;2024-01-02;99999999;99999999999\n",
        replace={"order_id": "order", "line_id": "line", "date": "date", "quantity": "qty", "unit_price": "price"},
    )
    assert made.quarantined() == {("transactions", 1): "unit_price:too_large"}


def test_the_currency_is_the_markets_of_that_day(lines):
    """Bulgaria's lev gave way to the euro on 2026-01-01."""
    currencies = [{"code": "BGN", "until": "2025-12-31"}, {"code": "EUR", "since": "2026-01-01"}]
    made = lines(
        f"{HEAD}\nA;1;m;2025-12-31;5\nB;1;m;2026-01-01;5\n",
        market={"country": "BG", "time_zone": "Europe/Sofia", "currencies": currencies},
        as_of=date(2026, 6, 30),
    )
    assert made.rows("transactions", "currency") == [("BGN",), ("EUR",)]


def test_an_unknown_currency_is_refused_and_an_old_one_is_not(lines):
    made = lines(
        f"{HEAD};cur\nA;1;m;2024-01-02;5;dem\nA;2;m;2024-01-02;5;EURO\nA;3;m;2024-01-02;5;\n",
        columns={"currency": "cur"},
    )
    assert made.rows("transactions", "line_id, currency") == [("1", "DEM"), ("3", "EUR")]
    assert made.quarantined() == {("transactions", 2): "currency:unknown"}


def test_a_value_that_the_profile_does_not_name_is_refused(lines):
    text = f"{HEAD};pay\nA;1;m;2024-01-02;5;BAR\nA;2;m;2024-01-02;5;SCHECK\n"
    made = lines(text, columns={"payment": "pay"}, values={"payment": {"BAR": "cash"}})
    assert made.rows("transactions", "payment") == [("cash",)]
    assert made.quarantined() == {("transactions", 2): "payment:unknown_value"}
    made = lines(text, columns={"payment": "pay"}, values={"payment": {"BAR": "cash", "*": "other"}})
    assert made.rows("transactions", "payment") == [("cash",), ("other",)]


def test_orders_without_a_number_are_what_a_member_bought_on_a_day(lines):
    made = lines(
        "member;date;amount\n007;2024-01-02;5\n007;2024-01-02;6\n;2024-01-02;7\n",
        replace={"member_number": "member", "date": "date", "amount": "amount"},
    )
    assert made.rows("transactions", "order_id") == [("007@2024-01-02",), ("007@2024-01-02",), ("@0:3",)]


def test_of_lines_with_one_key_the_later_content_wins(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;5\nA;1;m;2024-01-02;6\nA;1;m;2024-01-02;6\nB;1;m;2024-01-02;5\n")
    assert made.rows("transactions", "record, gross") == [(2, 6), (4, 5)]
    assert made.reasons("transactions", "duplicate") == {"content": 1, "key": 1}
    assert made.canonical.ledger["transactions"].amounts["duplicate"] == {"content": {"EUR": 6}, "key": {"EUR": 5}}


def test_receipts_repeat_lines_so_without_a_key_only_a_file_is_a_duplicate(make):
    text = "member;date;amount\nm;2024-01-02;5\nm;2024-01-02;5\n"
    mapping = {"columns": {"member_number": "member", "date": "date", "amount": "amount"}}
    made = make({"sales": [text, text, text]}, {"transactions": mapping}, digests={0: "a", 1: "b", 2: "a"})
    assert made.rows("transactions", "file, record") == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert made.reasons("transactions", "duplicate") == {"file": 2}


def test_a_return_has_the_rate_of_its_order_else_of_the_latest_purchase_of_the_product(lines):
    text = f"""{HEAD};kind;product;of
A;1;m;2024-01-02;5;sale;P;
B;1;m;2024-02-02;5;sale;P;
C;1;m;2024-03-02;5;return;P;A
D;1;m;2024-03-03;5;return;P;
E;1;n;2024-03-04;5;return;P;
"""
    made = lines(text, columns={"kind": "kind", "product_id": "product", "returned_order_id": "of"})
    found = dict(made.rows("transactions", "order_id, rate_date", "kind = 'return'"))
    assert found == {"C": date(2024, 1, 2), "D": date(2024, 2, 2), "E": date(2024, 3, 4)}
    assert made.canonical.evidence["returns"] == {
        "lines": 3,
        "order_found": 2,
        "found_by_product": 1,
        "order_not_there": 0,
    }


def test_a_return_of_an_order_that_is_not_there_is_told(lines):
    text = f"{HEAD};kind;product;of\nA;1;m;2024-01-02;5;sale;P;\nD;1;m;2024-03-03;5;return;P;NOSUCH\n"
    made = lines(text, columns={"kind": "kind", "product_id": "product", "returned_order_id": "of"})
    assert made.canonical.evidence["returns"] == {
        "lines": 1,
        "order_found": 1,
        "found_by_product": 1,
        "order_not_there": 1,
    }


@pytest.mark.parametrize("amount", ["5", "-5"])
def test_a_return_takes_from_the_till_whatever_its_sign(lines, amount):
    made = lines(f"{HEAD};kind\nA;1;m;2024-01-02;20;sale\nB;1;m;2024-01-03;{amount};return\n", columns={"kind": "kind"})
    assert made.canonical.ledger["transactions"].amounts == {"kept": {"sale": {"EUR": 20}, "return": {"EUR": -5}}}


def test_a_line_without_the_number_of_its_order_is_refused_where_orders_have_numbers(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;5\n;2;m;2024-01-02;5\n")
    assert made.quarantined() == {("transactions", 2): "order_id:missing"}


def test_the_till_adds_up_kept_and_refused_by_currency(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-01-02;5\nA;2;m;2024-13-02;7\nA;3;m;2024-07-02;9\n")
    assert made.canonical.ledger["transactions"].amounts == {
        "kept": {"sale": {"EUR": 5}},
        "filtered": {"after_as_of": {"EUR": 9}},
        "quarantined": {"date:unreadable": {"EUR": 7}},
    }


def test_record_numbers_hold_over_several_files(make):
    first, second = f"{HEAD}\nA;1;m;2024-01-02;5\nA;2;m;2024-01-02;5\n", f"{HEAD}\nB;1;m;x;5\nB;2;m;2024-01-02;5\n"
    columns = {"order_id": "order", "line_id": "line", "date": "date", "amount": "amount"}
    made = make({"sales": [first, second]}, {"transactions": {"columns": columns}})
    assert made.rows("transactions", "file, record, order_id") == [(0, 1, "A"), (0, 2, "A"), (1, 2, "B")]
    assert made.quarantined() == {("transactions", 1): "date:unreadable"}


# --- moments ----------------------------------------------------------------------------------------------------------


def test_times_are_the_stores_own_and_become_utc(make):
    sales = f"{HEAD};store\nA;1;m;2024-07-01 00:30;5;B\nB;1;m;2024-06-30 23:30:00;5;L\nC;1;m;2024-06-30;5;B\n"
    stores = "id;zone\nB;Europe/Berlin\nL;Europe/London\n"
    columns = {"order_id": "order", "member_number": "member", "date": "date", "amount": "amount", "store_id": "store"}
    mapping = {
        "transactions": {"source": "sales", "columns": columns},
        "stores": {"source": "stores", "columns": {"store_id": "id", "time_zone": "zone"}},
    }
    made = make({"sales": sales, "stores": stores}, mapping, as_of=date(2024, 7, 1))
    assert made.rows("transactions", "order_id, local_date, sold_at") == [
        ("A", date(2024, 7, 1), datetime(2024, 6, 30, 22, 30)),  # noqa: DTZ001 - UTC without a mark
        ("B", date(2024, 6, 30), datetime(2024, 6, 30, 22, 30)),  # noqa: DTZ001
        ("C", date(2024, 6, 30), None),
    ]


@pytest.mark.parametrize("text", ["2024-06-29T22:30:00Z", "2024-06-30T07:30:00+09:00", "2024-06-29 22:30:00.5 UTC"])
def test_a_moment_that_names_its_zone_has_the_local_day_of_the_store(lines, text):
    made = lines(f"{HEAD}\nA;1;m;{text};5\n")
    assert made.rows("transactions", "local_date, date_trunc('second', sold_at)") == [
        (date(2024, 6, 30), datetime(2024, 6, 29, 22, 30))  # noqa: DTZ001
    ]


def test_a_drop_in_utc_has_the_local_day_of_the_store(lines):
    made = lines(f"{HEAD}\nA;1;m;2024-06-29 22:30:00;5\n", formats={"date": {"time_zone": "UTC"}})
    assert made.rows("transactions", "local_date") == [(date(2024, 6, 30),)]


def test_the_time_may_stand_in_a_column_of_its_own(lines):
    made = lines(f"{HEAD};at\nA;1;m;2024-01-02;5;9:05 PM\nA;2;m;2024-01-02;5;25:00\n", columns={"time": "at"})
    assert made.rows("transactions", "sold_at") == [(datetime(2024, 1, 2, 20, 5),)]  # noqa: DTZ001 - Berlin is UTC+1
    assert made.quarantined() == {("transactions", 2): "time:unreadable"}


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2024-03-31 02:30", datetime(2024, 3, 31, 1, 30)),  # noqa: DTZ001 - skipped: read as if the clock had not changed
        ("2023-10-29 02:30", datetime(2023, 10, 29, 1, 30)),  # noqa: DTZ001 - twice: the second
    ],
)
def test_hours_at_a_clock_change_are_defined(lines, local, utc):
    assert lines(f"{HEAD}\nA;1;m;{local};5\n").rows("transactions", "sold_at") == [(utc,)]
