"""Rows as text: a cell is made of pieces, and a piece is literal text, a word of a vocabulary, or a number.

Each word is written and escaped once; rows are then joined by Arrow, with no Python for each row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = Mapping[str, npt.NDArray[np.int64]]
Escape = Callable[[str], str]
#: Rows joined at once: large enough for Arrow, small enough for the processor's cache.
SLICE = 1 << 16


@dataclass(frozen=True, slots=True)
class Words:
    """The word of code c is `words[c]`; a negative code is empty. `clean` words need no quotes in any format."""

    by: str
    words: Sequence[str] | pa.Array
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, padded with zeros to `width`; a negative one is empty."""

    by: str
    width: int = 0


Piece = str | Words | Number


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a file."""

    header: str
    value: str
    pieces: tuple[Piece, ...]
    bare: bool = False
    """A number in JSON."""
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces of whole rows: cells and what stands between them, escaped for the format."""

    pieces: tuple[str | Number | tuple[str, pa.Array], ...]

    def lines(self, codes: Codes) -> pa.Array:
        """One string a row."""
        parts = [piece if isinstance(piece, str) else _column(piece, codes) for piece in self.pieces]
        merged = ["".join(run) if kind else run for kind, run in _runs(parts)]
        texts = [text for part in merged for text in ([part] if isinstance(part, str) else part)]
        if all(isinstance(text, str) for text in texts):
            return pa.repeat(pa.scalar("".join(texts)), len(next(iter(codes.values()))))
        return pc.binary_join_element_wise(*texts, "", null_handling="replace", null_replacement="")


def _runs(parts: list[Any]) -> list[tuple[bool, list[Any]]]:
    """Literals next to each other in one run, columns in another."""
    return [(kind, list(run)) for kind, run in groupby(parts, lambda part: isinstance(part, str))]


def _column(piece: Number | tuple[str, pa.Array], codes: Codes) -> pa.Array:
    by = piece.by if isinstance(piece, Number) else piece[0]
    values = codes[by]
    absent = values < 0
    column = pa.array(values, mask=absent) if absent.any() else pa.array(values)
    if isinstance(piece, Number):
        text = column.cast(pa.string())
        return pc.utf8_lpad(text, piece.width, "0") if piece.width else text
    return piece[1].take(column)


def _words(words: Words, escape: Escape | None) -> pa.Array:
    """The vocabulary, escaped."""
    if isinstance(words.words, pa.Array):
        return words.words
    texts = words.words if escape is None or words.clean else [escape(word) for word in words.words]
    return pa.array(texts, pa.string())


def csv_escape(delimiter: str) -> tuple[re.Pattern[str], Escape]:
    """What needs quotes in that dialect, and how the text within is doubled."""
    return re.compile(f'[{re.escape(delimiter)}"\r\n]'), lambda text: text.replace('"', '""')


def csv_row(cells: Sequence[Cell], delimiter: str, newline: str) -> Row:
    """Rows of a CSV file: quotes only where a cell may need them."""
    needs, double = csv_escape(delimiter)
    pieces: list[str | Number | tuple[str, pa.Array]] = []
    for number, cell in enumerate(cells):
        pieces.append(delimiter if number else "")
        whole = len(cell.pieces) == 1
        risky = not whole and any(_risky(piece, needs) for piece in cell.pieces)
        quote = '"' if risky else ""

        def one(text: str, whole: bool = whole) -> str:
            return f'"{double(text)}"' if whole and needs.search(text) else double(text)

        pieces += [quote, *(_escaped(piece, one) for piece in cell.pieces), quote]
    return Row((*pieces, newline))


def _risky(piece: Piece, needs: re.Pattern[str]) -> bool:
    if isinstance(piece, Words):
        return not piece.clean and any(needs.search(word) for word in piece.words)
    return isinstance(piece, str) and bool(needs.search(piece))


def _escaped(piece: Piece, escape: Escape | None) -> str | Number | tuple[str, pa.Array]:
    if isinstance(piece, Words):
        return (piece.by, _words(piece, escape))
    return escape(piece) if escape is not None and isinstance(piece, str) else piece


def json_row(cells: Sequence[Cell], quote: Callable[[str], str]) -> Row:
    """Rows of JSON Lines; `quote` is a JSON encoder of strings."""
    pieces: list[str | Number | tuple[str, pa.Array]] = []
    for number, cell in enumerate(cells):
        mark = "" if cell.bare else '"'
        pieces.append(f"{', ' if number else '{'}{quote(cell.header)}: {mark}")
        escape = None if cell.bare else lambda text: quote(text)[1:-1]
        pieces += [_escaped(piece, escape) for piece in cell.pieces]
        pieces.append(mark)
    return Row((*pieces, "}\n"))


def plain_columns(cells: Sequence[Cell]) -> tuple[Row, ...]:
    """Each cell as a row of its own, unescaped: for formats that keep columns apart."""
    return tuple(Row(tuple(_escaped(piece, None) for piece in cell.pieces)) for cell in cells)
