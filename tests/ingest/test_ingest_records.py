"""Broken records come through with their fault and their number; sound ones are not touched by them."""

from __future__ import annotations

import pytest

#: A file named after what is wrong with it: its bytes, the table's declaration, the rows (a fault stands first).
BROKEN = {
    "too_few_fields.csv": (
        b"id;name;amount\n1;A;3\n2;B\n3;C;5\n",
        {},
        [("1", "A", "3"), ("too_few_fields", "2", "B", None), ("3", "C", "5")],
    ),
    "too_many_fields.csv": (
        b"id;name;amount\n1;A;3\n2;B;4;x\n3;C;5\n",
        {},
        [("1", "A", "3"), ("too_many_fields", "2", "B", "4"), ("3", "C", "5")],
    ),
    "far_too_many_fields.csv": (
        b"id;amount\n1;3\n2;" + b";" * 40 + b"\n3;5\n",
        {"delimiter": ";"},
        [("1", "3"), ("too_many_fields", "2", ""), ("3", "5")],
    ),
    "far_too_many_fields_and_quotes.csv": (
        b'id;amount\n1;"3"\n2;' + b";" * 40 + b"\n3;5\n",
        {"delimiter": ";"},
        [("1", "3"), ("too_many_fields", "2", ""), ("3", "5")],
    ),
    "text_after_closing_quote.csv": (
        b'id,name,amount\n1,"A",3\n2,"B"x,4\n3,C,5\n',
        {},
        [("1", "A", "3"), ("syntax", "2", '"B"x', "4"), ("3", "C", "5")],
    ),
    "unclosed_quote.csv": (
        b'id,name,amount\n1,A,3\n2,"B,4\n3,C,5\n4,D,6\n',
        {},
        [("1", "A", "3"), ("syntax", "2", '"B', "4"), ("3", "C", "5"), ("4", "D", "6")],
    ),
    "unclosed_quote_before_a_quoted_field.csv": (
        b'id,name,amount\n1,A,3\n2,"B,4\n3,"C",5\n4,D,6\n',
        {},
        [("1", "A", "3"), ("syntax", "2", '"B', "4"), ("3", "C", "5"), ("4", "D", "6")],
    ),
    "unclosed_quote_in_the_last_record.csv": (b'id,name\n1,A\n2,"B', {}, [("1", "A"), ("syntax", "2", '"B')]),
    "nul_in_a_record.csv": (b"id,name\n1,A\n2,B\x00B\n3,C\n", {}, [("1", "A"), ("syntax", "2", "B\x00B"), ("3", "C")]),
    "undecodable_record.csv": (
        "id,name\n1,Müller\n".encode() + b"2,M\xfcller\n" + "3,Jürgen Öz\n".encode(),
        {"encoding": "utf-8"},
        [("1", "Müller"), ("encoding", "2", "M\ufdd0ller"), ("3", "Jürgen Öz")],
    ),
    "undecodable_cp932_record.csv": (
        "id,名前\n1,山田\n".encode("cp932") + b"2,\x8e\x20\n" + "3,鈴木\n".encode("cp932"),
        {"encoding": "cp932"},
        [("1", "山田"), ("encoding", "2", "\ufdd0 "), ("3", "鈴木")],
    ),
    "too_few_by_blanks.txt": (
        b" id   date  amount\r\n 00001 19970101  11.77\r\n 00002 19970112\r\n",
        {"delimiter": "whitespace"},
        [("00001", "19970101", "11.77"), ("too_few_fields", "00002", "19970112", None)],
    ),
    "broken_json_line.jsonl": (b'{"id":"1"}\n{"id":\n{"id":"3"}\n', {}, [("1",), ("syntax", None), ("3",)]),
    "json_line_is_no_object.jsonl": (b'{"id":"1"}\n[2]\n3\n', {}, [("1",), ("syntax", None), ("syntax", None)]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_has_a_fault_and_the_others_are_right(name, read):
    content, declared, expected = BROKEN[name]
    found = read({name: content}, **declared)
    assert found.rows() == expected
    assert [row[1] for row in found.all()] == list(range(1, len(expected) + 1))


#: Awkward and sound: a file, its declaration, its columns, its rows.
AWKWARD = {
    "quoted_newline.csv": (
        b'id,note\n1,"a\nb"\n2,"c\r\nd"\n3,e\n',
        {},
        ("id", "note"),
        [("1", "a\nb"), ("2", "c\r\nd"), ("3", "e")],
    ),
    "quoted_newline_in_the_header.csv": (b'id,"no\nte"\n1,a\n2,b\n', {}, ("id", "no\nte"), [("1", "a"), ("2", "b")]),
    "carriage_returns_only.csv": (b"id;x\r1;a\r2;b\r", {}, ("id", "x"), [("1", "a"), ("2", "b")]),
    "mixed_line_ends.csv": (b"id;x\r\n1;a\n2;b\r\n3;c\n", {}, ("id", "x"), [("1", "a"), ("2", "b"), ("3", "c")]),
    "mixed_line_ends_and_quotes.csv": (
        b'id;x\r\n1;"a"\n2;b\r\n3;c\n',
        {},
        ("id", "x"),
        [("1", "a"), ("2", "b"), ("3", "c")],
    ),
    "doubled_quotes.csv": (b'id,x\n1,"say ""hi"""\n2,""""\n', {}, ("id", "x"), [("1", 'say "hi"'), ("2", '"')]),
    "quote_inside_a_field.csv": (b'id,x\n1,12" TV\n2,b\n', {}, ("id", "x"), [("1", '12" TV'), ("2", "b")]),
    "backslash_escape.csv": (
        b'id,x\n1,"a\\"b"\n2,"c\\\\"\n',
        {"escape": "\\", "quote": '"'},
        ("id", "x"),
        [("1", 'a"b'), ("2", "c\\")],
    ),
    "backslash_escapes_a_delimiter.csv": (
        b"id;x\n1;a\\;b\n2;c\n",
        {"escape": "\\", "quote": "none", "delimiter": ";"},
        ("id", "x"),
        [("1", "a;b"), ("2", "c")],
    ),
    "tab_by_name.csv": (b"id\tx\n1\ta\n", {"delimiter": "tab"}, ("id", "x"), [("1", "a")]),
    "quotes_declared_away.csv": (
        b'id;x\n1;"a\n2;b"\n',
        {"quote": "none", "delimiter": ";"},
        ("id", "x"),
        [("1", '"a'), ("2", 'b"')],
    ),
    "single_quotes.csv": (
        b"id;x\n1;'a;b'\n2;'it''s'\n",
        {"delimiter": ";", "quote": "'"},
        ("id", "x"),
        [("1", "a;b"), ("2", "it's")],
    ),
    "sep_line.csv": (b"sep=;\nid;x\n1;a,b\n2;c,d\n", {}, ("id", "x"), [("1", "a,b"), ("2", "c,d")]),
    "sep_line_counted_in_skip.csv": (b"sep=;\nid;x\n1;a\n", {"skip": 1}, ("id", "x"), [("1", "a")]),
    "title_lines.csv": (b"Umsatz 2024\n\nid;x\n1;a\n2;b\n", {"skip": 2}, ("id", "x"), [("1", "a"), ("2", "b")]),
    "title_lines_and_quotes.csv": (
        b'Umsatz "2024\n\nid;x\n1;"a"\n2;b\n',
        {"skip": 2, "delimiter": ";"},
        ("id", "x"),
        [("1", "a"), ("2", "b")],
    ),
    "blank_lines.csv": (b"\n\nid;x\n\n1;a\n\n\n2;b\n\n", {}, ("id", "x"), [("1", "a"), ("2", "b")]),
    "no_header.csv": (b"1;a\n2;b\n", {"header": False, "columns": ["id", "x"]}, ("id", "x"), [("1", "a"), ("2", "b")]),
    "no_header_with_mark.csv": (
        b"\xef\xbb\xbf1;a\n2;b\n",
        {"header": False, "columns": ["id", "x"]},
        ("id", "x"),
        [("1", "a"), ("2", "b")],
    ),
    "byte_order_mark.csv": (b"\xef\xbb\xbfid;x\n1;\xc3\xbc\n", {}, ("id", "x"), [("1", "ü")]),
    "utf16_with_mark.csv": ("id;x\n1;ü\n".encode("utf-16"), {}, ("id", "x"), [("1", "ü")]),
    "utf16_declared.csv": ("id;x\n1;ü\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, ("id", "x"), [("1", "ü")]),
    "cp932_with_bars_inside_characters.csv": (
        "id|品名\n1|ソ表\n".encode("cp932"),
        {"encoding": "cp932", "delimiter": "|"},
        ("id", "品名"),
        [("1", "ソ表")],
    ),
    "gb2312_is_read_as_gb18030.csv": (
        "编号,名\n1,镕\n".encode("gb18030"),
        {"encoding": "gb2312"},
        ("编号", "名"),
        [("1", "镕")],
    ),
    "cp1256.csv": ("رقم;اسم\n1;محمد\n".encode("cp1256"), {"encoding": "cp1256"}, ("رقم", "اسم"), [("1", "محمد")]),
    "iso2022jp_is_made_of_ascii.csv": (
        "id,名\n1,山\n".encode("iso2022_jp"),
        {"encoding": "iso-2022-jp"},
        ("id", "名"),
        [("1", "山")],
    ),
    "ascii_agrees_with_cp932.csv": (b"id,x\n1,a\n", {"encoding": "cp932"}, ("id", "x"), [("1", "a")]),
    "trailing_delimiter.csv": (b"id;x\n1;a;\n2;b;\n", {"delimiter": ";"}, ("id", "x"), [("1", "a"), ("2", "b")]),
    "trailing_delimiter_in_the_header_too.csv": (
        b"id;x;\n1;a;\n2;b;\n",
        {},
        ("id", "x", "column_3"),
        [("1", "a", ""), ("2", "b", "")],
    ),
    "duplicate_and_blank_names.csv": (
        b"id;x;X;;record\n1;a;b;c;d\n",
        {},
        ("id", "x", "X_2", "column_4", "record_2"),
        [("1", "a", "b", "c", "d")],
    ),
    "invisible_marks_in_the_header.csv": ("\u200fid;x\u200b \n1;a\n".encode(), {}, ("id", "x"), [("1", "a")]),
    "empty_is_not_absent.csv": (b'id;x;y\n1;;""\n', {}, ("id", "x", "y"), [("1", "", "")]),
    "null_words_stay.csv": (
        b"id,state\n1,NA\n2,NULL\n3,null\n",
        {},
        ("id", "state"),
        [("1", "NA"), ("2", "NULL"), ("3", "null")],
    ),
    "blanks_stay.csv": (b"id,x\n1, a \n", {}, ("id", "x"), [("1", " a ")]),
    "one_column.csv": (b"id\n1\n\n2\n", {}, ("id",), [("1",), ("2",)]),
    "header_only.csv": (b"id;x\n", {}, ("id", "x"), []),
    "no_line_end_at_the_end.csv": (b"id;x\n1;a", {}, ("id", "x"), [("1", "a")]),
    "decimal_comma_splits_evenly_too.csv": (
        b"id;netto;brutto\n1;2,50;3,00\n2;3,50;4,20\n",
        {},
        ("id", "netto", "brutto"),
        [("1", "2,50", "3,00"), ("2", "3,50", "4,20")],
    ),
    "tabs.tsv": (b"id\tx\n1\ta,b\n", {}, ("id", "x"), [("1", "a,b")]),
    "runs_of_blanks.txt": (
        b" id   x\r\n 00001   a  \r\n\t2 b\r\n",
        {"delimiter": "whitespace"},
        ("id", "x"),
        [("00001", "a"), ("2", "b")],
    ),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_file_is_read_as_it_is(name, read):
    content, declared, columns, expected = AWKWARD[name]
    found = read({name: content}, **declared)
    assert found.columns() == columns
    assert found.rows() == expected


def test_record_numbers_follow_the_file_whatever_the_threads(read, con):
    """200,000 records cross the borders of DuckDB's blocks and threads; quoted line ends among them count as none."""
    lines = [f'{n};"note\n{n}"' if n % 1000 == 0 else f"{n};note {n}" for n in range(1, 200_001)]
    for name, content in (("plain.csv", [line.replace("\n", " ") for line in lines]), ("quoted_newlines.csv", lines)):
        found = read(
            {f"{name}/{name}": ("id;note\n" + "\n".join(content) + "\n").encode()}, tables={"sales": {"files": [name]}}
        )
        wrong = con.execute(
            f"SELECT count(*), count(*) FILTER (record <> id::BIGINT), count(fault), max(record) "
            f"FROM {found.sources.tables['sales'].relation}"
        ).fetchone()
        assert wrong == (200_000, 0, 0, 200_000)


def test_a_broken_quote_far_down_changes_nothing_else(read, con):
    lines = [f'{n};"note {n}"' for n in range(1, 60_001)]
    lines[40_000] = '40001;"never closed'
    found = read({"far_down.csv": ("id;note\n" + "\n".join(lines)).encode()})
    rows = con.execute(
        f"SELECT record, fault FROM {found.sources.tables['sales'].relation} "
        "WHERE fault IS NOT NULL OR record <> id::INT"
    ).fetchall()
    assert rows == [(40_001, "syntax")]
    assert found.input().inferred["reader"] == "record by record"


def test_an_unshared_plain_file_is_not_copied(read, tmp_path):
    found = read({"plain.csv": "id;x\n1;ü\n".encode()})
    assert found.rows() == [("1", "ü")]
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
