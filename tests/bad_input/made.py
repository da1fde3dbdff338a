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
import zstandard

GOOD = Path(__file__).parent / "drops" / "good"
SALES = (GOOD / "sales.csv").read_bytes()
#: Plain bytes of the bomb; the test lowers the size from which ingest asks for the ratio.
BOMB = 4 << 20


def zipped(files: Mapping[str, bytes], *, encrypted: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if encrypted:  # the flag in the local and in the central header
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def workbook(*sheets: str, error: tuple[int, int] | None = None, far: tuple[int, int] | None = None) -> bytes:
    """The good sales on each of the sheets, as text; a cell at `error` says #N/A, at `far` stands one more."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for number, line in enumerate(SALES.decode().splitlines()):
                sheet.write_row(number, 0, line.split(";"))
            if error:
                sheet.write_formula(*error, "=NA()", None, "#N/A")
            if far:
                sheet.write(*far, "x")
    return out.getvalue()


def parquet(**columns: list[Any]) -> bytes:
    """The good sales, with other columns in place of some."""
    header, *lines = [line.split(";") for line in SALES.decode().splitlines()]
    table = {name: pa.array(values) for name, values in zip(header, zip(*lines, strict=True), strict=True)}
    out = io.BytesIO()
    pq.write_table(pa.table({**table, **{name: pa.array(values) for name, values in columns.items()}}), out)
    return out.getvalue()


def packed_again(book: bytes, change: Callable[[bytes], bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook whose first sheet's XML is changed, and all of it packed by another method."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    return zipped({**parts, sheet: change(parts[sheet])}, method=method)


def with_entities(xml: bytes) -> bytes:
    """Ten times ten times ... the same text, and a file of this machine: what an XML parser must not expand."""
    levels = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    doctype = b'<!DOCTYPE w [<!ENTITY e0 "lol">' + levels + b'<!ENTITY f SYSTEM "file:///etc/hostname">]><worksheet'
    return xml.replace(b"<worksheet", doctype, 1).replace(b"<v>0</v>", b"<v>&e9;&f;</v>", 1)


def equal_rows(count: int) -> bytes:
    """A Parquet file of as many rows as one likes: equal ones take no place."""
    out, piece = io.BytesIO(), pa.table({"Bon": pa.repeat("1001", 1_000_000)})
    with pq.ParquetWriter(out, piece.schema, compression="zstd") as writer:
        for _ in range(count // 1_000_000):
            writer.write_table(piece)
    return out.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "sales/bomb.csv.zip": lambda: zipped({"bomb.csv": SALES + b"\n" * BOMB}),
    "sales/cut_short.csv.gz": lambda: gzip.compress(SALES)[:-20],
    "sales/cut_short.csv.zip": lambda: zipped({"sales.csv": SALES})[:-20],
    "sales/encrypted.csv.zip": lambda: zipped({"sales.csv": SALES}, encrypted=True),
    "sales/leads_out_of_its_folder.csv.zip": lambda: zipped({"../../sales.csv": SALES}),
    "sales/archive_in_an_archive.csv.zip": lambda: zipped({"sales.zip": zipped({"sales.csv": SALES})}),
    "sales/archive_in_an_archive.csv.gz": lambda: gzip.compress(gzip.compress(SALES)),
    "sales/bomb.csv.zst": lambda: zstandard.ZstdCompressor().compress(SALES + b"\n" * (64 * BOMB)),
    "sales/packed_by_another_method.csv.zip": lambda: zipped({"sales.csv": SALES}, method=zipfile.ZIP_BZIP2),
    "sales/name_of_another_folder.csv.zip": lambda: zipped({"/etc/sales.csv": SALES}),
    "sales/two_of_one_name.csv.zip": lambda: zipped({"sales.csv": SALES, "Sales.csv": SALES}).replace(
        b"Sales.csv", b"sales.csv"
    ),
    "sales/line_of_megabytes.csv": lambda: SALES + b"1008;" + b"x" * (3 << 20),
    "sales/line_of_megabytes.jsonl": lambda: b'{"Bon": "' + b"1" * (40 << 20) + b'"}\n',
    "sales/keys_without_end.jsonl": lambda: b"".join(b'{"k%d": 1}\n' % n for n in range(50_000)),
    "sales/columns_without_end.csv": lambda: b";".join(b"c%d" % n for n in range(100_000)) + b"\n",
    "sales/rows_beyond_all_packing.parquet": lambda: equal_rows(30_000_000),
    "sales/cell_far_away.xlsx": lambda: workbook("Umsatz", far=(1_048_575, 16_383)),
    "sales/entities.xlsx": lambda: packed_again(workbook("Umsatz"), with_entities),
    "sales/packed_by_another_method.xlsx": lambda: packed_again(workbook("Umsatz"), bytes, zipfile.ZIP_BZIP2),
    "sales/bomb.xlsx": lambda: packed_again(workbook("Umsatz"), lambda xml: xml + b" " * (32 * BOMB)),
    "sales/damaged.xlsx": lambda: workbook("Umsatz").replace(b"xl/worksheets", b"xl/w_rk_heets"),
    "sales/gzip_named.csv": lambda: gzip.compress(SALES),
    "sales/text_not_utf8.parquet": lambda: parquet(Artikel=[b"Muster\xff"] * 8),
    "sales/number_beyond_all.parquet": lambda: parquet(Betrag=[39.8, 1249.0, 19.9, 89.5, 1e300, 1249.0, 89.5, 19.9]),
    "sales/sheet_missing.xlsx": lambda: workbook("Umsatz", "Notizen"),
    "sales/error_in_a_cell.xlsx": lambda: workbook("Umsatz", error=(4, 7)),
    "sales/two_sheets_and_none_named.xlsx": lambda: workbook("Januar", "Februar"),
}
