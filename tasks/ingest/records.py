"""Delimited text to records in Python: for heads of files, and for the files that DuckDB refuses."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

#: A record that spans more lines than this has lost its closing quotation mark.
LINES_PER_RECORD = 200


class _UnclosedError(Exception):
    """A record runs over too many lines."""


class _Lines:
    """Lines that remember which of them the record being read has used, so that they can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.again: deque[str] = deque()
        self.used: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.used) >= LINES_PER_RECORD:
            raise _UnclosedError
        line = self.again.popleft() if self.again else next(self.lines)
        self.used.append(line)
        return line

    def first_alone(self) -> str:
        """The first line of the record; its others are read again as records of their own."""
        first, *others = self.used
        self.again.extendleft(reversed(others))
        return first


def records(lines: Iterable[str], delimiter: str, quote: str, escape: str) -> Iterator[tuple[list[str], bool]]:
    """Each record (a blank line is an empty one), and whether it could be read.

    A record with broken quotes is its first line, split without regard to quotes; reading goes on with the next line.

    >>> list(records(["1;'a;b'", "2;'c", "3;d"], ";", "'", "'"))
    [(['1', 'a;b'], True), (['2', "'c"], False), (['3', 'd'], True)]
    """
    for record, sound, _ in records_of_lines(lines, delimiter, quote, escape):
        yield record, sound


def records_of_lines(
    lines: Iterable[str], delimiter: str, quote: str, escape: str
) -> Iterator[tuple[list[str], bool, int]]:
    """The same, with the number of lines that each record takes."""
    source = _Lines(lines)
    reader = _reader(source, delimiter, quote, escape)
    while True:
        source.used = []
        try:
            record = next(reader)
        except StopIteration:
            return
        except (csv.Error, _UnclosedError):
            yield source.first_alone().rstrip("\r\n").split(delimiter), False, 1
            reader = _reader(source, delimiter, quote, escape)
        else:
            yield record, True, len(source.used)


def _reader(lines: Iterable[str], delimiter: str, quote: str, escape: str) -> Iterator[list[str]]:
    if not quote:
        return csv.reader(
            lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar=None, escapechar=escape or None, strict=True
        )
    doubled = escape in {"", quote}
    return csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote,
        doublequote=doubled,
        escapechar=None if doubled else escape,
        strict=True,
    )
