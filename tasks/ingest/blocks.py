"""Where the records of a block of delimited text begin and end, found with whole arrays of bytes.

A quote opens a field where a field begins, and closes it where one ends; two in a row inside a field are one. As long
as all quotes are in place so, a line end outside of quotes ends a record, and counting delimiters outside of quotes
tells its width.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tasks.ingest.dialect import Dialect
from tasks.ingest.records import LINES_PER_RECORD

Places = npt.NDArray[np.int64]

#: Python's csv refuses longer fields.
FIELD = 100_000


def nowhere() -> Places:
    """No place."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Block:
    """The first records of a block: `even` has as many fields as columns, `uneven` are the others, one text each.

    `end` is where they end; `even_at` and `uneven_at` are their places among the `count` records. `whole` is false
    where a quote out of place or a record too long comes next.
    """

    end: int
    whole: bool
    count: int = 0
    even: bytes = b""
    even_at: Places = field(default_factory=nowhere)
    uneven: tuple[str, ...] = ()
    uneven_at: Places = field(default_factory=nowhere)


def look(data: bytes, dialect: Dialect, *, last: bool) -> Block:
    """The records of a block that begins with a record; `last`: nothing comes after it."""
    width = len(dialect.columns)
    odd = dialect.trailing or width == 1 or dialect.escape not in {"", dialect.quote}
    if odd or not (dialect.delimiter + dialect.quote).isascii():
        return Block(0, whole=False)
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == ord(dialect.quote)) if dialect.quote else np.zeros(0, np.int64)
    limit = _misplaced(text, quotes, ord(dialect.delimiter))
    inside = quotes[quotes < limit]
    breaks = _line_ends(text[:limit])
    ends = breaks[np.searchsorted(inside, breaks) % 2 == 0] + 1
    if last and limit == len(text) and (not len(ends) or ends[-1] < limit) and len(inside) % 2 == 0:
        ends = np.append(ends, limit)
    elif not last and len(ends) and ends[-1] == len(text) and text[-1] == ord("\r"):
        ends = ends[:-1]  # its line feed may come with the next block
    return _split(data, text, inside, breaks, ends, dialect, whole=limit == len(text))


def _split(
    data: bytes,
    text: npt.NDArray[np.uint8],
    quotes: Places,
    breaks: Places,
    ends: Places,
    dialect: Dialect,
    *,
    whole: bool,
) -> Block:
    starts = np.concatenate([[0], ends])[:-1].astype(np.int64)
    lines = np.diff(np.searchsorted(breaks, ends), prepend=0)
    long = np.flatnonzero((lines > LINES_PER_RECORD) | (ends - starts > FIELD))
    if len(long):
        starts, ends, whole = starts[: long[0]], ends[: long[0]], False
    if not len(ends):
        return Block(0, whole=False)
    end = int(ends[-1])
    commas = np.flatnonzero(text[:end] == ord(dialect.delimiter))
    commas = commas[np.searchsorted(quotes, commas) % 2 == 0]
    fields = np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1
    blank = np.isin(text[starts], (ord("\n"), ord("\r")))
    even = (fields == len(dialect.columns)) & ~blank
    if even.all():
        return Block(end, whole, len(ends), data[:end], np.arange(len(ends)))
    uneven = ~even & ~blank
    texts = tuple(data[starts[n] : ends[n]].decode("utf-8") for n in np.flatnonzero(uneven))
    kept = text[:end][np.repeat(even, ends - starts)].tobytes()
    at = np.cumsum(~blank) - 1
    return Block(end, whole, int((~blank).sum()), kept, at[even], texts, at[uneven])


def _line_ends(text: npt.NDArray[np.uint8]) -> Places:
    """Places of line feeds, and of carriage returns without one."""
    feeds = text == ord("\n")
    returns = text == ord("\r")
    if returns.any():
        returns[:-1] &= ~feeds[1:]
        feeds = feeds | returns
    return np.flatnonzero(feeds)


def _misplaced(text: npt.NDArray[np.uint8], quotes: Places, delimiter: int) -> int:
    """The place of the first quote that neither opens nor closes a field nor stands twice; the length if none does."""
    if not len(quotes):
        return len(text)
    borders = np.zeros(256, bool)
    borders[[delimiter, ord("\n"), ord("\r")]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = borders[text[np.maximum(opening - 1, 0)]] | (opening == 0)
    before[1:] |= opening[1:] - 1 == closing[: len(opening) - 1]
    after = borders[text[np.minimum(closing + 1, len(text) - 1)]] | (closing == len(text) - 1)
    after[: len(opening) - 1] |= closing[: len(opening) - 1] + 1 == opening[1:]
    wrong = [*opening[~before][:1], *closing[~after][:1]]
    return int(min(wrong, default=len(text)))
