"""One call predicts a market: money, grades, and the same numbers in whatever order rows come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from region_profiles.predict_models import Prediction
from tasks.errors import Terminal
from tasks.predict.backtest import backtest
from tasks.predict.market import predict
from tasks.predict.measures import captured, rank_correlation
from tasks.predict.spend import fit_spend

ROOT = Path(__file__).resolve().parents[2]
SMALL = Prediction(minimum_customers=100)


def codes(found) -> list[str]:
    return [reason["code"] for reason in found.reasons]


@pytest.fixture(scope="module")
def rows(shoppers):
    return shoppers(4000)


def of_customers(found, rows) -> dict[str, np.ndarray]:
    columns = found.customers(rows)
    return {name: columns.column(name).to_numpy(zero_copy_only=False) for name in columns.column_names}


# --- money ------------------------------------------------------------------------------------------------------------


def test_expected_net_revenue_is_purchases_times_spend_times_factor(rows):
    found = of_customers(predict(rows, Prediction(), factor=0.8), rows)
    assert found["expected_net_revenue"] == pytest.approx(found["expected_purchases"] * found["expected_spend"] * 0.8)


def test_without_a_margin_there_is_no_lifetime_value(rows):
    found = predict(rows, Prediction(), factor=0.8)
    assert "no_margin" in codes(found)
    assert found.customers(rows).column("lifetime_value").null_count == rows.num_rows


def test_without_a_factor_there_is_no_revenue_but_there_are_purchases(rows):
    found = predict(rows, Prediction())
    assert "no_factor" in codes(found)
    assert found.customers(rows).column("expected_net_revenue").null_count == rows.num_rows
    assert found.customers(rows).column("expected_purchases").null_count == 0


def test_lifetime_value_is_discounted_and_revenue_never(rows):
    plain = of_customers(predict(rows, Prediction(margin=Decimal("0.4")), factor=1.0), rows)
    later = of_customers(predict(rows, Prediction(margin=Decimal("0.4"), discount_rate="0.1"), factor=1.0), rows)
    assert plain["lifetime_value"] == pytest.approx(0.4 * plain["expected_net_revenue"])
    assert later["expected_net_revenue"] == pytest.approx(plain["expected_net_revenue"])
    ratio = later["lifetime_value"] / plain["lifetime_value"]
    assert ((ratio > 1 / 1.1) & (ratio < 1)).all()


def test_a_negative_margin_makes_negative_lifetime_values_and_is_said(rows):
    found = predict(rows, Prediction(margin=Decimal("-0.2")), factor=1.0)
    worth = of_customers(found, rows)
    assert "negative_margin" in codes(found)
    assert worth["lifetime_value"] == pytest.approx(-0.2 * worth["expected_net_revenue"])
    assert (worth["lifetime_value"] < 0).all()


def test_a_customer_whose_returns_exceed_their_purchases_is_expected_to_spend_little_not_less_than_nothing(rows):
    found = predict(rows, Prediction(), factor=1.0)
    expected = found.spend.expected(np.array([3.0, 3.0, 3.0]), np.array([-50.0, 0.0, 10.0]))
    assert expected[0] == expected[1]
    assert 0 < expected[0] < expected[2]


def test_money_may_come_as_decimals(rows):
    amounts = rows.column("spend").to_numpy(zero_copy_only=False)
    exact = pa.array([None if np.isnan(one) else Decimal(f"{one:.6f}") for one in amounts], pa.decimal128(38, 6))
    found = predict(rows.set_column(3, "spend", exact), Prediction()).spend
    assert found.params["p"] == pytest.approx(predict(rows, Prediction()).spend.params["p"], rel=1e-4)


def test_a_mean_of_all_purchase_days_says_of_how_many(rows):
    """The same mean of one day more is the surer, so it is trusted more."""
    repeats = rows.column("repeats").to_numpy()
    counted = rows.append_column("spend_days", pa.array(repeats + 1))
    spend = predict(counted, Prediction()).spend
    assert spend.params == fit_spend(np.where(repeats > 0, repeats + 1, 0), _spend(rows)).params
    found = of_customers(predict(counted, Prediction()), counted)
    assert found["expected_spend"][repeats == 0] == pytest.approx(
        spend.params["p"] * spend.params["gamma"] / (spend.params["q"] - 1)
    )


def _spend(rows) -> np.ndarray:
    return rows.column("spend").to_numpy(zero_copy_only=False)


def test_spend_without_a_finite_mean_falls_back_to_the_markets_mean():
    """Means of customers drawn as 1 / Gamma(.7): q is below 1."""
    rng = np.random.default_rng(3)
    days = rng.integers(1, 6, 3000)
    found = fit_spend(days, rng.gamma(4.0 * days) / days / rng.gamma(0.7, 1, 3000))
    assert (found.kind, found.reasons) == ("mean", ("no_finite_mean",))
    assert found.expected(np.array([0.0, 2.0]), np.array([np.nan, 9.0])).tolist() == [found.mean, found.mean]


def test_spend_that_is_all_equal_is_that_spend():
    found = fit_spend([1, 2, 3] * 200, [25.0] * 600)
    assert found.kind == "mean"
    assert found.expected(np.array([0.0]), np.array([np.nan]))[0] == pytest.approx(25.0)


def test_spend_that_grows_with_frequency_is_said(rows):
    repeats = rows.column("repeats").to_numpy()
    tied = rows.set_column(
        3, "spend", pa.array(np.where(repeats > 0, _spend(rows) * repeats, np.nan), from_pandas=True)
    )
    found = predict(tied, Prediction())
    assert found.spend.correlation > 0.3
    assert "spend_depends" in codes(found)


# --- grades -----------------------------------------------------------------------------------------------------------


def test_cdnow_is_graded_on_what_its_holdout_did(cdnow):
    """Bias -17 % of 1,877 purchases in the 272 days after 1997-10-01, nearer than own rates: B, not A."""
    found = predict(cdnow("1998-06-30"), Prediction(), past=cdnow("1997-10-01", 272), past_days=272)
    tested = found.notes["backtest"]
    assert (found.grade, tested["actual"], tested["model"]) == ("B", 1877, "mbg_nbd")
    assert tested["purchases"]["bias"] == pytest.approx(-0.167, abs=0.005)
    assert tested["purchases"]["mae"] < tested["baseline"]["mae"]
    assert tested["skill"] > 0.3
    assert abs(tested["revenue"]["bias"]) < abs(tested["revenue_baseline"]["bias"])
    json.dumps(found.notes, allow_nan=False)


def past_of(rows, purchases) -> pa.Table:
    return rows.append_column("purchases", pa.array(np.asarray(purchases, np.int64)))


def test_a_model_no_better_than_own_rates_is_graded_d(rows):
    """A holdout that goes on exactly as each customer did, which no model that shrinks can match."""
    days = 200
    age = np.maximum(rows.column("age").to_numpy(), days)
    found = backtest(past_of(rows, np.rint(rows.column("repeats").to_numpy() / age * days)), days, Prediction())
    assert (found.grade, [reason["code"] for reason in found.reasons]) == ("D", ["no_better"])
    assert found.baseline.rmse < found.purchases.rmse


def test_a_total_off_by_more_than_half_is_graded_d(rows):
    some = np.zeros(rows.num_rows, np.int64)
    some[:40] = 1
    found = backtest(past_of(rows, some), 200, Prediction())
    assert (found.grade, [reason["code"] for reason in found.reasons]) == ("D", ["total_far"])
    assert found.purchases.bias > 0.5


def test_too_few_purchases_in_the_holdout_give_no_grade(rows):
    found = backtest(past_of(rows, np.arange(rows.num_rows) < 29), 200, Prediction())
    assert (found.grade, [reason["code"] for reason in found.reasons]) == ("none", ["few_holdout_purchases"])


def test_a_market_too_small_at_the_cut_gives_no_grade(rows):
    found = backtest(past_of(rows.slice(0, 500), np.ones(500)), 200, Prediction())
    assert (found.grade, found.model) == ("none", None)
    assert "too_few_customers" in [reason["code"] for reason in found.reasons]


def test_without_a_past_there_is_no_grade_and_it_is_said(rows):
    found = predict(rows, Prediction())
    assert (found.grade, found.notes["backtest"]) == ("none", None)
    assert "no_backtest" in codes(found)


def test_a_horizon_beyond_the_data_is_graded_c_at_best(cdnow):
    past = cdnow("1997-10-01", 272)
    found = predict(cdnow("1998-06-30"), Prediction(horizon_days=730), past=past, past_days=272)
    assert found.grade == "C"
    assert {"code": "horizon_beyond_history", "days": 730, "history": 545} in found.reasons


def test_the_holdout_is_the_horizon_but_never_more_than_half_of_the_history():
    assert Prediction().holdout_days(1877) == 365
    assert Prediction().holdout_days(545) == 272
    assert Prediction().holdout_days(120) is None


def test_grouped_pasts_are_as_good_as_customers_one_by_one(cdnow):
    past = cdnow("1997-10-01", 272).drop_columns(["spend", "revenue"])
    keys = ["repeats", "span", "age", "purchases"]
    counted = past.group_by(keys).aggregate([([], "count_all")]).rename_columns([*keys, "customers"])
    one, other = (backtest(each, 272, Prediction()) for each in (past, counted))
    assert counted.num_rows < past.num_rows
    assert one.purchases.mae == pytest.approx(other.purchases.mae, rel=1e-12)
    assert one.purchases.rank_correlation == pytest.approx(other.purchases.rank_correlation, rel=1e-12)
    assert one.grade == other.grade


def test_measures_of_ties_do_not_depend_on_the_order_of_rows():
    predicted, actual = np.array([1.0, 1.0, 0.0, 0.0]), np.array([2.0, 0.0, 1.0, 0.0])
    ones = np.ones(4)
    assert captured(predicted, actual, ones, 0.25) == pytest.approx(1 / 3)
    assert captured(predicted[::-1], actual[::-1], ones, 0.25) == pytest.approx(1 / 3)
    assert rank_correlation(predicted, np.zeros(4), ones) is None


# --- the same, always -------------------------------------------------------------------------------------------------


def test_the_order_of_rows_changes_no_bit(cdnow):
    now, past = cdnow("1998-06-30"), cdnow("1997-10-01", 272)
    shuffled = np.random.default_rng(7).permutation(now.num_rows)
    settings = Prediction(margin=Decimal("0.3"))
    one = predict(now, settings, factor=1.0, past=past, past_days=272)
    other = predict(now.take(shuffled), settings, factor=1.0, past=past.take(shuffled), past_days=272)
    assert one.notes == other.notes
    assert one.table.equals(other.table)
    assert one.customers(now).take(shuffled).equals(other.customers(now.take(shuffled)))


PROGRAM = """
import sys, numpy as np, pyarrow as pa
from region_profiles.predict_models import Prediction
from tasks.predict.market import predict
rng = np.random.default_rng(1)
age = rng.integers(1, 900, 40_000)
repeats = np.minimum(rng.negative_binomial(0.6, 0.3, len(age)), age)
span = np.where(repeats > 0, np.maximum(repeats, (age * rng.random(len(age))).astype(int)), 0)
spend = pa.array(np.where(repeats > 0, rng.gamma(6, 1, len(age)), np.nan), from_pandas=True)
rows = pa.table({"repeats": repeats, "span": span, "age": age, "spend": spend})
found = predict(rows, Prediction(), factor=1.0)
print(found.notes["fit"]["params"], found.notes["spend"]["params"])
print(sum(hash(value) for value in found.customers(rows).column("expected_net_revenue").to_pylist()))
"""


def test_the_number_of_threads_changes_no_bit():
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    said = [
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM],
            env=os.environ | dict.fromkeys(threads, number) | {"PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for number in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "alpha" in said[0]


def test_a_customer_who_was_not_fitted_is_a_defect(rows):
    found = predict(rows, Prediction())
    with pytest.raises(Terminal, match="not among those that were fitted"):
        found.customers(pa.table({"repeats": [1], "span": [698], "age": [699]}))


def test_a_missing_value_is_a_defect(rows):
    broken = rows.set_column(0, "repeats", pa.nulls(rows.num_rows, pa.int64()))
    with pytest.raises(Terminal, match="no value"):
        predict(broken, Prediction())
    with pytest.raises(Terminal, match="missing"):
        predict(rows.drop_columns(["age"]), Prediction())
