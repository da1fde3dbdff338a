"""How customers buy: each trait on a few hand-made lines, with numbers counted by hand. As of 2021-02-20, 24 months."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tasks.traits.blocks.behaviour import BEHAVIOUR

D = Decimal
JAN, FEB = date(2021, 1, 10), date(2021, 2, 6)  # a Sunday and a Saturday
OLD = date(2018, 7, 2)  # before the window; a Monday


def line(member, net, day=JAN, **more):
    return {"member_number": member, "net": D(net), "local_date": day, **more}


def sold(hour, minute=0, day=JAN):
    return {"local_date": day, "sold_at": datetime(day.year, day.month, day.day, hour, minute)}  # noqa: DTZ001 - UTC


@pytest.fixture
def buying(engine, block_of):
    return lambda lines, **more: block_of(engine, BEHAVIOUR, lines, **more)


def test_baskets_are_gross_spend_and_units_of_whole_orders_in_the_window(buying):
    lines = [
        line("a", "10", order_id="A", gross=D("11.90"), quantity=D("2")),
        line("a", "20", order_id="A", gross=D("23.80"), quantity=D("1.5")),
        line("a", "-10", FEB, returned_order_id="A", gross=D("-11.90"), quantity=D("-2")),
        line("a", "5", FEB, gross=D("5.95"), quantity=D(1)),
        line("a", "4", FEB, order_id="B", gross=D("4.76")),  # given back whole: no occasion
        line("a", "-4", FEB, returned_order_id="B", gross=D("-4.76")),
        line("a", "1000", OLD),
    ]
    who = buying(lines)["a"]
    assert who["basket_local"] == D("14.88")  # (11.90 + 23.80 - 11.90 + 5.95) / 2 = 14.875: half away from zero
    assert who["basket_units"] == 1.25  # (2 + 1.5 - 2 + 1) / 2
    assert who["tenure_days"] == 964  # 2018-07-02 to 2021-02-20


def test_shipping_is_spend_but_no_unit(buying):
    lines = [line("a", "9", order_id="A"), line("a", "3", order_id="A", kind="shipping", quantity=D(1))]
    who = buying(lines)["a"]
    assert (who["basket_local"], who["basket_units"]) == (D("12.00"), 1)


def test_a_third_of_a_cent_is_rounded_exactly(buying):
    lines = [line("a", net, order_id=n) for n, net in zip("ABC", ("0.01", "0.01", "0.02"), strict=True)]
    assert buying(lines)["a"]["basket_local"] == D("0.01")  # 0.04 / 3


def test_a_basket_without_a_rate_is_unknown_and_foreign_ones_convert(buying):
    def rates(currency, _day):
        one = dict.fromkeys(("to_local", "to_reference", "to_ppp", "to_usd"), D(1))
        factor = {"EUR": D(1), "USD": D("0.9"), "VES": None}[currency]
        return {**one, "to_local": factor, "rate_quality": "ecb"}

    lines = [line("a", "10", currency="USD"), line("a", "1"), line("b", "1", currency="VES"), line("b", "7")]
    found = buying(lines, rates=rates)
    assert [found[who]["basket_local"] for who in "ab"] == [D("5.00"), None]  # (9 + 1) / 2


@pytest.mark.parametrize(
    ("amounts", "share"),
    [("gross", 1 / 3), ("net", 1.19 / 3.19)],
    ids=["a drop with tax: 1.19 off 2.38 + 1.19", "a drop without: 1.19 off 2.00 + 1.19"],
)
def test_discounts_are_set_against_spend_on_the_drops_basis(buying, amounts, share):
    lines = [line("a", "2.00", gross=D("2.38"), discount=D("1.19"))]
    who = buying(lines, tax={"amounts": amounts})["a"]
    assert (who["discount_share"], who["discounted_share"]) == (share, 1)


def test_goods_given_for_nothing_are_discounted_wholly_and_returns_are_not_counted(buying):
    lines = [
        line("a", "0", discount=D(10)),
        line("a", "30"),
        line("a", "-5", FEB, discount=D(5)),
        line("a", "0", discount=D(7), returned=True),
        line("a", "4", kind="shipping"),
        line("a", "0", kind="gift_card_sale"),
        line("a", "50", OLD, discount=D(50)),
        line("b", "1"),
    ]
    found = buying(lines)
    assert (found["a"]["discount_share"], found["a"]["discounted_share"]) == (0.25, 0.5)  # 10 of 40, 1 line of 2
    assert (found["b"]["discount_share"], found["b"]["discounted_share"]) == (0, 0)


def test_returns_are_value_given_back_over_value_sold_by_their_own_dates(buying):
    lines = [line("a", "40"), line("a", "-10", FEB), line("b", "-10", FEB), line("b", "99", OLD), line("c", "1", FEB)]
    found = buying(lines)
    assert [found[who]["returns_share"] for who in "abc"] == [0.25, None, 0]


def test_channels_count_occasions_ties_by_name(buying):
    lines = [
        line("a", "1", channel="web"),
        line("a", "1", channel="store"),
        line("a", "1", order_id="X", channel="app"),
        line("a", "1", FEB, order_id="X", channel="web"),  # the order's channel is that of its first day
        line("a", "1", channel=None),
        line("a", "1", OLD, channel="phone"),
        line("b", "1", channel="store"),
        line("c", "1", channel="web"),
        line("d", "1", OLD, channel="web"),
    ]
    found = buying(lines)
    told = {who: tuple(row[n] for n in ("channel_main", "channels", "channel_mix")) for who, row in found.items()}
    assert told["a"] == ("app", 3, "both")
    assert found["a"]["remote_share"] == 2 / 3  # of those whose channel is known
    assert told["b"] == ("store", 1, "store_only")
    assert told["c"] == ("web", 1, "remote_only")
    assert told["d"] == (None, None, None)


def test_the_profile_says_which_channels_are_remote(buying):
    parts = {"traits": {"remote_channels": ["catalogue"]}}
    found = buying([line("a", "1", channel="web"), line("b", "1", channel="catalogue")], **parts)
    assert [found[who]["channel_mix"] for who in "ab"] == ["store_only", "remote_only"]


@pytest.mark.parametrize(
    ("utc", "store", "expected"),
    [
        ((3, 59), "S1", "night"),
        ((4, 0), "S1", "morning"),  # 05:00 in Berlin
        ((9, 59), "S1", "morning"),
        ((10, 0), "S1", "midday"),
        ((13, 0), "S1", "afternoon"),
        ((17, 0), "S1", "evening"),
        ((20, 59), "S1", "evening"),
        ((21, 0), "S1", "night"),
        ((23, 30), "S1", "night"),  # 00:30 of the next day
        ((20, 0), "S2", "morning"),  # 05:00 of the next day in Tokyo
        ((4, 0), "nowhere", "morning"),  # a store that is not in the table: the market's clock
    ],
)
def test_the_time_of_day_is_that_of_the_stores_clock(buying, utc, store, expected):
    stores = [{"store_id": "S1"}, {"store_id": "S2", "time_zone": "Asia/Tokyo"}]
    found = buying([line("a", "1", store_id=store, **sold(*utc))], others={"stores": stores})
    assert found["a"]["daypart"] == expected


def test_a_clock_that_changes_counts_from_the_second_of_its_change(buying):
    """Berlin, 2020-10-25: 03:00 summer time is 02:00 again at 01:00 UTC; 03:59 UTC is 04:59, 04:00 UTC is 05:00."""
    change = date(2020, 10, 25)
    before = [
        line("a", "1", **sold(2, 59, day=date(2020, 10, 24))),
        line("b", "1", **sold(3, 0, day=date(2020, 10, 24))),
    ]
    after = [line("c", "1", **sold(3, 59, day=change)), line("d", "1", **sold(4, 0, day=change))]
    found = buying([*before, *after])
    assert [found[who]["daypart"] for who in "abcd"] == ["night", "morning", "night", "morning"]


def test_ties_of_dayparts_go_by_name_and_orders_without_a_time_do_not_count(buying):
    lines = [line("a", "1", **sold(4)), line("a", "1", **sold(13)), *[line("a", "1") for _ in range(3)], line("b", "1")]
    found = buying(lines)
    assert [found[who]["daypart"] for who in "ab"] == ["afternoon", None]


@pytest.mark.parametrize(
    ("weekend", "share"), [(["saturday", "sunday"], 2 / 3), (["friday", "saturday"], 1 / 3), (["monday"], 0)]
)
def test_weekends_are_the_markets(buying, weekend, share):
    market = {"country": "DE", "time_zone": "Europe/Berlin", "currencies": [{"code": "EUR"}], "languages": ["de"]}
    lines = [line("a", "1"), line("a", "1", FEB), line("a", "1", date(2021, 2, 4)), line("a", "1", OLD)]
    assert buying(lines, market={**market, "weekend": weekend})["a"]["weekend_share"] == share


@pytest.mark.parametrize(("country", "season"), [("DE", "winter"), ("AU", "summer"), ("BR", "summer")])
def test_seasons_are_those_of_the_hemisphere_over_the_whole_history(buying, country, season):
    market = {"country": country, "time_zone": "UTC", "currencies": [{"code": "EUR"}], "languages": ["de"]}
    lines = [line("a", "1", OLD), line("a", "1", date(2016, 12, 1)), line("a", "1", date(2016, 2, 29))]
    assert buying(lines, market=market)["a"]["season"] == season


def test_near_the_equator_there_is_no_season(buying):
    market = {"country": "SG", "time_zone": "UTC", "currencies": [{"code": "EUR"}], "languages": ["en"]}
    assert "season" not in buying([line("a", "1")], market=market)["a"]


def test_what_is_off_or_has_no_data_is_not_there(buying):
    found = buying([line("a", "1")], traits={"off": ["rhythm", "basket_local", "season", "returns_share"]})
    assert set(found["a"]) == {"member_number", "tenure_days", "basket_units", "weekend_share"}


def test_guests_have_no_traits(buying):
    assert set(buying([line(None, "1"), line("a", "1")])) == {"a"}
