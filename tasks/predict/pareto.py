"""Pareto/NBD: customers who may leave on any day (Schmittlein, Morrison, Colombo 1987, doi:10.1287/mnsc.33.1.1).

Rates to buy differ as Gamma(r, alpha), rates to leave as Gamma(s, beta). In the notation of Fader and Hardie (2005, 'A
Note on Deriving the Pareto/NBD Model'):

    L    = Gamma(r + x) / Gamma(r) alpha^r beta^s (alive + gone)
    alive = (alpha + T)^-(r + x) (beta + T)^-s
    gone  = s (I(t_x) - I(T)),   I(t) = integral from t of (alpha + u)^-(r + x) (beta + u)^-(s + 1) du

With M and m the larger and the smaller of alpha and beta, and k = s + 1 where alpha is M, r + x otherwise, Euler's
transformation of their formula overflows at no number of repeats:

    (r + s + x) I(t) = (M + t)^(k - r - s - x - 1) (m + t)^(1 - k) F,
    F = 2F1(1, r + s + x + 1 - k; r + s + x + 1; (M - m) / (M + t)), between 1 and (M + t) / (m + t)
"""

from __future__ import annotations

import numpy as np

from tasks.predict.grouped import Floats, Grouped, Ints, summed
from tasks.predict.model import Model
from tasks.predict.quadrature import hypergeometric

_STEP = 1e-5


def likelihood(logs: Floats, data: Grouped) -> tuple[float, Floats]:
    """Log likelihood, and its gradient by log r, log alpha, log s, log beta.

    2F1 has no cheap derivative by its parameters: those of I, of which there are few, are central differences, and what
    they do to the rows is exact.
    """
    from scipy.special import expit, gammaln, psi

    theta = np.exp(logs)
    r, alpha, s, beta = map(float, theta)
    repeats, n = data.by_repeats, data.customers
    (x, span, at), (x_of_age, age, at_age) = data.repeats_and_span, data.repeats_and_age
    by_x = gammaln(r + repeats.values) - gammaln(r) + r * logs[1] + s * logs[3]
    stayed = _stayed(theta, x_of_age, age)[at_age]
    gone, by_span, by_age = _gone(theta, data.repeats, _tail(theta, x, span)[at], _tail(theta, x_of_age, age)[at_age])
    value = (repeats.customers * by_x).sum() + (n * np.logaddexp(stayed, gone)).sum()

    weight = n * expit(gone - stayed)
    kept = summed(at_age, n - weight, len(age))
    of_span = summed(at, weight * by_span, len(span))
    of_age = summed(at_age, weight * by_age, len(age))
    rate = summed(repeats.at, weight, len(repeats.values)) / (r + s + repeats.values)
    gradient = _of_tails(logs, (x, span, of_span), (x_of_age, age, of_age)) + np.array(
        [
            r * ((repeats.customers * (psi(r + repeats.values) - psi(r) + logs[1])).sum() - rate.sum()),
            r * n.sum(),
            s * (n.sum() * logs[3] - rate.sum()) + weight.sum(),
            s * n.sum(),
        ]
    )
    gradient -= [
        r * (kept * np.log(alpha + age)).sum(),
        alpha * (kept * (r + x_of_age) / (alpha + age)).sum(),
        s * (kept * np.log(beta + age)).sum(),
        s * beta * (kept / (beta + age)).sum(),
    ]
    return float(value), gradient


def _of_tails(logs: Floats, *parts: tuple[Floats, Floats, Floats]) -> Floats:
    """What the tails of (x, days), each with its weight, add to the gradient."""
    gradient = np.zeros(len(logs))
    for i in range(len(logs)):
        step = np.zeros(len(logs))
        step[i] = _STEP
        up, down = np.exp(logs + step), np.exp(logs - step)
        for x, days, weight in parts:
            gradient[i] += (weight * (_tail(up, x, days) - _tail(down, x, days))).sum() / (2 * _STEP)
    return gradient


def _stayed(theta: Floats, x: Floats, age: Floats) -> Floats:
    r, alpha, s, beta = map(float, theta)
    return -(r + x) * np.log(alpha + age) - s * np.log(beta + age)


