"""Each model agrees with its own story: drawn customers, published closed forms, slopes by differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from tasks.errors import Terminal
from tasks.predict.beta_geometric import BG_NBD, MBG_NBD
from tasks.predict.fitting import fit
from tasks.predict.forecast import MONTH, forecast
from tasks.predict.grouped import grouped, grouped_table, joined
from tasks.predict.model import Fitted
from tasks.predict.nbd import NBD
from tasks.predict.pareto import PARETO_NBD
from tasks.predict.quadrature import beta_nodes, hypergeometric

MODELS = (BG_NBD, MBG_NBD, PARETO_NBD, NBD)
THETA = {"bg_nbd": (0.6, 45.0, 0.9, 1.6), "mbg_nbd": (0.6, 45.0, 0.9, 1.6), "pareto_nbd": (0.6, 70.0, 0.7, 80.0)}
DRAWS = 400_000


@pytest.fixture(scope="module")
def few():
    return grouped([0, 0, 1, 2, 5, 40, 3], [0, 0, 10, 60, 60, 300, 90], [0, 90, 400, 60, 200, 310, 365])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_gradient_is_that_of_the_likelihood(model, few):
    logs = np.log(THETA.get(model.name, (0.6, 45.0)))
    by_difference = approx_fprime(logs, lambda at: model.likelihood(at, few)[0], 1e-7)
    assert model.likelihood(logs, few)[1] == pytest.approx(by_difference, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD, PARETO_NBD], ids=lambda model: model.name)
def test_what_is_expected_of_the_living_is_what_drawn_customers_do(model):
    """Posterior rates of a customer with 3 repeats in 200 days, then a year of purchases each: a mean of 400,000."""
    rng = np.random.default_rng(1)
    r, alpha, a, b = THETA[model.name]
    rate = rng.gamma(r + 3, 1 / (alpha + 200), DRAWS)
    if model is PARETO_NBD:
        life = np.minimum(rng.exponential(1 / rng.gamma(a, 1 / (b + 200), DRAWS)), 365)
        mean, some = (rate * life).mean(), (rng.exponential(1 / rate) < life).mean()
    else:
        leave = rng.beta(a, b + 3 + (model is MBG_NBD), DRAWS)
        mean, some = (-np.expm1(-rate * leave * 365) / leave).mean(), -np.expm1(-rate * 365).mean()
    theta, x, age = np.array(THETA[model.name]), np.array([3.0]), np.array([200.0])
    assert model.purchases(theta, x, age, 365.0)[0] == pytest.approx(mean, rel=0.01)
    assert model.some(theta, x, age, np.array([365.0]))[0] == pytest.approx(some, rel=0.01)


@pytest.mark.parametrize("x", [0, 2, 26, 100])
@pytest.mark.parametrize("days", [90, 365, 1826])
def test_bg_nbd_expects_what_equation_10_of_fader_hardie_lee_says(x, days):
    r, alpha, a, b = 0.243, 30.9, 0.793, 2.426
    z = days / (alpha + 400 + days)
    series = hyp2f1(a - 1, a + b - 1 - r, a + b + x - 1, z)
    equation = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
    found = BG_NBD.purchases(np.array([r, alpha, a, b]), np.array([float(x)]), np.array([400.0]), float(days))
    assert found[0] == pytest.approx(equation, rel=1e-9)


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD, PARETO_NBD], ids=lambda model: model.name)
def test_where_equations_divide_by_a_less_1_nothing_happens(model):
    x, age = np.array([2.0]), np.array([300.0])
    near = [model.purchases(np.array([0.5, 40.0, a, 2.0]), x, age, 365.0)[0] for a in (1 - 1e-6, 1.0, 1 + 1e-6)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, rel=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_days_to_a_purchase_invert_its_probability(model):
    theta = np.array(THETA.get(model.name, (0.6, 45.0)))
    x, age, share = np.array([3.0, 3.0]), np.array([200.0, 200.0]), np.array([0.5, 0.999999])
    days = model.when(theta, x, age, share, 400.0)
    assert model.some(theta, x[:1], age[:1], days[:1])[0] == pytest.approx(0.5, abs=1e-3)
    assert days[1] == np.inf


def test_one_time_buyers_of_bg_nbd_are_alive_by_assumption_and_those_of_mbg_nbd_by_evidence(few):
    params = dict(zip(BG_NBD.names, THETA["bg_nbd"], strict=True))
    said = {name: forecast(Fitted(name, params, 0.0, 7), few, 365) for name in ("bg_nbd", "mbg_nbd")}
    assert np.isnan(said["bg_nbd"].p_alive[few.repeats == 0]).all()
    assert (said["mbg_nbd"].p_alive[few.repeats == 0] < 1).all()
    assert (said["bg_nbd"].churn_risk[few.repeats == 0] > 0).all()


def test_nobody_who_never_leaves_has_a_probability_to_be_alive(few):
    found = forecast(Fitted("nbd", {"r": 0.6, "alpha": 45.0}, 0.0, 7), few, 365)
    assert np.isnan(found.p_alive).all()
    assert np.isfinite(found.churn_risk).all()


def test_a_next_purchase_has_a_day_only_where_it_is_likelier_than_not_within_the_horizon(few):
    params = dict(zip(MBG_NBD.names, THETA["mbg_nbd"], strict=True))
    found = forecast(Fitted("mbg_nbd", params, 0.0, 7), few, 365)
    assert np.array_equal(np.isfinite(found.next_purchase_days), found.churn_risk <= 0.5)
    assert np.nanmax(found.next_purchase_days) <= 365


def test_discounting_takes_each_month_in_its_middle(few):
    """NBD buys evenly, so twelve months of 30.4375 days at 10 % a year come to a known mean of factors."""
    fitted = Fitted("nbd", {"r": 0.6, "alpha": 45.0}, 0.0, 7)
    found = forecast(fitted, few, 365, 0.1)
    ends = np.minimum(np.arange(1, 13) * MONTH, 365)
    starts = np.arange(12) * MONTH
    factor = ((ends - starts) * 1.1 ** (-(starts + ends) / 2 / 365.25)).sum() / 365
    assert found.discounted_purchases == pytest.approx(found.expected_purchases * factor)
    assert forecast(fitted, few, 365).discounted_purchases == pytest.approx(found.expected_purchases)


def test_parameters_come_back_from_drawn_customers(shoppers):
    found = fit(MBG_NBD, grouped_table(shoppers(20_000)))
    assert found.params["r"] == pytest.approx(0.6, rel=0.15)
    assert found.params["alpha"] == pytest.approx(45, rel=0.15)
    assert not found.degenerate


def test_a_beta_expectation_holds_for_extreme_parameters():
    """E p^2 = a (a + 1) / ((a + b) (a + b + 1)), exact for a quadrature of degree 95."""
    for a in (0.001, 1.0, 500.0):
        b = np.array([0.001, 1.0, 1e4])
        nodes, weights = beta_nodes(a, b)
        assert (nodes**2 * weights).sum(axis=1) == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)), rel=1e-9)


def test_the_continued_fraction_is_2f1():
    b, c = np.array([0.3, 2.0, 50.0, 700.0]), np.array([1.9, 2.5, 90.0, 701.2])
    for z in (0.0, 0.3, 0.9, 0.99):
        assert hypergeometric(b, c, np.full(4, z)) == pytest.approx(hyp2f1(1.0, b, c, z), rel=1e-10)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(([1], [10], [9]), id="span above age"),
        pytest.param(([1], [0], [9]), id="repeats without span"),
        pytest.param(([0], [5], [9]), id="span without repeats"),
        pytest.param(([6], [5], [9]), id="more repeats than days"),
        pytest.param(([-1], [0], [9]), id="negative"),
    ],
)
def test_a_history_that_cannot_be_is_refused(history):
    with pytest.raises(Terminal, match="cannot be"):
        grouped(*history)


def test_a_history_in_parts_of_days_is_refused():
    with pytest.raises(Terminal, match="whole days"):
        grouped([1], [2.5], [9])


def test_grouping_and_joining_count_every_customer():
    one, other = grouped([0, 0, 1], [0, 0, 3], [9, 9, 9]), grouped([0], [0], [9], [5])
    both = joined([one, other])
    assert (both.total, both.repeats.tolist(), both.customers.tolist()) == (8, [0, 1], [7, 1])
