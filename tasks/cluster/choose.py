"""How many clusters: those numbers that hold on halves of the customers; of these the one best told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from region_profiles.cluster_models import Clusters
from tasks.cluster.methods import Method, Model, alone, fit
from tasks.cluster.records import Floats, Labels, Reason, Refused

#: Customers that are halved: halves of 4,000 tell as much as larger ones.
SPLIT_ROWS = 8000
#: A silhouette compares all pairs: its error on 2,000 customers is about .005.
SILHOUETTE_ROWS = 2000
#: Starts of the published fit, starts of each on halves, and how often they are halved. A mixture starts from k-means,
#: and is slow.
EFFORT: dict[Method, tuple[int, int, int]] = {"kmeans": (10, 3, 16), "gaussian_mixture": (2, 1, 8)}
#: In the order in which they are told: what does not hold is not worth being told apart.
FAULTS: tuple[Reason, ...] = ("unstable", "overlapping", "dominant")


@dataclass(frozen=True, slots=True)
class Tried:
    """A number of clusters and what speaks against it."""

    k: int
    model: Model
    stability: float
    silhouette: float
    largest_share: float
    against: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "k": self.k,
            "stability": round(self.stability, 6),
            "silhouette": round(self.silhouette, 6),
            "largest_share": round(self.largest_share, 6),
            "against": list(self.against),
        }


def attempt(rows: Floats, settings: Clusters) -> tuple[Tried, ...]:
    """Every number of clusters that the profile allows, tried on the sample `rows`."""
    least, most = settings.k_range if settings.k is None else (settings.k, settings.k)
    apart = distances(rows[:SILHOUETTE_ROWS])
    tried = []
    for k in range(least, most + 1):
        with alone():  # another market may fit between two numbers
            model = fit(settings.method, rows, k, seed=settings.seed, starts=EFFORT[settings.method][0])
            held = stability(rows[:SPLIT_ROWS], k, settings)
        labels = model.assign(rows)
        told = silhouette(apart, labels[:SILHOUETTE_ROWS])
        largest = float(np.bincount(labels).max() / len(labels))
        passed = (
            held >= settings.minimum_stability,
            told >= settings.minimum_silhouette,
            largest <= settings.maximum_share,
        )
        against = tuple(reason for reason, fine in zip(FAULTS, passed, strict=True) if not fine)
        tried.append(Tried(k, model, held, told, largest, against))
    return tuple(tried)


def choose(tried: Sequence[Tried], settings: Clusters) -> Tried | Refused:
    """The number with the highest silhouette among those with nothing against them; the smaller of equals.

    A refusal names the fault of the number that came furthest, with its figures.
    """
    fine = [one for one in tried if not one.against or settings.accept_unstable]
    if fine:
        return max(fine, key=lambda one: (round(one.silhouette, 3), -one.k))
    nearest = max(tried, key=lambda one: (FAULTS.index(one.against[0]), one.stability, -one.k))
    limits = {
        "minimum_stability": float(settings.minimum_stability),
        "minimum_silhouette": float(settings.minimum_silhouette),
        "maximum_share": float(settings.maximum_share),
    }
    return Refused(nearest.against[0], nearest.as_dict() | limits)


def stability(rows: Floats, k: int, settings: Clusters) -> float:
    """Mean adjusted Rand index of pairs of fits on disjoint halves, both assigning all rows; within `alone()`.

    1 is the same clusters each time, 0 no more in common than by chance (Hubert and Arabie 1985; on halves: Lange and
    others 2004).
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(settings.seed)
    _, starts, splits = EFFORT[settings.method]
    indices = []
    for split in range(splits):
        order = random.permutation(len(rows))
        halves = order[: len(rows) // 2], order[len(rows) // 2 :]
        labels = [
            fit(settings.method, rows[half], k, seed=settings.seed + split, starts=starts).assign(rows)
            for half in halves
        ]
        indices.append(float(adjusted_rand_score(*labels)))
    return float(np.mean(indices))


def distances(rows: Floats) -> Floats:
    """Euclidean distances of all pairs."""
    from scipy.spatial.distance import pdist, squareform

    return np.asarray(squareform(pdist(rows)))


def silhouette(apart: Floats, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw 1987) by a matrix of distances; 0 where all are in one cluster or each in its own."""
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(labels):
        return 0.0
    return float(silhouette_score(apart, labels, metric="precomputed"))
