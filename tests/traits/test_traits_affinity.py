"""What customers buy most, what goes with it, and when they need it again; counted by hand. As of 2021-02-20."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tasks.traits.blocks.affinity import AFFINITY
from tasks.traits.blocks.together import together

D = Decimal
JAN, FEB, OLD = date(2021, 1, 10), date(2021, 2, 6), date(2018, 7, 2)
PRODUCTS = [
    {"product_id": "P1", "category": "Tea", "brand": "Ours"},
    {"product_id": "P2", "category": "Cups", "brand": "Ours"},
    {"product_id": "P3", "category": "Kettles", "brand": "Theirs"},
    {"product_id": "P4", "category": "Tea", "brand": "Theirs"},
    {"product_id": "P5", "brand": "Ours"},
    {"product_id": "P6", "category": "Biscuits"},
]
LEAST = {"privacy": {"minimum_count": 1}}


def line(member, product, net, day=JAN, **more):
    return {"member_number": member, "product_id": product, "net": D(net), "local_date": day, **more}


@pytest.fixture
def liking(engine, block_of):
    def compute(lines, products=PRODUCTS, **parts):
        return block_of(engine, AFFINITY, lines, {"products": products}, **(LEAST | parts))

    return compute


def test_the_category_of_most_spend_and_its_share_of_spend_on_known_categories(liking):
    lines = [
        line("a", "P1", "10"),
        line("a", "P4", "20"),
        line("a", "P2", "28"),
        line("a", "P5", "500"),  # no category
        line("a", "unknown", "500"),
        line("a", "P3", "500", OLD),
    ]
    who = liking(lines)["a"]
    assert (who["category_main"], who["category_share"], who["categories"]) == ("Tea", 30 / 58, 2)
    assert (who["brand_main"], who["brands"]) == ("Ours", 2)
    assert who["brand_share"] == 538 / 558


def test_what_was_given_back_is_not_bought(liking):
    lines = [line("a", "P1", "10"), line("a", "P2", "50"), line("a", "P2", "-50", FEB), line("b", "P2", "-1")]
    found = liking(lines)
    assert (found["a"]["category_main"], found["a"]["category_share"], found["a"]["categories"]) == ("Tea", 1, 1)
    assert found.get("b", {}).get("category_main") is None


def test_ties_go_to_the_least_name(liking):
    assert liking([line("a", "P1", "5"), line("a", "P2", "5")])["a"]["category_main"] == "Cups"


def test_spend_in_another_currency_counts_in_local_money(liking):
    def rates(currency, _day):
        one = dict.fromkeys(("to_reference", "to_ppp", "to_usd"), D(1))
        return {**one, "to_local": D("0.5") if currency == "USD" else D(1), "rate_quality": "ecb"}

    who = liking([line("a", "P1", "10", currency="USD"), line("a", "P2", "6")], rates=rates)["a"]
    assert (who["category_main"], who["category_share"]) == ("Cups", 6 / 11)


#: Six orders: tea with cups three times, tea with kettles once, cups alone once, biscuits alone once.
ORDERS = (("Tea", "Cups"), ("Tea", "Cups"), ("Tea", "Cups"), ("Tea", "Kettles"), ("Cups",), ("Biscuits",))
NUMBER = {"Tea": "P1", "Cups": "P2", "Kettles": "P3", "Biscuits": "P6"}


def orders(members="guest"):
    return [
        line(None if members == "guest" else members[n], NUMBER[category], "1", order_id=f"A{n}")
        for n, categories in enumerate(ORDERS)
        for category in categories
    ]


def pairs_of(engine, block_rows, lines, products=PRODUCTS, **more):
    tables = [
        engine.from_arrow(block_rows(name, rows), name)
        for name, rows in (("transactions", lines), ("products", products))
    ]
    return together(engine, *tables, **more).pairs.to_pylist()


def test_pairs_have_support_confidence_and_lift(engine, canonical_rows):
    found = pairs_of(engine, canonical_rows, orders())
    assert [(row["category"], row["with"], row["orders"]) for row in found] == [
        ("Cups", "Tea", 3), ("Kettles", "Tea", 1), ("Tea", "Cups", 3), ("Tea", "Kettles", 1),
    ]  # fmt: skip
    cups = found[0]
    assert (cups["support"], cups["confidence"]) == (3 / 6, 3 / 4)
    assert cups["lift"] == 3 * 6 / (4 * 4)  # 0.75 over the 4 of 6 orders with tea


def test_a_product_bought_twice_in_an_order_is_one_and_what_is_given_back_or_has_no_category_is_none(
    engine, canonical_rows
):
    lines = [
        line(None, "P1", "1", order_id="A"), line(None, "P4", "1", order_id="A"), line(None, "P2", "1", order_id="A"),
        line(None, "P3", "-1", order_id="A"), line(None, "P5", "1", order_id="A"), line(None, "P5", "1", order_id="B"),
    ]  # fmt: skip
    found = pairs_of(engine, canonical_rows, lines)
    assert [(row["category"], row["with"], row["support"]) for row in found] == [("Cups", "Tea", 1), ("Tea", "Cups", 1)]


def test_pairs_below_the_least_number_of_orders_are_none(engine, canonical_rows):
    found = pairs_of(engine, canonical_rows, orders(), minimum=2)
    assert {(row["category"], row["with"]) for row in found} == {("Cups", "Tea"), ("Tea", "Cups")}


def test_without_products_in_orders_there_are_no_pairs(engine, canonical_rows):
    assert pairs_of(engine, canonical_rows, [line(None, "unknown", "1")]) == []
    assert pairs_of(engine, canonical_rows, orders(), products=[]) == []


@pytest.mark.parametrize("count", [63, 260], ids=["more than one number has bits", "more than all numbers have"])
def test_hundreds_of_categories_are_told_apart(engine, canonical_rows, count):
    """Category n is bought with its neighbour n + 1, n times; of too many those on most lines take part."""
    products = [{"product_id": f"{n}", "category": f"C{n:03}"} for n in range(count)]
    lines = [
        line(None, f"{n + side}", "1", order_id=f"{n}-{again}")
        for n in range(0, count - 1, 2)
        for again in range(1 + n // 2)
        for side in (0, 1)
    ]
    found = pairs_of(engine, canonical_rows, lines, products)
    wanted = {(f"C{n:03}", f"C{n + 1:03}", 1 + n // 2) for n in range(0, count - 1, 2)}
    told = {(row["category"], row["with"], row["orders"]) for row in found if row["category"] < row["with"]}
    least = -(-sum(n for _, _, n in wanted) // 1000)
    most = sorted(wanted, reverse=True)[:124]
    assert told == {pair for pair in most if pair[2] >= least}


def test_the_next_category_is_what_goes_with_theirs_and_they_lack(liking):
    lines = [*orders("bbbbbb"), line("a", "P2", "1"), line("c", "P1", "1"), line("d", "P6", "1"), line("e", "P3", "1")]
    found = liking(lines)
    told = {who: found[who]["next_category"] for who in "abcde"}
    # 10 orders; tea in 5, cups in 5, kettles in 2. Cups lead to tea (3 of 5), tea to cups (3 of 5), kettles to tea.
    assert told == {"a": "Tea", "b": None, "c": "Cups", "d": None, "e": None}


def test_what_is_bought_together_less_often_than_by_chance_leads_nowhere(liking):
    """Kettles are bought with tea once in 2 orders: below the 4 orders of 7 with tea, above the 4 of 10."""
    lines = [*orders("bbbbbb"), line("e", "P3", "1")]
    assert liking(lines)["e"]["next_category"] is None
    assert liking([*lines, *(line("x", "P6", "1") for _ in range(3))])["e"]["next_category"] == "Tea"


def test_it_is_needed_again_after_the_days_it_lasts(liking):
    products = [
        {"product_id": "P1", "category": "Tea", "lasts_days": 30},
        {"product_id": "P2", "category": "Cups"},
        {"product_id": "P3", "category": "Filters", "lasts_days": 14},
    ]
    lines = [
        line("a", "P1", "1"),
        line("a", "P3", "1"),  # the same day, sooner
        line("a", "P2", "1", FEB),
        line("b", "P3", "1", OLD),
        line("b", "P1", "1", date(2018, 7, 3)),
        line("c", "P2", "1"),
    ]
    found = liking(lines, products)
    told = {who: found[who]["replenish_date"] for who in "ab"}
    assert told == {"a": date(2021, 1, 24), "b": date(2018, 8, 2)}
    assert found["c"]["replenish_date"] is None


def test_what_is_off_or_has_no_data_is_not_there(liking):
    found = liking([line("a", "P1", "1")], [{"product_id": "P1", "category": "Tea"}], traits={"off": ["next_category"]})
    assert set(found["a"]) == {"member_number", "category_main", "category_share", "categories"}
