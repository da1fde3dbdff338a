"""What makes two markets' dimensions the same, and what does not."""

from __future__ import annotations

import pytest

from region_profiles.models import Profile
from tasks.segment.definitions import definitions, differences, digest

RULES = {"kind": "rules", "segments": [{"code": "good", "when": "m_score >= 4"}], "else": "other"}


def profile(country="DE", currency="EUR", dimension=None, **parts):
    market = {"country": country, "time_zone": "Etc/UTC", "currencies": [{"code": currency}], "languages": ["en"]}
    whole = {"market": market, "dimensions": {"one": dimension or RULES}, "stratum": {"dimensions": ["one"]}}
    return Profile.model_validate({**whole, "teams": [{"name": "crm", "locales": ["en"]}], **parts})


def rules(when):
    return {**RULES, "segments": [{"code": "good", "when": when}]}


def tiers(**parts):
    return {"kind": "tiers", "trait": "monetary_ppp", "tiers": ["low", "high"], "borders": [200], **parts}


def trait(name, **parts):
    return {"kind": "trait", "trait": name, **parts}


def apart(one, other):
    return differences(definitions(one)["one"], definitions(other)["one"])


def test_two_countries_with_the_same_rules_are_the_same():
    one, other = profile(), profile("JP", "JPY", privacy={"minimum_count": 20})
    assert definitions(one) == definitions(other)
    assert digest(definitions(one)["one"]) == digest(definitions(other)["one"])


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"traits": {"window": 12}}, "window"),
        ({"dimension": rules("m_score >= 5")}, "segments"),
        ({"traits": {"scores": {"monetary": {"bins": 4}}}}, "scores"),
        ({"traits": {"scores": {"monetary_lens": "ppp"}}}, "scores"),
        ({"money": {"ppp": {"vintage": 2017}}}, "ppp"),
        ({"money": {"reporting_currency": "EUR"}}, "reporting_currency"),
    ],
)
def test_what_decides_a_figure_keeps_markets_apart(changed, part):
    assert apart(profile(), profile(**changed)) == (part,)


def test_scores_that_a_dimension_does_not_use_do_not_matter():
    assert apart(profile(), profile(traits={"scores": {"recency": {"bins": 4}}})) == ()


def test_equal_decimals_are_equal_however_they_are_written():
    assert apart(profile(dimension=tiers(borders=["200"])), profile(dimension=tiers(borders=["200.00"]))) == ()


@pytest.mark.parametrize(
    ("dimension", "parts"),
    [
        (rules("monetary_local >= 100"), ("currency",)),
        (rules("lifetime_local < 0"), ()),
        (rules("lifetime_local > 0.5"), ("currency",)),
        (rules("language_local = 'yes'"), ()),
        (tiers(trait="monetary_local"), ("currency",)),
        (tiers(trait="monetary_local", borders=[], quantiles=["0.5"]), ()),
    ],
    ids=["a sum in a rule", "nothing", "nearly nothing", "no money", "borders", "ranks"],
)
def test_sums_of_local_money_are_the_same_in_one_currency_only(dimension, parts):
    assert apart(profile(dimension=dimension), profile("JP", "JPY", dimension=dimension)) == parts


@pytest.mark.parametrize(
    ("dimension", "parts"),
    [(trait("language"), ()), (trait("subdivision", most=12), ("market",)), (trait("cluster"), ("market",))],
    ids=["language", "most frequent values", "clusters"],
)
def test_segments_made_from_the_market_s_own_customers_are_like_no_other_s(dimension, parts):
    assert apart(profile(dimension=dimension), profile("JP", "JPY", dimension=dimension)) == parts


def test_the_stratum_is_the_same_where_its_dimensions_are():
    one, other = definitions(profile()), definitions(profile(dimension=rules("m_score = 1")))
    assert differences(one["stratum"], other["stratum"]) == ("of",)
