"""Orders as occasions, the window, prospects, guests and home stores (docs/contracts.md, Traits)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tasks.errors import DropError
from tasks.traits.stores import standing_in

D = Decimal
DAY = date(2021, 1, 10)


def line(member, net, day=DAY, **more):
    return {"member_number": member, "net": D(net), "local_date": day, **more}


def test_orders_of_one_day_are_one_purchase_day(traits_of):
    who = traits_of([line("a", "5"), line("a", "7"), line("a", "1", date(2021, 1, 11))])[0]["a"]
    assert (who["orders"], who["frequency"], who["recency_days"]) == (3, 2, 40)


def test_a_fully_returned_order_is_no_occasion(traits_of):
    bought = line("a", "5", order_id="A")
    back = line("a", "-5", date(2021, 2, 1), order_id="R", returned_order_id="A")
    who = traits_of([bought, back])[0]["a"]
    assert (who["orders"], who["lifetime_orders"], who["last_order_date"]) == (0, 0, None)
    assert who["monetary_local"] == D("0.00")


def test_a_partly_returned_order_stays_on_its_own_day(traits_of):
    lines = [line("a", "9", order_id="A"), line("a", "-5", date(2021, 2, 1), order_id="R", returned_order_id="A")]
    who = traits_of(lines)[0]["a"]
    assert (who["orders"], who["last_order_date"], who["monetary_local"]) == (1, DAY, D("4.00"))


def test_a_return_whose_order_is_unknown_lowers_money_but_no_count(traits_of):
    who = traits_of([line("a", "9"), line("a", "-20", date(2021, 2, 1))])[0]["a"]
    assert (who["orders"], who["frequency"], who["monetary_local"]) == (1, 1, D("-11.00"))


def test_an_order_of_two_customers_is_an_occasion_of_each(traits_of):
    found, _ = traits_of([line("a", "9", order_id="A"), line("b", "-9", order_id="A")])
    assert [found[who]["orders"] for who in "ab"] == [1, 0]


@pytest.mark.parametrize(
    ("day", "within"),
    [(date(2019, 2, 20), 0), (date(2019, 2, 21), 1), (date(2021, 2, 20), 1)],
    ids=["two years before is outside", "the day after is inside", "the as-of date is inside"],
)
def test_the_window_is_after_its_start_up_to_the_as_of_date(traits_of, day, within):
    who = traits_of([line("a", "9", day)])[0]["a"]
    assert (who["orders"], who["frequency"], who["lifetime_orders"]) == (within, within, 1)
    assert who["monetary_local"] == D(9 * within)
    assert who["lifetime_local"] == D(9)


def test_a_return_in_the_window_of_an_order_before_it_counts_on_its_own_date(traits_of):
    old = line("a", "9", date(2018, 1, 1), order_id="A")
    who = traits_of([old, line("a", "-4", DAY, returned_order_id="A")])[0]["a"]
    assert (who["orders"], who["monetary_local"], who["lifetime_local"]) == (0, D("-4.00"), D("5.00"))


def test_lapsed_buyers_have_recency_and_zero_money_but_no_scores(traits_of):
    who = traits_of([line("a", "9", date(2018, 2, 20)), line("b", "1")])[0]["a"]
    assert (who["recency_days"], who["monetary_local"], who["r_score"], who["m_score"]) == (1096, D("0.00"), None, None)


def test_prospects_have_zero_counts_and_null_money_and_scores(traits_of):
    found, _ = traits_of([line("b", "1"), line("g", "0")], [{"member_number": "p"}])
    for who in (found["p"], found["g"]):  # g only bought a gift card, which is no revenue
        assert (who["orders"], who["frequency"], who["lifetime_orders"]) == (0, 0, 0)
        empty = ("monetary_local", "monetary_reference", "lifetime_ppp", "effort", "recency_days", "f_score")
        assert {who[name] for name in empty} == {None}


def test_the_whole_history_as_window_makes_both_spans_equal(traits_of):
    who = traits_of([line("a", "9", date(2001, 1, 1))], traits={"window": "all"})[0]["a"]
    assert (who["orders"], who["monetary_local"]) == (who["lifetime_orders"], who["lifetime_local"]) == (1, D("9.00"))


def test_guests_add_up_apart(traits_of):
    lines = [line(None, "5", order_id="A"), line(None, "6", order_id="B"), line("a", "1")]
    found, result = traits_of(lines)
    assert list(found) == ["a"]
    assert (result.guests["orders"], result.guests["exact_monetary_local"]) == (2, D(11))


@pytest.mark.parametrize(
    ("visits", "home"),
    [
        ([("S1", 1), ("S2", 2), ("S2", 3)], "S2"),
        ([("S2", 1), ("S2", 1), ("S1", 2), ("S1", 3)], "S1"),
        ([("S2", 1), ("S1", 2)], "S1"),
        ([("S1", 1), ("S2", 1)], "S1"),
        ([(None, 1)], None),
    ],
    ids=["most days", "days count, not orders", "ties by the latest", "then by id", "no store known"],
)
def test_home_store_is_where_most_purchase_days_were(traits_of, visits, home):
    lines = [line("a", "1", date(2021, 1, day), store_id=store) for store, day in visits]
    assert traits_of(lines)[0]["a"]["home_store"] == home


def test_a_stated_home_store_wins(traits_of):
    found, _ = traits_of([line("a", "1")], [{"member_number": "a", "home_store": "S9"}, {"member_number": "b"}])
    assert found["a"]["home_store"] == "S9"


def test_a_closed_store_is_nobodys_home_and_one_that_moved_hands_its_customers_on(traits_of):
    stands_in = {"MOVED": "NEW", "GONE": None}
    people = [
        {"member_number": "stated_moved", "home_store": "MOVED"},
        {"member_number": "stated_gone", "home_store": "GONE"},
        {"member_number": "stated_gone_and_went_elsewhere", "home_store": "GONE"},
    ]
    lines = [
        line("stated_gone", "1", store_id="GONE"),
        line("stated_gone_and_went_elsewhere", "1", store_id="GONE"),
        line("stated_gone_and_went_elsewhere", "1", date(2021, 1, 11), store_id="S2"),
        line("usual", "1", store_id="MOVED"),
        line("usual", "1", date(2021, 1, 11), store_id="NEW"),
        line("usual", "1", date(2021, 1, 12), store_id="S2"),
        line("usual", "1", date(2021, 1, 13), store_id="GONE"),
        line("usual", "1", date(2021, 1, 14), store_id="GONE"),
        line("usual", "1", date(2021, 1, 15), store_id="GONE"),
    ]
    found, _ = traits_of(lines, people, stands_in=stands_in)
    assert {who: row["home_store"] for who, row in found.items()} == {
        "stated_moved": "NEW",
        "stated_gone": None,
        "stated_gone_and_went_elsewhere": "S2",
        "usual": "NEW",
    }


def test_stores_that_moved_in_a_circle_are_refused():
    day = date(2021, 1, 1)
    stores = [
        {"store_id": "A", "closed": day, "relocated_to": "B"},
        {"store_id": "B", "closed": day, "relocated_to": "A"},
    ]
    with pytest.raises(DropError, match="circle"):
        standing_in(stores, day)
    assert standing_in(stores, date(2020, 12, 31)) == {}
