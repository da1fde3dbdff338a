"""Gamma-Gamma: what a customer spends on a purchase day (Colombo, Jiang 1999; Fader, Hardie 2013).

'The Gamma-Gamma Model of Monetary Value' (brucehardie.com/notes/025): amounts of a customer are Gamma(p, nu), nu
differs among customers as Gamma(q, gamma). With x repeat purchase days whose amounts have the mean m,

    ln L   = ln Gamma(p x + q) - ln Gamma(p x) - ln Gamma(q) + q ln gamma + (p x - 1) ln m + p x ln x
             - (p x + q) ln(gamma + m x)
    E(M)   = p (gamma + x m) / (p x + q - 1)

and p gamma / (q - 1) for one-time buyers: their first purchase says nothing here, as in the literature. Amounts are
deflated money of one market, so that a purchase of five years ago counts as one of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tasks.predict.grouped import Floats, Ints, summed
from tasks.predict.measures import rank_correlation

Kind = Literal["gamma_gamma", "region", "mean", "none"]

#: Spenders below which three parameters are not fitted.
MINIMUM_SPENDERS = 200
#: Rank correlation of purchase days and spend above which the model's assumption, independence, is called broken:
#: a tenth of the variance.
_DEPENDENT = 0.3
#: How far the model's mean of all customers may be from theirs, either way.
_MEAN_FAR = 2.0
_BOUNDS = ((1e-2, 1e4), (1e-2, 1e4), (1e-4, 1e5))


@dataclass(frozen=True, slots=True)
class Spend:
    """What is expected on a purchase day, in the unit of the amounts given.

    `params` are p, q, gamma where `kind` is gamma_gamma or region; `mean` is the market's own mean of a repeat purchase
    day, which stands for all customers where `kind` is mean. `reasons` are codes.
    """

    kind: Kind
    mean: float | None = None
    params: Mapping[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    spenders: int = 0
    correlation: float | None = None
    """Spearman's, of purchase days and mean spend."""
    reasons: tuple[str, ...] = ()

    def expected(self, days: Floats, mean: Floats) -> Floats:
        """Expected amount of a purchase day; nan for all where `kind` is none.

        `mean` is of so many `days`. A customer whose mean is unknown (nan) counts as a one-time buyer, one whose
        returns exceed their purchases as having spent nothing, never less.
        """
        if self.kind in {"none", "mean"}:
            return np.full(len(days), np.nan if self.mean is None else self.mean)
        p, q, gamma = (self.params[name] for name in ("p", "q", "gamma"))
        x = np.where(np.isnan(mean), 0.0, days)
        amount = np.where(x > 0, np.maximum(np.nan_to_num(mean), 0.0), 0.0)
        return p * (gamma + x * amount) / (p * x + q - 1)

    def shape(self) -> dict[str, float] | None:
        """p, q and gamma in units of the market's mean: what markets may share, for money of each is its own."""
        if self.kind != "gamma_gamma" or self.mean is None:
            return None
        return {**self.params, "gamma": self.params["gamma"] / self.mean}

    def as_notes(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "model": self.kind,
            "params": dict(self.params),
            "mean": self.mean,
            "log_likelihood": self.log_likelihood,
            "customers": self.spenders,
            "correlation": self.correlation,
            "reasons": list(self.reasons),
        }


