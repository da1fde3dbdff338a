"""Products and places, as the market supplies them; what customers say of their household."""

from __future__ import annotations

import pytest

SALES = "date;amount;member_number\n2024-01-02;10;001\n"
SOLD = {"source": "sales", "columns": {"date": "date", "amount": "amount", "member_number": "member_number"}}


@pytest.fixture
def table(make):
    """table(name, csv, ...) -> Made, whose raw columns are called as canonical ones."""

    def made(name, text, **more):
        columns = {column: column for column in text.split("\n", 1)[0].split(";")}
        mapping = {"transactions": SOLD, name: {"source": "other", "columns": columns}}
        return make({"sales": SALES, "other": text}, mapping, **more)

    return made


def test_products_keep_their_prices_in_their_currency(table):
    made = table(
        "products",
        "product_id;product_name;category;brand;price;cost;currency;lasts_days\n"
        "0012;Teekanne;Küche;Haus;19.90;8;;\n13;Tee;Küche;Haus;4;2;USD;30\n",
    )
    columns = "product_id, category, price::FLOAT, currency, lasts_days"
    assert made.rows("products", columns) == [
        ("0012", "Küche", pytest.approx(19.9), "EUR", None),
        ("13", "Küche", 4, "USD", 30),
    ]


def test_of_a_product_in_two_rows_the_later_counts(table):
    made = table("products", "product_id;price\n1;5\n1;6\n;7\n1;6\n")
    assert made.rows("products", "price::INT") == [(6,)]
    assert made.reasons("products", "duplicate") == {"key": 1, "content": 1}
    assert made.quarantined() == {("products", 3): "product_id:missing"}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("price", "-1", "negative"), ("cost", "-1", "negative"), ("lasts_days", "0", "not_positive")],
)
def test_a_price_below_nothing_is_none_and_counted(table, column, value, reason):
    made = table("products", f"product_id;{column}\n1;{value}\n")
    assert made.rows("products", column) == [(None,)]
    assert made.canonical.evidence["field_faults"]["products"] == {f"{column}:{reason}": 1}


def test_a_place_is_a_city_or_a_postcode(table):
    made = table(
        "places",
        "country;subdivision;city;postcode;population;area\n"
        ";;Berlin;;3769000;urban\n;;;17;;rural\n;Bayern;;;;rural\nAustria;;Wien;;1900000;metropolis\n",
    )
    assert made.rows("places", "country, city, postcode, population, area") == [
        ("DE", "Berlin", None, 3769000, "urban"),
        ("DE", None, "17", None, "rural"),
        ("AT", "Wien", None, 1900000, None),
    ]
    assert made.quarantined() == {("places", 3): "city:missing"}
    assert made.canonical.evidence["field_faults"]["places"] == {"area:unknown": 1}


def test_a_place_without_postcode_comes_twice_as_well(table):
    made = table("places", "city;population\nBerlin;1\nBerlin;2\nBonn;3\n")
    assert made.rows("places", "city, population") == [("Berlin", 2), ("Bonn", 3)]


@pytest.mark.parametrize("name", ["stores", "places"])
def test_no_place_lies_beyond_the_poles(table, name):
    made = table(name, f"{'store_id' if name == 'stores' else 'city'};latitude;longitude\nx;52.5;13.4\ny;525;181\n")
    assert made.rows(name, "latitude::FLOAT, longitude::FLOAT") == [
        (pytest.approx(52.5), pytest.approx(13.4)),
        (None, None),
    ]
    assert made.canonical.evidence["field_faults"][name] == {"latitude:outside_scale": 1, "longitude:outside_scale": 1}


@pytest.mark.parametrize("name", ["products", "places"])
def test_only_a_header_is_a_table_without_rows(table, name):
    made = table(name, {"products": "product_id;price\n", "places": "city;population\n"}[name])
    assert made.rows(name) == []
    assert made.canonical.ledger[name].read == 0


def test_what_customers_say_of_their_household(table):
    made = table(
        "customers",
        "member_number;household;children;education;income_band;preferred_time;role\n"
        "001;3;1;degree;high;evening;buyer\n002;0;-1;;;;\n003;two;;;;;\n",
        source={"contradiction_bound": 1},
    )
    columns = "household, children, education, income_band, preferred_time, role"
    assert made.rows("customers", columns) == [
        (3, 1, "degree", "high", "evening", "buyer"),
        (None,) * 6,
        (None,) * 6,
    ]
    faults = {"household:not_positive": 1, "children:negative": 1, "household:unreadable": 1}
    assert made.canonical.evidence["field_faults"]["customers"] == faults
