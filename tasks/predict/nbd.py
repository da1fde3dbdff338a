"""NBD (Ehrenberg 1959, doi:10.2307/2985810): nobody ever leaves. What is left where the data show no leaving.

Purchases are a Poisson process of each customer; rates differ as Gamma(r, alpha). Given x repeats in T days the rate is
Gamma(r + x, alpha + T).
"""

from __future__ import annotations

import numpy as np

from tasks.predict.grouped import Floats, Grouped, summed
from tasks.predict.model import Model


def likelihood(logs: Floats, data: Grouped) -> tuple[float, Floats]:
    """Log likelihood of NBD and gradient by log r, log alpha; spans tell nothing where nobody leaves.

    ln L = ln Gamma(r + x) - ln Gamma(r) + r ln alpha - (r + x) ln(alpha + T).
    """
    from scipy.special import gammaln, psi

    r, alpha = np.exp(logs)
    repeats, ages = data.by_repeats, data.by_age
    x = repeats.values
    purchases = summed(ages.at, data.customers * data.repeats, len(ages.values))
    shape = r * ages.customers + purchases
    log_age = np.log(alpha + ages.values)
    value = (repeats.customers * (gammaln(r + x) - gammaln(r) + r * logs[1])).sum() - (shape * log_age).sum()
    by_r = (repeats.customers * (psi(r + x) - psi(r) + logs[1])).sum() - (ages.customers * log_age).sum()
    by_alpha = r * ages.customers.sum() - alpha * (shape / (alpha + ages.values)).sum()
    return float(value), np.array([r * by_r, by_alpha])


def alive(_theta: Floats, x: Floats, _span: Floats, _age: Floats) -> Floats:
    """Everybody, by assumption."""
    return np.ones(len(x))


def _shape(theta: Floats) -> tuple[float, float]:
    """Of the rates, r and alpha: the first two parameters here and where customers leave after a purchase."""
    return float(theta[0]), float(theta[1])


def purchases(theta: Floats, x: Floats, age: Floats, days: float) -> Floats:
    """Expected purchase days: days (r + x) / (alpha + T)."""
    r, alpha = _shape(theta)
    return days * (r + x) / (alpha + age)


def some(theta: Floats, x: Floats, age: Floats, days: Floats) -> Floats:
    """P(at least one purchase)."""
    r, alpha = _shape(theta)
    return -np.expm1(-(r + x) * np.log1p(days / (alpha + age)))


def when(theta: Floats, x: Floats, age: Floats, share: Floats, limit: float) -> Floats:
    """Days until P(at least one purchase) is `share`: `some` solved for them."""
    r, alpha = _shape(theta)
    days = (alpha + age) * np.expm1(-np.log1p(-share) / (r + x))
    return np.where(days <= limit, days, np.inf)


NBD = Model(
    name="nbd",
    names=("r", "alpha"),
    bounds=((1e-3, 1e3), (1e-3, 1e7)),
    starts=((0.3, 0.3), (3.0, 3.0)),
    in_days=frozenset({"alpha"}),
    likelihood=likelihood,
    alive=alive,
    purchases=purchases,
    some=some,
    when=when,
    dies=False,
    knows_one_timers=False,
)
