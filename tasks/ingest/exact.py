"""The exact reader, for files that DuckDB refuses: broken quotes, records far too long, mixed line ends.

Blocks whose quotes are all in place are read by Arrow; from a quote out of place on, Python's csv reads record by
record for a stretch, and what it says is what holds.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tasks.ingest.blocks import Block, Places, look
from tasks.ingest.dialect import Dialect
from tasks.ingest.part import once
from tasks.ingest.records import LINES_PER_RECORD, records_of_lines

#: Bytes that are looked at at once: few where quotes out of place are near to each other. Bytes for Python's csv.
SMALLEST_BLOCK, LARGEST_BLOCK, PIECE = 1 << 14, 1 << 18, 1 << 15
#: Records to a Parquet row group.
GROUP = 100_000
#: Records that Python's csv reads after a quote out of place; twice as many after the next one, and so on.
STRETCH, LONGEST_STRETCH = 4, 1 << 14
Row = list[str | None]


@dataclass(slots=True)
class _Group:
    """Records on their way to a row group: even ones as text for Arrow, the others as rows, with their places."""

    count: int = 0
    even: list[bytes] = field(default_factory=list)
    even_at: list[Places] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rows_at: list[Places] = field(default_factory=list)

    def add(self, block: Block, rows: list[Row]) -> None:
        self.even.append(block.even)
        self.even_at.append(block.even_at + self.count)
        self.rows += rows
        self.rows_at.append(block.uneven_at + self.count)
        self.count += block.count

    def table(self, dialect: Dialect) -> pa.Table:
        """Fault and columns, in the file's order."""
        names = ["fault", *dialect.columns]
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(names)
        odd = pa.table([pa.array(list(column), pa.string()) for column in columns], names=names)
        text = b"".join(self.even)
        if not text:
            return odd
        even = _by_arrow(text, dialect)
        order = np.argsort(np.concatenate([*self.even_at, *self.rows_at]), kind="stable")
        return pa.concat_tables([even, odd]).take(pa.array(order)) if self.rows else even


def write(path: Path, dialect: Dialect, target: Path) -> Path:
    """The records of a UTF-8 file as Parquet: record, fault, columns."""
    schema = pa.schema([("record", pa.int64()), *((c, pa.string()) for c in ("fault", *dialect.columns))])

    def make(temporary: Path) -> None:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            pq.ParquetWriter(temporary, schema, compression="lz4", use_dictionary=False) as writer,
        ):
            number = 0
            for part in _groups(data, dialect):
                records = pa.array(np.arange(number + 1, number + 1 + part.num_rows))
                writer.write_table(pa.table([records, *part.columns], schema=schema))
                number += part.num_rows

    return once(target, make)


def _groups(data: mmap.mmap, dialect: Dialect) -> Iterator[pa.Table]:
    """Fault and columns of the records, group by group in the file's order."""
    place, size, stretch = _start(data, dialect), LARGEST_BLOCK, STRETCH
    group = _Group()
    while place < len(data):
        block = look(data[place : place + size], dialect, last=place + size >= len(data))
        if block.end:
            group.add(block, _uneven(block, dialect))
            place += block.end
        if block.whole and block.end:
            size, stretch = min(2 * size, LARGEST_BLOCK), STRETCH
        else:
            rows, place = _by_python(data, place, dialect, stretch)
            group.add(Block(0, whole=True, count=len(rows), uneven_at=np.arange(len(rows))), rows)
            size, stretch = max(size // 2, SMALLEST_BLOCK), min(2 * stretch, LONGEST_STRETCH)
        if group.count >= GROUP:
            yield group.table(dialect)
            group = _Group()
    if group.count:
        yield group.table(dialect)


def _start(data: mmap.mmap, dialect: Dialect) -> int:
    """Where the first record begins: after the byte order mark, skipped lines and the header."""
    place = 3 if data[:3] == b"\xef\xbb\xbf" else 0
    for _ in range(dialect.skip):
        place += len(next(iter(_lines(data, place)), "").encode())
    found = records_of_lines(_lines(data, place), dialect.delimiter, dialect.quote, dialect.escape)
    used = sum(lines for (_, _, lines), _ in zip(found, range(dialect.heading), strict=False))
    return place + sum(len(line.encode()) for line in _lines(data, place)[:used])


def _lines(data: mmap.mmap, place: int) -> list[str]:
    """The lines from a place on: enough for the longest record beyond the first, or all there are."""
    size = PIECE
    while True:
        piece = data[place : place + size]
        if place + size < len(data):
            piece = piece[: piece.rfind(b"\n") + 1]
        lines = list(io.StringIO(piece.decode("utf-8"), newline=""))
        if len(lines) > 2 * LINES_PER_RECORD or place + size >= len(data):
            return lines
        size *= 2


def _by_python(data: mmap.mmap, place: int, dialect: Dialect, count: int) -> tuple[list[Row], int]:
    """Up to `count` records with their faults, and where the next one begins."""
    lines = _lines(data, place)
    # A record near the end of the piece may go on beyond it.
    all_there = place + _size(lines) >= len(data)
    usable = len(lines) if all_there else len(lines) - LINES_PER_RECORD
    rows: list[Row] = []
    used = read = 0
    for record, sound, taken in records_of_lines(lines, dialect.delimiter, dialect.quote, dialect.escape):
        if record:
            rows.append(_row(record, dialect, sound=sound))
        used, read = used + taken, read + 1
        if read >= count or used >= usable:
            break
    return rows, place + _size(lines[:used])


def _size(lines: list[str]) -> int:
    return len("".join(lines).encode())


def _row(record: list[str], dialect: Dialect, *, sound: bool) -> Row:
    width = len(dialect.columns)
    if dialect.trailing and len(record) == width + 1 and not record[-1]:
        record.pop()
    fault = None
    if not sound:
        fault = "syntax"
    elif len(record) != width:
        fault = "too_few_fields" if len(record) < width else "too_many_fields"
    return [fault, *record[:width], *[None] * (width - len(record))]


def _uneven(block: Block, dialect: Dialect) -> list[Row]:
    """Records with all quotes in place and another number of fields."""
    if not block.uneven:
        return []
    lines = [line for text in block.uneven for line in io.StringIO(text, newline="")]
    found = records_of_lines(lines, dialect.delimiter, dialect.quote, dialect.escape)
    return [_row(record, dialect, sound=sound) for record, sound, _ in found]


def _by_arrow(text: bytes, dialect: Dialect) -> pa.Table:
    """Records that all have their quotes in place, and a field for each column."""
    names = [str(n) for n in range(len(dialect.columns))]
    found = pacsv.read_csv(
        pa.BufferReader(text),
        pacsv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
        pacsv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=bool(dialect.quote)
        ),
        pacsv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
    )
    return pa.table([pa.nulls(found.num_rows, pa.string()), *found.columns], names=["fault", *dialect.columns])
