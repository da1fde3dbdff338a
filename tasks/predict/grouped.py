"""Purchase histories as distinct triples with counts: all that the likelihoods need.

The time unit is the day. Of a customer with purchases on n distinct local days, `repeats` is n - 1 (x of the
literature), `span` the days from the first to the last of them (t_x), `age` the days from the first to the as-of date
(T). Weeks are never used: rounding up to them moved alpha of CDNOW by a tenth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.errors import Terminal

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Pairs = tuple[Floats, Floats, Ints]

#: Bits of each number in a key of 63: days of 5,700 years, and as many purchase days.
_BITS = 21
#: Rows above which the search starts on a coarser copy; beyond it one look at all rows takes over a millisecond.
_MANY = 20_000
_GRID = 40


@dataclass(frozen=True, eq=False)
class Grouped:
    """Distinct histories, sorted by (repeats, span, age), and how many customers have each.

    Sums over these rows come out the same whatever the order of customers was, and are taken by numpy alone: BLAS
    splits long vectors among threads.
    """

    repeats: Ints
    span: Ints
    age: Ints
    customers: Ints

    @property
    def total(self) -> int:
        """Customers of all rows."""
        return int(self.customers.sum())

    @property
    def repeat_capable(self) -> int:
        """Customers whose first purchase was before the as-of date, so that they could have come again."""
        return int(self.customers[self.age > 0].sum())

    @property
    def purchases(self) -> int:
        """Repeat purchase days of all customers."""
        return int((self.repeats * self.customers).sum())

    @property
    def history(self) -> int:
        """Days from the first purchase of all to the as-of date; 0 where there is no customer."""
        return int(self.age.max(initial=0))

    @cached_property
    def by_repeats(self) -> Distinct:
        """Distinct numbers of repeats."""
        return Distinct.of(self.repeats, self.customers)

    @cached_property
    def by_age(self) -> Distinct:
        """Distinct ages."""
        return Distinct.of(self.age, self.customers)

    @cached_property
    def by_span(self) -> Distinct:
        """Distinct spans."""
        return Distinct.of(self.span, self.customers)

    @cached_property
    def repeats_and_span(self) -> Pairs:
        """Distinct pairs of repeats and span, and where each row's stands among them."""
        return _pairs(self.repeats, self.span)

    @cached_property
    def repeats_and_age(self) -> Pairs:
        """Distinct pairs of repeats and age, and where each row's stands among them."""
        return _pairs(self.repeats, self.age)

    @cached_property
    def keys(self) -> Ints:
        """One ascending number for each row."""
        return _packed(self.repeats, self.span, self.age)

    def rows_of(self, repeats: Ints, span: Ints, age: Ints) -> Ints:
        """Where in these rows each given history stands; each must be among them.

        >>> sample = grouped([0, 2, 0], [0, 30, 0], [9, 40, 9])
        >>> sample.rows_of(np.array([2, 0]), np.array([30, 0]), np.array([40, 9])).tolist()
        [1, 0]
        """
        wanted = _packed(repeats, span, age)
        found = np.searchsorted(self.keys, wanted)
        if not np.array_equal(self.keys[np.minimum(found, len(self.keys) - 1)], wanted):
            raise Terminal(
                "a customer's purchase history is not among those that were fitted", hint="defect: report it"
            )
        return found.astype(np.int64)

    def coarser(self) -> Grouped:
        """A copy on a grid of days where there are many rows: good for a first estimate, never for the last."""
        if len(self.repeats) <= _MANY:
            return self
        step = max(1, self.history // _GRID)
        age = (self.age // step) * step + step
        span = np.where(self.repeats > 0, np.minimum((self.span // step) * step + step // 2 + 1, age), 0)
        return _grouped(self.repeats, span, age, self.customers)


@dataclass(frozen=True, eq=False, slots=True)
class Distinct:
    """Distinct values of one number, where each row's stands among them, and customers of each."""

    values: Floats
    at: Ints
    customers: Floats

    @classmethod
    def of(cls, values: Ints, customers: Ints) -> Distinct:
        """Find the distinct values."""
        distinct, at = np.unique(values, return_inverse=True)
        weights = summed(at, customers, len(distinct))
        return cls(distinct.astype(np.float64), at.astype(np.int64), weights)


def grouped(
    repeats: npt.ArrayLike, span: npt.ArrayLike, age: npt.ArrayLike, customers: npt.ArrayLike | None = None
) -> Grouped:
    """Group histories; one row is a customer, or as many as `customers` says.

    Errors: Terminal where a history cannot be (`span` above `age`, repeats without a span, more repeats than days).

    >>> sample = grouped([0, 2, 0], [0, 30, 0], [9, 40, 9])
    >>> sample.repeats.tolist(), sample.span.tolist(), sample.age.tolist(), sample.customers.tolist()
    ([0, 2], [0, 30], [9, 40], [2, 1])
    """
    columns = [_whole(name, values) for name, values in (("repeats", repeats), ("span", span), ("age", age))]
    count = np.ones(len(columns[0]), np.int64) if customers is None else _whole("customers", customers)
    if len({len(column) for column in (*columns, count)}) != 1:
        raise Terminal("columns of purchase histories differ in length")
    _check(columns[0], columns[1], columns[2], count)
    return _grouped(columns[0], columns[1], columns[2], count)


def grouped_table(table: pa.Table) -> Grouped:
    """The same from columns `repeats`, `span`, `age` and, where rows are not single customers, `customers`."""
    names = ["repeats", "span", "age", *(["customers"] if "customers" in table.column_names else [])]
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise Terminal("a column of purchase histories is missing", column=missing[0])
    return grouped(*(_column(table, name) for name in names))


def joined(parts: Sequence[Grouped]) -> Grouped:
    """Histories of several markets as one."""
    arrays = zip(*((part.repeats, part.span, part.age, part.customers) for part in parts), strict=True)
    return _grouped(*(np.concatenate(column) for column in arrays))


def _column(table: pa.Table, name: str) -> Ints:
    column = table.column(name)
    if column.null_count:
        raise Terminal("a purchase history has no value", column=name)
    return column.to_numpy()  # type: ignore[no-any-return]


def _whole(name: str, values: npt.ArrayLike) -> Ints:
    array = np.atleast_1d(np.asarray(values))
    whole = array.astype(np.int64)
    if array.size and not np.array_equal(array, whole):
        raise Terminal("purchase histories are counted in whole days", column=name)
    return whole


def _check(repeats: Ints, span: Ints, age: Ints, customers: Ints) -> None:
    top = 1 << _BITS
    wrong = (repeats < 0) | (span < 0) | (span > age) | (repeats > span) | ((repeats == 0) & (span > 0))
    wrong |= (age >= top) | (customers < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise Terminal(
            "a purchase history cannot be",
            record=row + 1,
            value=(int(repeats[row]), int(span[row]), int(age[row])),
            expected="0 <= repeats <= span <= age, and a span only with repeats",
        )


def _packed(repeats: Ints | int, span: Ints, age: Ints) -> Ints:
    return (np.asarray(repeats, np.int64) << 2 * _BITS) | (np.asarray(span, np.int64) << _BITS) | np.asarray(age)


def summed(at: Ints, weights: Floats | Ints, length: int) -> Floats:
    """Sums of weights by place, taken in the order of rows.

    >>> summed(np.array([0, 1, 0]), np.array([1.0, 2.0, 3.0]), 2).tolist()
    [4.0, 2.0]
    """
    return np.bincount(at, weights=weights, minlength=length).astype(np.float64)


def _pairs(repeats: Ints, days: Ints) -> Pairs:
    keys, at = np.unique(_packed(0, repeats, days), return_inverse=True)
    return (keys >> _BITS).astype(np.float64), (keys & ((1 << _BITS) - 1)).astype(np.float64), at.astype(np.int64)


def _grouped(repeats: Ints, span: Ints, age: Ints, customers: Ints) -> Grouped:
    keys, at = np.unique(_packed(repeats, span, age), return_inverse=True)
    mask = (1 << _BITS) - 1
    count = np.zeros(len(keys), np.int64)
    np.add.at(count, at, customers)
    return Grouped(keys >> 2 * _BITS, (keys >> _BITS) & mask, keys & mask, count)