def _tail(theta: Floats, x: Floats, t: Floats) -> Floats:
    """Logarithm of (r + s + x) I(t)."""
    r, alpha, s, beta = map(float, theta)
    larger, smaller = max(alpha, beta) + t, min(alpha, beta) + t
    power = r + s + x + 1
    k = np.full(len(x), s + 1) if alpha >= beta else r + x
    series = np.log(hypergeometric(power - k, power, (larger - smaller) / larger))
    return series - (power - k) * np.log(larger) - (k - 1) * np.log(smaller)


def _gone(theta: Floats, x: Floats | Ints, from_span: Floats, from_age: Floats) -> tuple[Floats, Floats, Floats]:
    """Logarithm of `gone`, and its derivatives by both tails; -inf and 0 if the last purchase was on the as-of date."""
    r, _, s, _ = map(float, theta)
    share = -np.expm1(np.minimum(from_age - from_span, 0.0))
    there = share > 0
    log = np.log(share, out=np.full(len(share), -np.inf), where=there)
    by_span = np.divide(1.0, share, out=np.zeros(len(share)), where=there)
    return np.log(s / (r + s + x)) + from_span + log, by_span, np.where(there, 1 - by_span, 0.0)


def alive(theta: Floats, x: Floats, span: Floats, age: Floats) -> Floats:
    """P(alive) at the as-of date."""
    from scipy.special import expit

    gone, _, _ = _gone(theta, x, _tail(theta, x, span), _tail(theta, x, age))
    known: Floats = expit(_stayed(theta, x, age) - gone)
    return known


def purchases(theta: Floats, x: Floats, age: Floats, days: float) -> Floats:
    """Expected purchase days in the next `days`, given alive.

    The rate (r + x) / (alpha + T) times the expected days alive, (beta + T) (1 - k^(s - 1)) / (s - 1) with
    k = (beta + T) / (beta + T + days), written so that s = 1 is no hole.
    """
    r, alpha, s, beta = map(float, theta)
    log = np.log1p(days / (beta + age))
    rest = log if s == 1 else -np.expm1(-(s - 1) * log) / (s - 1)
    return (r + x) / (alpha + age) * (beta + age) * rest


def some(theta: Floats, x: Floats, age: Floats, days: Floats) -> Floats:
    """P(at least one purchase in the next `days`), given alive.

    The integral over u of the first purchase's density at u times P(still there at u) =
    ((beta + T) / (beta + T + u))^s. With v = ((alpha + T) / (alpha + T + u))^(r + x) the density is even on v, and
    Gauss-Legendre quadrature over it smooth.
    """
    r, alpha, s, beta = map(float, theta)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    width = -np.expm1(-(r + x) * np.log1p(days / (alpha + age)))
    total = np.zeros(len(x))
    for node, weight in zip(nodes, weights, strict=True):
        v = 1 - width * (node + 1) / 2
        u = (alpha + age) * np.expm1(-np.log(v) / (r + x))
        total += weight / 2 * np.exp(-s * np.log1p(u / (beta + age)))
    return width * total


def when(theta: Floats, x: Floats, age: Floats, share: Floats, limit: float) -> Floats:
    """Days until P(at least one purchase), given alive, is `share`, to a quarter of a day; inf where beyond `limit`."""
    low, high = np.zeros(len(x)), np.full(len(x), limit)
    beyond = some(theta, x, age, high) < share
    for _ in range(int(np.ceil(np.log2(4 * limit)))):
        middle = (low + high) / 2
        reached = some(theta, x, age, middle) >= share
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.where(beyond, np.inf, high)


PARETO_NBD = Model(
    name="pareto_nbd",
    names=("r", "alpha", "s", "beta"),
    # Narrower than the other models: beyond, customers are all alike, and 2F1 takes thousands of steps.
    bounds=((1e-2, 1e2), (1e-2, 1e6), (1e-2, 1e2), (1e-2, 1e6)),
    starts=((0.3, 0.3, 0.5, 0.3), (1.0, 1.0, 1.0, 3.0)),
    in_days=frozenset({"alpha", "beta"}),
    likelihood=likelihood,
    alive=alive,
    purchases=purchases,
    some=some,
    when=when,
)
