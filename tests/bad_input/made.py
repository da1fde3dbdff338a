"""Faulty files whose fault is easier to say in Python than to see in bytes: name -> bytes."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

GOOD = Path(__file__).parent / "drops" / "good"
SALES = (GOOD / "sales.csv").read_bytes()
#: Plain bytes of the bomb; the test lowers the size from which ingest asks for the ratio.
BOMB = 4 << 20


def zipped(files: Mapping[str, bytes], *, encrypted: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if encrypted:  # the flag in the local and in the central header
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def workbook(*sheets: str, error: tuple[int, int] | None = None) -> bytes:
    """The good sales on each of the sheets, as text; `error` is the row and column of a cell that says #N/A."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, line in enumerate(SALES.decode().splitlines()):
                sheet.write_row(number, 0, line.split(";"))
            if error:
                sheet.write_formula(*error, "=NA()", None, "#N/A")
    return out.getvalue()


def parquet(**columns: list[Any]) -> bytes:
    """The good sales, with other columns in place of some."""
    header, *lines = [line.split(";") for line in SALES.decode().splitlines()]
    table = {name: pa.array(values) for name, values in zip(header, zip(*lines, strict=True), strict=True)}
    out = io.BytesIO()
    pq.write_table(pa.table({**table, **{name: pa.array(values) for name, values in columns.items()}}), out)
    return out.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "sales/bomb.csv.zip": lambda: zipped({"bomb.csv": SALES + b"\n" * BOMB}),
    "sales/cut_short.csv.gz": lambda: gzip.compress(SALES)[:-20],
    "sales/cut_short.csv.zip": lambda: zipped({"sales.csv": SALES})[:-20],
    "sales/encrypted.csv.zip": lambda: zipped({"sales.csv": SALES}, encrypted=True),
    "sales/leads_out_of_its_folder.csv.zip": lambda: zipped({"../../sales.csv": SALES}),
    "sales/archive_in_an_archive.csv.zip": lambda: zipped({"sales.zip": zipped({"sales.csv": SALES})}),
    "sales/gzip_named.csv": lambda: gzip.compress(SALES),
    "sales/text_not_utf8.parquet": lambda: parquet(Artikel=[b"Muster\xff"] * 8),
    "sales/number_beyond_all.parquet": lambda: parquet(Betrag=[39.8, 1249.0, 19.9, 89.5, 1e300, 1249.0, 89.5, 19.9]),
    "sales/sheet_missing.xlsx": lambda: workbook("Umsatz", "Notizen"),
    "sales/error_in_a_cell.xlsx": lambda: workbook("Umsatz", error=(4, 7)),
    "sales/two_sheets_and_none_named.xlsx": lambda: workbook("Januar", "Februar"),
}
