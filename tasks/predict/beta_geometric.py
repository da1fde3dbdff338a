"""BG/NBD and MBG/NBD: purchases of a Poisson process whose customers may leave after any purchase.

Rates differ among customers as Gamma(r, alpha), the probability to leave as Beta(a, b). In BG/NBD (Fader, Hardie, Lee
2005, doi:10.1287/mksc.1040.0098) nobody leaves before a first repeat, so every one-time buyer is alive for certain; in
MBG/NBD (Batislam, Denizel, Filiztekin 2007, doi:10.1016/j.ijresmar.2006.12.005) one may leave after the first
purchase too. With `chances`, how often a customer could have left (repeats, in MBG/NBD one more), both are

    ln L = ln B(a, b + chances) - ln B(a, b) + ln Gamma(r + x) - ln Gamma(r) + r ln alpha - (r + x) ln(alpha + T)
           + ln(1 + [chances > 0] exp d)
    d    = ln a - ln(b + chances - 1) + (r + x) (ln(alpha + T) - ln(alpha + t_x))

and P(alive) = 1 / (1 + exp d). Given alive, the rate is Gamma(r + x, alpha + T), the probability to leave
Beta(a, b + chances); and as nobody leaves before the next purchase, whether one comes is as in NBD.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tasks.predict import nbd
from tasks.predict.grouped import Floats, Grouped, summed
from tasks.predict.model import Model
from tasks.predict.quadrature import beta_nodes


def likelihood(logs: Floats, data: Grouped, *, extra: int) -> tuple[float, Floats]:
    """Log likelihood and gradient by log r, log alpha, log a, log b; `extra` chances to leave beside the repeats."""
    from scipy.special import expit, gammaln, psi

    r, alpha, a, b = np.exp(logs)
    repeats, ages, spans = data.by_repeats, data.by_age, data.by_span
    x, chances = repeats.values, repeats.values + extra
    log_age, log_span = np.log(alpha + ages.values), np.log(alpha + spans.values)
    by_x = gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances) + gammaln(a + b)
    by_x += gammaln(r + x) - gammaln(r) + r * logs[1]
    value = (repeats.customers * by_x).sum()

    left = np.maximum(b + chances - 1, np.finfo(float).tiny)
    odds = np.where(chances > 0, logs[2] - np.log(left), -np.inf)
    shape, at_age, at_span = (r + x)[repeats.at], log_age[ages.at], log_span[spans.at]
    gap = at_age - at_span
    d = odds[repeats.at] + shape * gap
    gone = expit(d)
    value += (data.customers * (np.logaddexp(0.0, d) - shape * at_age)).sum()

    weight = data.customers * gone
    inverse = 1 / (alpha + ages.values)[ages.at]
    slope = weight * (inverse - 1 / (alpha + spans.values)[spans.at]) - data.customers * inverse
    gone_by_x = summed(repeats.at, weight, len(x))
    by_r = (repeats.customers * (psi(r + x) - psi(r) + logs[1])).sum() - (data.customers * at_age).sum()
    shared = psi(a + b) - psi(a + b + chances)
    by_b = psi(b + chances) - psi(b) + shared
    lost = np.where(chances > 0, gone_by_x / left, 0.0)
    gradient = np.array(
        [
            r * (by_r + (weight * gap).sum()),
            r * repeats.customers.sum() + alpha * (shape * slope).sum(),
            a * (repeats.customers * shared).sum() + gone_by_x.sum(),
            b * ((repeats.customers * by_b).sum() - lost.sum()),
        ]
    )
    return float(value), gradient


def alive(theta: Floats, x: Floats, span: Floats, age: Floats, *, extra: int) -> Floats:
    """P(alive) at the as-of date; 1 where a customer had no chance to leave."""
    from scipy.special import expit

    r, alpha, a, b = theta
    chances = x + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.log(a) - np.log(b + chances - 1) + (r + x) * (np.log(alpha + age) - np.log(alpha + span))
    return np.where(chances > 0, expit(-d), 1.0)


def purchases(theta: Floats, x: Floats, age: Floats, days: float, *, extra: int) -> Floats:
    """Expected purchase days in the next `days`, given alive.

    With rate and probability p to leave, a customer makes (1 - exp(-rate p days)) / p purchases; over the rate's
    Gamma that is (1 - ((alpha + T) / (alpha + T + p days))^(r + x)) / p, and over p's Beta an integral that
    Gauss-Jacobi quadrature gives to eleven digits. The closed form with 2F1 (Fader, Hardie, Lee 2005, eq. 10) has
    no value at a = 1 and loses digits near it and at many repeats.
    """
    r, alpha, a, b = theta
    values, at = np.unique(x, return_inverse=True)
    nodes, weights = beta_nodes(a, b + values + extra)
    total = np.zeros(len(x))
    ratio = days / (alpha + age)
    for p, weight in zip(nodes.T, weights.T, strict=True):
        p_of = p[at]
        total += weight[at] * -np.expm1(-(r + x) * np.log1p(p_of * ratio)) / p_of
    return total


def _model(name: str, extra: int) -> Model:
    return Model(
        name=name,
        names=("r", "alpha", "a", "b"),
        bounds=((1e-3, 1e3), (1e-3, 1e7), (1e-3, 1e3), (1e-3, 1e4)),
        starts=((0.3, 0.3, 0.5, 2.0), (1.0, 1.0, 1.0, 5.0), (3.0, 3.0, 0.2, 0.6)),
        in_days=frozenset({"alpha"}),
        likelihood=partial(likelihood, extra=extra),
        alive=partial(alive, extra=extra),
        purchases=partial(purchases, extra=extra),
        some=nbd.some,
        when=nbd.when,
        knows_one_timers=extra > 0,
    )


BG_NBD = _model("bg_nbd", 0)
MBG_NBD = _model("mbg_nbd", 1)
