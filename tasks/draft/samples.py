"""Opens the files of an unknown drop: encoding, dialect, header row, and the values of each column."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from tasks.draft.evidence import Column
from tasks.draft.headers import ROLES, canonical
from tasks.errors import Terminal
from tasks.ingest.dialect import CONSISTENT, DELIMITERS, WHITESPACE, evenness, records_of, sniff
from tasks.ingest.encoding import CANDIDATES, inspect

#: Records looked at in each file; a note says so where there are more.
ROWS = 200_000
#: Rows in which the header is sought.
_HEAD = 30
_TEXT = {".csv", ".tsv", ".txt", ".tab"}
_BOOKS = {".xlsx", ".xls", ".xlsb", ".ods"}


@dataclass(frozen=True)
class Sample:
    """One raw table: where it lies, how it is written, and its columns' values."""

    file: str
    columns: tuple[Column, ...]
    sheet: str | None = None
    encodings: tuple[str, ...] = ()
    """Code pages that fit a file that is not UTF-8; the first is the one its columns were read with."""
    delimiter: str | None = None
    skip: int = 0
    header: bool = True
    whole: bool = True
    files: tuple[str, ...] = field(default=())
    """All files with this header."""

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def rows(self) -> int:
        """Number of records read."""
        return len(self.columns[0].values) if self.columns else 0


def read_samples(drop: Path) -> tuple[list[Sample], list[str]]:
    """The tables of a drop, files with equal headers as one, and notes about what was not read.

    Raises:
        Terminal: if the folder is absent or holds nothing that can be read.
    """
    if not drop.is_dir():
        raise Terminal("no such folder", file=str(drop), expected="the folder of a drop")
    found: list[Sample] = []
    notes: list[str] = []
    for path in sorted(path for path in drop.rglob("*") if path.is_file() and not path.name.startswith(".")):
        name = path.relative_to(drop).as_posix()
        suffix = path.suffix.lower()
        if suffix in _TEXT:
            found.append(_text(path, name))
        elif suffix in _BOOKS:
            found += _workbook(path, name)
        else:
            notes.append(f"{name} was not looked into: only text files and workbooks are")
    found = [sample for sample in found if sample.columns]
    if not found:
        raise Terminal("holds no table", file=str(drop), expected="text files with delimiters, or workbooks")
    return _together(found), notes


def _together(samples: Sequence[Sample]) -> list[Sample]:
    """Files with the same columns as one sample: the first's evidence, all their names."""
    groups: dict[tuple[Any, ...], list[Sample]] = {}
    for sample in samples:
        key = (sample.sheet, sample.delimiter, sample.skip, tuple(column.name for column in sample.columns))
        groups.setdefault(key, []).append(sample)
    return [
        Sample(
            one.file,
            _joined(group),
            one.sheet,
            one.encodings,
            one.delimiter,
            one.skip,
            one.header,
            all(sample.whole for sample in group),
            tuple(sample.file for sample in group),
        )
        for group in groups.values()
        for one in group[:1]
    ]


def _joined(group: Sequence[Sample]) -> tuple[Column, ...]:
    if len(group) == 1:
        return group[0].columns
    return tuple(
        Column(columns[0].name, tuple(value for column in columns for value in column.values), columns[0].typed)
        for columns in zip(*(sample.columns for sample in group), strict=True)
    )


def _text(path: Path, name: str) -> Sample:
    found = inspect(path)
    content = path.read_bytes()
    if found.mark or found.utf8:
        pages: tuple[str, ...] = ()
        text = content.decode(found.mark or "utf-8", "replace")
    else:
        pages = _pages(content)
        text = content.decode(pages[0] if pages else "latin-1")
    text = text.removeprefix("\ufeff")
    head = "".join(islice(io.StringIO(text, newline=""), 2000))
    delimiter, quote = _dialect(head, name)
    records = list(islice(records_of(text, delimiter, quote, quote), ROWS + 1))
    table = _table(records, typed=False)
    return Sample(name, table.columns, None, pages, delimiter, table.skip, table.header, len(records) <= ROWS)


def _dialect(head: str, name: str) -> tuple[str, str]:
    """Delimiter and quote; runs of blanks where no delimiter splits, yet blanks do, evenly."""
    if not any(fields > 1 and share >= CONSISTENT for share, fields in (evenness(head, d) for d in DELIMITERS)):
        share, fields = evenness(head, WHITESPACE)
        if fields > 1 and share >= CONSISTENT:
            return WHITESPACE, '"'
    return sniff(head, name)


def _pages(content: bytes) -> tuple[str, ...]:
    """Code pages in which all of the bytes are text, those whose headers are known words first."""
    fits = []
    for rank, page in enumerate(CANDIDATES):
        try:
            head = content.decode(page)[:4000].splitlines()[:1]
        except UnicodeDecodeError:
            continue
        words = re.split(r"[,;|\t]", head[0] if head else "")
        known = sum(any(canonical(word, role) for role in ROLES) for word in words)
        fits.append((-known, rank, page))
    return tuple(page for _, _, page in sorted(fits))


@dataclass(frozen=True)
class _Table:
    columns: tuple[Column, ...]
    skip: int
    header: bool


def _table(records: Sequence[Sequence[str]], *, typed: bool) -> _Table:
    """Header row and columns: the first of the early rows that names every column of the rows below."""
    width = max((len(record) for record in records[:_HEAD]), default=0)
    start = next((n for n, record in enumerate(records[:_HEAD]) if sum(map(bool, record)) * 2 > width), 0)
    if width == 0 or start >= len(records):
        return _Table((), 0, header=True)
    names = [text.strip() for text in records[start]]
    header = sum(any(c.isalpha() for c in text) for text in names) * 2 > len(names)
    body = records[start + 1 :] if header else records[start:]
    names = _distinct(names) if header else [f"column_{n}" for n in range(1, len(names) + 1)]
    body = [record for record in body if any(record)]
    columns = tuple(
        Column(name, tuple(record[n].strip() if n < len(record) else "" for record in body), typed)
        for n, name in enumerate(names)
    )
    return _Table(columns, start, header)


def _distinct(names: list[str]) -> list[str]:
    """Blank names become column_3, repeated ones name_2, as ingest has it."""
    seen: dict[str, int] = {}
    result = []
    for number, name in enumerate(names, 1):
        named = name or f"column_{number}"
        seen[named] = seen.get(named, 0) + 1
        result.append(named if seen[named] == 1 else f"{named}_{seen[named]}")
    return result


def _workbook(path: Path, name: str) -> Iterator[Sample]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    several = len(book.sheet_names) > 1
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python(nrows=ROWS + 1)
        table = _table([[_cell(value) for value in row] for row in rows], typed=True)
        yield Sample(
            name, table.columns, sheet if several else None, (), None, table.skip, table.header, len(rows) <= ROWS
        )


def _cell(value: object) -> str:
    """A cell as ingest tells it: ISO 8601 and plain decimal text.

    >>> _cell(16974.0), _cell(0.4), _cell(None)
    ('16974', '0.4', '')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{Decimal(repr(value)):f}"
        return text.removesuffix(".0")
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
