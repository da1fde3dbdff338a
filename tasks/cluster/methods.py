"""k-means and Gaussian mixtures: fitted by scikit-learn on one thread, assigned here row by row.

Libraries of linear algebra sum in an order that depends on the number of rows and threads; a customer must not change
cluster with that. Fits run alone, on one thread and on rows in a fixed order; assigning adds up each row by itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.alone import alone as on_one_thread
from tasks.cluster.records import Floats, Labels

Method = Literal["kmeans", "gaussian_mixture"]

#: Rows at a time: what a chunk needs stays within a processor's cache.
CHUNK = 8192
#: Added to the variances of a mixture, in squared units of the scaled traits: equal customers have none of their own.
REGULARISED = 1e-3


@contextmanager
def alone() -> Iterator[None]:
    """One fit at a time and on one thread; the filter of warnings is the whole process's, too."""
    from sklearn.exceptions import ConvergenceWarning

    with on_one_thread(), warnings.catch_warnings():
        # Fewer distinct customers than clusters, or an unfinished mixture: told by stability and shares, per number.
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@dataclass(frozen=True, slots=True)
class Centres:
    """k-means: a row for each centre."""

    centres: Floats

    def assign(self, rows: Floats) -> Labels:
        """The nearest centre of each row; the first of equals.

        >>> Centres(np.array([[0.0, 0.0], [4.0, 0.0]])).assign(np.array([[1.0, 1.0], [3.0, 9.0], [2.0, 0.0]])).tolist()
        [0, 1, 0]
        """
        found = np.empty(len(rows), dtype=np.intp)
        for start in range(0, len(rows), CHUNK):
            columns = np.ascontiguousarray(rows[start : start + CHUNK].T)
            far = [_squares(columns, centre) for centre in self.centres]
            found[start : start + CHUNK] = np.argmin(far, axis=0)
        return found


@dataclass(frozen=True, slots=True)
class Mixture:
    """Normal distributions: log of the weights, means, and Cholesky factors of the precisions (upper triangles)."""

    log_weights: Floats
    means: Floats
    factors: Floats

    def assign(self, rows: Floats) -> Labels:
        """The distribution with the greatest posterior of each row; the first of equals."""
        found = np.empty(len(rows), dtype=np.intp)
        constants = self.log_weights + np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)
        for start in range(0, len(rows), CHUNK):
            columns = np.ascontiguousarray(rows[start : start + CHUNK].T)
            scores = [
                constant - _mahalanobis(columns, mean, factor) / 2
                for constant, mean, factor in zip(constants, self.means, self.factors, strict=True)
            ]
            found[start : start + CHUNK] = np.argmax(scores, axis=0)
        return found


Model = Centres | Mixture


def fit(method: Method, rows: Floats, k: int, *, seed: int, starts: int) -> Model:
    """A model of `k` clusters of the rows, the best of `starts`; only within `alone()`.

    Clusters come in the order of their centres, so that ties fall the same way whatever the start.
    """
    if method == "kmeans":
        from sklearn.cluster import KMeans

        centres = KMeans(k, n_init=starts, random_state=seed).fit(rows).cluster_centers_
        return Centres(centres[np.lexsort(centres.T[::-1])])
    from sklearn.mixture import GaussianMixture

    found = GaussianMixture(k, n_init=starts, random_state=seed, reg_covar=REGULARISED).fit(rows)
    order = np.lexsort(found.means_.T[::-1])
    with np.errstate(divide="ignore"):  # a distribution that lost all its rows weighs nothing
        log_weights = np.log(found.weights_[order])
    return Mixture(log_weights, found.means_[order], found.precisions_cholesky_[order])


def _squares(columns: Floats, centre: Floats) -> Floats:
    """Squared distances from a centre, summed trait by trait in their order."""
    total = np.zeros(columns.shape[1])
    for column, value in zip(columns, centre, strict=True):
        total += (column - value) ** 2
    return total


def _mahalanobis(columns: Floats, mean: Floats, factor: Floats) -> Floats:
    """Squared distances in the units of a distribution, summed in a fixed order."""
    total = np.zeros(columns.shape[1])
    moved = [column - value for column, value in zip(columns, mean, strict=True)]
    for at in range(len(mean)):
        part = np.zeros(columns.shape[1])
        for row in range(at + 1):  # the factor is an upper triangle
            part += moved[row] * factor[row, at]
        total += part**2
    return total
