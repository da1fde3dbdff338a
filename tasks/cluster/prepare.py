"""From traits to numbers that distances may be taken of: which customers, which traits, how scaled.

Everything here depends on values and customer_id alone, never on the place of a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from region_profiles.cluster_models import Clusters
from tasks.cluster.records import Bools, Floats, Labels, significant
from tasks.errors import Terminal

#: Beyond these quantiles a value counts as the quantile: one wholesaler must not be a cluster.
WINSOR = (0.01, 0.99)
#: Width of the middle half of a normal distribution, in standard deviations.
NORMAL_QUARTILES = 1.349
#: Scaled values are rounded: engines that sum in another order differ in the sixteenth digit.
DECIMALS = 6
#: Who has fewer of the profile's traits (who never bought, or not in the window) does not count as lacking a trait.
KNOWN_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Scaling:
    """How one trait is scaled: (clip(its logs or itself, lower, upper) - centre) / scale."""

    trait: str
    log: bool
    lower: float
    upper: float
    centre: float
    scale: float

    def __call__(self, values: Floats) -> Floats:
        """The scaled values.

        >>> Scaling("orders", log=False, lower=0.0, upper=8.0, centre=2.0, scale=2.0)(np.array([2.0, 6.0, 900.0]))
        array([0., 2., 3.])
        """
        moved = logs(values) if self.log else values
        clipped = np.clip(moved, self.lower, self.upper)
        return np.asarray(np.round((clipped - self.centre) / self.scale, DECIMALS))


@dataclass(frozen=True, slots=True)
class Prepared:
    """`raw` and `scaled`: a row for each customer of `inside`, a column for each trait that varies.

    `ids` are all customers, ascending; `inside` are the rows whose traits are all known; `sample` are places within
    those, in an order that says nothing about the customers. `unused`: trait -> missing, coverage or constant.
    """

    ids: pa.Array
    inside: Bools
    traits: tuple[str, ...]
    raw: Floats
    scaled: Floats
    sample: Labels
    unused: Mapping[str, str]
    notes: Mapping[str, Any]


def prepare(customers: pa.Table, settings: Clusters) -> Prepared:
    """Choose customers and traits, and scale them; `customers` has customer_id (unique) and numeric columns.

    Terminal where a trait's column is no number.
    """
    traits = settings.traits
    table = in_order(customers)
    present = [name for name in traits if name in table.column_names]
    values = np.column_stack([_floats(table, name) for name in present]) if present else np.empty((table.num_rows, 0))
    known = np.isfinite(values)
    covered, inside = _complete(known, len(traits), float(settings.minimum_coverage))
    ids = table["customer_id"].combine_chunks()
    chosen = _sample(ids.filter(pa.array(inside)), settings.sample)
    raw = values[inside]
    scalings = {
        name: scaling(name, raw[chosen, at], log=name in settings.logs)
        for at, name in enumerate(present)
        if covered[at] and len(chosen)
    }
    used = [(at, kind) for at, name in enumerate(present) if (kind := scalings.get(name)) is not None]
    constant = {name: "constant" for name, kind in scalings.items() if kind is None}
    poor = {name: "coverage" for at, name in enumerate(present) if not covered[at]}
    unused = {name: "missing" for name in traits if name not in present} | poor | constant
    notes = {
        "customers": table.num_rows,
        "clustered": int(inside.sum()),
        "left_out": int(table.num_rows - inside.sum()),
        "nulls": {name: int(table.num_rows - known[:, at].sum()) for at, name in enumerate(present)},
        "unused_traits": unused,
        "scaling": [asdict(kind) for _, kind in used],
        "sample": len(chosen),
    }
    return Prepared(
        ids=ids,
        inside=inside,
        traits=tuple(kind.trait for _, kind in used),
        raw=np.ascontiguousarray(raw[:, [at for at, _ in used]]),
        scaled=np.column_stack([kind(raw[:, at]) for at, kind in used]) if used else np.empty((len(raw), 0)),
        sample=chosen,
        unused=unused,
        notes=notes,
    )


def _complete(known: Bools, traits: int, minimum: float) -> tuple[Bools, Bools]:
    """Which columns are covered well enough, and which rows have all of those."""
    judges = known.sum(axis=1) >= KNOWN_SHARE * traits
    among = known[judges] if judges.any() else known
    covered = among.sum(axis=0) >= max(minimum * len(among), 1)
    return covered, judges & known[:, covered].all(axis=1)


def in_order(customers: pa.Table) -> pa.Table:
    """The rows by customer_id."""
    ids = customers["customer_id"].combine_chunks()
    if pc.all(pc.less(ids[:-1], ids[1:]), min_count=0).as_py():
        return customers
    return customers.take(pc.sort_indices(ids))


def scaling(trait: str, values: Floats, *, log: bool) -> Scaling | None:
    """How a trait is scaled, from a sample of it; None where it is the same for 98 customers of a hundred or more.

    WINSOR bounds it. The centre is the median. The unit is the middle half over 1.349 or, where that is greater (most
    have a discount of 0), the standard deviation: no trait weighs more than one of variance 1.
    """
    if not len(values) or values.min() == values.max():
        return None
    moved = logs(values) if log else values
    lower, upper = np.quantile(moved, WINSOR)
    if lower == upper:
        return None
    clipped = np.clip(moved, lower, upper)
    first, median, third = np.quantile(clipped, (0.25, 0.5, 0.75))
    unit = max((third - first) / NORMAL_QUARTILES, clipped.std())
    return Scaling(trait, log, *map(significant, (lower, upper, median, unit)))


def logs(values: Floats) -> Floats:
    """log(1 + x), and -log(1 - x) below 0: more was given back than bought.

    >>> logs(np.array([0.0, np.e - 1, 1 - np.e]))
    array([ 0.,  1., -1.])
    """
    return np.asarray(np.copysign(np.log1p(np.abs(values)), values))


def _floats(table: pa.Table, name: str) -> Floats:
    """A column as doubles, NaN for null."""
    kind = table.schema.field(name).type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise Terminal("is no numeric trait", column=name, value=str(kind), expected="integer, decimal or double")
    return np.asarray(pc.cast(table[name], pa.float64()).to_numpy(), dtype=np.float64)


def _sample(ids: pa.Array, size: int) -> Labels:
    """Places of at most `size` customers, by a hash of their id: the same ones every month, whoever joins."""
    import pandas as pd  # a fifth of a second, which only markets with clusters need

    hashes = pd.util.hash_array(np.asarray(ids.to_numpy(zero_copy_only=False), dtype=object), categorize=False)
    return np.argsort(hashes, kind="stable")[:size]
