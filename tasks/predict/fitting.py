"""Maximum likelihood: bounded logarithms of parameters, several starts, and what makes a fit worthless."""

from __future__ import annotations

import numpy as np

from tasks.alone import alone
from tasks.predict.grouped import Floats, Grouped
from tasks.predict.model import Fitted, Model

#: How near to a bound a parameter's logarithm counts as at it.
_AT_BOUND = 0.01
#: Standard error of a parameter's logarithm above which the data do not tell it: e^2 is a factor of seven either way.
_FLAT = 2.0
#: Largest slope of the mean log likelihood at which a search that gave up in the last digits has arrived all the same.
_LEVEL = 1e-5
#: Stands for a likelihood that cannot be computed, far off at a corner of the bounds: the search turns back.
_NOWHERE = 1e6
#: Two starts agree where their log likelihoods differ by less.
_AGREE = 1e-4


@alone()
def fit(model: Model, data: Grouped) -> Fitted:
    """Fit a model to grouped histories with at least one repeat; deterministic, on one thread.

    Every start runs on a coarse copy where there are many rows; the best then climbs on all of them.
    """
    coarse = data.coarser()
    bounds = np.log(np.array(model.bounds))
    tried = [_climb(model, coarse, np.log(start), bounds, 1e-9) for start in _starts(model, data)]
    best = max(tried, key=lambda found: found[1])
    agreeing = sum(best[1] - value < _AGREE * max(1.0, coarse.total / 1000) for _, value, _ in tried)
    logs, value, converged = _climb(model, data, best[0], bounds, 1e-13)
    faults = [] if converged else ["not_converged"]
    faults += _at_bounds(model, logs, bounds)
    if not faults:
        faults += _flat(model, data, logs)
    params = {name: float(v) for name, v in zip(model.names, np.exp(logs), strict=True)}
    return Fitted(model.name, params, value, data.total, tuple(faults), len(tried), agreeing)


def _starts(model: Model, data: Grouped) -> list[Floats]:
    between = float((data.age * data.customers).sum()) / max(1, data.purchases)
    scale = np.array([between if name in model.in_days else 1.0 for name in model.names])
    low, high = np.array(model.bounds).T
    return [np.clip(np.array(start) * scale, low, high) for start in model.starts]


def _climb(model: Model, data: Grouped, logs: Floats, bounds: Floats, precision: float) -> tuple[Floats, float, bool]:
    """L-BFGS-B on the mean negative log likelihood."""
    from scipy.optimize import minimize

    total = data.total

    def downhill(at: Floats) -> tuple[float, Floats]:
        value, gradient = model.likelihood(at, data)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return _NOWHERE, np.zeros(len(at))
        return -value / total, -gradient / total

    found = minimize(
        downhill,
        np.clip(logs, *bounds.T),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": precision, "gtol": 1e-8, "maxiter": 500, "maxcor": 20},
    )
    return (
        found.x,
        -float(found.fun) * total,
        bool(found.fun < _NOWHERE and (found.status == 0 or np.abs(found.jac).max() < _LEVEL)),
    )


def _at_bounds(model: Model, logs: Floats, bounds: Floats) -> list[str]:
    near = np.abs(bounds - logs[:, None]).min(axis=1) < _AT_BOUND
    return [f"bound:{name}" for name, at in zip(model.names, near, strict=True) if at]


def _flat(model: Model, data: Grouped, logs: Floats) -> list[str]:
    """Parameters whose logarithm has a standard error too large to mean anything."""
    step = 1e-4
    rows = []
    for i in range(len(logs)):
        up, down = logs.copy(), logs.copy()
        up[i] += step
        down[i] -= step
        rows.append((model.likelihood(down, data)[1] - model.likelihood(up, data)[1]) / (2 * step))
    information = (np.array(rows) + np.array(rows).T) / 2
    values, vectors = np.linalg.eigh(information)
    variance = (vectors**2 / np.maximum(values, 1e-12)).sum(axis=1)
    return [f"flat:{name}" for name, v in zip(model.names, variance, strict=True) if v > _FLAT**2]
