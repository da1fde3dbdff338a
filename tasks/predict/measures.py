"""How near predictions came, over groups of customers: weighted by how many each group has."""

from __future__ import annotations

import numpy as np

from tasks.predict.grouped import Floats, summed


def mean_absolute(predicted: Floats, actual: Floats, customers: Floats) -> float:
    """Mean absolute error of a customer."""
    return float((np.abs(predicted - actual) * customers).sum() / customers.sum())


def mean_square(predicted: Floats, actual: Floats, customers: Floats) -> float:
    """Mean squared error of a customer: the measure that the right mean minimizes."""
    return float(((predicted - actual) ** 2 * customers).sum() / customers.sum())


def rank_correlation(one: Floats, other: Floats, customers: Floats) -> float | None:
    """Spearman's, ties at their middle rank; null where one side does not vary.

    >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]), np.ones(3))
    0.5
    """
    ranks = [_middle_ranks(side, customers) for side in (one, other)]
    centred = [side - (side * customers).sum() / customers.sum() for side in ranks]
    spread = np.sqrt((centred[0] ** 2 * customers).sum() * (centred[1] ** 2 * customers).sum())
    return float((centred[0] * centred[1] * customers).sum() / spread) if spread > 0 else None


def _middle_ranks(values: Floats, customers: Floats) -> Floats:
    _, at = np.unique(values, return_inverse=True)
    tied = summed(at, customers, int(at.max(initial=0)) + 1)
    return (np.cumsum(tied) - tied / 2)[at]


def captured(predicted: Floats, actual: Floats, customers: Floats, share: float = 0.1) -> float | None:
    """The part of all that happened which the top `share` of customers by prediction made; null where nothing did.

    Customers who tie at the border count in part, so that no order of rows decides.

    >>> captured(np.array([9.0, 1.0]), np.array([3.0, 1.0]), np.array([1.0, 9.0]))
    0.25
    """
    values, at = np.unique(-predicted, return_inverse=True)
    sizes = summed(at, customers, len(values))
    made = summed(at, actual * customers, len(values))
    room = np.clip(share * sizes.sum() - (np.cumsum(sizes) - sizes), 0.0, sizes)
    total = float(made.sum())
    taken = np.divide(room, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
    return float((made * taken).sum()) / total if total else None
