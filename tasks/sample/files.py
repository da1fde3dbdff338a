"""Files that are the same bytes on every run: streams in gzip, zstd and zip, and the four formats written to them."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter
import zstandard

from tasks.sample.pieces import SLICE, Cell, Codes, Row, csv_row, json_row, plain_columns
from tasks.sample.spec import MarketSpec
from tasks.sample.spec_tables import TableSpec

#: Archives carry a time of last change; no run's own clock may stand there.
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
#: A row that is wrong, as it stands in the file, and after how many rows of the batch.
Broken = tuple[int, "list[str] | bytes"]
_ONE = np.zeros(1, dtype=np.int64)


@contextmanager
def stream(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, compressed as its name says (.gz, .zst, .zip)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("wb"))
        if path.suffix == ".gz":
            yield cast("IO[bytes]", stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0)))
        elif path.suffix == ".zst":
            yield stack.enter_context(zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False))
        elif path.suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(raw, "w"))
            entry = zipfile.ZipInfo(f"{path.stem}.csv", EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            yield stack.enter_context(archive.open(entry, "w", force_zip64=True))
        else:
            yield raw


class Writer(Protocol):
    """One open file."""

    def rows(self, codes: Codes, count: int, broken: Sequence[Broken]) -> None:
        """Write `count` rows of codes, and the broken ones at their places."""

    def close(self) -> None:
        """Finish the file."""


class TextWriter:
    """CSV or JSON Lines, in the market's encoding."""

    def __init__(self, path: Path, spec: MarketSpec, table: TableSpec, cells: Sequence[Cell], row: Row) -> None:
        self._stack = ExitStack()
        self._file = self._stack.enter_context(stream(path))
        self._encoding, self._cells = spec.encoding, cells
        self._csv = table.format == "csv"
        self._table, self._row = table, row
        if spec.bom:
            self._file.write(b"\xef\xbb\xbf")
        if self._csv:
            titles = "".join(line + table.newline for line in table.title)
            self._file.write(titles.encode(self._encoding) + self.line([cell.header for cell in cells]))

    def line(self, values: Sequence[str]) -> bytes:
        """Cells of one row as they stand in the file."""
        constant = [
            Cell(cell.header, cell.value, (value,), cell.bare) for cell, value in zip(self._cells, values, strict=False)
        ]
        constant += [Cell("", "", (value,)) for value in values[len(constant) :]]
        return str(text_row(self._table, constant).lines({"": _ONE})[0]).encode(self._encoding)

    def rows(self, codes: Codes, count: int, broken: Sequence[Broken]) -> None:
        """Write rows, a slice at a time."""
        edges = sorted({0, count, *(place for place, _ in broken), *range(0, count, SLICE)})
        at = {place: [row for where, row in broken if where == place] for place, _ in broken}
        for first, end in zip(edges, [*edges[1:], count], strict=True):
            for row in at.get(first, []):
                self._file.write(row if isinstance(row, bytes) else self.line(row))
            if end > first:
                self._file.write(self._encoded({name: values[first:end] for name, values in codes.items()}))

    def _encoded(self, codes: Codes) -> bytes | memoryview:
        lines = self._row.lines(codes)
        _, offsets, data = lines.buffers()
        begin, end = (memoryview(offsets).cast("i")[lines.offset + at] for at in (0, len(lines)))
        text = memoryview(data)[begin:end]
        return text if self._encoding == "utf-8" else str(text, "utf-8").encode(self._encoding)

    def close(self) -> None:
        """Finish the file."""
        self._stack.close()


