"""Columns of numbers as whole units of the last digit that is shown, rounded half away from zero as ICU does.

Decimals and integers are never doubles on the way. A double stands for its shortest decimal form, as in JavaScript:
1.005 has two and a half cents, though its binary value lies below.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasks.errors import Terminal
from tasks.localize.cells import Numbers

#: In steps of rounding: ties below have at most 15 digits, and what leads to them is whole and below 2**53.
_EXACT = 1e13
_LIMIT = 2**63 - 1
#: Wider than any Arrow decimal and any double written out.
WIDE = Context(prec=800, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Units:
    """A column: absolute whole units (Python integers where 64 bits do not do), signs, which rows are numbers."""

    numbers: Numbers
    negative: NDArray[np.bool_]
    valid: NDArray[np.bool_] | None
    """Rows that are neither null nor, of doubles, NaN or infinite; None: all."""


def units(column: pa.Array, digits: int, step: int = 1) -> Units:
    """A column of integers, decimals or doubles in units of 10**-digits, in multiples of `step` units.

    `digits` may be below zero: a percentage without decimals counts hundredths, digits 2; thousands are digits -3.

    Raises:
        Terminal: if the column holds no numbers.

    >>> units(pa.array([Decimal("1.005"), Decimal("-2.5")]), 2).numbers.tolist()
    [101, 250]
    >>> units(pa.array([1.005, 0.285]), 2).numbers.tolist()
    [101, 29]
    """
    kind = column.type
    if pa.types.is_null(kind):
        column, kind = column.cast(pa.int64()), pa.int64()
    valid = None if column.null_count == 0 else np.asarray(column.is_valid())
    if pa.types.is_floating(kind):
        return _doubles(column, digits, step, valid)
    if pa.types.is_integer(kind) and kind != pa.uint64():
        values, scale = np.asarray(column.cast(pa.int64()).fill_null(0)), 0
    elif pa.types.is_decimal(kind) and kind.bit_width == 128:  # noqa: PLR2004  Arrow's usual decimal
        narrow, scale = _low_words(column, valid), kind.scale
        if narrow is None and scale > digits >= 0 and step == 1:
            narrow, scale = _low_words(_shorter(column, digits), valid), digits
        if narrow is None:
            return _wide(column, digits, step, valid)
        values = narrow
    elif pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return _wide(column, digits, step, valid)
    else:
        raise not_numbers(kind)
    negative = _words(column)[1] < 0 if pa.types.is_decimal(kind) else values < 0
    rounded = _rescaled(values, digits - scale, step)
    return _wide(column, digits, step, valid) if rounded is None else Units(rounded, negative, valid)


def not_numbers(kind: pa.DataType) -> Terminal:
    """The error for a column of something else."""
    return Terminal("not a column of numbers", value=str(kind), expected="integers, decimals or doubles")


def _low_words(column: pa.Array, valid: NDArray[np.bool_] | None) -> NDArray[np.int64] | None:
    """The low 64 bits of a decimal128 column, if they say all; nulls are 0."""
    low, high = _words(column)
    if valid is not None:
        low, high = np.where(valid, low, 0), np.where(valid, high, 0)
    return low if bool((high == (low >> 63)).all()) else None


def _words(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Low and high 64 bits of each row of a decimal128 column."""
    words = np.frombuffer(column.buffers()[1], dtype=np.int64)[2 * column.offset :][: 2 * len(column)]
    return words[0::2], words[1::2]


def _shorter(column: pa.Array, digits: int) -> pa.Array:
    """The column with fewer decimals; signs of numbers that round to zero are lost."""
    widest = column.cast(pa.decimal128(38, column.type.scale))
    rounded = pc.round(widest, ndigits=digits, round_mode="half_towards_infinity")
    return rounded.cast(pa.decimal128(38, digits))


def _rescaled(values: NDArray[np.int64], shift: int, step: int) -> NDArray[np.int64] | None:
    """Absolute values times 10**shift, rounded to multiples of step; None if 64 bits do not do."""
    biggest = max(abs(int(values.max())), abs(int(values.min()))) if len(values) else 0
    factor = 10 ** abs(shift)
    divisor = step * (factor if shift < 0 else 1)
    if max(biggest * (factor if shift > 0 else 1) + divisor, divisor * 2, factor) > _LIMIT:
        return None
    numbers = np.abs(values)
    if shift > 0:
        numbers = numbers * factor
    if divisor == 1:
        return numbers
    rounded = (numbers + divisor // 2) // divisor  # an odd divisor has no ties
    return rounded * step if step > 1 else rounded


def _wide(column: pa.Array, digits: int, step: int, valid: NDArray[np.bool_] | None) -> Units:
    """Rows that 64 bits cannot hold, as Python integers; one by one, since no purse is that full."""
    decimals = [Decimal(0) if value is None else Decimal(value) for value in column.to_pylist()]
    numbers = np.array([_whole(value, digits, step) for value in decimals], dtype=object)
    negative = np.array([value.is_signed() for value in decimals], dtype=np.bool_)
    return Units(numbers, negative, valid)


def _whole(value: Decimal, digits: int, step: int) -> int:
    shown = WIDE.divide(WIDE.scaleb(value.copy_abs(), digits), Decimal(step))
    return int(shown.to_integral_value(rounding=ROUND_HALF_UP)) * step


def _doubles(column: pa.Array, digits: int, step: int, valid: NDArray[np.bool_] | None) -> Units:
    """Doubles by their shortest decimal form.

    A double is at or above a tie if it is not below the double nearest to the tie: of two decimals with at most 15
    digits no two share a double. Where the tie has more digits, the row goes by its decimal text.
    """
    values = np.asarray(column.cast(pa.float64()).fill_null(0.0))
    finite = np.isfinite(values)
    if not finite.all():
        valid = finite if valid is None else valid & finite
        values = np.where(finite, values, 0.0)
    negative, sizes = np.signbit(values), np.abs(values)
    up, down = 10.0 ** max(digits, 0), 10.0 ** max(-digits, 0) * step
    exact = sizes < _EXACT * down / up
    small = np.where(exact, sizes, 0.0)
    floor = np.floor(small * up / down)
    floor -= floor * down / up > small
    floor += (floor + 1) * down / up <= small
    tie = (2 * floor + 1) * down / (2 * up)
    numbers: Numbers = (floor.astype(np.int64) + (small >= tie)) * step
    if not exact.all():
        big = np.flatnonzero(~exact)
        wholes = [_whole(Decimal(repr(value)), digits, step) for value in sizes[big].tolist()]
        if max(wholes) > _LIMIT:
            numbers = numbers.astype(object)
        numbers[big] = wholes
    return Units(numbers, negative, valid)


def specials(column: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """Which rows are NaN and which infinite (null where the row is); None if the column has no such thing."""
    if not pa.types.is_floating(column.type) or pc.all(pc.is_finite(column)).as_py() is not False:
        return None
    return pc.is_nan(column), pc.is_inf(column)
