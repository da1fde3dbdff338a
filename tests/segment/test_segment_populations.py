"""Persons and accounts are cut, placed and totalled apart; contacts inherit and are counted nowhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from region_profiles.models import Scores
from tasks.segment.market import save, segment
from tasks.traits.scores import Cuts, score, scored

D = Decimal
AS_OF = date(2021, 2, 20)
BOXES = {
    "dimensions": {
        "lifecycle": {
            "kind": "rules",
            "segments": [{"code": "big", "when": "monetary_local >= 100"}],
            "else": "small",
        },
        "account_value": {
            "kind": "tiers",
            "population": "account",
            "trait": "monetary_reference",
            "tiers": ["low", "high"],
            "quantiles": ["0.5"],
        },
        "industry": {"kind": "trait", "population": "account", "trait": "industry", "most": 1},
    },
    "stratum": {"dimensions": ["lifecycle"], "minimum": 2},
}


def spender(amount, **more):
    money = D(amount)
    return {
        "orders": 1,
        "lifetime_orders": 1,
        "recency_days": 5,
        "frequency": 1,
        "monetary_local": money,
        "monetary_reference": money,
        "lifetime_local": money,
        **more,
    }


def account(amount, **more):
    return spender(amount, population="account", type="account", **more)


MIXED = [
    spender("50"),
    spender("100"),
    account("1000", industry="G"),
    account("3000", industry="G"),
    account("10", industry="C"),
    spender("3000", population="contact", type="contact", industry="G"),
]


def test_each_population_is_cut_by_its_own_values(duck, traits_from):
    rows = [spender(n) for n in range(1, 6)] + [account(1000 * n) for n in range(1, 6)]
    rows.append(spender(5000, population="contact"))
    base = traits_from(duck, rows).customers.drop("r_score", "f_score", "m_score")
    made, cuts = score(duck, Scores(), base)
    found = duck.to_arrow(made.order_by("customer_id"))["m_score"].to_pylist()
    assert found == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 5]
    money = {one.population: one for one in cuts if one.score == "m_score"}
    assert list(money) == ["person", "account"]
    assert money["account"].counts == dict.fromkeys(range(1, 6), 1), "the contact is not counted"
    again = scored(base, [Cuts.from_dict(one.as_dict()) for one in cuts])
    assert duck.to_arrow(again.order_by("customer_id"))["m_score"].to_pylist() == found


def test_who_is_of_the_other_population_has_its_name_and_contacts_are_with_their_account(duck, traits_from, profile_of):
    result = segment(duck, profile_of(**BOXES), traits_from(duck, MIXED), None, AS_OF)
    found = duck.to_arrow(result.customers.order_by("customer_id"))
    assert found["segment_lifecycle"].to_pylist() == ["small", "big", "account", "account", "account", "account"]
    assert found["segment_account_value"].to_pylist() == ["person", "person", "low", "high", "low", "high"]
    assert found["segment_industry"].to_pylist() == ["person", "person", "G", "G", "other", "G"]
    assert found["stratum"].to_pylist()[2:] == ["account"] * 4, "apart, however few: no stratum of persons"


def test_each_dimension_adds_up_to_the_market_without_contacts(duck, traits_from, profile_of):
    guests = {"orders": 1, "lifetime_orders": 1, "exact_monetary_local": D("0.01")}
    result = segment(duck, profile_of(**BOXES), traits_from(duck, MIXED, guests), None, AS_OF)
    rows = duck.to_arrow(result.segments).to_pylist()
    for dimension in (*BOXES["dimensions"], "stratum"):
        mine = [row for row in rows if row["dimension"] == dimension]
        assert sum(row["customers"] for row in mine) == 5, dimension
        assert sum(row["monetary_local"] for row in mine) == D("4160.01"), dimension
        assert sum(row["share_customers"] or 0 for row in mine) == pytest.approx(1), "of the own population"
    last = [row["segment"] for row in rows if row["dimension"] == "lifecycle"][-2:]
    assert last == ["account", "guest"]
    shares = {row["segment"]: row["share_customers"] for row in rows if row["dimension"] == "account_value"}
    assert shares == {"low": pytest.approx(2 / 3), "high": pytest.approx(1 / 3), "none": 0, "person": None, "guest": 0}


def test_a_market_of_persons_has_no_row_of_accounts(duck, traits_from, profile_of):
    result = segment(duck, profile_of(**BOXES), traits_from(duck, MIXED[:2], covered=True), None, AS_OF)
    rows = duck.to_arrow(result.segments).to_pylist()
    assert {row["dimension"] for row in rows} == {"lifecycle", "stratum"}
    assert "account" not in {row["segment"] for row in rows}
    off = result.notes["dimensions_off"]
    assert {name: one["code"] for name, one in off.items()} == {"account_value": "nobody", "industry": "nobody"}


def test_rules_are_counted_in_their_population_with_overlaps_and_nulls(duck, traits_from, profile_of):
    rules = [
        {"code": "big", "when": "monetary_local >= 100"},
        {"code": "some", "when": "monetary_local >= 50"},
        {"code": "odd", "when": "monetary_ppp > 1"},
        {"code": "never", "when": "orders > 9"},
    ]
    dimensions = {"lifecycle": {"kind": "rules", "segments": rules, "else": "small"}}
    profile = profile_of(dimensions=dimensions, stratum={"dimensions": ["lifecycle"]})
    rows = [*MIXED, spender("101"), spender("1")]
    notes = segment(duck, profile, traits_from(duck, rows), None, AS_OF).notes["dimensions"]["lifecycle"]
    assert [(one["segment"], one["customers"], one["holds"], one["null"]) for one in notes["rules"]] == [
        ("big", 2, 2, 0),
        ("some", 1, 3, 0),
        ("odd", 0, 0, 1),
        ("never", 0, 0, 0),
    ]
    assert notes["overlap"] == [{"first": "big", "later": "some", "customers": 2}]
    assert notes["dead"] == ["odd", "never"]
    # 100 and 101 lie within 1 % of the border 100, 50 on the border 50; 1 is near none.
    assert notes["near"] == {"monetary_local": 0.75, "monetary_ppp": 0, "orders": 0}
    assert notes["small"] == ["big", "some", "small"], "fewer than privacy.minimum_count"


def test_near_a_border_is_one_unit_of_a_whole_number_and_of_what_a_score_ranks(duck, traits_from, profile_of):
    rules = [{"code": "recent", "when": "r_score >= 2"}]
    dimensions = {"lifecycle": {"kind": "rules", "segments": rules, "else": "old"}}
    profile = profile_of(dimensions=dimensions, stratum={"dimensions": ["lifecycle"]})
    named = {"score": "r_score", "basis": "recency_days", "method": "quantiles", "within": None, "reached": False}
    cuts = (Cuts(**named, bins=2, cuts={0: (D("-30"),)}, counts={}, without=0),)
    # Score 2 needs fewer than 30 days: 29 and 30 stand beside the border, 28 and 31 do not.
    rows = [spender("1", recency_days=days, r_score=1 + (days < 30)) for days in (28, 29, 30, 31)]
    notes = segment(duck, profile, traits_from(duck, rows, cuts=cuts), None, AS_OF).notes
    assert notes["dimensions"]["lifecycle"]["near"] == {"recency_days": 0.5}


@pytest.mark.parametrize(
    "rows",
    [[], [{}], [account("5")], [spender("1")] * 3, [{"population": "contact"}]],
    ids=["nobody", "one prospect", "one account", "all alike", "one contact"],
)
def test_the_smallest_markets_are_segmented(duck, traits_from, profile_of, rows, tmp_path):
    notes = save(duck, segment(duck, profile_of(**BOXES), traits_from(duck, rows, covered=True), None, AS_OF), tmp_path)
    assert notes["rows"]["customers"] == len(rows)
    found = duck.to_arrow(duck.read_parquet(tmp_path / "customers.parquet"))
    assert found["segment_lifecycle"].null_count == 0
    assert notes["holdout"]["off"] == "fewer than 200 customers"


def test_tiers_of_equal_values_are_all_low_and_a_value_named_like_a_population_is_other(duck, traits_from, profile_of):
    parts = BOXES["dimensions"] | {"place": {"kind": "trait", "trait": "city"}}
    rows = [account("7", industry="G")] * 3 + [{"city": "guest"}, {"city": "account"}, {"city": "Ulm"}]
    profile = profile_of(dimensions=parts, stratum={"dimensions": ["lifecycle"]})
    found = duck.to_arrow(
        segment(duck, profile, traits_from(duck, rows), None, AS_OF).customers.order_by("customer_id")
    )
    assert found["segment_account_value"].to_pylist()[:3] == ["low"] * 3
    assert found["segment_place"].to_pylist()[3:] == ["other", "other", "Ulm"]
