"""What the sheets of segments show of each customer, how wide, how many of them; and what definitions say of money."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from region_profiles.loader import load_profile
from region_profiles.models import Exports
from tasks.export.base import BASE
from tasks.export.customers import column_heading
from tasks.export.job import Reader
from tasks.export.labels import Labels
from tasks.export.workbook import workbooks
from tasks.export.workbook.definitions import definitions

pytestmark = pytest.mark.xdist_group("workbook")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LABELS = Labels("de-DE")
EVERYONE = Reader(("team",), frozenset({"customers", "names", "emails", "phones", "addresses"}))
#: Columns of the sheets, and where the canonical tables have them.
CANONICAL = {
    "member_number": "p.member_number",
    "home_store": "t.home_store",
    "last_order_date": "t.last_order_date",
    "frequency": "t.frequency",
    "monetary_local": "t.monetary_local",
    "monetary_reference": "t.monetary_reference",
    "monetary_ppp": "t.monetary_ppp",
    "segment_lifecycle": "t.segment_lifecycle",
}
MONEY = ("monetary_local", "monetary_reference", "monetary_ppp")
#: Content beyond that wraps or is cut off on the screen.
WIDE = 40


@pytest.fixture(scope="module")
def segments(germany, books, tmp_path_factory):
    """Germany's sheets of segments: name of the sheet, headings and rows, by segment; and the workbook's path."""
    job = germany.job(tmp_path_factory.mktemp("columns"))
    path = books(job, "de-DE")["customers_by_segment"]
    codes = [code for (code,) in germany.con.execute(f"SELECT DISTINCT segment_lifecycle FROM {BASE}").fetchall()]
    titles = LABELS.segments(germany.profile, "lifecycle", codes)
    return {code: (titles[code], *table(path, titles[code])) for code in codes}, path


def table(path, sheet):
    """Headings and rows of a sheet, below its title and notes."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    top = next(place for place, row in enumerate(rows) if row[0] == LABELS.text("column", "member_number"))
    return rows[top], rows[top + 1 :]


def place_of(profile, column, headings):
    """Where a column stands; the heading of money goes on with its currency."""
    heading = column_heading(profile, column, LABELS)
    (place,) = (place for place, text in enumerate(headings) if text == heading or text.startswith(f"{heading} ("))
    return place


def typed(value):
    return None if value == "" else Decimal(str(value)) if isinstance(value, int | float) else value


# --- each customer's values -------------------------------------------------------------------------------------------


def test_money_dates_and_stores_of_every_customer_are_those_of_the_canonical_table(germany, segments):
    found = {}
    for code, (_, headings, rows) in segments[0].items():
        columns = [one for one in CANONICAL if one != "segment_lifecycle"]
        places = [place_of(germany.profile, one, headings) for one in columns]
        found |= {row[0]: (*(typed(row[place]) for place in places), code) for row in rows}
    stored = germany.rows(", ".join(CANONICAL.values()))
    assert found == {row[0]: tuple(typed(one) for one in row) for row in stored}
    for place, kind in ((1, str), (2, date), (4, Decimal)):
        assert any(isinstance(row[place], kind) for row in found.values()), "a column without values compares nothing"


def test_the_markets_own_money_stands_first_and_says_its_currency(germany, segments):
    for name, headings, _ in segments[0].values():
        places = [place_of(germany.profile, one, headings) for one in MONEY]
        assert places == sorted(places), name
        assert [code for place in places for code in ("EUR", "USD") if f"({code})" in headings[place]] == ["EUR", "USD"]


def test_every_sheet_of_a_segment_has_the_home_store_and_the_reason_last(segments):
    for name, headings, rows in segments[0].values():
        assert LABELS.text("column", "home_store") in headings, name
        assert headings[-1] == LABELS.text("column", "reason")
        assert all(row[-1] for row in rows)


# --- widths -----------------------------------------------------------------------------------------------------------


def shown_width(value):
    """Signs of a fixed-width display, those of East Asia twice; a date as the viewer's region shows it."""
    if isinstance(value, date):
        return 10
    text = f"{value:,.2f}" if isinstance(value, float) and value % 1 else str(value)
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text if unicodedata.category(sign) != "Mn")


