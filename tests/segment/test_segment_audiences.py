"""Audiences: rules with consent, priority and holdout; the holdout is stratified, persistent and equal everywhere."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import ibis
import pytest

from tasks.segment.market import save, segment

AS_OF = date(2021, 2, 20)
SIMPLE = {
    "dimensions": {
        "lifecycle": {"kind": "rules", "segments": [{"code": "buyer", "when": "orders > 0"}], "else": "not"}
    },
    "stratum": {"dimensions": ["lifecycle"], "minimum": 1},
}
LISTS = {
    "letters": {"when": "segment_lifecycle = 'buyer'", "channels": ["post"], "priority": 20},
    "help": {"when": "orders > 1", "purpose": "service", "priority": 10, "holdout": False},
    "due": {"when": "replenish_date <= as_of", "channels": ["email", "store"], "priority": 30},
    "firms": {"when": "orders > 0", "population": "account", "purpose": "service"},
}
ROWS = [
    {"orders": 2, "consent_post": "yes"},
    {"orders": 1, "consent_post": "no", "consent_email": "yes", "replenish_date": AS_OF},
    {"orders": 1, "consent_post": "unknown", "consent_email": "yes", "replenish_date": date(2021, 2, 21)},
    {"population": "account", "orders": 5},
    {"population": "contact", "orders": 5, "consent_post": "yes"},
]


@pytest.fixture
def listed(duck, profile_of, traits_from, tmp_path):
    def make(rows, previous=None, **parts):
        made = segment(duck, profile_of(**SIMPLE | parts), traits_from(duck, rows), previous, AS_OF)
        notes = save(duck, made, tmp_path)
        found = [
            tuple(row.values()) for row in duck.to_arrow(duck.read_parquet(tmp_path / "audiences.parquet")).to_pylist()
        ]
        customers = duck.to_arrow(duck.read_parquet(tmp_path / "customers.parquet"))
        return found, notes, customers

    return make


def test_who_meets_a_rule_is_listed_with_consent_and_by_priority(listed):
    found, notes, _ = listed(ROWS, audiences=LISTS)
    assert found == [
        ("id00000", "help", 1, "no"),
        ("id00000", "letters", 2, "no"),
        ("id00001", "due", 1, "no"),
        ("id00003", "firms", 1, "no"),
    ]
    counts = {
        name: [one[part] for part in ("matched", "not_listed", "listed", "first")]
        for name, one in notes["audiences"].items()
    }
    assert counts == {"help": [1, 0, 1, 1], "letters": [3, 2, 1, 0], "due": [1, 0, 1, 1], "firms": [1, 0, 1, 1]}
    assert notes["audiences"]["help"]["shared"] == {"letters": 1}
    assert list(notes["audiences"]) == ["help", "letters", "due", "firms"]


def test_whom_the_law_may_call_a_minor_is_in_no_marketing(listed):
    # Korea's PIPA, Art. 22-2: below 14; of an age only the year is known.
    rows = [{"orders": 2, "consent_post": "yes", "birth_year": year} for year in (2002, 2003, 2004, None)]
    found, _, _ = listed(rows, audiences=LISTS, privacy={"regime": "pipa"})
    assert [row[0] for row in found if row[1] == "letters"] == [f"id{n:05}" for n in range(4)], "PIPA: below 14"
    found, notes, _ = listed([{**row, "birth_year": 2007} for row in rows], audiences=LISTS, privacy={"regime": "pipa"})
    assert [row[1] for row in found] == ["help"] * 4, "turns 14 this year, perhaps not yet"
    refused = {part: notes["audiences"]["letters"][part] for part in ("not_listed", "without_consent", "minors")}
    assert refused == {"not_listed": 4, "without_consent": 0, "minors": 4}


def test_a_market_without_audiences_has_an_empty_file(listed):
    found, notes, _ = listed(ROWS)
    assert (found, notes["audiences"]) == ([], {})


# --- holdout ----------------------------------------------------------------------------------------------------------

CROWD = [{"orders": n % 2, "consent_post": "yes"} for n in range(400)]
HELD = {"holdout": {"share": "0.1", "salt": "s1", "minimum": 100}}


def test_each_stratum_gives_those_of_the_lowest_digests(listed):
    found, notes, customers = listed(CROWD, audiences=LISTS, **HELD)
    rows = customers.to_pylist()
    for code in ("buyer", "not"):
        mine = [row["customer_id"] for row in rows if row["segment_lifecycle"] == code]
        lowest = sorted(mine, key=lambda one: hashlib.sha256(f"s1{one}".encode()).hexdigest())[:20]
        assert {row["customer_id"] for row in rows if row["holdout"] == "yes" and row["customer_id"] in mine} == set(
            lowest
        )
    assert notes["holdout"] == {
        "share": "0.1", "customers": 40, "of": 400, "drawn": 40, "by_stratum": {"buyer": 20, "not": 20},
    }  # fmt: skip
    assert sum(row[3] == "yes" for row in found) == 20
    assert notes["audiences"]["letters"]["holdout"] == 20


def test_who_was_in_the_holdout_stays_in_and_only_new_customers_are_drawn(listed, duck):
    _, _, before = listed(CROWD, **HELD)
    was = dict(zip(before["customer_id"].to_pylist(), before["holdout"].to_pylist(), strict=True))
    moved = [{**row, "orders": 1} for row in CROWD] + [{"orders": 0}] * 100
    _, notes, after = listed(moved, duck.from_arrow(before, "previous"), **HELD)
    now = dict(zip(after["customer_id"].to_pylist(), after["holdout"].to_pylist(), strict=True))
    assert {name: now[name] for name in was} == was
    assert notes["holdout"]["by_stratum"] == {"buyer": 40, "not": 10}
    assert notes["holdout"]["drawn"] == 10


def test_a_small_market_draws_nobody_and_all_are_new_once_it_is_large_enough(listed, duck):
    _, notes, before = listed(CROWD[:99], **HELD)
    assert set(before["holdout"].to_pylist()) == {None}
    assert notes["holdout"]["off"] == "fewer than 100 customers"
    _, notes, _ = listed(CROWD, duck.from_arrow(before, "previous"), **HELD)
    assert notes["holdout"]["drawn"] == 40


def test_contacts_have_no_holdout_of_their_own(listed):
    rows = [*CROWD, {"population": "account"}, {"population": "contact"}]
    _, notes, customers = listed(rows, **HELD)
    assert customers["holdout"].to_pylist()[-1] is None
    assert notes["holdout"]["of"] == 401


def test_rules_cannot_name_the_holdout(profile_of):
    from tasks.segment.rules import check_rules

    profile = profile_of(
        **SIMPLE | {"audiences": {"x": {"when": "holdout = 'no'"}, "y": {"when": "segment_life = 'a'"}}}
    )
    errors = check_rules(profile)
    assert [error.path for error in errors] == ["audiences.x.when", "audiences.y.when"]
    assert errors[1].hint == "did you mean 'segment_lifecycle'?"


def test_doubles_meet_a_border_as_they_are(duck, profile_of, traits_from):
    parts = {"value": {"kind": "tiers", "trait": "discount_share", "tiers": ["a", "b"], "borders": ["0.3"]}}
    rows = [{"discount_share": share} for share in (0.29999999999999993, 0.3, 0.31, None)]
    profile = profile_of(dimensions=parts, stratum={"dimensions": ["value"]})
    found = segment(duck, profile, traits_from(duck, rows), None, AS_OF).customers.order_by("customer_id")
    assert duck.to_arrow(found)["segment_value"].to_pylist() == ["a", "b", "b", "none"]
    kept = found.select("customer_id").mutate(segment_value=ibis.literal("b"))
    again = segment(duck, profile, traits_from(duck, rows), kept, AS_OF).customers.order_by("customer_id")
    assert duck.to_arrow(again)["segment_value"].to_pylist() == ["b", "b", "b", "none"]
    assert Decimal("0.3") * Decimal("0.95") == Decimal("0.285")
