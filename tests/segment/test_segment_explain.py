"""Explanations agree with what was published; previews with what a run would do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from region_profiles.loader import load_profile
from tasks.errors import ProfileError, Terminal
from tasks.files import parquet
from tasks.segment.explain import explain
from tasks.segment.market import save, segment
from tasks.segment.preview import preview, published_traits
from tasks.segment.preview import told as preview_told
from tasks.segment.telling import told

D = Decimal
AS_OF = date(2021, 2, 20)
SCORES = [
    {"score": "r_score", "of": "recency_days", "method": "quantiles", "within": None, "cuts": {"0": ["-90", "-30"]}},
    {"score": "m_score", "of": "monetary_local", "method": "nested", "within": "r_score", "cuts": {"4": ["1.5"]}},
]


@pytest.fixture
def published(duck, traits_from, people, tmp_path):
    made = segment(duck, load_profile("DE"), traits_from(duck, people, covered=True), None, AS_OF)
    return made.profile, tmp_path / "customers.parquet", save(duck, made, tmp_path)


def test_every_customer_s_explanation_names_the_published_segment(published):
    profile, customers, _ = published
    rows = pq.read_table(customers).to_pylist()
    for row in rows[::40]:
        found = explain(customers, profile, [], row["member_number"])
        assert {p.dimension: p.segment for p in found.placements} == {
            **{name: row[f"segment_{name}"] for name in profile.dimensions},
            "stratum": row["stratum"],
        }
        for placement in found.placements:
            assert "changed since" not in placement.why, placement
        lifecycle = found.placements[0]
        matched = [rule.segment for rule in lifecycle.rules if rule.outcome == "matched"]
        assert matched == ([] if row["segment_lifecycle"] == "lost" else [row["segment_lifecycle"]])


def test_an_explanation_shows_conditions_values_cuts_and_source_rows(published, tmp_path):
    profile, customers, _ = published
    row = next(r for r in pq.read_table(customers).to_pylist() if r["segment_lifecycle"] == "at_risk" and r["r_score"])
    line = {
        **dict.fromkeys(("line_id", "returned_order_id")),
        "member_number": row["member_number"],
        "local_date": AS_OF,
        "rate_date": AS_OF,
        "order_id": "B7",
        "kind": "sale",
        "net": D(10),
        "gross": D("11.9"),
        "currency": "EUR",
        "file": 0,
        "record": 17,
    }
    lines = tmp_path / "lines.parquet"
    pq.write_table(pa.Table.from_pylist([line]), lines)
    factors = pa.Table.from_pylist(
        [{"currency": "EUR", "date": AS_OF, "to_local": D(1), "to_reference": D("1.2"), "to_ppp": D("1.4")}
         | {"to_usd": D("1.2"), "rate_quality": "ecb"}]
    )  # fmt: skip
    found = explain(customers, profile, SCORES, row["customer_id"], transactions=parquet(lines), factors=factors)
    text = told(found)
    assert f"customer {row['member_number']} ({row['customer_id']}), DE" in text
    assert f"(r_score is {row['r_score']})" in text
    assert f"r_score {row['r_score']}: recency_days {row['recency_days']}; quantiles at 90, 30" in text
    assert "order B7, file 0 record 17 (ecb of 2021-02-20: local 1, reference 1.2, ppp 1.4)" in text
    assert json.loads(json.dumps(found.as_dict()))["lines"][0]["gross"] == "11.9"
    assert f"({row['currency']}, gross)" in text
    assert f"({row['currency']})" in told(found, untaxed=True)
    published = replace(found, traits={**found.traits, "member_number": None, "last_order_date": None})
    assert told(published).splitlines()[:2] == [
        f"customer {row['customer_id']}, DE",
        "  never bought, or gave everything back",
    ]


def test_a_tier_kept_by_hysteresis_says_so(duck, traits_from, tmp_path):
    rows = [{"orders": 1, "lifetime_orders": 1, "monetary_ppp": D("195"), "r_score": 3}]
    traits = traits_from(duck, rows, covered=True)
    previous = duck.to_arrow(traits.customers.select("customer_id")).append_column("segment_value", pa.array(["mid"]))
    made = segment(duck, load_profile("DE"), traits, duck.from_arrow(previous, "previous"), AS_OF)
    save(duck, made, tmp_path)
    found = explain(tmp_path / "customers.parquet", made.profile, [], "00000")
    value = next(p for p in found.placements if p.dimension == "value")
    assert value.segment == "mid"
    assert value.why == (
        "monetary_ppp is 195.00, which alone would be low; was mid before and stays there"
        " while monetary_ppp >= 190.00 AND monetary_ppp < 1050.00"
    )


def test_nobody_of_that_number_is_an_error_that_helps(published):
    with pytest.raises(Terminal, match="zeros intact"):
        explain(published[1], published[0], [], "0")


def test_a_preview_without_a_change_moves_nobody(duck, published):
    profile, customers, notes = published
    traits = published_traits(duck, customers, profile, profile)
    found = preview(duck, (profile, traits), (profile, traits), duck.read_parquet(customers), AS_OF)
    assert found.moves == ()
    assert all(size.before == size.after for size in found.sizes)
    assert sum(size.after for size in found.sizes if size.dimension == "value") == notes["rows"]["customers"]


def test_a_preview_shows_sizes_and_who_moves_where(duck, published):
    profile, customers, _ = published
    value = profile.dimensions["value"].model_copy(update={"borders": (D(200), D(5000))})
    changed = profile.model_copy(update={"dimensions": {**profile.dimensions, "value": value}})
    sides = [(side, published_traits(duck, customers, profile, side)) for side in (profile, changed)]
    found = preview(duck, *sides, duck.read_parquet(customers), AS_OF)
    moves = {(move.before, move.after) for move in found.moves if move.dimension == "value"}
    assert moves == {("high", "mid")}
    move = next(move for move in found.moves if move.dimension == "value")
    assert len(move.examples) == 3
    sizes = {size.segment: size for size in found.sizes if size.dimension == "value"}
    assert sizes["high"].before - sizes["high"].after == move.customers
    assert f"value: high -> mid: {move.customers:,} (such as {move.examples[0]}" in preview_told(found)


def test_a_preview_of_another_window_needs_a_run(duck, published):
    profile, customers, _ = published
    changed = profile.model_copy(update={"traits": profile.traits.model_copy(update={"window": 12})})
    with pytest.raises(ProfileError, match="run into another publish root"):
        published_traits(duck, customers, profile, changed)
