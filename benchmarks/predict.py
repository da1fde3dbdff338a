"""How long the purchase models take for a million customers, beside a plain fit that does not group.

    python benchmarks/predict.py [--customers 1000000] [--plain]

Customers are drawn from BG/NBD with the parameters of CDNOW over two years of first purchases. The plain fit is what
one writes first: the published log likelihood, row by row in numpy, Nelder-Mead of scipy, no gradient, no groups.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
import pyarrow as pa

from region_profiles.predict_models import Prediction
from tasks.predict.backtest import backtest
from tasks.predict.beta_geometric import BG_NBD, MBG_NBD
from tasks.predict.fitting import fit
from tasks.predict.grouped import grouped
from tasks.predict.market import predict
from tasks.predict.pareto import PARETO_NBD
from tasks.predict.spend import fit_spend

WEEK = 7.0
R, ALPHA, A, B = 0.243, 4.414 * WEEK, 0.793, 2.426
DAYS = 730


def drawn(customers: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeats, spans and ages of customers who live by BG/NBD; purchases on one day are one."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, DAYS + 1, customers)
    rate, leave = rng.gamma(R, 1 / ALPHA, customers), rng.beta(A, B, customers)
    repeats, span, now = np.zeros(customers, np.int64), np.zeros(customers, np.int64), np.zeros(customers)
    here = np.arange(customers)
    while len(here):
        now[here] += rng.exponential(1, len(here)) / np.maximum(rate[here], 1e-12)
        here = here[now[here] <= age[here]]
        day = np.floor(now[here]).astype(np.int64)
        new = day > span[here]
        repeats[here[new]] += 1
        span[here[new]] = day[new]
        here = here[rng.random(len(here)) >= leave[here]]
    return repeats, span, age


def plain(repeats: np.ndarray, span: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Parameters by the published formula and Nelder-Mead."""
    from scipy.optimize import minimize
    from scipy.special import betaln, gammaln

    def downhill(logs: np.ndarray) -> float:
        r, alpha, a, b = np.exp(logs)
        one = betaln(a, b + repeats) - betaln(a, b) + gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
        stay = -(r + repeats) * np.log(alpha + age)
        gone = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) - (r + repeats) * np.log(alpha + span)
        return float(-(one + np.where(repeats > 0, np.logaddexp(stay, gone), stay)).mean())

    found = minimize(
        downhill,
        np.log([1.0, 30.0, 1.0, 1.0]),
        method="Nelder-Mead",
        options={"maxiter": 2000, "fatol": 1e-9, "xatol": 1e-6},
    )
    return np.exp(found.x)


def whole(rows: pa.Table) -> None:
    """Seconds of everything: fit, spend, predictions of each customer, and a backtest of as many."""
    begun = perf_counter()
    found = predict(rows, Prediction(horizon_days=365), factor=1.0)
    fitted = perf_counter()
    found.customers(rows)
    told = perf_counter()
    happened = np.random.default_rng(3).poisson(0.5, rows.num_rows)
    past = rows.append_column("purchases", pa.array(happened)).append_column("revenue", pa.array(happened * 30.0))
    graded = backtest(past, 365, Prediction())
    print(
        f"predict: {fitted - begun:.2f} s, columns of customers {told - fitted:.2f} s, "
        f"backtest {perf_counter() - told:.2f} s ({found.model}, grade {graded.grade})"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--plain", action="store_true", help="fit once more without grouping (minutes)")
    options = parser.parse_args()
    repeats, span, age = drawn(options.customers)
    fit(BG_NBD, grouped(repeats[:1000], span[:1000], age[:1000]))  # scipy's imports are not the fit's

    begun = perf_counter()
    data = grouped(repeats, span, age)
    grouping = perf_counter() - begun
    print(f"{options.customers:,} customers, {len(data.repeats):,} distinct histories: grouping {grouping:.2f} s")
    seconds = {}
    for model in (BG_NBD, MBG_NBD, PARETO_NBD):
        begun = perf_counter()
        found = fit(model, grouped(repeats, span, age))
        seconds[model.name] = perf_counter() - begun
        shown = ", ".join(f"{name} {value:.4f}" for name, value in found.params.items())
        print(f"{model.name}: {seconds[model.name]:.2f} s with grouping; {shown}; {found.degenerate or 'sound'}")
    rng, days = np.random.default_rng(2), np.maximum(repeats, 1)
    spent = rng.gamma(6.25 * days) / days / rng.gamma(3.74, 1 / 15.44, len(days))
    whole(pa.table({"repeats": repeats, "span": span, "age": age, "spend": np.where(repeats > 0, spent, np.nan)}))
    begun = perf_counter()
    print(f"gamma_gamma: {fit_spend(repeats, spent).as_notes()} {perf_counter() - begun:.2f} s")
    if options.plain:
        begun = perf_counter()
        print(f"plain bg_nbd: {plain(repeats, span, age)}")
        took = perf_counter() - begun
        print(f"plain bg_nbd: {took:.1f} s, {took / seconds['bg_nbd']:.0f} times as long")


if __name__ == "__main__":
    main()
