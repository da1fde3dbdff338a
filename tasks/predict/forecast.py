"""Predictions of a fitted model for distinct histories."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tasks.predict.grouped import Floats, Grouped
from tasks.predict.model import Fitted
from tasks.predict.transactions import MODELS

#: Days of a year and of a month, in money and discounting.
YEAR = 365.25
MONTH = YEAR / 12


@dataclass(frozen=True, slots=True)
class Forecast:
    """For each row of the histories, in their order; nan where the model cannot say or nothing is predicted."""

    expected_purchases: Floats
    """Purchase days within the horizon."""
    discounted_purchases: Floats
    """The same, each month's worth its value at the as-of date."""
    p_alive: Floats
    """Probability to be a customer still; nan where the model assumes it."""
    churn_risk: Floats
    """Probability of no purchase within the horizon."""
    next_purchase_days: Floats
    """Days from the as-of date by which a purchase is as likely as not; nan where it is not within the horizon.

    This is the median. The mean does not exist: who may have left may never come, and even a rate that is
    Gamma(r + x, ...) has a mean waiting time only where r + x > 1.
    """


def forecast(fitted: Fitted, data: Grouped, days: int, discount: float = 0.0) -> Forecast:
    """What the model expects of each distinct history in the `days` after the as-of date.

    `discount` is yearly: a purchase in the k-th month of 30.4375 days counts (1 + discount)^-((k - 1/2) / 12); of
    the last, shorter month too, its middle counts.
    """
    model = MODELS[fitted.model]
    theta = model.vector(fitted.params)
    x, age, at = data.repeats_and_age
    rows = data.repeats.astype(float), data.span.astype(float), data.age.astype(float)
    alive = model.alive(theta, *rows)
    given_alive = model.purchases(theta, x, age, float(days))
    some = alive * model.some(theta, x, age, np.full(len(x), float(days)))[at]
    return Forecast(
        expected_purchases=alive * given_alive[at],
        discounted_purchases=alive * _discounted(fitted, data, days, discount, given_alive)[at],
        p_alive=_said(fitted, data, alive),
        churn_risk=1 - some,
        next_purchase_days=_next(fitted, data, days, alive, some),
    )


def _said(fitted: Fitted, data: Grouped, alive: Floats) -> Floats:
    model = MODELS[fitted.model]
    if not model.dies:
        return np.full(len(alive), np.nan)
    return alive if model.knows_one_timers else np.where(data.repeats > 0, alive, np.nan)


def _discounted(fitted: Fitted, data: Grouped, days: int, discount: float, undiscounted: Floats) -> Floats:
    if not discount:
        return undiscounted
    model = MODELS[fitted.model]
    theta = model.vector(fitted.params)
    x, age, _ = data.repeats_and_age
    borders = np.append(np.arange(0, days, MONTH), float(days))
    total, before = np.zeros(len(x)), np.zeros(len(x))
    for start, end in pairwise(borders):
        until = model.purchases(theta, x, age, float(end))
        total += (until - before) * (1 + discount) ** (-(start + end) / 2 / YEAR)
        before = until
    return total


def _next(fitted: Fitted, data: Grouped, days: int, alive: Floats, some: Floats) -> Floats:
    """The median days to the next purchase: where P(alive) P(some by then | alive) is a half."""
    model = MODELS[fitted.model]
    found = np.full(len(alive), np.nan)
    likely = some >= 0.5  # noqa: PLR2004 - the median
    if likely.any():
        x, age = data.repeats[likely].astype(float), data.age[likely].astype(float)
        # Rounding may put the median just past a horizon at which it is: it is the horizon then.
        reached = model.when(model.vector(fitted.params), x, age, 0.5 / alive[likely], days + 1.0)
        found[likely] = np.minimum(reached, days)
    return found
