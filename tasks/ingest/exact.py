"""The slow and exact reader, for files that DuckDB refuses: broken quotes, records far too long, mixed line ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.ingest.dialect import Dialect
from tasks.ingest.part import once
from tasks.ingest.records import records

#: Records to a Parquet row group.
BATCH = 50_000


def write(path: Path, dialect: Dialect, target: Path) -> Path:
    """The records of a UTF-8 file as Parquet: record, fault, columns."""
    schema = pa.schema([("record", pa.int64()), *((c, pa.string()) for c in ("fault", *dialect.columns))])

    def make(temporary: Path) -> None:
        with (
            path.open(encoding="utf-8-sig", newline="") as file,
            pq.ParquetWriter(temporary, schema, compression="lz4") as writer,
        ):
            rows = _rows(islice(file, dialect.skip, None), dialect)
            while batch := list(islice(rows, BATCH)):
                columns = zip(*batch, strict=True)
                arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
                writer.write_table(pa.table(arrays, schema=schema))

    return once(target, make)


def _rows(lines: Iterator[str], dialect: Dialect) -> Iterator[list[int | str | None]]:
    width = len(dialect.columns)
    found = islice(records(lines, dialect.delimiter, dialect.quote, dialect.escape), dialect.heading, None)
    for number, (record, sound) in enumerate(((r, s) for r, s in found if r), start=1):
        if dialect.trailing and len(record) == width + 1 and not record[-1]:
            record.pop()
        fault = None
        if not sound:
            fault = "syntax"
        elif len(record) != width:
            fault = "too_few_fields" if len(record) < width else "too_many_fields"
        yield [number, fault, *record[:width], *[None] * (width - len(record))]
