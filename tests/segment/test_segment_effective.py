"""A dimension or audience is on only where the market's data carries it, and what is off says why."""

from __future__ import annotations

from datetime import date

import pytest

from region_profiles.loader import load_profile
from region_profiles.predict_models import Prediction
from tasks.errors import ProfileError
from tasks.export.shown import shown
from tasks.segment.effective import effective, unpredicted
from tasks.segment.market import segment
from tasks.segment.task import with_predicted

AS_OF = date(2021, 2, 20)
PARTS = {
    "dimensions": {
        "lifecycle": {"kind": "rules", "segments": [{"code": "x", "when": "orders > 1"}], "else": "y"},
        "language": {"kind": "trait", "trait": "language"},
        "sensitive": {"kind": "tiers", "trait": "discount_share", "tiers": ["a", "b"], "borders": ["0.1"]},
        "value": {
            "kind": "tiers",
            "trait": "monetary_ppp",
            "tiers": ["a", "b"],
            "borders": ["100"],
            "fallback": {"trait": "monetary_local", "quantiles": ["0.5"]},
        },
        "club": {
            "kind": "rules",
            "segments": [{"code": "in", "when": "loyalty_tier is not null"}],
            "else": "out",
            "covers": ["loyalty_tier", "loyalty_points"],
            "coverage": "0.1",
        },
        "sector": {"kind": "trait", "population": "account", "trait": "industry"},
    },
    "stratum": {"dimensions": ["lifecycle"]},
    "audiences": {"carts": {"when": "carts > 0", "covers": ["carts"], "coverage": 0}, "all": {"when": "true"}},
}
SHARES = {"language": 0.5, "discount_share": 0.4999, "loyalty_tier": 0.3, "loyalty_points": 0.1, "carts": 0.0}


def test_what_is_on_follows_from_the_least_share_of_its_traits(profile_of):
    notes = {"coverage": {"person": SHARES}, "off": {"industry": "no values in companies.industry"}}
    profile, told = effective(profile_of(**PARTS), notes)
    assert list(profile.dimensions) == ["lifecycle", "language", "value", "club"]
    assert list(profile.audiences) == ["carts", "all"]
    assert told["dimensions_off"] == {
        "sensitive": {
            "code": "few",
            "reason": "discount_share is known of too few",
            "share": 0.4999,
            "trait": "discount_share",
        },
        "sector": {"code": "nobody", "reason": "no accounts", "share": None, "trait": None},
    }
    assert told["dimensions_on"]["club"] == {"share": 0.1, "trait": "loyalty_points"}


def test_a_trait_that_is_not_there_is_off_with_its_reason_whatever_the_coverage(profile_of):
    notes = {"coverage": {"person": {}, "account": {}}, "off": {"carts": "no values in events"}}
    profile, told = effective(profile_of(**PARTS), notes)
    assert list(profile.audiences) == ["all"]
    assert told["audiences_off"]["carts"]["reason"] == "no values in events"
    assert told["dimensions_off"]["sector"]["reason"] == "nobody could have industry"
    assert list(profile.dimensions) == ["lifecycle", "value"], "by rank, value needs no trait that can be off"


def test_a_stratum_stands_on_dimensions_that_are_on(profile_of):
    stands = profile_of(**PARTS | {"stratum": {"dimensions": ["language", "sector"]}})
    assert "language" in effective(stands, {"coverage": {"person": {}}})[0].dimensions, "all are unknown"
    falls = profile_of(**PARTS | {"stratum": {"dimensions": ["club"]}})
    with pytest.raises(ProfileError, match="the stratum stands on club, which is off"):
        effective(falls, {"coverage": {"person": {"loyalty_tier": 0.05}}})


def test_rules_on_what_is_off_are_null_and_an_audience_may_name_a_dimension_that_is_off(duck, traits_from, profile_of):
    parts = PARTS | {"audiences": {"both": {"when": "segment_sensitive = 'b' or segment_lifecycle = 'x'"}}}
    rows = [{"orders": 2, "lifetime_orders": 2, "language": "de", "consent_email": "yes"}, {"language": "de"}]
    result = segment(duck, profile_of(**parts), traits_from(duck, rows, covered=True), None, AS_OF)
    assert "segment_sensitive" not in result.customers.columns
    notes = result.notes["audiences"]["both"]
    assert (notes["matched"], notes["null"]) == (1, 1)


def test_teams_see_the_first_five_of_each_population_that_are_on():
    base = load_profile("DE")
    carried = dict.fromkeys(
        ["language", "residence", "churn_risk", "expected_revenue", "discount_share", "contract", "industry"], 1.0
    )
    profile, _ = effective(base, {"coverage": {"person": carried, "account": carried}})
    assert shown(profile) == (
        *("lifecycle", "value", "churn_risk", "residence", "language"),
        *("account_lifecycle", "contract", "industry"),
    )
    named = base.model_copy(update={"exports": base.exports.model_copy(update={"dimensions": ("place", "value")})})
    assert shown(effective(named, {"coverage": {"person": carried}})[0]) == ("value",)


def test_every_ready_made_dimension_and_audience_is_on_where_everything_is_known():
    base = load_profile("DE")
    from tasks.catalogue import CATALOGUE

    everything = dict.fromkeys(CATALOGUE, 1.0)
    profile, told = effective(base, {"coverage": {"person": everything, "account": everything}})
    assert (profile.dimensions, profile.audiences) == (base.dimensions, base.audiences)
    assert not told["dimensions_off"]
    assert not told["audiences_off"]


def test_a_prediction_that_its_backtest_grades_too_low_carries_no_dimension_and_stays_a_trait(profile_of):
    parts = {
        "dimensions": {
            "lifecycle": PARTS["dimensions"]["lifecycle"],
            "risk": {"kind": "tiers", "trait": "churn_risk", "tiers": ["a", "b"], "borders": ["0.5"]},
        },
        "stratum": {"dimensions": ["lifecycle"]},
        "audiences": {"leaving": {"when": "churn_risk > 0.5", "covers": ["churn_risk"]}},
    }
    described = {"coverage": {"person": {"language": 1.0}}, "off": {}}
    for grade, least, on in (("C", "C", True), ("D", "C", False), ("D", "D", True), ("none", "D", False)):
        predicted = {
            "prediction": {"person": {"grade": grade, "fit": {"model": "nbd"}}},
            "coverage": {"person": {"churn_risk": 1.0}},
            "clusters": {},
        }
        known = with_predicted(described, predicted, Prediction(least_grade=least))
        profile, told = effective(profile_of(**parts), known)
        assert ("risk" in profile.dimensions, "leaving" in profile.audiences) == (on, on)
        assert known["off"] == {}
        if not on:
            reason = {
                "D": "churn_risk is predicted too weakly to act on, grade D",
                "none": "churn_risk is predicted, but too little has happened to test how well",
            }[grade]
            weak = {"code": "weak", "reason": reason, "grade": grade, "share": None, "trait": "churn_risk"}
            assert told["dimensions_off"]["risk"] == told["audiences_off"]["leaving"] == weak


@pytest.mark.parametrize("code", ["one_day", "short_history", "too_few_customers", "no_repeats"])
def test_what_was_not_predicted_is_off_for_the_reason_that_nothing_was(profile_of, code):
    """Persons alone: of accounts something is predicted, and no reason of persons is theirs."""
    tiers = {"kind": "tiers", "trait": "churn_risk", "tiers": ["a", "b"], "borders": ["0.5"]}
    parts = {
        "dimensions": {
            "lifecycle": PARTS["dimensions"]["lifecycle"],
            "risk": tiers,
            "account_risk": {**tiers, "population": "account"},
            "language": PARTS["dimensions"]["language"],
        },
        "stratum": {"dimensions": ["lifecycle"]},
        "audiences": {"leaving": {"when": "churn_risk > 0.5", "covers": ["churn_risk"]}},
    }
    notes = {
        "coverage": {"person": {"churn_risk": 0.0, "language": 0.1}, "account": {"churn_risk": 0.2}},
        "unpredicted": unpredicted(
            {
                "person": {"fit": None, "reasons": [{"code": code}, {"code": "no_region"}]},
                "account": {"fit": {"model": "nbd"}, "reasons": [{"code": "few_customers"}]},
            }
        ),
    }
    _, told = effective(profile_of(**parts), notes)
    refused = {"code": "few", "reason": code, "share": 0.0, "trait": "churn_risk"}
    assert told["dimensions_off"]["risk"] == told["audiences_off"]["leaving"] == refused
    assert told["dimensions_off"]["account_risk"]["reason"] == "churn_risk is known of too few"
    assert told["dimensions_off"]["language"]["reason"] == "language is known of too few"
