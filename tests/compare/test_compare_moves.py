"""Who moved, and for what cause: each cause in one customer, from small publications written by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from region_profiles.models import Profile
from tasks.compare.anchors import Anchor, anchor_date, write_comparisons
from tasks.compare.moves import Sides, write_membership
from tasks.segment.definitions import definitions, digest

D = Decimal
SEGMENTS = ("often", "once", "never")
WHY = {"loyalty": {"often": "orders > 1", "once": "orders = 1", "never": "else"}}


@pytest.fixture
def profile():
    market = {"country": "DE", "time_zone": "Europe/Berlin", "currencies": [{"code": "EUR"}], "languages": ["de"]}
    rules = [{"code": "often", "when": "orders > 1"}, {"code": "once", "when": "orders = 1"}]
    return Profile.model_validate(
        {
            "market": market,
            "dimensions": {"loyalty": {"kind": "rules", "segments": rules, "else": "never"}},
            "stratum": {"dimensions": ["loyalty"]},
            "teams": [{"name": "de_team", "locales": ["de-DE"]}],
        }
    )


def row(customer, segment, orders=1, euros=10, reference=11, population="person"):
    return {
        "customer_id": customer,
        "population": population,
        "orders": orders,
        "lifetime_orders": orders,
        "monetary_local": D(euros),
        "lifetime_local": D(euros),
        "monetary_reference": D(reference),
        "segment_loyalty": segment,
    }


def written(folder, name, rows):
    path = folder / f"{name}.parquet"
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("population", pa.string()),
            ("orders", pa.int64()),
            ("lifetime_orders", pa.int64()),
        ]
        + [(c, pa.decimal128(18, 2)) for c in ("monetary_local", "lifetime_local", "monetary_reference")]
        + [("segment_loyalty", pa.string())]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def moved(folder, profile, sides):
    to = folder / "membership.parquet"
    with duckdb.connect() as con:
        counted = write_membership(con, profile, WHY, sides, to)
    return {(r["customer_id"]): r for r in pq.read_table(to).to_pylist()}, counted


def people(folder, name, rows):
    path = folder / f"{name}.parquet"
    schema = pa.schema([("customer_id", pa.string()), ("kind", pa.string()), ("into", pa.string())])
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def test_in_a_first_publication_nobody_has_moved(tmp_path, profile):
    now = written(tmp_path, "now", [row("a", "once")])
    rows, counted = moved(tmp_path, profile, Sides(now))
    assert (rows, counted) == ({}, {})


def test_every_move_carries_its_cause(tmp_path, profile):
    before = [
        row("stays", "once"),
        row("buys", "once"),
        row("gives_back", "often", orders=2),
        row("rule", "once"),
        row("rates", "once"),
        row("late_file", "once"),
        row("survivor", "once"),
        row("merged", "once"),
        row("employee", "once"),
        row("objector", "once"),
        row("vanished", "once"),
        row("rule_and_buys", "once"),
    ]
    # The same date by today's rules, references and data.
    like = [
        row("stays", "once"),
        row("buys", "once"),
        row("gives_back", "often", orders=2),
        row("rule", "never"),
        row("rates", "never", reference=12),
        row("late_file", "often", orders=2),
        row("survivor", "often", orders=2),
        row("known_late", "once"),
        row("rule_and_buys", "never"),
    ]
    ruled = [
        row(one["customer_id"], "never" if one["customer_id"].startswith("rule") else one["segment_loyalty"])
        for one in before
    ]
    now = [
        row("stays", "once"),
        row("buys", "often", orders=2),
        row("gives_back", "once", orders=1),
        row("rule", "never"),
        row("rates", "never", reference=12),
        row("late_file", "often", orders=2),
        row("survivor", "often", orders=2),
        row("known_late", "once"),
        row("new", "once"),
        row("rule_and_buys", "often", orders=2),
    ]
    departed = [
        {"customer_id": "merged", "kind": "merge", "into": "survivor"},
        {"customer_id": "employee", "kind": "employee", "into": None},
        {"customer_id": "objector", "kind": "objection", "into": None},
    ]
    sides = Sides(
        written(tmp_path, "now", now),
        written(tmp_path, "before", before),
        written(tmp_path, "ruled", ruled),
        written(tmp_path, "like", like),
        people(tmp_path, "departed", departed),
        people(tmp_path, "returned", [{"customer_id": "gives_back", "kind": None, "into": None}]),
    )
    rows, counted = moved(tmp_path, profile, sides)
    assert "stays" not in rows
    assert {who: (r["move"], r["cause"], r["restated"]) for who, r in rows.items()} == {
        "buys": ("move", "customer", None),
        "gives_back": ("move", "refund", None),
        "rule": ("move", "rule", "rule"),
        "rates": ("move", "reference", "reference"),
        "late_file": ("move", "correction", "correction"),
        "survivor": ("move", "identity", "identity"),
        "merged": ("exit", "identity", None),
        "employee": ("exit", "correction", None),
        "objector": ("exit", "customer", None),
        "vanished": ("exit", "correction", None),
        "known_late": ("enter", "correction", None),
        "new": ("enter", "customer", None),
        "rule_and_buys": ("move", "customer", "rule"),
    }
    assert rows["buys"]["changed"] == "orders: 1 > 2"
    assert rows["buys"]["rule"] == "orders > 1"
    assert rows["buys"]["definition"] == digest(definitions(profile)["loyalty"])[:12]
    assert counted["loyalty"] == {"correction": 4, "customer": 4, "identity": 2, "reference": 1, "refund": 1, "rule": 1}


def test_where_the_key_of_pseudonyms_changed_everybody_moves_by_identity(tmp_path, profile):
    before = written(tmp_path, "before", [row("old1", "once"), row("old2", "often", orders=2)])
    now = written(tmp_path, "now", [row("new1", "once"), row("new2", "often", orders=2)])
    like = written(tmp_path, "like", [row("new1", "once"), row("new2", "once")])
    rows, counted = moved(tmp_path, profile, Sides(now, before, like=like, rekeyed=True))
    assert counted == {"loyalty": {"identity": 4}}
    assert {one: (told["move"], told["like_segment"]) for one, told in rows.items()} == {
        "old1": ("exit", None), "old2": ("exit", None), "new1": ("enter", "once"), "new2": ("enter", "once"),
    }  # fmt: skip


def test_a_new_dimension_moves_everyone_by_rule(tmp_path, profile):
    now = written(tmp_path, "now", [row("a", "once")])
    before = tmp_path / "before.parquet"
    pq.write_table(pq.read_table(written(tmp_path, "was", [row("a", "once")])).drop(["segment_loyalty"]), before)
    rows, _ = moved(tmp_path, profile, Sides(now, before))
    assert (rows["a"]["move"], rows["a"]["cause"]) == ("enter", "rule")


def test_a_dimension_that_went_off_is_left_by_everyone_who_had_a_segment_by_rule(tmp_path, profile):
    def with_age(name, rows, ages):
        path = written(tmp_path, name, rows)
        pq.write_table(pq.read_table(path).append_column("segment_age", pa.array(ages, pa.string())), path)
        return path

    people = [row("stays", "once"), row("moves", "once"), row("none", "once"), row("at", "once", population="contact")]
    before = with_age("before", [*people, row("gone", "once")], ["old", "young", None, "old", "young"])
    now = written(tmp_path, "now", [row("stays", "once"), row("moves", "often", orders=2), *people[2:]])
    like = with_age("like", people, ["old", None, None, "old"])
    to = tmp_path / "membership.parquet"
    with duckdb.connect() as con:
        counted = write_membership(con, profile, WHY, Sides(now, before, like=like), to)
    rows = [one for one in pq.read_table(to).to_pylist() if one["dimension"] == "age"]
    told = ("segment", "previous_segment", "like_segment", "move", "cause", "restated", "definition")
    assert {one["customer_id"]: tuple(one[name] for name in told) for one in rows} == {
        "stays": (None, "old", "old", "exit", "rule", None, None),
        "moves": (None, "young", None, "exit", "rule", "rule", None),
        "gone": (None, "young", None, "exit", "rule", None, None),
    }
    assert counted == {"loyalty": {"customer": 1, "correction": 1}, "age": {"rule": 3}}


def test_anchors_are_the_publication_before_the_last_month_and_the_day_last_year():
    assert anchor_date("month_end", date(2024, 3, 1), None) == date(2024, 2, 29)
    assert anchor_date("last_year", date(2024, 2, 29), None) == date(2023, 2, 28)
    assert anchor_date("previous", date(2024, 2, 29), None) is None


def test_flows_count_persons_and_accounts_but_no_contacts(tmp_path):
    then, now = tmp_path / "then", tmp_path / "now"
    for folder in (then, now):
        folder.mkdir()
        pq.write_table(
            pa.table(
                {"dimension": ["loyalty"], "segment": ["once"], "customers": [2], "orders": [2],
                 "monetary_local": [D(1)], "monetary_reference": [D(1)], "monetary_ppp": [D(1)]}
            ),
            folder / "segments.parquet",
        )  # fmt: skip
    written(then, "customers", [row("a", "once"), row("b", "once"), row("c", "once", population="contact")])
    written(now, "customers", [row("a", "often"), row("d", "once"), row("c", "often", population="contact")])
    anchor = Anchor("last_year", date(2023, 1, 1), then)
    with duckdb.connect() as con:
        rows = write_comparisons(con, now / "customers.parquet", [anchor], ["loyalty"], tmp_path)
    assert rows == {"comparisons": 1, "flows": 3}
    flows = {
        (r["from_segment"], r["to_segment"]): r["customers"]
        for r in pq.read_table(tmp_path / "flows.parquet").to_pylist()
    }
    assert flows == {("once", "often"): 1, ("once", None): 1, (None, "once"): 1}
