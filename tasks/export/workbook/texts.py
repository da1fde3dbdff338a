"""Text in a workbook: what a cell holds, what a worksheet may be called, how wide a column must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

#: Excel's longest text of a cell and longest name of a worksheet, both in units of UTF-16.
CELL, NAME = 32_767, 31
#: What stands for the rest of a text that was cut.
ELLIPSIS = "…"

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")
#: Excel keeps this name for itself.
_RESERVED = frozenset({"history"})
_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_MODIFIERS = range(0x1F3FB, 0x1F400)
_JAMO = range(0x1160, 0x1200)
_REGIONAL = range(0x1F1E6, 0x1F200)
_FLAGS = "".join(map(chr, _REGIONAL))
_ASTRAL = 0x10000


def units(text: str) -> int:
    """The length of a text as Excel counts it, in units of UTF-16.

    >>> units("a😀")
    3
    """
    return len(text) + sum(ord(sign) >= _ASTRAL for sign in text)


def cut(text: str, limit: int, end: str = "") -> str:
    """The text, or as many whole characters of it as fit into `limit` units with `end` behind them.

    A character is what a reader sees as one: a letter with its marks, an emoji of several parts, a flag. Where the
    first of them alone is too long, it is cut all the same.

    >>> cut("café", 4), cut("cafe\u0301s", 4), cut("family 👩‍👩‍👧", 12, "…")
    ('café', 'caf', 'family…')
    """
    if units(text) <= limit:
        return text
    room = limit - units(end)
    place = size = 0
    while place < len(text) and size + units(text[place]) <= room:
        size += units(text[place])
        place += 1
    whole = place
    while whole and not _breaks(text, whole):
        whole -= 1
    return text[: whole or place].rstrip() + end


def shortened(text: str, limit: int) -> str:
    """The text, or as many whole words of it as fit into `limit` units; as many characters where words fill no half.

    >>> shortened("Potential loyalists", 12), shortened("Potential loyalists", 6), shortened("お得意様", 3)
    ('Potential', 'Potent', 'お得意')
    >>> shortened("In Abwanderung begriffen", 12)
    'In Abwanderu'
    """
    found = cut(text, limit)
    whole = found.rpartition(" ")[0].rstrip(" ,")
    ended = len(found) == len(text) or text[len(found)].isspace()
    return found if ended or units(whole) * 2 < limit else whole


def _breaks(text: str, place: int) -> bool:
    """Whether a character ends before that place: the rules of UAX 29 that matter for names, without tables."""
    before, after = text[place - 1], text[place]
    if _JOINER in {before, after} or unicodedata.category(after) in _MARKS:
        return False
    if ord(after) in _MODIFIERS or ord(after) in _JAMO or (before == "\r" and after == "\n"):
        return False
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        letters = text[:place]
        return (place - len(letters.rstrip(_FLAGS))) % 2 == 0
    return True


def fit(column: pa.Array) -> pa.Array:
    """A column of text with every value short enough for a cell; what is longer ends in `…`."""
    longest = pc.max(pc.binary_length(column)).as_py()
    if longest is None or longest <= CELL:
        return column
    return pa.array([None if one is None else cut(one, CELL, ELLIPSIS) for one in column.to_pylist()], column.type)


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names of worksheets as Excel takes them, each one once: case does not tell two apart.

    >>> sheet_names(["A/B", "a b", "'Tis", "History", "x" * 40, "Customers whom we may write to soon"])
    ['A B', 'a b 2', 'Tis', 'History 2', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'Customers whom we may write to']
    """
    names: list[str] = []
    taken = set(_RESERVED)
    for text in wanted:
        clean = " ".join(_FORBIDDEN.sub(" ", text).split()).strip("' ") or "-"
        name, number = shortened(clean, NAME), 1
        while unicodedata.normalize("NFC", name).casefold() in taken:
            number += 1
            name = shortened(clean, NAME - len(f" {number}")) + f" {number}"
        name = name.rstrip("'")
        taken.add(unicodedata.normalize("NFC", name).casefold())
        names.append(name)
    return names


def width(text: str) -> int:
    """Columns of a fixed-width display that a text takes: East Asian signs take two, combining marks none.

    >>> width("顧客"), width("cafe\u0301"), width("क्या")
    (4, 4, 3)
    """
    return sum(
        0 if unicodedata.category(sign) in {"Mn", "Me", "Cf"} else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )
