"""What profiles say of dimensions and audiences that no type refuses."""

from __future__ import annotations

import pytest

from region_profiles.segment_checks import CODES, NUMBERS, check_segments

TIERS = {"kind": "tiers", "trait": "orders", "tiers": ["a", "b"], "borders": [2]}
RULES = {"kind": "rules", "segments": [{"code": "x", "when": "orders > 1"}], "else": "y"}

#: Dimension, the path below it and what is said.
FAULTS = {
    "borders and quantiles": ({**TIERS, "quantiles": ["0.5"]}, "quantiles", "stands beside borders"),
    "too few quantiles": (
        {"kind": "tiers", "trait": "orders", "tiers": ["a", "b", "c"], "quantiles": ["0.5"]},
        "quantiles",
        "wrong length",
    ),
    "a tier of a text": ({**TIERS, "trait": "language"}, "trait", "is no numeric trait"),
    "a number as it is": ({"kind": "trait", "trait": "orders"}, "trait", "is no code trait"),
    "a name as it is": ({"kind": "trait", "trait": "customer_id"}, "trait", "is no code trait"),
    "a segment named like guests": ({**RULES, "else": "guest"}, "else", "is kept for"),
    "a tier named like accounts": ({**TIERS, "tiers": ["account", "b"]}, "tiers", "is kept for"),
    "a trait that nobody has": ({**RULES, "covers": ["ordres"]}, "covers", "unknown trait"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_dimension_is_told_at_its_place(profile_of, name):
    dimension, step, said = FAULTS[name]
    parts = {"dimensions": {"box": dimension, "value": TIERS}, "stratum": {"dimensions": ["value"]}}
    (fault,) = check_segments(profile_of(**parts))
    assert fault.path[:3] == ("dimensions", "box", step)
    assert said in fault.problem


def test_a_stratum_cannot_stand_on_what_the_profile_turns_off(profile_of):
    parts = {
        "dimensions": {"club": {**RULES, "covers": ["loyalty_tier"]}},
        "stratum": {"dimensions": ["club"]},
        "traits": {"off": ["loyalty"]},
    }
    (fault,) = check_segments(profile_of(**parts))
    assert fault.path == ("stratum", "dimensions", 0)
    assert "traits.off has loyalty_tier" in fault.problem


def test_audiences_and_what_teams_see_name_what_is_there(profile_of):
    parts = {
        "dimensions": {"box": RULES, "sector": {"kind": "trait", "trait": "industry", "population": "account"}},
        "stratum": {"dimensions": ["box"]},
        "audiences": {
            "a": {"when": "segment_sector = 'G'", "channels": []},
            "b": {"when": "orders > 1", "covers": ["carts", "carts"], "channels": ["email", "email"]},
        },
        "exports": {"dimensions": ["sector", "bax"]},
    }
    found = [(fault.path, fault.problem) for fault in check_segments(profile_of(**parts))]
    assert found == [
        (("audiences", "a", "channels"), "is empty"),
        (("audiences", "a", "when"), "is about another population"),
        (("audiences", "b", "covers", 1), "trait stands twice"),
        (("audiences", "b", "channels", 1), "channel stands twice"),
        (("exports", "dimensions", 1), "unknown dimension"),
    ]


def test_every_trait_that_says_something_can_be_a_dimension():
    assert {"churn_risk", "expected_revenue", "recency_days", "m_score"} <= set(NUMBERS)
    assert {"language", "cluster", "industry", "channel_mix"} <= set(CODES)
    assert not {"customer_id", "member_number", "population", "holdout"} & set(CODES)
