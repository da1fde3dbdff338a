"""Workbooks, Parquet and JSON Lines as text: ISO dates, plain decimals, nothing reformatted by chance."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tasks.errors import DropError
from tasks.ingest.part import typed_columns


def at(*parts):
    return dt.datetime(*parts)  # noqa: DTZ001 - cells of a workbook know no time zone


def workbook(*sheets, hidden=()):
    """Bytes of an .xlsx; a sheet is (name, rows)."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        minute = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, dt.datetime):
                        sheet.write_datetime(r, c, cell, minute if cell.time() != dt.time() else day)
                    elif isinstance(cell, tuple):
                        sheet.write_formula(r, c, cell[0], None, cell[1])
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return out.getvalue()


HEADER = ["id", "day", "amount", "note"]


def test_cells_become_iso_dates_and_plain_decimals(read):
    rows = [
        HEADER,
        ["00301", at(2022, 11, 8), 129.69600000000003, None],
        ["00302", at(2022, 11, 8, 10, 30), 3.0, ("=C2*2", 259.392)],
        ["00303", at(2022, 11, 9), 1e21, "x"],
    ]
    found = read({"sales.xlsx": workbook(("Sales", rows))})
    assert found.columns() == tuple(HEADER)
    assert found.rows() == [
        ("00301", "2022-11-08", "129.696", None),
        ("00302", "2022-11-08T10:30:00", "3", "259.392"),
        ("00303", "2022-11-09", "1000000000000000000000", "x"),
    ]
    assert typed_columns(found.input().inferred) == {"day", "amount"}
    assert found.input().inferred["mixed"] == "note"


def test_record_numbers_lead_back_to_the_row_of_the_sheet(read):
    rows = [["Umsatz 2024"], [], HEADER, ["1", None, 1, None], [], ["2", None, 2, None]]
    found = read({"sales.xlsx": workbook(("Sales", rows))}, skip=2)
    assert [(row[1], row[3]) for row in found.all()] == [(1, "1"), (3, "2")]


def test_empty_columns_are_left_out_and_blank_names_are_numbered(read):
    found = read({"sales.xlsx": workbook(("Sales", [["id", None, None, "x"], ["1", "a", None, "b"]]))})
    assert found.columns() == ("id", "column_2", "x")
    assert found.rows() == [("1", "a", "b")]


def test_hidden_sheets_are_named_and_the_only_visible_one_is_read(read):
    found = read({"sales.xlsx": workbook(("Sales", [["id"], ["1"]]), ("Old", [["id"], ["9"]]), hidden=("Old",))})
    assert found.rows() == [("1",)]
    assert found.input().inferred["hidden_sheets"] == "Old"


def test_error_cells_are_counted_since_they_read_as_empty(read):
    found = read({"sales.xlsx": workbook(("Sales", [["id", "x"], ["1", ("=1/0", "#DIV/0!")]]))})
    assert found.rows() == [("1", None)]
    assert found.input().inferred["error_cells"].startswith("1 ")


BAD_WORKBOOKS = {
    "sheet_missing": (
        {"sheet": "Sale"},
        r"no such sheet; found 'Sale'; expected one of Sales, Shops; did you mean Sales\?",
    ),
    "sheet_not_named": ({}, "2 sheets, and the profile names none; expected one of Sales, Shops; declare sheet"),
    "skip_beyond_the_end": ({"sheet": "Shops", "skip": 5}, "the sheet has no header"),
    "header_row_is_blank": ({"sheet": "Sales", "skip": 1}, "the header has no names"),
}


@pytest.mark.parametrize("fault", BAD_WORKBOOKS)
def test_a_workbook_that_does_not_fit_its_profile_is_refused(fault, read):
    declared, message = BAD_WORKBOOKS[fault]
    content = workbook(("Sales", [["title"], [None], ["1"]]), ("Shops", [["id"], ["2"]]))
    with pytest.raises(DropError, match=message):
        read({f"{fault}.xlsx": content}, **declared)


def test_japanese_superstore_reads_by_sheet_names(read, shared_data):
    """shared/data/README.md: 10,000 lines; returns are flagged ○."""
    root = shared_data("superstore").parent
    tables = {
        "orders": {"files": ["japan_ja.xls"], "sheet": "注文"},
        "returns": {"files": ["japan_ja.xls"], "sheet": "返品"},
    }
    found = read(root=root, tables=tables, source={"drop": "superstore"})
    orders = found.rows("orders")
    assert len(orders) == 10_000
    assert orders[0][:5] == ("1", "JP-2022-1000099", "2022-11-08", "2022-11-08", "即日配送")
    assert orders[0][16:] == ("16974", "3", "0.4", "-1986")
    assert {row[1] for row in found.rows("returns")} == {"○"}


