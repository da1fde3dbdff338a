"""No text of a customer becomes a formula, a number or a date in a spreadsheet; and nothing is lost by that."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export import cells
from tasks.export.dialect import MACHINE, excel_dialect

GERMAN, VIETNAMESE = excel_dialect("de-DE"), excel_dialect("vi-VN")
#: OWASP ASVS 5.0, 1.2.10 names = + - @ TAB NUL; its CSV Injection page adds CR, LF and the full-width forms.
SIGNS = ["=", "+", "-", "@", "\t", "\0", "\r", "\n", "＝", "＋", "－", "＠"]


@pytest.fixture(scope="module")
def db():
    with duckdb.connect() as connection:
        yield connection


def as_sql(db, make, value, *args, **kwargs):
    return db.execute(f"SELECT {make('v', *args, **kwargs)} FROM (SELECT ? AS v)", [value]).fetchall()[0][0]


def field(text: str, dialect) -> str:
    """The one field of a line, as a reader of CSV sees it."""
    row = next(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator, strict=True))
    assert len(row) == 1
    return row[0]


def unmarked(text: str) -> str:
    return text[1:] if re.match(r"''*[=+\-@\t\r\n\0＝＋－＠]", text) else text


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("text", ["{}1+1", "'{}1+1", "''{}cmd|' /C calc'!A0"])
def test_text_that_begins_like_a_formula_gets_one_apostrophe(db, sign, text):
    hostile = text.format(sign)
    for found in (as_sql(db, cells.sql_text, hostile, GERMAN), cells.cell(hostile, GERMAN)):
        shown = field(found, GERMAN)
        assert shown == "'" + hostile
        assert unmarked(shown) == hostile


@pytest.mark.parametrize("text", ["'t Hart", "O'Neil", "a=b", "Müller-Lüdenscheidt", " =1", "山田 太郎", "محمد", "1-2"])
def test_other_text_stays_as_it_is(db, text):
    assert field(as_sql(db, cells.sql_text, text, GERMAN), GERMAN) == text


def test_machine_file_is_never_prefixed(db):
    assert as_sql(db, cells.sql_text, "=1+1", MACHINE) == "=1+1"
    assert as_sql(db, cells.sql_phone, "+4915112345678", MACHINE) == "+4915112345678"


def test_separators_quotes_and_line_ends_stay_in_their_cell(db):
    for text in ['a;b"c"', "a\r\nb", "a\nb", " a ", 'x";=1+1;"']:
        assert field(as_sql(db, cells.sql_text, text, GERMAN), GERMAN) == text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from([*SIGNS, "'", '"', ";", ",", " ", "a", "1", "é", "日"]), max_size=6))
def test_single_cells_and_columns_follow_the_same_rules(text):
    db = duckdb.default_connection()
    column = as_sql(db, cells.sql_text, text, VIETNAMESE)
    assert column == cells.cell(text, VIETNAMESE)
    if text:
        assert unmarked(field(column, VIETNAMESE)) == text


@pytest.mark.parametrize(
    "number",
    [
        "00123",  # its zeros would go
        "123456789012345678",  # Excel keeps 15 digits
        "123456789012",  # shown as 1.23457E+11
        "12E3",
        "1e-5",
        "1-2",  # a date
        "3/4",
        "MAR-12",
        "mar12",
        "12:30",
        "5 PM",
        "1.5",
        "1,5",
        "50%",
        "TRUE",
        "12-MAR-99",
        "-7",
        "=1",
        "１２３",
        "'00123",
    ],
)
def test_identifiers_that_excel_would_retype_are_recognized(db, number):
    assert as_sql(db, cells.sql_marked, number)


@pytest.mark.parametrize("number", ["0", "7", "12345678901", "K123", "DE-000123", "KND-1234", "A-1", "12AB", "会員12"])
def test_identifiers_that_excel_leaves_alone_carry_no_mark(db, number):
    assert not as_sql(db, cells.sql_marked, number)


def test_one_retyped_identifier_marks_its_whole_column_so_that_all_stay_text(db):
    db.execute("CREATE OR REPLACE TEMP TABLE ids AS SELECT unnest(['10023', '00123']) AS v")
    marked = db.execute(f"SELECT {cells.sql_marked('v')} FROM ids").fetchall()[0][0]
    made = db.execute(f"SELECT {cells.sql_identifier('v', GERMAN, marked=marked)} FROM ids").fetchall()
    assert made == [("'10023",), ("'00123",)]


def test_empty_column_of_identifiers_needs_no_mark(db):
    assert db.execute(f"SELECT {cells.sql_marked('v')} FROM (SELECT NULL::VARCHAR AS v)").fetchall() == [(False,)]


def test_phone_is_text_without_a_mark_and_cannot_hide_a_formula(db):
    assert as_sql(db, cells.sql_phone, "+4915112345678", GERMAN) == "tel:+4915112345678"  # RFC 3966, section 3
    assert as_sql(db, cells.sql_phone, "+1+cmd|' /C calc'!A0", GERMAN).startswith("'+1")


def test_numbers_are_typed_ungrouped_with_the_local_sign(db):
    assert as_sql(db, cells.sql_number, Decimal("-1234567.50"), GERMAN) == "-1234567,50"
    assert as_sql(db, cells.sql_number, Decimal("-1234567.50"), excel_dialect("de-CH")) == "-1234567.50"
    assert as_sql(db, cells.sql_number, -3, GERMAN) == "-3"


def test_decimal_comma_beside_a_comma_separator_is_quoted(db):
    assert as_sql(db, cells.sql_number, Decimal("1.50"), VIETNAMESE) == '"1,50"'
    assert as_sql(db, cells.sql_number, 7, VIETNAMESE) == "7"
    assert cells.cell(Decimal("1.50"), VIETNAMESE) == '"1,50"'


def test_null_is_an_empty_cell(db):
    row = cells.sql_line([cells.sql_text("v", GERMAN), cells.sql_number("v", GERMAN), "'x'"], GERMAN)
    assert db.execute(f"SELECT {row} FROM (SELECT NULL::VARCHAR AS v)").fetchall() == [(";;x\r\n",)]


def test_code_without_a_label_stands_for_itself_and_is_guarded(db):
    labels = {"loyal": "Treu; fest"}
    assert as_sql(db, cells.sql_label, "loyal", labels, GERMAN) == '"Treu; fest"'
    assert as_sql(db, cells.sql_label, "=vip", labels, GERMAN) == "'=vip"
