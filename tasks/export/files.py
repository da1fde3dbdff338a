"""The record of a written file, and the writer: lines in, bytes and digest out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from tasks.export.dialect import Dialect

_BATCH = 65_536

Kind = Literal["customers", "contacts", "roles", "audience", "store", "segments", "tags", "report", "workbook"]


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of a publication. `path` is relative to it, with `/`; `rows` leaves the header out.

    `teams` may read it and no others. `locale` is empty for machine files.
    """

    path: str
    locale: str
    kind: Kind
    rows: int
    bytes: int
    sha256: str
    teams: tuple[str, ...]
    notes: tuple[str, ...] = ()


def batches(con: duckdb.DuckDBPyConnection, select: str) -> Iterator[pa.RecordBatch]:
    """The rows of a SELECT, a part at a time."""
    yield from con.sql(select).to_arrow_reader(_BATCH)


def write_lines(
    out: Path,
    path: str,
    header: str,
    body: Iterable[pa.RecordBatch],
    *,
    locale: str,
    kind: Kind,
    dialect: Dialect,
    teams: tuple[str, ...],
    notes: tuple[str, ...] = (),
) -> ExportFile:
    """Write a header and record batches of one string column, each value a whole line with its end, without nulls.

    The values of an Arrow string column lie one behind the other in memory: the buffer is the file's text.
    """
    target = out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size, rows = hashlib.sha256(), 0, 0
    with target.open("wb") as file:
        for chunk in _chunks(("\ufeff" if dialect.mark else "") + header, body):
            rows += chunk[1]
            size += file.write(chunk[0])
            digest.update(chunk[0])
    return ExportFile(path, locale, kind, rows, size, digest.hexdigest(), teams, notes)


def _chunks(header: str, body: Iterable[pa.RecordBatch]) -> Iterable[tuple[Any, int]]:
    yield header.encode(), 0
    for batch in body:
        column = batch.column(0).cast(pa.large_string())
        if not len(column):
            continue
        _, offsets, data = column.buffers()
        ends = pa.Array.from_buffers(pa.int64(), len(column) + 1, [None, offsets], offset=column.offset)
        first, last = ends[0].as_py(), ends[-1].as_py()
        yield memoryview(data)[first:last], len(column)
