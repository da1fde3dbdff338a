"""Dimensions, strata, sums and membership of a market."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pytest

from tasks.segment.market import save, segment
from tasks.segment.strata import strata

D = Decimal
AS_OF = date(2021, 2, 20)
RULES = {
    "kind": "rules",
    "segments": [
        {"code": "prospect", "when": "lifetime_orders = 0", "group": "prospect"},
        {"code": "lapsed", "when": "orders = 0", "group": "lapsed"},
        {"code": "big", "when": "monetary_reference >= 500", "group": "active"},
        {"code": "never", "when": "orders > 1000", "group": "active"},
    ],
    "else": "small",
    "else_group": "active",
}
VALUE = {
    "kind": "tiers",
    "trait": "monetary_ppp",
    "tiers": ["low", "mid", "high"],
    "borders": ["200", "1000"],
    "fallback": {"trait": "monetary_local", "quantiles": ["0.5", "0.8"]},
}
BOTH = {
    "dimensions": {"lifecycle": RULES, "value": VALUE, "language": {"kind": "trait", "trait": "language"}},
    "stratum": {"dimensions": ["lifecycle", "value"], "minimum": 1},
}


def buyer(ppp, **more):
    return {"orders": 1, "lifetime_orders": 1, "monetary_ppp": ppp if ppp is None else D(ppp), **more}


def placed(engine, result, column):
    return engine.to_arrow(result.customers.order_by("customer_id"))[column].to_pylist()


def test_the_first_rule_that_holds_wins_and_null_does_not_hold(duck, traits_from, profile_of):
    rows = [{}, {"lifetime_orders": 1}, buyer("1", monetary_reference=D(500)), buyer("1"), buyer("1")]
    result = segment(duck, profile_of(**BOTH), traits_from(duck, rows), None, AS_OF)
    assert placed(duck, result, "segment_lifecycle") == ["prospect", "lapsed", "big", "small", "small"]
    notes = result.notes["dimensions"]["lifecycle"]
    assert [(rule["segment"], rule["customers"], rule["holds"], rule["null"]) for rule in notes["rules"]] == [
        ("prospect", 1, 1, 0),
        ("lapsed", 1, 2, 0),
        ("big", 1, 1, 2),
        ("never", 0, 0, 0),
    ]
    assert notes["dead"] == ["never"]


@pytest.mark.parametrize(
    ("ppp", "before", "after"),
    [
        ("199.99", None, "low"),
        ("200.00", None, "mid"),
        ("1000", None, "high"),
        ("-5", None, "low"),
        ("190.00", "mid", "mid"),
        ("189.99", "mid", "low"),
        ("1049.99", "mid", "mid"),
        ("1050.00", "mid", "high"),
        ("209.99", "low", "low"),
        ("210.00", "low", "mid"),
        ("950.00", "high", "high"),
        ("949.99", "high", "mid"),
        ("150", "high", "low"),
        ("190.00", "none", "low"),
        ("190.00", "renamed", "low"),
    ],
)
def test_tiers_by_borders_with_five_per_cent_hysteresis(duck, traits_from, profile_of, ppp, before, after):
    traits = traits_from(duck, [buyer(ppp)])
    previous = traits.customers.select("customer_id").mutate(segment_value=ibis.literal(before)) if before else None
    assert placed(duck, segment(duck, profile_of(**BOTH), traits, previous, AS_OF), "segment_value") == [after]


def test_who_has_no_value_or_no_order_is_nobody(duck, traits_from, profile_of):
    rows = [buyer("300"), {}, {"lifetime_orders": 3, "monetary_ppp": D(0)}, buyer(None)]
    result = segment(duck, profile_of(**BOTH), traits_from(duck, rows), None, AS_OF)
    assert placed(duck, result, "segment_value") == ["mid", "none", "none", "none"]


def test_tiers_go_by_rank_where_the_lens_is_off(duck, traits_from, profile_of):
    rows = [buyer(None, monetary_local=D(n)) for n in range(1, 11)] + [{}]
    result = segment(duck, profile_of(**BOTH), traits_from(duck, rows), None, AS_OF)
    assert placed(duck, result, "segment_value") == ["low"] * 5 + ["mid"] * 3 + ["high"] * 2 + ["none"]
    assert result.notes["dimensions"]["value"]["borders"] == ["5.500000", "8.200000"]
    assert "monetary_ppp" in result.notes["dimensions"]["value"]["fallback"]


def test_each_dimension_adds_up_exactly_with_guests(duck, traits_from, profile_of):
    rows = [
        buyer("1", language=lang, monetary_local=D("0.33"), exact_monetary_local=D("0.3333333"))
        for lang in ("de", "fr", None)
    ]
    guests = {"orders": 2, "lifetime_orders": 2, "exact_monetary_local": D("0.0000001")}
    result = segment(duck, profile_of(**BOTH), traits_from(duck, rows, guests), None, AS_OF)
    found = duck.to_arrow(result.segments).to_pylist()
    for dimension in ("lifecycle", "value", "language", "stratum"):
        mine = [row for row in found if row["dimension"] == dimension]
        assert sum(row["customers"] for row in mine) == 3
        assert sum(row["orders"] for row in mine) == 5
        assert sum(row["share_customers"] for row in mine) == pytest.approx(1)
        assert [row["customers"] for row in mine if row["segment"] == "guest"] == [0]
    sums = {d: sum(r["monetary_local"] for r in found if r["dimension"] == d) for d in {r["dimension"] for r in found}}
    assert len(set(sums.values())) == 1, sums
    assert {r["segment"] for r in found if r["dimension"] == "language"} == {"de", "fr", "unknown", "guest"}


def test_saved_files_are_equal_whatever_the_order_of_rows(duck, traits_from, profile_of, people, tmp_path):
    one, two = traits_from(duck, people), traits_from(duck, people)
    two = type(two)(duck.cache(two.customers.order_by("city", "customer_id")), two.guests, two.cuts, two.notes)
    for traits, name in ((one, "one"), (two, "two")):
        notes = save(duck, segment(duck, profile_of(**BOTH), traits, None, AS_OF), tmp_path / name)
        assert notes["rows"]["customers"] == 2000
        duck.con.execute("SET threads = 1").fetchall()
    for file in ("customers", "segments", "audiences"):
        pair = [(tmp_path / name / f"{file}.parquet").read_bytes() for name in ("one", "two")]
        assert pair[0] == pair[1], file


@pytest.mark.parametrize(
    ("counts", "setting", "names"),
    [
        ({("big", "low"): 10, ("small", "low"): 1}, {}, {"active_low"}),
        ({("big", "low"): 10, ("lapsed", "none"): 9}, {}, {"active_low", "other"}),
        ({("big", "low"): 20, ("big", "mid"): 5, ("big", "high"): 6}, {}, {"active_low", "active"}),
        ({("big", "low"): 20, ("big", "mid"): 11, ("lapsed", "low"): 12}, {"maximum": 2}, {"active", "lapsed"}),
        ({("big", "low"): 20, ("lapsed", "low"): 12, ("new", "low"): 11}, {"maximum": 2}, {"active", "other"}),
    ],
    ids=["groups join rules", "small to else", "small to the parent", "too many to parents", "too many to else"],
)
def test_small_and_surplus_cells_merge_and_the_merge_is_told(profile_of, counts, setting, names):
    stratum = {"dimensions": ["lifecycle", "value"], "minimum": 10, **setting}
    made = strata(profile_of(dimensions=BOTH["dimensions"], stratum=stratum), counts)
    assert set(made.names.values()) == names
    assert bool(made.merged) == (names != {"active_low"})
    assert set(made.names) == set(counts)