def test_chinese_superstore_has_no_float_noise(read, shared_data):
    root = shared_data("superstore").parent
    from python_calamine import CalamineWorkbook

    names = CalamineWorkbook.from_path(str(root / "superstore" / "china_zh.xls")).sheet_names
    found = read(
        root=root, tables={"sales": {"files": ["china_zh.xls"], "sheet": names[0]}}, source={"drop": "superstore"}
    )
    assert len(found.rows()) == 10_000
    assert found.rows()[0][16] == "129.696"


def test_parquet_types_become_text(read):
    table = pa.table(
        {
            "id": pa.array(["007", None]),
            "n": pa.array([3, -1], pa.int64()),
            "amount": pa.array([Decimal("12.50"), None], pa.decimal128(18, 4)),
            "ratio": pa.array([129.69600000000003, 1e-7]),
            "day": pa.array([dt.date(2022, 11, 8), None]),
            "at": pa.array([at(2022, 11, 8, 10, 30), None], pa.timestamp("us")),
            "utc": pa.array([at(2022, 11, 8, 10, 30), None], pa.timestamp("us", tz="Asia/Tokyo")),
            "ok": pa.array([True, None]),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "more": pa.array([[1, 2], None]),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    found = read({"sales.parquet": out.getvalue()})
    assert found.rows() == [
        (
            "007",
            "3",
            "12.5000",
            "129.696",
            "2022-11-08",
            "2022-11-08T10:30:00",
            "2022-11-08T10:30:00+00:00",
            "true",
            "a",
            "[1,2]",
        ),
        (None, "-1", None, "0.0000001", None, None, None, None, "b", None),
    ]
    assert typed_columns(found.input().inferred) == {"n", "amount", "ratio", "day", "at", "utc", "ok", "more"}


def test_json_lines_keep_arrays_as_text_and_numbers_plain_and_objects_are_columns(read):
    lines = b"""{"id":"007","amount":12.50,"tags":["a"],"mixed":1,"He said \\"hi\\"":"q"}

{"amount":1e-7,"id":null,"extra":{"k":"v"},"mixed":"x"}
{"amount":12345678901234567,"id":"","ok":true}
"""
    found = read({"sales.jsonl": lines})
    assert found.columns() == ("id", "amount", "tags", "mixed", 'He said "hi"', "extra.k", "ok")
    assert found.rows() == [
        ("007", "12.5", '["a"]', "1", "q", None, None),
        (None, "0.0000001", None, "x", None, "v", None),
        ("", "12345678901234567", None, None, None, None, "true"),
    ]
    assert typed_columns(found.input().inferred) == {"amount"}


def test_a_number_beyond_all_amounts_keeps_its_exponent(read):
    """DECIMAL(38, 15), in which exponents are written out, has 23 digits before the point."""
    out = io.BytesIO()
    pq.write_table(pa.table({"x": [1e300, -1e300, 1e22, float("inf")]}), out)
    assert read({"sales.parquet": out.getvalue()}).rows() == [
        ("1e+300",),
        ("-1e+300",),
        ("10000000000000000000000",),
        ("inf",),
    ]


def test_whole_numbers_of_json_keep_all_their_digits(read):
    """Member numbers of 20 digits and more: 2^64 has 20."""
    longest = "1234567890" * 5
    lines = '{"id":18446744073709551616}\n{"id":-9223372036854775809}\n{"id":' + longest + '}\n{"id":null}\n'
    found = read({"sales.jsonl": lines.encode()})
    assert found.rows() == [("18446744073709551616",), ("-9223372036854775809",), (longest,), (None,)]


def test_a_json_number_that_may_have_lost_digits_is_a_fault(read):
    """A number with a point or an exponent is a double: RFC 8259, 6. Its whole numbers are sure below 2^53."""
    lines = b"""{"id":9007199254740993.0}
{"id":9007199254740991.0}
{"id":1e300}
{"id":1e400}
{"id":1.2345678901234567e19}
"""
    faults = [row[2] for row in read({"sales.jsonl": lines}).all()]
    assert faults == ["syntax", None, "syntax", "syntax", "syntax"]


def test_a_json_number_among_texts_that_may_have_lost_digits_is_a_fault(read):
    lines = b'{"id":"A-1"}\n{"id":9007199254740993.0}\n{"id":"9007199254740993.0"}\n'
    assert [(row[2], row[3]) for row in read({"sales.jsonl": lines}).all()][::2] == [
        (None, "A-1"),
        (None, "9007199254740993.0"),
    ]
    assert read({"sales.jsonl": lines}).all()[1][2] == "syntax"


def test_the_point_zero_of_a_column_with_gaps_is_no_part_of_a_number(read):
    """pandas writes the whole numbers of a column as 1001.0 where one of them is missing."""
    found = read({"sales.jsonl": b'{"id":1001.0}\n{"id":null}\n{"id":10.50}\n{"id":-3.0}\n'})
    assert found.rows() == [("1001",), (None,), ("10.5",), ("-3",)]


def test_objects_within_json_objects_are_columns_down_to_a_depth(read):
    lines = b"""{"id":1,"consent":{"email":true,"line":{"push":false}},"seen":{"by":{"what":{"ever":{"deep":1}}}}}
{"id":2,"consent":"none"}
{"id":3,"consent":{"email":false},"consent.email":"a key with a dot"}
"""
    found = read({"sales.jsonl": lines})
    assert found.columns() == (
        "id", "consent", "consent.email", "consent.line.push", "seen.by.what.ever", "consent.email_2",
    )  # fmt: skip
    assert [row[2:5] for row in found.rows()] == [("true", "false", '{"deep":1}'), (None,) * 3, ("false", None, None)]
    assert [row[1] for row in found.rows()][1] == "none"


def test_an_object_of_very_many_keys_is_a_list_and_stays_text(read):
    import json

    points = {f"day {n}": n for n in range(200)}
    found = read({"sales.jsonl": json.dumps({"id": 1, "points": points}).encode() + b"\n"})
    assert found.columns() == ("id", "points")
    assert json.loads(found.rows()[0][1]) == points


def test_a_json_object_with_a_key_twice_is_a_fault(read):
    """Parsers take the first or the last of the two: RFC 8259, 4. Which one the shop means, nobody knows."""
    lines = b"""{"id":"1","id":"2"}
{"id":"3","ID":"4"}
{"id":"5","id":"5","x":{"y":1}}
{"x":{"y":1,"y":2}}
"""
    found = read({"sales.jsonl": lines})
    assert found.columns() == ("id", "ID_2", "x.y")
    assert [(row[1], row[2]) for row in found.all()] == [(1, "syntax"), (2, None), (3, "syntax"), (4, "syntax")]


def test_any_key_of_json_is_a_column(read):
    """Keys that are empty, differ in case only, or mean something to a JSON path or pointer."""
    lines = b"""{"":"a","id":"b","ID":"c","*":"e","$.id":"f","a/b":"g","a~b":"h","K\\u0000d\\u0001":"i"}
{"id":"x","0":"y"}
"""
    found = read({"sales.jsonl": lines})
    assert found.columns() == ("column_1", "id", "ID_2", "*", "$.id", "a/b", "a~b", "Kd", "0")
    assert found.rows() == [
        ("a", "b", "c", "e", "f", "g", "h", "i", None),
        (None, "x", None, None, None, None, None, None, "y"),
    ]


def test_a_shared_drop_is_written_once_for_all_its_markets(read, tmp_path):
    for _ in range(3):
        found = read({"all.csv": "market;id\nDE;1\nFR;2\n".encode("cp1252")}, source={"shared": True})
        assert found.rows() == [("DE", "1"), ("FR", "2")]
    written = [path for path in (tmp_path / "work" / "shared").iterdir() if path.suffix == ".parquet"]
    assert len(written) == 1
    assert written[0].name.startswith(found.input().sha256)
    meta = pq.ParquetFile(written[0]).metadata.row_group(0).column(2)
    assert meta.compression.startswith("LZ4")


def test_markets_that_meet_at_a_shared_drop_write_it_once(con, tmp_path, monkeypatch, profile):
    from concurrent.futures import ThreadPoolExecutor

    from tasks.ingest import drop
    from tasks.objects import open_store

    content = "market;id\n" + "".join(f"{'DE' if n % 2 else 'FR'};{n}\n" for n in range(20_000))
    (tmp_path / "landing" / "DE").mkdir(parents=True)
    (tmp_path / "landing" / "DE" / "all.csv").write_text(content)
    market = profile({"sales": {"files": ["*"]}}, shared=True)
    writes = []
    original = drop.once

    def counted(path, make):
        return original(path, lambda temporary: (writes.append(path.name), make(temporary))[1])

    monkeypatch.setattr(drop, "once", counted)

    def one(_):
        cursor = con.cursor()
        sources = drop.read_drop(
            cursor, market, open_store(tmp_path / "landing"), tmp_path / "work", as_of=dt.date(2024, 1, 1)
        )
        return cursor.execute(f"SELECT count(*) FROM {sources.tables['sales'].relation}").fetchone()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(8))) == {(20_000,)}
    assert len(writes) == 1