class ParquetWriter:
    """Parquet with the types that the columns name, text otherwise."""

    def __init__(self, path: Path, cells: Sequence[Cell], columns: Sequence[Row]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._types = [_arrow_type(cell.type) for cell in cells]
        self._schema = pa.schema([(cell.header, kind) for cell, kind in zip(cells, self._types, strict=True)])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._columns = columns

    def rows(self, codes: Codes, count: int, broken: Sequence[Broken]) -> None:
        """Write rows; the broken ones, which must fit the types, come last."""
        if count:
            self._write([column.lines(codes) for column in self._columns])
        cells = [row for _, row in broken if isinstance(row, list)]
        if cells:
            self._write([pa.array(column, pa.string()) for column in zip(*cells, strict=True)])

    def _write(self, columns: Sequence[pa.Array]) -> None:
        typed = [
            column if pa.types.is_string(kind) else _emptied(column).cast(kind)
            for column, kind in zip(columns, self._types, strict=True)
        ]
        self._writer.write_table(pa.table(typed, self._schema), row_group_size=1 << 20)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


class WorkbookWriter:
    """An .xlsx with text, numbers and dates in their own cell types; a further file where one is full."""

    def __init__(self, path: Path, table: TableSpec, cells: Sequence[Cell], columns: Sequence[Row]) -> None:
        self._path, self._table, self._cells = path, table, cells
        self._columns, self._part, self._at = columns, 0, 0
        self._open()

    def _open(self) -> None:
        self._part += 1
        path = self._path.with_stem(f"{self._path.stem}_{self._part}") if self._table.rows else self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False,
                                                     "strings_to_urls": False})  # fmt: skip
        self._book.set_properties({"created": EPOCH.replace(tzinfo=None)})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet(self._table.sheet)
        self._at = 0
        for line in (*([title] for title in self._table.title), [cell.header for cell in self._cells]):
            self._sheet.write_row(self._at, 0, line)
            self._at += 1

    def rows(self, codes: Codes, count: int, broken: Sequence[Broken]) -> None:
        """Write rows; the broken ones come last."""
        for first in range(0, count, SLICE):
            part = {name: values[first : first + SLICE] for name, values in codes.items()}
            for row in zip(*(column.lines(part).to_pylist() for column in self._columns), strict=True):
                self._write(row)
        for _, cells in broken:
            self._write([text for text in cells if isinstance(text, str)])

    def _write(self, row: Sequence[str]) -> None:
        if self._table.rows and self._at > self._table.rows:
            self._book.close()
            self._open()
        for number, text in enumerate(row):
            kind = self._cells[number].type if number < len(self._cells) else None
            if kind == "number" and text.lstrip("-").replace(".", "", 1).isdigit():
                self._sheet.write_number(self._at, number, float(text))
            elif kind == "date" and _is_date(text):
                self._sheet.write_datetime(self._at, number, datetime.fromisoformat(text), self._day)
            elif text:
                self._sheet.write_string(self._at, number, text)
        self._at += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _emptied(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), None, column)


def _arrow_type(name: str | None) -> pa.DataType:
    if name is None:
        return pa.string()
    if name.startswith("decimal"):
        return pa.decimal128(18, int(name.removeprefix("decimal") or 0))
    if name == "timestamp":
        return pa.timestamp("us", "UTC")
    if name == "local":
        return pa.timestamp("us")
    return {"date": pa.date32(), "number": pa.int64()}[name]


def text_row(table: TableSpec, cells: Sequence[Cell]) -> Row:
    """Whole rows in the table's text format."""
    return csv_row(cells, table.delimiter, table.newline) if table.format == "csv" else json_row(cells, _quote)


class Format:
    """A table's columns made ready once, for each of its files."""

    def __init__(self, spec: MarketSpec, table: TableSpec, cells: Sequence[Cell]) -> None:
        self._spec, self._table, self._cells = spec, table, cells
        self.columns = plain_columns(cells)
        """Each column by itself, unescaped."""
        self._row = text_row(table, cells) if table.format in {"csv", "jsonl"} else None

    def open(self, path: Path) -> Writer:
        """A new file."""
        if self._row is not None:
            return TextWriter(path, self._spec, self._table, self._cells, self._row)
        if self._table.format == "parquet":
            return ParquetWriter(path, self._cells, self.columns)
        return WorkbookWriter(path, self._table, self._cells, self.columns)


def digest(path: Path) -> str:
    """sha256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
