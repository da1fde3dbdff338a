"""Scores follow from values alone; cuts are exact and published (facts of the retailer: facts/statistics.md)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.csv import ReadOptions, read_csv

from tasks.traits.scores import Cuts, positions, quantile_cuts, shares_of

D = Decimal
DAY = date(2021, 1, 10)
EXAMPLE = [1, 1, 1, 1, 1, 1, 2, 2, 3, 9]


def spending(values):
    return [{"member_number": f"m{n:03}", "net": D(v), "local_date": DAY} for n, v in enumerate(values)]


def test_the_published_example_in_five(traits_of):
    found, result = traits_of(spending(EXAMPLE))
    assert [found[who]["m_score"] for who in sorted(found)] == [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]
    cuts = next(cuts for cuts in result.cuts if cuts.score == "m_score")
    assert cuts.cuts == {0: (D(1), D(1), D("1.4"), D("2.2"))}
    assert cuts.counts == {1: 6, 2: 0, 3: 0, 4: 2, 5: 2}
    assert cuts.as_dict()["empty"] == [2, 3]
    assert Cuts.from_dict(cuts.as_dict()) == cuts


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(-10_000, 10_000_000), min_size=1, max_size=60), st.integers(2, 20))
def test_cuts_are_the_continuous_quantiles(cents, bins):
    values = sorted(D(one) / 100 for one in cents)
    cuts = quantile_cuts({p: values[p] for p in positions(len(values), shares_of(bins))}, len(values), shares_of(bins))
    expected = np.quantile([float(v) for v in values], [k / bins for k in range(1, bins)])
    assert [float(cut) for cut in cuts] == pytest.approx(list(expected), abs=1e-5)
    assert len(positions(len(values), shares_of(bins))) <= 2 * bins


def test_recency_scores_rank_minus_recency_days(traits_of):
    days = [date(2021, 1, day) for day in (1, 2, 3, 4, 5)]
    found, result = traits_of([{"member_number": f"m{d.day}", "net": D(1), "local_date": d} for d in days])
    assert [found[f"m{d.day}"]["r_score"] for d in days] == [1, 2, 3, 4, 5]
    assert result.cuts[0].cuts[0][0] == D("-49.2"), "minus days: 50, 49, ... days before the as-of date"


@pytest.mark.parametrize(("days", "score"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 4), (7, 5), (9, 5)])
def test_frequency_defaults_to_thresholds(traits_of, days, score):
    lines = [{"member_number": "a", "net": D(1), "local_date": date(2021, 1, n + 1)} for n in range(days)]
    assert traits_of(lines)[0]["a"]["f_score"] == score


@pytest.mark.parametrize(("day", "score"), [(date(2021, 2, 20), 3), (date(2021, 1, 21), 3), (date(2021, 1, 20), 2)])
def test_recency_thresholds_are_days_counted_the_other_way(traits_of, day, score):
    scores = {"recency": {"method": "thresholds", "bins": 3, "thresholds": ["30", "90"]}}
    found, _ = traits_of([{"member_number": "a", "net": D(1), "local_date": day}], traits={"scores": scores})
    assert found["a"]["r_score"] == score


def test_nested_scores_have_cuts_of_their_own_within_each_parent(traits_of):
    scores = {
        "frequency": {"method": "thresholds", "bins": 2, "thresholds": ["2"]},
        "monetary": {"method": "nested", "within": "frequency", "bins": 2},
    }
    lines = spending([1, 2, 100, 200])
    lines += [{**one, "local_date": date(2021, 1, 11), "order_id": f"x{n}"} for n, one in enumerate(lines[2:])]
    found, result = traits_of(lines, traits={"scores": scores})
    assert [(found[w]["f_score"], found[w]["m_score"]) for w in sorted(found)] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert result.cuts[-1].cuts == {1: (D("1.5"),), 2: (D(300),)}


def test_scores_depend_neither_on_row_order_nor_on_threads(traits_of, engine):
    values = [n * n % 37 for n in range(1, 400)]
    one, _ = traits_of(spending(values))
    engine.con.execute("SET threads = 1").fetchall()
    two, _ = traits_of(list(reversed([{**s, "order_id": f"o{n}"} for n, s in enumerate(spending(values))])))
    assert one == two


def test_quintiles_of_frequency_leave_australia_with_empty_bins(traits_of, shared_data):
    folder = shared_data("global_electronics_retailer/pristine")
    con = duckdb.connect()
    con.register("customers", read_csv(folder / "Customers.csv", read_options=ReadOptions(encoding="cp1252")))
    lines = con.execute(
        f"""SELECT "Order Number", sales.CustomerKey, strptime("Order Date", '%m/%d/%Y')::DATE
            FROM read_csv('{folder}/Sales.csv', all_varchar=true) AS sales
            JOIN customers ON customers.CustomerKey = sales.CustomerKey::BIGINT
            WHERE Country = 'Australia' ORDER BY ALL"""
    ).fetchall()
    people = con.execute("SELECT CustomerKey::VARCHAR FROM customers WHERE Country = 'Australia'").fetchall()
    found, result = traits_of(
        [{"order_id": o, "member_number": m, "local_date": d, "net": D(1)} for o, m, d in lines],
        [{"member_number": m} for (m,) in people],
        traits={"window": "all", "scores": {"frequency": {"method": "quantiles"}}},
    )
    counts = Counter(who["f_score"] for who in found.values())
    assert (counts[1], counts[2], counts[3], counts[4]) == (486, 0, 0, 210)
    assert sum(who["orders"] for who in found.values()) == 1182
    assert sum(who["orders"] > 0 for who in found.values()) == 780
    assert counts[None] == len(people) - 780
    assert result.cuts[1].counts[2] == 0
