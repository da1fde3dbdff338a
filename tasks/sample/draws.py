"""Drawing codes in proportion to weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.sample.spec_relations import Weights

Ints = npt.NDArray[np.signedinteger[Any]]


def pick(rng: np.random.Generator, weights: Weights | list[float], size: int) -> Ints:
    """Index into the weights, `size` times."""
    shares = np.array(list(weights.values()) if isinstance(weights, dict) else weights, dtype=float)
    at = rng.random(size)
    return np.searchsorted(np.cumsum(shares / shares.sum())[:-1], at, side="right").astype(np.int32)
