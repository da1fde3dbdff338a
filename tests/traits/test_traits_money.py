"""Money in the lenses, effort and the quality of rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

D = Decimal
SWISS = {"country": "CH", "time_zone": "Europe/Zurich", "currencies": [{"code": "EUR"}], "languages": ["de"]}
DAY = date(2021, 1, 10)


def line(member, net, day=DAY, **more):
    return {"member_number": member, "net": D(net), "local_date": day, **more}


def rates(currency, day):
    """Dollars have no source before 2020."""
    known = currency == "EUR" or day.year >= 2020
    return {
        "to_local": D(1) if currency == "EUR" else D("0.8"),
        "to_reference": (D("1.25") if currency == "EUR" else D(1)) if known else None,
        "to_ppp": D("1.4"),
        "to_usd": D("1.25"),
        "rate_quality": "ecb" if known else "none",
    }


def test_reference_is_net_and_local_and_ppp_are_gross(traits_of):
    who = traits_of([line("a", "100", gross=D(119))], rates=rates)[0]["a"]
    names = ("monetary_local", "monetary_reference", "monetary_ppp")
    assert [who[name] for name in names] == [D("119.00"), D("125.00"), D("166.60")]
    assert (who["currency"], who["reference_currency"], who["rate_quality"]) == ("EUR", "USD", "ecb")


def test_each_line_converts_at_its_own_rate_date(traits_of):
    def rising(_currency, day):
        return rates("EUR", day) | {"to_reference": D(day.day)}

    lines = [line("a", "10", rate_date=date(2021, 1, 2)), line("a", "-1", rate_date=date(2021, 1, 3))]
    assert traits_of(lines, rates=rising)[0]["a"]["monetary_reference"] == D("17.00")


@pytest.mark.parametrize(("net", "published"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0149", "0.01")])
def test_published_money_is_rounded_half_away_from_zero(traits_of, net, published):
    who = traits_of([line("a", net)])[0]["a"]
    assert (who["monetary_local"], who["exact_monetary_local"]) == (D(published), D(net))


def test_a_purchase_without_a_rate_leaves_local_money_and_marks_the_rest(traits_of):
    lines = [line("a", "10", currency="USD", local_date=date(2019, 6, 1)), line("a", "10"), line("b", "10")]
    lines[0]["rate_date"] = date(2019, 6, 1)
    found, _ = traits_of(lines, rates=rates)
    assert (found["a"]["monetary_reference"], found["a"]["rate_quality"]) == (None, "none")
    assert (found["a"]["monetary_local"], found["a"]["m_score"]) == (D("18.00"), 5)
    assert found["a"]["exact_monetary_reference"] == D("12.5"), "what converts still counts in sums"
    assert (found["b"]["monetary_reference"], found["b"]["rate_quality"]) == (D("12.50"), "ecb")


def test_a_lens_that_the_profile_leaves_off_is_null(traits_of):
    who = traits_of([line("a", "10")], money={"lenses": ["local", "reference"]})[0]["a"]
    assert (who["monetary_ppp"], who["lifetime_ppp"], who["effort"]) == (None, None, None)


@pytest.mark.parametrize(
    ("person", "effort"),
    [
        ({"residence": "resident", "home_country": "DE"}, 0.025),
        ({"residence": "resident"}, 0.025),
        ({"residence": "cross_border", "home_country": "FR"}, 0.03125),
        ({"residence": "visitor", "home_country": "FR"}, None),
        ({"residence": "unknown"}, None),
        ({"residence": "cross_border", "home_country": "XX"}, None),
    ],
    ids=[
        "resident",
        "resident by flag",
        "home income decides",
        "visitors have none",
        "unknown home",
        "no income known",
    ],
)
def test_effort_is_a_years_dollars_over_income_at_home(traits_of, person, effort):
    lines = [line("a", "1000"), line("a", "500", date(2020, 2, 20))]  # a year before the as-of date is outside
    assert traits_of(lines, [{"member_number": "a", **person}], rates=rates)[0]["a"]["effort"] == effort


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"rates": lambda c, d: rates(c, d) | {"to_usd": None}}, "no rate to USD on any day"),
        ({"market": SWISS}, "no GDP per head of CH up to 2021"),
        ({"money": {"lenses": ["local", "reference"]}}, "not among the profile's lenses"),
    ],
    ids=["no rate", "no income of the market's country", "not wanted"],
)
def test_where_effort_is_off_nobody_has_one_and_the_reason_is_told(traits_of, parts, why):
    """Not even 0 for who bought nothing within the year, nor a value for who lives where an income is known."""
    long_ago = date(2018, 2, 20)
    lines = [line("a", "1000"), line("b", "500", long_ago) | {"rate_date": long_ago}]
    found, told = traits_of(lines, [{"member_number": "b", "residence": "cross_border", "home_country": "FR"}], **parts)
    assert {who["effort"] for who in found.values()} == {None}
    assert told.notes["off"]["effort"] == why


def test_sums_beyond_28_digits_stay_exact(traits_of):
    lines = [line("a", "99999999999.9999", gross=D("99999999999.9999"), order_id=str(n)) for n in range(300)]
    who = traits_of(lines, rates=lambda c, d: rates(c, d) | {"to_reference": D("1.000000000001")})[0]["a"]
    assert who["exact_monetary_reference"] == 300 * D("99999999999.9999") + 300 * D("0.0999999999999999")
