"""What every purchase model offers, and a fit of one.

All models share one structure: given that a customer is still alive at the as-of date, what comes depends on
(repeats, age) only, and `span` only tells how likely that is. So each prediction is P(alive) times a number of the far
fewer pairs (repeats, age).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.predict.grouped import Floats, Grouped

#: Log likelihood and its gradient by the logarithms of the parameters, summed over customers.
Likelihood = Callable[[Floats, Grouped], tuple[float, Floats]]


@dataclass(frozen=True)
class Model:
    """A model of how often and how long customers buy. Ages and spans are in days, so are its scales.

    `alive(theta, repeats, span, age)` is P(alive) at the as-of date; `purchases(theta, repeats, age, days)` the
    expected purchase days in the `days` after it, given alive; `some(theta, repeats, age, days)` the probability of at
    least one, given alive; `when(theta, repeats, age, share, limit)` the days until that probability is `share`, inf
    beyond `limit`. `theta` are parameters, not their logarithms, in the order of `names`.
    """

    name: str
    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    starts: tuple[tuple[float, ...], ...]
    """Where to begin; a number of a parameter in `in_days` is multiplied by the days between purchases."""
    in_days: frozenset[str]
    likelihood: Likelihood
    alive: Callable[[Floats, Floats, Floats, Floats], Floats]
    purchases: Callable[[Floats, Floats, Floats, float], Floats]
    some: Callable[[Floats, Floats, Floats, Floats], Floats]
    when: Callable[[Floats, Floats, Floats, Floats, float], Floats]
    dies: bool = True
    knows_one_timers: bool = True
    """Whether P(alive) of customers without a repeat is more than an assumption of the model."""

    def vector(self, params: Mapping[str, float]) -> Floats:
        """Parameters in order."""
        return np.array([params[name] for name in self.names])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model's parameters (unit: days) and what is known of the fit.

    `degenerate` holds codes: `bound:<parameter>` at its bound, `flat:<parameter>` the data hardly say which value,
    `no_death` not better than the model in which nobody leaves, `not_converged`.
    """

    model: str
    params: Mapping[str, float]
    log_likelihood: float
    customers: int
    degenerate: tuple[str, ...] = ()
    starts: int = 0
    agreeing: int = 0
    """How many starts led to the best likelihood."""

    def as_notes(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "model": self.model,
            "params": dict(self.params),
            "log_likelihood": self.log_likelihood,
            "customers": self.customers,
            "degenerate": list(self.degenerate),
            "starts": [self.agreeing, self.starts],
        }

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> Fitted:
        """A fit from where it was published."""
        agreeing, starts = notes["starts"]
        return cls(
            notes["model"],
            dict(notes["params"]),
            notes["log_likelihood"],
            notes["customers"],
            tuple(notes["degenerate"]),
            starts,
            agreeing,
        )
