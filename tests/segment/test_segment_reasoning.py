"""Rules that can never hold or never take anyone are told without data."""

from __future__ import annotations

import pytest

from region_profiles.loader import load_profile
from tasks.segment.rules import doubtful_rules


def doubted(profile_of, *rules, audiences=None):
    segments = [{"code": f"s{number}", "when": rule} for number, rule in enumerate(rules)]
    tiers = {"kind": "tiers", "trait": "monetary_local", "tiers": ["low", "high"], "borders": [1]}
    dimensions = {"box": {"kind": "rules", "segments": segments, "else": "rest"}, "value": tiers}
    profile = profile_of(dimensions=dimensions, stratum={"dimensions": ["box"]}, audiences=audiences or {})
    return [(error.value, error.problem, error.hint) for error in doubtful_rules(profile)]


NEVER = {
    "a score beyond its bins": ("r_score > 5", "r_score is 1 to 5"),
    "a count below zero": ("orders < 0", "orders is 0 or more"),
    "two values at once": ("orders = 0 and orders > 1", "orders is 0 or more"),
    "between two whole numbers": ("recency_days > 3 and recency_days < 4", "recency_days is 0 or more"),
    "half a purchase": ("orders = 2.5", "orders is 0 or more"),
    "an unknown code": ("nps_class = 'happy'", "nps_class is detractor, passive, promoter"),
    "all known codes denied": ("nps_class not in ('promoter', 'passive', 'detractor')", "nps_class is"),
    "two codes at once": ("language = 'de' and language = 'fr'", "its conditions on language exclude each other"),
    "null and a value": ("effort is null and effort > 1", "its conditions on effort exclude each other"),
    "a share above one": ("churn_risk > 1", "churn_risk is 0 to 1"),
    "every way": ("orders < 0 or (r_score = 2 and not (r_score < 4))", "orders is 0 or more, r_score is 1 to 5"),
    "a constant on the left": ("5 < r_score", "r_score is 1 to 5"),
    "dates": ("last_order_date < '2020-01-01' and last_order_date > '2021-01-01'", "last_order_date exclude"),
    "false": ("false", "it says FALSE"),
}


@pytest.mark.parametrize("name", NEVER)
def test_a_rule_that_contradicts_itself_is_told(profile_of, name):
    rule, said = NEVER[name]
    ((code, problem, hint),) = doubted(profile_of, rule)
    assert (code, problem) == ("s0", "can never hold")
    assert said in hint


TAKEN = {
    "a narrower range": ["orders > 1", "orders > 2"],
    "the same again": ["monetary_ppp >= 5 and language = 'de'", "language = 'de' and monetary_ppp >= 5"],
    "a code of a list": ["language in ('de', 'fr')", "language = 'fr' and orders > 1"],
    "each way by another": ["orders = 1", "orders = 2", "orders in (1, 2)"],
    "whole numbers": ["orders >= 3", "orders > 2"],
    "after everyone": ["true", "orders > 1"],
    "not null": ["effort is not null", "effort > 0.5"],
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_rule_whose_customers_are_taken_before_is_told(profile_of, name):
    *_, (code, problem, hint) = doubted(profile_of, *TAKEN[name])
    assert (code, problem) == (f"s{len(TAKEN[name]) - 1}", "takes nobody")
    assert "s0" in hint


SOUND = {
    "null is another matter": ["effort > 0.5", "effort is null or effort > 0.5"],
    "wider": ["orders > 2", "orders > 1"],
    "open ends": ["monetary_ppp > 5", "monetary_ppp >= 5"],
    "two traits": ["orders > lifetime_orders", "orders > lifetime_orders and orders > 1"],
    "one value left out": ["orders >= 1 and orders <> 3", "orders = 3"],
    "arithmetic": ["monetary_ppp / orders > 5", "monetary_ppp > 5"],
    "of other traits": ["r_score = 5", "f_score = 5"],
    "without an else": ["not (orders between 2 and 4)", "orders = 3"],
}


@pytest.mark.parametrize("name", SOUND)
def test_what_may_take_someone_is_not_doubted(profile_of, name):
    assert doubted(profile_of, *SOUND[name]) == []


def test_audiences_are_checked_against_the_segments_there_are(profile_of):
    audiences = {
        "a": {"when": "segment_value = 'hgih'"},
        "b": {"when": "segment_value = 'high' and segment_box = 'rest'"},
    }
    assert doubted(profile_of, "orders > 1", audiences=audiences) == [
        ("a", "can never hold", "segment_value is high, low, none")
    ]


def test_the_ready_made_rules_are_beyond_doubt():
    assert doubtful_rules(load_profile("DE")) == []
