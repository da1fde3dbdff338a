"""What contradicts the profile, or cannot be told, is an error that a data operator can act on."""

from __future__ import annotations

import gzip
import io
import os
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import zstandard

from tasks.errors import DropError
from tasks.ingest import archives, sheet_xml

GOOD = b"id;x\n1;a\n2;b\n"


def zipped(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if options.get("encrypted"):  # the flag in the local and in the central header
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def parquet(columns):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def damaged(content):
    """With noughts over some of its first pages; the footer is whole."""
    return content[:200] + bytes(2000) + content[2200:]


#: A file named after its fault: bytes, declaration, and what the message must say.
REFUSED = {
    "empty.csv": (b"", {}, "empty file"),
    "blank_lines_only.csv": (b"\n\n\n", {}, "empty file"),
    "not_utf8_and_nothing_declared.csv": (
        "id;x\n1;Köln\n".encode("cp1252"),
        {},
        r"bytes f6.* at offset 8.; declare .*cp1252 \(reads 'ö'\)",
    ),
    "utf8_declared_as_cp1252.csv": (
        "id;x\n1;Köln\n".encode(),
        {"encoding": "cp1252"},
        r"valid UTF-8.*bytes c3 b6.* at offset 8",
    ),
    "utf8_declared_as_cp932.csv": ("id;名\n1;山田太郎\n2;鈴木花子\n".encode(), {"encoding": "cp932"}, "valid UTF-8"),
    "cp1252_declared_as_utf8.csv": (
        "id;x\n1;Köln\n2;Öd\n".encode("cp1252"),
        {"encoding": "utf-8"},
        r"2 characters do not decode as utf-8, of 2 beyond ASCII; found 'bytes f6 at offset 8'",
    ),
    "cp1252_declared_as_cp932.csv": (
        "id;x\n1;Köln\n2;Öd\n3;für\n".encode("cp1252"),
        {"encoding": "cp932"},
        "2 characters do not decode as cp932, of 3",
    ),
    "utf16_without_mark.csv": ("id;x\n1;a\n".encode("utf-16-le"), {}, "declare encoding: utf-16-le"),
    "utf16_declared_as_cp1252.csv": (
        "id;x\n1;a\n".encode("utf-16"),
        {"encoding": "cp1252"},
        "byte order mark says utf-16",
    ),
    "unknown_encoding.csv": (GOOD, {"encoding": "cp1225"}, "no such encoding; found 'cp1225'; expected .*cp125"),
    "commas_declared_as_semicolons.csv": (
        b"id,x\n1,a\n2,b\n",
        {"delimiter": ";"},
        r"';' splits nothing, yet ',' splits 100% .*xx,x / 9,x / 9,x",
    ),
    "delimiter_of_two_characters.csv": (GOOD, {"delimiter": "||"}, "delimiter is no single character"),
    "two_delimiters_split_evenly.csv": (b"a,1;b\nc,2;d\ne,3;f\n", {"header": False}, "several delimiters split"),
    "no_delimiter_splits_evenly.csv": (b"a;b\nc\nd\ne,f,g\nh|i\n", {}, "no delimiter splits"),
    "title_line_not_declared.csv": (
        b"Umsatz 2024\nid;x;y\n1;a;b\n2;c;d\n",
        {"delimiter": ";"},
        r"header has 1 names, yet 3 of the first 3 .* skip",
    ),
    "header_missing.csv": (b"1001;5;2024-01-02\n1002;6;2024-01-03\n", {}, "header looks like data"),
    "header_without_names.csv": (b";;\n1;2;3\n", {"delimiter": ";"}, "header has no names"),
    "columns_too_few.csv": (
        b"1;a;b\n2;c;d\n",
        {"header": False, "columns": ["id", "x"], "delimiter": ";"},
        "header has 2 names.*columns must name every field",
    ),
    "one_endless_line.csv": (b"id;x\n" + b"a" * (3 << 20), {"delimiter": ";"}, "a line of more than 1 MiB"),
    "cut_short.csv.gz": (gzip.compress(GOOD * 500)[:-20], {}, "damaged gz"),
    "cut_short.csv.zst": (zstandard.compress(GOOD * 500)[:-5], {}, "damaged zst"),
    "no_gzip_in_it.csv.gz": (GOOD, {}, "damaged gz"),
    "no_zip_in_it.csv.zip": (GOOD, {}, "damaged zip"),
    "leads_out_of_its_folder.zip": (zipped({"../x.csv": GOOD}), {}, "leads out of its folder"),
    "archive_in_an_archive.zip": (zipped({"x.zip": zipped({"y.csv": GOOD})}), {}, "archive inside a zip"),
    "encrypted.zip": (zipped({"x.csv": GOOD}, encrypted=True), {}, "encrypted zip"),
    "workbook_named.csv": (zipped({"xl/workbook.xml": b"<x/>"}), {}, "it is xlsx, not csv; declare format: xlsx"),
    "html_named.xls": (b"<html><table></table></html>", {}, "it is HTML, not xls"),
    "text_named.xlsx": (b"id\tx\n1\ta\n", {}, "it is plain text, not xlsx"),
    "text_named.parquet": (GOOD, {}, "it is plain text, not parquet"),
    "gzip_named.csv": (gzip.compress(GOOD), {}, "it is gzip, not csv"),
    "damaged.parquet": (b"PAR1" + b"x" * 60 + b"PAR1", {}, "damaged Parquet"),
    "damaged.xlsx": (zipped({"x.xml": b"<x/>"}), {}, "damaged workbook"),
    "damaged.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, {}, "damaged workbook"),
    "array_not_lines.json": (b'[{"id": 1}, {"id": 2}]', {}, "a JSON array, not JSON Lines"),
    "no_objects.jsonl": (b"1\n2\n", {}, "no line is a JSON object"),
    "latin_letters.jsonl": (b'{"x": "K\xf6ln"}\n', {}, "JSON is always UTF-8.*bytes f6"),
    "nothing_but_nul.csv": (bytes(4096), {}, "begins with NUL bytes.*ask the shop for the file again"),
    "nothing_but_nul.jsonl": (bytes(4096), {}, "begins with NUL bytes"),
    "nothing_but_nul.parquet": (bytes(4096), {}, "begins with NUL bytes"),
    "nothing_but_nul.xlsx": (bytes(4096), {}, "begins with NUL bytes"),
    "text_not_utf8.parquet": (parquet({"id": ["1"], "x": [b"K\xf6ln"]}), {}, "column x: not UTF-8"),
    "nested_text_not_utf8.parquet": (parquet({"id": ["1"], "x": [[b"K\xf6ln"]]}), {}, "column x: not UTF-8"),
    "damaged_page.parquet": (damaged(parquet({"id": [str(n) for n in range(9999)]})), {}, "damaged Parquet"),
    "objects_without_a_key.jsonl": (b"{}\n{}\n", {}, "no JSON object has a key"),
    "unknown_kind.xyz": (GOOD, {}, "unknown kind of file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_what_to_do(name, read):
    content, declared, message = REFUSED[name]
    with pytest.raises(DropError, match=message) as caught:
        read({name: content}, **declared)
    assert caught.value.market == "DE"
    assert name in (caught.value.file or "")
    assert caught.value.hint or caught.value.expected


def test_a_text_that_is_not_utf8_is_not_shown(read):
    with pytest.raises(DropError) as caught:
        read({"sales.parquet": parquet({"name": [b"Mustermann\xff"]})})
    assert "Muster" not in str(caught.value)


def test_personal_values_are_not_shown_where_a_record_does_not_fit(read):
    with pytest.raises(DropError) as caught:
        read({"x.csv": b"nr,name\n4711,Erika Mustermann\n4712,Max Mustermann\n"}, delimiter=";")
    assert "Mustermann" not in str(caught.value)
    assert "9999,xxxxx xxxxxxxxxx" in str(caught.value)


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(suffix, read, monkeypatch, tmp_path):
    monkeypatch.setattr(archives, "SMALL", 1 << 20)
    zeros = b"id;x\n" + b"\n" * (8 << 20)
    packed = {".gz": gzip.compress, ".zst": zstandard.compress, ".zip": lambda data: zipped({"bomb.csv": data})}
    with pytest.raises(DropError, match="unpacks to more than"):
        read({f"bomb.csv{suffix}": packed[suffix](zeros)})
    assert sum(path.stat().st_size for path in (tmp_path / "work").rglob("*")) < 1 << 20


def test_a_workbook_that_is_a_bomb_is_refused_unopened(read, monkeypatch):
    monkeypatch.setattr(sheet_xml, "SMALL", 1 << 20)
    with pytest.raises(DropError, match=r"unpacks to .* a damaged workbook, or a bomb"):
        read({"bomb.xlsx": zipped({"xl/worksheets/sheet1.xml": b" " * (8 << 20)})})


def test_a_pipe_in_the_landing_is_refused_rather_than_waited_for(read, tmp_path):
    folder = tmp_path / "landing" / "DE"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "sales.csv")
    with pytest.raises(DropError, match="neither a file nor a folder") as caught:
        read()
    assert caught.value.file == "DE/sales.csv"


def test_a_marker_without_line_ends_is_no_date_and_not_read_whole(read):
    source = {"drop_date": {"by": "marker", "marker": "_READY"}}
    with pytest.raises(DropError, match="first line is no date") as caught:
        read({"_READY": b"9" * (8 << 20), "sales.csv": GOOD}, tables={"sales": {"files": ["*.csv"]}}, source=source)
    assert len(str(caught.value)) < 300


def test_a_workbook_of_many_rows_and_columns_is_read_up_to_the_limit(read, monkeypatch):
    monkeypatch.setattr(sheet_xml, "MAXIMUM_CELLS", 6)
    assert read({"sales.xlsx": book([["id", "x"], ["1", "a"], ["2", "b"]])}).rows() == [("1", "a"), ("2", "b")]
    monkeypatch.setattr(sheet_xml, "MAXIMUM_CELLS", 5)
    with pytest.raises(DropError, match="a sheet of 4 rows and 2 columns"):
        read({"sales.xlsx": book([["id", "x"], ["1", "a"], ["2", "b"], ["3", "c"]])})


def book(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()
