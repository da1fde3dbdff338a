"""What a clustering takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.intp]
Reason = Literal[
    "off", "missing_traits", "too_few_customers", "no_varying_trait", "unstable", "overlapping", "dominant"
]


@dataclass(frozen=True, slots=True)
class Previous:
    """The publication before: `customers` with customer_id and cluster (null: in none), no row where it had none.

    `last` is the highest number that any code ever had, from its notes: numbers of clusters that ended do not return.
    """

    customers: pa.Table
    last: int = 0


@dataclass(frozen=True, slots=True)
class Apart:
    """A trait that sets a cluster apart.

    `difference` is the mean of the cluster less that of all others, in standard deviations of the market, both of
    scaled values; medians are in the trait's own unit.
    """

    trait: str
    direction: Literal["high", "low"]
    difference: float
    median: float
    market_median: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster; `jaccard` is of the previous cluster with the same code, null where the code is new."""

    code: str
    customers: int
    share: float
    jaccard: float | None
    apart: tuple[Apart, ...]


@dataclass(frozen=True, slots=True)
class Clustered:
    """`customers`: customer_id (ascending), cluster (`c1`, ...; null: left out). `notes`: JSON for the manifest."""

    customers: pa.Table
    clusters: tuple[Cluster, ...]
    notes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there are no clusters; `facts` are the figures that the reason rests on, `notes` all that is known."""

    reason: Reason
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def significant(value: float) -> float:
    """Nine digits: what engines that sum in another order agree on.

    >>> significant(1 / 3), significant(123456789.125)
    (0.333333333, 123456789.0)
    """
    return float(f"{value:.9g}")
