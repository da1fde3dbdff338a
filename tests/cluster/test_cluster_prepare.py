"""Which customers and traits take part, and on what scale."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from region_profiles.cluster_models import Clusters
from tasks.cluster.prepare import prepare, scaling
from tasks.errors import Terminal


def prepared(table, traits, **changes):
    return prepare(table, Clusters(traits=traits, logs=(), **changes))


def ids(count):
    return [f"p{number:05d}" for number in range(count)]


def test_a_normal_trait_is_measured_in_its_standard_deviations():
    found = scaling("age", np.random.default_rng(1).normal(50, 8, 100_000), log=False)
    assert (found.centre, found.scale) == (pytest.approx(50, abs=0.1), pytest.approx(8, rel=0.02))


def test_skewed_money_is_taken_in_logs_and_its_tail_counts_as_the_hundredth_part():
    spend = np.append(np.random.default_rng(1).lognormal(4, 1, 9_999), 10_000_000.0)
    found = scaling("basket_local", spend, log=True)
    # 2.326 is the normal distribution's quantile .99
    assert found(spend)[-1] == pytest.approx(2.326, abs=0.1)


def test_more_given_back_than_bought_is_the_mirror_of_more_bought():
    spend = np.random.default_rng(1).lognormal(4, 1, 9_999)
    both = scaling("basket_local", np.concatenate([spend, -spend]), log=True)
    assert both.centre == pytest.approx(0, abs=2)
    assert both(spend) == pytest.approx(-both(-spend), abs=2 * abs(both.centre) / both.scale + 1e-5)


def test_a_trait_that_most_do_not_have_is_no_heavier_than_others():
    shares = np.where(np.arange(1000) % 5 == 0, 0.6, 0.0)
    found = scaling("discount_share", shares, log=False)
    assert found(shares).std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("values", [[], [3.0], [3.0] * 50, [0.0] * 995 + [1.0] * 5])
def test_what_is_the_same_for_nearly_everybody_has_no_scale(values):
    assert scaling("returns_share", np.array(values, dtype=float), log=False) is None


def test_who_lacks_a_trait_stays_out_and_is_counted():
    table = pa.table({"customer_id": ids(4), "a": [1, 2, None, 4], "b": [1.0, float("nan"), 3.0, 5.0]})
    found = prepared(table, ("a", "b"))
    assert found.inside.tolist() == [True, False, False, True]
    assert (found.notes["clustered"], found.notes["left_out"], found.notes["nulls"]) == (2, 2, {"a": 1, "b": 1})


def test_a_trait_that_few_have_stays_out_rather_than_the_customers():
    table = pa.table({"customer_id": ids(4), "a": [1, 2, 3, 4], "b": [4, 3, 2, 1], "c": [7, None, None, None]})
    found = prepared(table, ("a", "b", "c", "d"))
    assert found.inside.all()
    assert found.traits == ("a", "b")
    assert found.unused == {"c": "coverage", "d": "missing"}


def test_prospects_do_not_count_against_the_coverage_of_what_only_buyers_have():
    buyers, prospects = 40, 60
    table = pa.table(
        {
            "customer_id": ids(100),
            "orders": list(range(buyers)) + [0] * prospects,
            "basket": [float(one) for one in range(buyers)] + [None] * prospects,
            "recency_days": list(range(buyers)) + [None] * prospects,
        }
    )
    found = prepared(table, ("orders", "basket", "recency_days"))
    assert found.unused == {}
    assert (found.notes["clustered"], found.notes["left_out"]) == (buyers, prospects)


def test_who_bought_nothing_in_the_window_does_not_drive_its_traits_out():
    bought, lapsed = 30, 170
    window = [float(one) for one in range(bought)] + [None] * lapsed
    table = pa.table(
        {"customer_id": ids(200), "recency_days": range(200), "basket": window, "returns": window, "discount": window}
    )
    found = prepared(table, ("recency_days", "basket", "returns", "discount"))
    assert found.unused == {}
    assert found.notes["clustered"] == bought


def test_money_as_decimals_is_a_number_and_text_is_refused_by_name():
    money = pa.array([Decimal("1.10"), Decimal("2.20")], pa.decimal128(18, 2))
    table = pa.table({"customer_id": ids(2), "spend": money, "orders": [5, 3], "city": ["Ulm", "Aue"]})
    assert prepared(table, ("spend", "orders")).raw.tolist() == [[1.1, 5], [2.2, 3]]
    with pytest.raises(Terminal, match="column city: is no numeric trait"):
        prepared(table, ("spend", "city"))


def test_the_sample_is_of_the_same_customers_when_others_join():
    table = pa.table({"customer_id": ids(4000), "a": range(4000), "b": range(4000)})
    before = prepared(table.slice(0, 3980), ("a", "b"), sample=1000)
    after = prepared(table, ("a", "b"), sample=1000)
    assert len(before.sample) == len(after.sample) == 1000
    assert len(set(before.sample.tolist()) & set(after.sample.tolist())) >= 980
    # and no stretch of the numbers: a quarter of it is from each quarter
    assert np.histogram(after.sample, bins=4)[0] == pytest.approx([250] * 4, abs=50)