def test_columns_are_as_wide_as_their_content_and_their_headings_words(segments, xml):
    by_segment, path = segments
    parts, sheets = xml(path), CalamineWorkbook.from_path(str(path)).sheet_names
    contents = {}
    for _, headings, rows in by_segment.values():
        for heading, *values in zip(headings, *rows, strict=True):
            contents.setdefault(heading, []).extend(shown_width(value) for value in values if value != "")
    for title, headings, rows in by_segment.values():
        part = parts[f"xl/worksheets/sheet{sheets.index(title) + 1}.xml"]
        widths = [
            float(one.get("width"))
            for one in part.find(f"{MAIN}cols")
            for _ in range(int(one.get("min")), int(one.get("max")) + 1)
        ]
        assert len(widths) == len(headings)
        assert len(set(widths)) > 5, "a width of each column's own"
        reason = [shown_width(row[-1]) for row in rows]
        assert widths[-1] >= max(reason), "the last column has room for all of it"
        for heading, wide in zip(headings[:-1], widths[:-1], strict=True):
            own = sorted(contents[heading])
            usual = own[len(own) * 3 // 4] if own else 0  # a few far longer ones do not count
            assert wide >= min(WIDE, max(usual, *map(shown_width, heading.split()))), (title, heading)
            assert wide <= WIDE + 1, "one long text widens no column for ever"


# --- how many ---------------------------------------------------------------------------------------------------------


def test_without_a_word_sheets_have_5000_customers_and_lists_50000():
    assert (Exports().sheet_rows, Exports().list_rows) == (5000, 50_000)
    exports = load_profile("DE").exports
    assert (exports.sheet_rows, exports.list_rows) == (5000, 50_000)


def test_the_5001st_customer_of_a_segment_is_not_on_its_sheet(germany, books, tmp_path):
    job = germany.job(tmp_path)
    germany.con.execute(f"DELETE FROM {BASE} WHERE rowid > 0")
    germany.con.execute(f"INSERT INTO {BASE} SELECT b.* FROM {BASE} b, range(5000)")
    ((code,),) = germany.con.execute(f"SELECT DISTINCT segment_lifecycle FROM {BASE}").fetchall()
    job = replace(job, base=replace(job.base, rows=5001, listed=5001, audiences={}))
    path = books(job, "de-DE")["customers_by_segment"]
    title = LABELS.segments(germany.profile, "lifecycle", [code])[code]
    assert len(table(path, title)[1]) == 5000
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(title).to_python()
    assert any("5.000" in row[0] and "5.001" in row[0] for row in rows[:4])


@pytest.mark.parametrize(("customers", "workbook"), [(50_000, True), (50_001, False)])
def test_the_full_list_is_a_workbook_up_to_50000_customers(germany, tmp_path, customers, workbook):
    job = germany.job(tmp_path)
    base = replace(job.base, listed=customers)  # as if: the few that there are take no time
    files = [file.path for file in workbooks(replace(job, base=base), "de-DE", (EVERYONE,))]
    assert any(path.endswith("_customers.xlsx") for path in files) == workbook


# --- with tax or without ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "own", "group"), [("gross", "brutto", "netto"), ("untaxed", *["Steuer nicht bekannt"] * 2)]
)
def test_definitions_say_of_money_alone_whether_it_is_with_tax(germany, amounts, own, group):
    profile = germany.profile.model_copy(update={"tax": germany.profile.tax.model_copy(update={"amounts": amounts})})
    columns = [*CANONICAL, "expected_revenue", "effort", "share_revenue", "orders", "m_score"]
    figures = {"currency": "EUR", "reference_currency": "USD"}
    basis = {one: row[4] for one, row in zip(columns, definitions(profile, columns, LABELS, figures), strict=True)}
    with_tax = ("monetary_local", "monetary_ppp", "effort", "share_revenue", "m_score")
    without = ("monetary_reference", "expected_revenue")
    assert {one: text for one, text in basis.items() if text} == dict.fromkeys(with_tax, own) | dict.fromkeys(
        without, group
    )


def test_the_sheet_of_definitions_has_the_basis_in_its_last_column(germany, segments):
    rows = CalamineWorkbook.from_path(str(segments[1])).get_sheet_by_name("Definitionen").to_python()
    assert rows[0] == [LABELS.text("column", one) for one in ("column", "meaning", "unit", "period", "basis")]
    found = {row[0]: row[4] for row in rows[1:]}
    assert found[column_heading(germany.profile, "monetary_local", LABELS)] == "brutto"
    assert found[column_heading(germany.profile, "monetary_reference", LABELS)] == "netto"
    assert found[column_heading(germany.profile, "frequency", LABELS)] == ""
