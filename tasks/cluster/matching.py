"""Which cluster is which of the previous publication's: codes stay with the customers they stood for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.cluster.records import Floats, Labels, Previous


@dataclass(frozen=True, slots=True)
class Matched:
    """`codes` and `jaccard` for each new cluster in its order; `ended` are previous codes that none took over.

    `last` is the highest number that any code has had.
    """

    codes: tuple[str, ...]
    jaccard: tuple[float | None, ...]
    ended: tuple[str, ...]
    last: int


def match(ids: pa.Array, labels: Labels, previous: Previous | None, minimum: float) -> Matched:
    """Codes for the clusters 0, 1, ... of `labels`, whose customers are `ids`.

    Jaccard's index is the customers of both clusters over those of either, among customers who were in a cluster then
    and are in one now: who joins or leaves says nothing about the definition. Pairs are those with the greatest sum
    (Kuhn 1955), and count from `minimum` on. New codes follow the highest number ever used, the largest cluster first.
    """
    sizes = np.bincount(labels)
    old, index = _overlap(ids, labels, len(sizes), previous)
    last = last_number(previous)
    pairs = _pairs(index, minimum)
    codes = {new: old[before] for new, before in pairs.items()}
    for new in sorted(set(range(len(sizes))) - codes.keys(), key=lambda one: (-sizes[one], one)):
        last += 1
        codes[new] = f"c{last}"
    return Matched(
        codes=tuple(codes[new] for new in range(len(sizes))),
        jaccard=tuple(float(index[new, pairs[new]]) if new in pairs else None for new in range(len(sizes))),
        ended=tuple(code for at, code in enumerate(old) if at not in pairs.values()),
        last=last,
    )


def last_number(previous: Previous | None) -> int:
    """The highest number that any code has had so far; 0 before the first."""
    if previous is None:
        return 0
    return max([previous.last, *map(number, pc.unique(previous.customers["cluster"]).drop_null().to_pylist())])


def number(code: str) -> int:
    """The number of a code.

    >>> number("c12")
    12
    """
    return int(code.removeprefix("c"))


def _pairs(index: Floats, minimum: float) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(index, maximize=True)
    found = zip(rows.tolist(), columns.tolist(), strict=True)
    return {new: before for new, before in found if index[new, before] >= minimum and index[new, before] > 0}


def _overlap(ids: pa.Array, labels: Labels, count: int, previous: Previous | None) -> tuple[Sequence[str], Floats]:
    """The previous codes by number, and Jaccard's index of each new cluster (rows) with each of them (columns)."""
    if previous is None:
        return [], np.zeros((count, 0))
    before = previous.customers.filter(pc.is_valid(previous.customers["cluster"]))
    old = sorted(pc.unique(before["cluster"]).to_pylist(), key=number)
    places = pc.index_in(ids.cast(pa.large_string()), value_set=before["customer_id"].cast(pa.large_string()))
    both = places.is_valid()
    was = pc.index_in(before["cluster"].cast(pa.string()), value_set=pa.array(old, pa.string())).take(
        places.drop_null()
    )
    now = labels[both.to_numpy(zero_copy_only=False)]
    cells = np.bincount(now * len(old) + was.to_numpy(), minlength=count * len(old)).reshape(count, len(old))
    either = cells.sum(axis=1, keepdims=True) + cells.sum(axis=0, keepdims=True) - cells
    return old, cells / np.maximum(either, 1)
