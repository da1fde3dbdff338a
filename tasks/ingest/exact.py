"""The slow and exact reader, for files that DuckDB refuses: broken quotes, records far too long, mixed line ends."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.ingest.dialect import Dialect, split
from tasks.ingest.part import once

#: A record that spans more lines than this has lost its closing quotation mark.
LINES_PER_RECORD = 200
#: Records to a Parquet row group.
BATCH = 50_000


class _Unclosed(Exception):
    """A record runs over too many lines."""


class _Lines:
    """Lines of a file that remember which of them the record being read has used, so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.again: deque[str] = deque()
        self.used: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.used) >= LINES_PER_RECORD:
            raise _Unclosed
        line = self.again.popleft() if self.again else next(self.lines)
        self.used.append(line)
        return line

    def first_alone(self) -> str:
        """The first line of the record, its others to be read again as records of their own."""
        first, *others = self.used
        self.again.extendleft(reversed(others))
        self.used = []
        return first


def records(path: Path, dialect: Dialect) -> Iterator[tuple[list[str], bool]]:
    """Each record after the header, and whether it could be read.

    A record with broken quotes is one line, split without regard to quotes; reading goes on with the next line.
    """
    options = (dialect.delimiter, dialect.quote, dialect.escape)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _Lines(iter(file))
        reader = split(lines, *options, strict=True)
        left = dialect.before
        while True:
            lines.used = []
            try:
                record = next(reader)
            except StopIteration:
                return
            except (csv.Error, _Unclosed):
                record, sound = lines.first_alone().rstrip("\r\n").split(dialect.delimiter), False
                reader = split(lines, *options, strict=True)
            else:
                sound = True
            if left > 0:
                left -= 1
            elif record:
                yield record, sound


def write(path: Path, dialect: Dialect, target: Path) -> Path:
    """The records as Parquet: record, fault, columns."""
    schema = pa.schema([("record", pa.int64()), *((c, pa.string()) for c in ("fault", *dialect.columns))])

    def make(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema, compression="lz4") as writer:
            batch: list[list[object]] = []
            for number, (record, sound) in enumerate(records(path, dialect), start=1):
                batch.append([number, *_row(record, dialect, sound=sound)])
                if len(batch) == BATCH:
                    writer.write_table(_table(batch, schema))
                    batch = []
            writer.write_table(_table(batch, schema))

    return once(target, make)


def _row(record: list[str], dialect: Dialect, *, sound: bool) -> list[str | None]:
    width = len(dialect.columns)
    if dialect.trailing and len(record) == width + 1 and not record[-1]:
        record = record[:-1]
    fault = None
    if not sound:
        fault = "syntax"
    elif len(record) != width:
        fault = "too_few_fields" if len(record) < width else "too_many_fields"
    return [fault, *record[:width], *[None] * (width - len(record))]


def _table(batch: list[list[object]], schema: pa.Schema) -> pa.Table:
    columns = zip(*batch, strict=True) if batch else [[] for _ in schema]
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