def fit_spend(days: npt.ArrayLike, mean: npt.ArrayLike, region: Mapping[str, float] | None = None) -> Spend:
    """Fit to customers with spend above zero: `mean` amount of `days` purchase days; 0 days or nan is a one-time buyer.

    Falls back to the region's shape (`Spend.shape`) scaled to the market's mean, else to that mean: with too few
    spenders, at a bound, where q <= 1 (no finite mean), or where the model's mean is far from the market's.

    >>> fit_spend([0, 1, 2], [np.nan, 10.0, 40.0]).kind
    'mean'
    """
    x, m = np.asarray(days, np.int64), np.asarray(mean, np.float64)
    bought = (x > 0) & (m > 0) & np.isfinite(m)
    x, m = x[bought], m[bought]
    order = np.lexsort((m, x))
    x, m = x[order], m[order]
    if not len(x):
        return Spend("none", reasons=("no_repeat_spend",))
    own = float((x * m).sum() / x.sum())
    if len(x) < MINIMUM_SPENDERS:
        return _fallback(own, len(x), None, region, ["few_spenders"])
    correlation = rank_correlation(x.astype(float), m, np.ones(len(x)))
    reasons = ["spend_depends"] if correlation is not None and abs(correlation) > _DEPENDENT else []
    params, value, faults = _maximum(x, m / own)
    params["gamma"] *= own
    value -= len(x) * float(np.log(own))
    if faults or _far(params, float(m.mean())):
        return _fallback(own, len(x), correlation, region, [*reasons, *(faults or ["mean_far"])])
    return Spend("gamma_gamma", own, params, value, len(x), correlation, tuple(reasons))


def _fallback(
    mean: float, spenders: int, correlation: float | None, region: Mapping[str, float] | None, reasons: list[str]
) -> Spend:
    if region is None or region["q"] <= 1:
        return Spend("mean", mean, {}, None, spenders, correlation, tuple(reasons))
    params = {"p": region["p"], "q": region["q"], "gamma": region["gamma"] * mean}
    return Spend("region", mean, params, None, spenders, correlation, tuple(reasons))


def _maximum(x: Ints, m: Floats) -> tuple[dict[str, float], float, list[str]]:
    """The best p, q, gamma of two starts, their log likelihood, and what is wrong with them."""
    from scipy.optimize import minimize

    values, at, count = np.unique(x, return_inverse=True, return_counts=True)
    numbers = _Numbers(values.astype(float), at.astype(np.int64), count.astype(float), x * m, m)
    bounds = np.log(np.array(_BOUNDS))
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500, "maxcor": 20}
    tried = [
        minimize(_downhill, np.log(start), args=(numbers,), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in ((1.0, 3.0, 2.0), (6.0, 4.0, 0.5))
    ]
    best = min(tried, key=lambda found: float(found.fun))
    params = dict(zip(("p", "q", "gamma"), map(float, np.exp(best.x)), strict=True))
    near = np.abs(bounds - best.x[:, None]).min(axis=1) < 0.01  # noqa: PLR2004 - as fitting does
    faults = [f"bound:{name}" for name, is_near in zip(params, near, strict=True) if is_near]
    if params["q"] <= 1:
        faults.append("no_finite_mean")
    return params, -float(best.fun) * len(x), faults


@dataclass(frozen=True, slots=True)
class _Numbers:
    values: Floats
    at: Ints
    count: Floats
    total: Floats
    mean: Floats


def _downhill(logs: Floats, of: _Numbers) -> tuple[float, Floats]:
    """Mean negative log likelihood and gradient by log p, log q, log gamma."""
    from scipy.special import gammaln, psi

    p, q, gamma = np.exp(logs)
    n, px = len(of.mean), p * of.values
    by_x = gammaln(px + q) - gammaln(px) - gammaln(q) + q * logs[2]
    reach = gamma + of.total
    log_reach, log_total = np.log(reach), np.log(of.total)
    shape = (px + q)[of.at]
    value = (of.count * by_x).sum() - np.log(of.mean).sum() + ((shape - q) * log_total - shape * log_reach).sum()
    per_x = summed(of.at, log_total - log_reach, len(of.values))
    by_p = (of.values * (of.count * (psi(px + q) - psi(px)) + per_x)).sum()
    by_q = (of.count * (psi(px + q) - psi(q) + logs[2])).sum() - log_reach.sum()
    by_gamma = n * q / gamma - (shape / reach).sum()
    return -float(value) / n, -np.array([p * by_p, q * by_q, gamma * by_gamma]) / n


def _far(params: Mapping[str, float], mean: float) -> bool:
    ratio = params["p"] * params["gamma"] / (params["q"] - 1) / mean
    return not 1 / _MEAN_FAR <= ratio <= _MEAN_FAR
