"""What a cell holds stays what it was: no text becomes a formula, a link, a number or a date, in either writer."""

from __future__ import annotations

import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from tasks.export.base import BASE
from tasks.export.job import Reader
from tasks.export.workbook.fields import sheet_columns
from tasks.sql import literal

pytestmark = pytest.mark.xdist_group("workbook")
ALL = frozenset({"customers", "names", "emails", "phones", "addresses"})
#: OWASP's ways to start a formula (ASVS 1.2.10), Excel's own and full-width ones, DDE, links, escapes of OOXML.
TEXTS = (
    "=1+1",
    "@SUM(A1:A9)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "＝1+1",
    '=DDE("cmd";"/C calc";"x")',
    "{=1+1}",
    "https://example.com",
    "mailto:a@example.com",
    "internal:Sheet1!A1",
    '<b>&amp;"quoted"</b>',
    "_x0041_",
    "two\nlines",
    "two\r\nlines",
    "  blanks  ",
    "1E5",
    "01.02.2024",
    "'apostrophe",
    "TRUE",
    "山田 😀",
)
#: Identifiers that a spreadsheet would round or shorten: 18 digits are more than a double keeps.
NUMBERS = ("000123", "123456789012345678", "+4915112345678", "12E3", "-5")


@pytest.fixture(scope="module")
def hostile(germany, books, tmp_path_factory):
    """A market whose names, numbers and money are hostile: its workbooks, and the names and numbers it was given."""
    job = germany.job(tmp_path_factory.mktemp("hostile"))
    con = germany.con
    for place, text in enumerate(TEXTS):
        con.execute(f"UPDATE {BASE} SET name = {literal(text)}, address = {literal(text)} WHERE rowid = {place}")
    for place, text in enumerate(NUMBERS):
        con.execute(f"UPDATE {BASE} SET member_number = {literal(text)} WHERE rowid = {place}")
    con.execute(f"UPDATE {BASE} SET phone = '+4915112345678', phone_national = '01511 2345678' WHERE rowid < 3")
    con.execute(f"UPDATE {BASE} SET monetary_local = -1234.56, monetary_reference = -0.01 WHERE rowid = 2")
    return books(job, "de-DE", Reader(("team",), ALL))


def column(path, name, columns, sheet=0, top=0):
    """A column of a sheet, below its heading."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)
    return [row[columns.index(name)] for row in rows[top + 1 :]]


def test_hostile_text_is_the_same_text_in_the_list(germany, hostile):
    columns = germany.columns
    assert tuple(column(hostile["customers"], "name", columns)[: len(TEXTS)]) == TEXTS
    assert tuple(column(hostile["customers"], "address", columns)[: len(TEXTS)]) == TEXTS


def test_hostile_text_is_the_same_text_on_the_segments_sheets(germany, hostile):
    columns = sheet_columns(germany.profile, germany.columns, "person", "lifecycle")[0]
    book = hostile["customers_by_segment"]
    sheets = range(2, len(CalamineWorkbook.from_path(str(book)).sheet_names))
    found = {value for sheet in sheets for value in column(book, "name", columns, sheet)}
    assert set(TEXTS) <= found


def test_identifiers_keep_zeros_signs_and_eighteen_digits(germany, hostile):
    columns = germany.columns
    assert tuple(column(hostile["customers"], "member_number", columns)[: len(NUMBERS)]) == NUMBERS
    assert column(hostile["customers"], "phone", columns)[:3] == ["+4915112345678"] * 3
    assert column(hostile["customers"], "phone_national", columns)[:3] == ["01511 2345678"] * 3


def test_negative_money_is_a_negative_number(germany, hostile):
    columns = germany.columns
    assert column(hostile["customers"], "monetary_local", columns)[2] == -1234.56
    assert column(hostile["customers"], "monetary_reference", columns)[2] == -0.01


def test_the_file_itself_has_no_formula_no_link_and_no_outside_part(hostile):
    for path in hostile.values():
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            sheets = [archive.read(name).decode() for name in names if name.startswith("xl/worksheets/")]
        assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
        assert not [sheet for sheet in sheets if re.search(r"<f[ >/]|<hyperlink", sheet)]


def test_libreoffice_reads_every_hostile_text_as_text(germany, hostile, office):
    (saved,) = office([hostile["customers"]])
    columns = germany.columns
    as_it_ends_lines = tuple(text.replace("\r\n", "\n") for text in TEXTS)
    assert tuple(column(saved, "name", columns)[: len(TEXTS)]) == as_it_ends_lines
    assert tuple(column(saved, "member_number", columns)[: len(NUMBERS)]) == NUMBERS
    with zipfile.ZipFile(saved) as archive:
        assert "<f" not in archive.read("xl/worksheets/sheet1.xml").decode().replace("<family", "")


#: Excel's numbers of its own formats (ECMA-376, 18.8.30).
BUILT_IN = {"0": "General", "1": "0", "3": "#,##0", "4": "#,##0.00", "14": "short date", "49": "@"}


def formats(xml, path, sheet):
    """Number formats of a sheet's cells by column letter."""
    parts = xml(path)
    styles, main = parts["xl/styles.xml"], "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    codes = BUILT_IN | {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{main}numFmt")}
    cells = [codes[one.get("numFmtId")] for one in styles.find(f"{main}cellXfs")]
    used = {}
    for row in list(parts[f"xl/worksheets/sheet{sheet}.xml"].iter(f"{main}row"))[1:]:
        for cell in row:
            used.setdefault(re.sub(r"\d", "", cell.get("r")), set()).add(cells[int(cell.get("s", 0))])
    return used


def letter(place):
    """A column's letters: 0 is A."""
    return ("" if place < 26 else letter(place // 26 - 1)) + chr(65 + place % 26)


@pytest.mark.parametrize(("code", "local"), [("DE", "#,##0.00"), ("JP", "#,##0"), ("VN", "#,##0"), ("US", "#,##0.00")])
def test_cells_are_typed_so_that_the_readers_region_formats_them(sample, everything, xml, code, local):
    used = formats(xml, everything[code]["customers"], 1)
    columns = sample[code].columns

    def of(name):
        return used[letter(columns.index(name))]

    assert of("last_order_date") == {"short date"}
    assert of("monetary_local") == {local}
    assert of("monetary_ppp") == {"#,##0.00"}
    assert of("recency_days") == {"#,##0"}
    assert of("effort") == {"0.0%"}
    assert of("member_number") == of("name") == of("home_store") == {"@"}
