"""Numbers to Arrow strings: each number is a row of byte cells from look-up tables, and padding is squeezed out.

A cell holds three digits or so with the sign before them, as UTF-8 padded with NUL to whole machine words: one look-up
and one store for each cell, then one pass that drops the padding (no text has a NUL in it). Chunks stay in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.localize.patterns import Style

#: Rows at a time: their bytes and indices fit a core's second-level cache.
CHUNK = 16_384
#: Digits in a cell: a thousand entries fit the first-level cache.
WIDTH = 3

Numbers = NDArray[np.int64] | NDArray[np.object_]
Index = NDArray[np.intp]


class Table(NamedTuple):
    """Texts by index: `words` are the columns of a cell, left to right; `lengths` counts bytes."""

    words: tuple[NDArray[Any], ...]
    lengths: NDArray[np.int32]


def table(texts: Sequence[str]) -> Table:
    """A table of texts.

    >>> table(["0", ",000"]).lengths.tolist()
    [1, 4]
    """
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], dtype=np.int32)
    longest = int(lengths.max())
    columns = max(1, -(-longest // 4))
    padded = np.frombuffer(b"".join(text.ljust(columns * 4, b"\0") for text in encoded), dtype=np.uint8)
    rows = padded.reshape(len(texts), columns * 4)
    words: list[NDArray[Any]] = []
    for start in range(0, columns * 4, 8):
        part = np.ascontiguousarray(rows[:, start : start + 8])
        words.append(part.view(np.uint64 if part.shape[1] == 8 else np.uint32).ravel())  # noqa: PLR2004  bytes
    return Table(tuple(words), lengths)


def _spelled(number: int, width: int, digits: str) -> str:
    return "".join(digits[int(sign)] for sign in str(number).zfill(width))


@lru_cache(maxsize=512)
def _first_group(digits: str, group: str, width: int) -> Table:
    """The last group of the integer part: alone, after others, after others that are not set apart."""
    alone = [_spelled(number, 1, digits) for number in range(10**width)]
    full = [_spelled(number, width, digits) for number in range(10**width)]
    return table([*alone, *(group + text for text in full), *full])


@lru_cache(maxsize=512)
def _next_group(digits: str, group: str, width: int) -> Table:
    """A group further left: leading (nothing if zero), after others."""
    leading = ["", *(_spelled(number, 1, digits) for number in range(1, 10**width))]
    return table([*leading, *(group + _spelled(number, width, digits) for number in range(10**width))])


@lru_cache(maxsize=512)
def _fraction(digits: str, sign: str, width: int, least: int) -> Table:
    """Digits behind the decimal sign: to the end, and without trailing zeros down to `least` digits."""
    full = [_spelled(number, width, digits) for number in range(10**width)]
    zero = digits[0]
    short = [text[:least] + text[least:].rstrip(zero) for text in full]
    return table([*(sign + text for text in full), *(sign + text if text else "" for text in short)])


@lru_cache(maxsize=512)
def _affix(above: str, below: str) -> Table:
    return table([above, below])


class Cell(NamedTuple):
    """A table and which entry each row has; None: all have the first."""

    table: Table
    entry: Index | None


def _cells(style: Style, numbers: Numbers, negative: NDArray[np.bool_]) -> Iterator[Cell]:
    """The cells of a chunk, left to right. `numbers` are absolute, in units of the last of `style.most` digits."""
    sign = negative.astype(np.intp) if negative.any() else None
    if style.positive[0] or (sign is not None and style.negative[0]):
        yield Cell(_affix(style.positive[0], style.negative[0]), sign)
    whole = numbers // 10**style.most if style.most else numbers
    yield from _integer(style, whole)
    if style.most:
        yield from _decimals(style, numbers - whole * 10**style.most)
    if style.positive[1] or (sign is not None and style.negative[1]):
        yield Cell(_affix(style.positive[1], style.negative[1]), sign)


def _integer(style: Style, whole: Numbers) -> Iterator[Cell]:
    first, further = style.primary or WIDTH, style.secondary or WIDTH
    group = style.group if style.primary else ""
    biggest = int(whole.max()) if len(whole) else 0
    rest = whole // 10**first
    index = _index(whole - rest * 10**first)
    if biggest >= 10**first:
        apart = 10 ** (style.ungrouped)
        index += (rest > 0) * 10**first
        if style.ungrouped:
            index += ((rest > 0) & (rest < apart)) * 10**first
    cells = [Cell(_first_group(style.digits, group, first), index)]
    biggest //= 10**first
    while biggest:
        left = rest // 10**further
        index = _index(rest - left * 10**further)
        biggest //= 10**further
        if biggest:
            index += (left > 0) * 10**further
        cells.append(Cell(_next_group(style.digits, group, further), index))
        rest = left
    yield from reversed(cells)


def _decimals(style: Style, fraction: Numbers) -> Iterator[Cell]:
    """Cells of three decimals from the left; the last may have fewer."""
    done = 0
    while done < style.most:
        width = min(WIDTH, style.most - done)
        rest = style.most - done - width
        head = fraction // 10**rest if rest else fraction
        tail = fraction - head * 10**rest
        least = min(max(style.least - done, 0), width)
        index = _index(head)
        if style.least < done + width:
            index += ((tail == 0) * 10**width) if rest else 10**width
        yield Cell(_fraction(style.digits, "" if done else style.decimal, width, least), index)
        fraction, done = tail, done + width


def _index(numbers: Numbers) -> Index:
    return numbers.astype(np.intp)


def _squeezed(cells: Sequence[Cell], rows: int, valid: NDArray[np.bool_] | None) -> tuple[pa.Buffer, NDArray[np.int32]]:
    """Bytes of all rows without padding, and their lengths; rows that are not valid have none."""
    kinds = [word.dtype for cell in cells for word in cell.table.words]
    block = np.empty(rows, dtype=np.dtype([(f"f{place}", kind) for place, kind in enumerate(kinds)]))
    lengths = np.zeros(rows, dtype=np.int32)
    place = 0
    for cell in cells:
        for word in cell.table.words:
            block[f"f{place}"] = word[0] if cell.entry is None else word.take(cell.entry)
            place += 1
        lengths += cell.table.lengths[0] if cell.entry is None else cell.table.lengths.take(cell.entry)
    if valid is not None:
        block[~valid] = np.zeros((), dtype=block.dtype)
        lengths *= valid
    flat = block.view(np.uint8)
    text = np.packbits(flat != 0, bitorder="little")
    whole = pa.UInt8Array.from_buffers(pa.uint8(), len(flat), [None, pa.py_buffer(flat)])
    kept = whole.filter(pa.BooleanArray.from_buffers(pa.bool_(), len(flat), [None, pa.py_buffer(text)]))
    return kept.buffers()[1], lengths


def strings(
    style: Style, numbers: Numbers, negative: NDArray[np.bool_], valid: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Text of each number.

    Args:
        style: how numbers are written.
        numbers: absolute values in units of the last digit that is shown; Python integers where 64 bits do not do.
        negative: which are below zero.
        valid: which are not null; None if all are.
    """
    chunks = []
    for start in range(0, len(numbers), CHUNK):
        rows = slice(start, start + CHUNK)
        chunks.append(_chunk(style, numbers[rows], negative[rows], None if valid is None else valid[rows]))
    return pa.concat_arrays(chunks) if chunks else pa.array([], type=pa.string())


def _chunk(style: Style, numbers: Numbers, negative: NDArray[np.bool_], valid: NDArray[np.bool_] | None) -> pa.Array:
    rows = len(numbers)
    if valid is not None and valid.all():
        valid = None
    data, lengths = _squeezed(list(_cells(style, numbers, negative)), rows, valid)
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    nulls = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), data, nulls)
