"""The published numbers of CDNOW, from raw dates, in days: weeks of the literature are seven of them.

Sources: Fader, Hardie, Lee 2005 ('Counting Your Customers the Easy Way'), table 2 and their spreadsheet note; Fader,
Hardie 2005 ('A Note on Deriving the Pareto/NBD Model'); Fader, Hardie 2013 ('The Gamma-Gamma Model of Monetary Value').
BG/NBD is published from weeks rounded by hand; digits beyond were recomputed from raw
dates.
"""

from __future__ import annotations

import numpy as np
import pytest

from tasks.predict.beta_geometric import BG_NBD, MBG_NBD
from tasks.predict.fitting import fit
from tasks.predict.forecast import forecast
from tasks.predict.grouped import grouped_table
from tasks.predict.histories import spend_of
from tasks.predict.pareto import PARETO_NBD
from tasks.predict.spend import fit_spend

CALIBRATION = "1997-09-30"
HOLDOUT = 39 * 7
REPEATS = 2457
IN_WEEKS = REPEATS * np.log(7)


@pytest.fixture(scope="module")
def data(cdnow):
    return grouped_table(cdnow(CALIBRATION))


@pytest.fixture(scope="module")
def bg_nbd(data):
    return fit(BG_NBD, data)


def test_the_sample_is_the_published_one(data):
    assert (data.total, data.purchases, int(data.customers[data.repeats == 0].sum())) == (2357, REPEATS, 1411)


def test_bg_nbd_has_the_published_parameters(bg_nbd):
    found = bg_nbd.params
    weekly = [found["r"], found["alpha"] / 7, found["a"], found["b"]]
    assert weekly == pytest.approx([0.24259, 4.41360, 0.79292, 2.42591], rel=1e-5, abs=1e-5)
    assert bg_nbd.log_likelihood + IN_WEEKS == pytest.approx(-9582.429, abs=1e-3)
    assert not bg_nbd.degenerate
    assert bg_nbd.agreeing == bg_nbd.starts


def test_bg_nbd_in_days_is_bg_nbd_in_weeks(bg_nbd):
    assert bg_nbd.params["alpha"] == pytest.approx(7 * 4.413626, rel=1e-5)
    assert bg_nbd.log_likelihood == pytest.approx(-9582.42921 - IN_WEEKS, rel=1e-8)


def test_bg_nbd_expects_of_customer_1_what_is_published(bg_nbd):
    theta = BG_NBD.vector(bg_nbd.params)
    x, span, age = np.array([2.0]), np.array([30.43 * 7]), np.array([38.86 * 7])
    alive = BG_NBD.alive(theta, x, span, age)
    assert alive[0] == pytest.approx(0.726609, abs=1e-5)
    assert (alive * BG_NBD.purchases(theta, x, age, HOLDOUT))[0] == pytest.approx(1.2259, abs=1e-3)


def test_bg_nbd_predicts_the_holdout_as_published(cdnow, data, bg_nbd):
    past = cdnow(CALIBRATION, HOLDOUT)
    at = data.rows_of(*(past.column(name).to_numpy() for name in ("repeats", "span", "age")))
    expected = forecast(bg_nbd, data, HOLDOUT).expected_purchases[at]
    actual = past.column("purchases").to_numpy()
    assert actual.sum() == 1882
    assert expected.sum() == pytest.approx(1653.4, abs=0.05)
    assert np.abs(expected - actual).mean() == pytest.approx(0.7855, abs=5e-4)


def test_mbg_nbd_has_its_known_parameters(data):
    """To the two digits that the documentation of lifetimes (ModifiedBetaGeoFitter) prints for the same sample."""
    found = fit(MBG_NBD, data).params
    weekly = [found["r"], found["alpha"] / 7, found["a"], found["b"]]
    assert weekly == pytest.approx([0.525, 6.18, 0.89, 1.61], abs=5e-3)


def test_pareto_nbd_has_the_published_parameters(data):
    found = fit(PARETO_NBD, data)
    weekly = [found.params["r"], found.params["alpha"] / 7, found.params["s"], found.params["beta"] / 7]
    assert weekly == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=1e-3)
    assert found.log_likelihood + IN_WEEKS == pytest.approx(-9594.97, abs=1e-2)


def test_gamma_gamma_has_the_published_parameters(cdnow):
    found = fit_spend(*spend_of(cdnow(CALIBRATION)))
    assert (found.kind, found.spenders) == ("gamma_gamma", 946)
    assert list(found.params.values()) == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    assert found.log_likelihood == pytest.approx(-4055.918, abs=1e-3)


def test_one_time_buyers_are_expected_to_spend_35_17(cdnow):
    found = fit_spend(*spend_of(cdnow(CALIBRATION)))
    assert found.expected(np.array([0.0]), np.array([np.nan]))[0] == pytest.approx(35.17, abs=1e-3)


def test_spend_and_frequency_of_cdnow_are_near_enough_to_independent(cdnow):
    found = fit_spend(*spend_of(cdnow(CALIBRATION)))
    assert 0 < found.correlation < 0.3
    assert "spend_depends" not in found.reasons
