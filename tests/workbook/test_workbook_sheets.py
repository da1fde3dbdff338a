"""Who sees which sheet, what the sheets say, and what happens to what does not fit."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from pydantic import ValidationError
from python_calamine import CalamineWorkbook

from region_profiles.catalogs.messages import languages
from region_profiles.loader import load_profile
from region_profiles.models import Exports
from tasks.errors import ProfileError, Terminal
from tasks.export import audiences
from tasks.export.base import BASE, LISTED, MEMBERS
from tasks.export.customers import column_heading, customer_columns
from tasks.export.job import Reader
from tasks.export.labels import Labels, segment_codes
from tasks.export.summary import MARK, MEASURES
from tasks.export.workbook import workbooks
from tasks.export.workbook.fields import Field, list_fields, money_format, sheet_columns, sheet_fields
from tasks.export.workbook.listing import write_list
from tasks.export.workbook.parts import Parts, of_whom
from tasks.export.workbook.reasons import reasons
from tasks.export.workbook.texts import CELL, NAME, cut, fit, sheet_names, units
from tasks.sql import literal

pytestmark = pytest.mark.xdist_group("workbook")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ALL = frozenset({"customers", "names", "emails", "phones", "addresses"})
EVERYONE = Reader(("team",), ALL)
BASE_PROFILE = load_profile("DE")


def rows_of(path, sheet):
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def firsts(labels):
    """The first headings of sheets of customers and of contacts."""
    return [labels.text("column", one) for one in ("member_number", "account")]


def text_of(path):
    """All that any part of a workbook says."""
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


@pytest.fixture(scope="module")
def usual(germany, books, tmp_path_factory):
    """A market as it is: its job and its workbooks."""
    job = germany.job(tmp_path_factory.mktemp("usual"))
    return job, books(job, "de-DE", EVERYONE)


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_the_summary_folder_holds_no_row_of_a_customer(usual):
    job, written = usual
    assert written["summary"].parent == job.out / "de-DE" / "summary"
    assert {written[kind].parent.name for kind in ("customers", "customers_by_segment")} == {"customers"}
    said = text_of(written["summary"])
    known = job.con.execute(f"SELECT member_number, name, email, phone FROM {BASE}").fetchall()
    assert not [value for row in known for value in row if value and f">{value}<" in said]


def test_a_locale_without_grants_has_a_summary_that_says_why_there_is_no_more(germany, tmp_path):
    (only,) = workbooks(germany.job(tmp_path), "de-DE", ())
    assert only.path == f"de-DE/summary/DE_{germany.job(tmp_path).as_of}_de-DE_summary.xlsx"
    said = [row[0] for row in rows_of(tmp_path / only.path, "Übersicht")]
    assert Labels("de-DE").text("workbook", "no_rights") in said


def test_every_column_of_the_summary_is_defined(usual):
    _, written = usual
    (head,) = (row for row in rows_of(written["summary"], "Übersicht") if "Segment" in row)
    defined = {row[0]: row[1:] for row in rows_of(written["summary"], "Definitionen")[1:]}
    headings = [text for text in head if text]
    assert len(headings) == 2 + len(MEASURES)
    for heading in headings:  # a money's heading names its currency, too
        assert any(heading == name or heading.startswith(f"{name} (") for name in defined), heading
    for name in ("Merkmal", "Segment", "Kunden", "Anteil Kunden", "Anteil Umsatz"):
        meaning, unit, period, _ = defined[name][:4]
        assert meaning
        assert unit
        assert period


@pytest.mark.parametrize(
    ("grant", "columns"),
    [
        ("names", {"name", "salutation"}),
        ("emails", {"email"}),
        ("phones", {"phone", "phone_national"}),
        ("addresses", {"address"}),
    ],
)
def test_a_file_has_no_column_that_its_reader_was_not_granted(germany, books, tmp_path, grant, columns):
    reader = Reader(("team",), ALL - {grant})
    job = germany.job(tmp_path)
    germany.con.execute(f"UPDATE {BASE} SET phone = '+4915112345678', phone_national = '01511 2345678' WHERE rowid = 0")
    values = [
        value
        for (value,) in germany.con.execute(
            " UNION ".join(f"SELECT {one} FROM {BASE} WHERE {one} IS NOT NULL" for one in sorted(columns))
        ).fetchall()
    ]
    assert values
    for path in books(job, "de-DE", reader).values():
        said = text_of(path)
        assert not [value for value in values if f">{value}<" in said]
    headings = {Labels("de-DE").text("column", one) for one in columns}
    assert not headings & set(
        rows_of(tmp_path / "de-DE" / "customers" / f"{job.stem}_de-DE_customers.xlsx", "Kunden")[0]
    )


def test_readers_with_other_grants_have_files_of_their_own(germany, tmp_path):
    readers = (Reader(("crm",), ALL, "_crm"), Reader(("store", "web"), frozenset({"customers"}), "_store-web"))
    files = {
        file.path.rpartition("de-DE_")[2]: file.teams for file in workbooks(germany.job(tmp_path), "de-DE", readers)
    }
    assert files == {
        "summary.xlsx": tuple(team.name for team in germany.profile.teams if "de-DE" in team.locales),
        "customers_by_segment_crm.xlsx": ("crm",),
        "customers_crm.xlsx": ("crm",),
        "customers_by_segment_store-web.xlsx": ("store", "web"),
        "customers_store-web.xlsx": ("store", "web"),
    }


# --- what the sheets say ----------------------------------------------------------------------------------------------


def test_the_summary_has_every_figure_typed_and_the_withheld_ones_starred(usual):
    job, written = usual
    rows = rows_of(written["summary"], "Übersicht")
    top = next(place for place, row in enumerate(rows) if row[0] == Labels("de-DE").text("column", "dimension"))
    assert len(rows) - top - 1 == len(job.figures.rows)
    assert job.figures.hidden
    for row, (key, figures) in zip(rows[top + 1 :], job.figures.rows.items(), strict=True):
        if key in job.figures.hidden:
            assert row[2 : 2 + len(MEASURES)] == [MARK] * len(MEASURES)
        else:
            expected = ["" if figures[one] is None else float(figures[one]) for one in MEASURES]
            assert row[2 : 2 + len(MEASURES)] == expected


def test_no_chart_tells_what_the_table_withholds(usual, xml):
    job, written = usual
    chart = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    parts = [part for name, part in xml(written["summary"]).items() if "/charts/chart" in name]
    assert len(parts) == 3
    lifecycle = [key for key in job.figures.rows if key[0] == "lifecycle" and key[1] != "guest"]
    values = [float(one.text) for one in parts[0].find(f".//{chart}val").iter(f"{chart}v")]
    assert values == [0 if key in job.figures.hidden else job.figures.rows[key]["customers"] for key in lifecycle]


def test_a_segments_sheet_begins_with_who_is_worth_most(sample, everything):
    for code, books in everything.items():
        labels = Labels(sample[code].locale)
        book = CalamineWorkbook.from_path(str(books["customers_by_segment"]))
        money = [column_heading(sample[code].profile, one, labels) for one in ("expected_revenue", "monetary_local")]
        for name in book.sheet_names[2:]:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            top = next(place for place, row in enumerate(rows) if row[0] in firsts(labels))
            if rows[top][0] != labels.text("column", "member_number"):
                continue
            places = [column for one in money for column, text in enumerate(rows[top]) if text.startswith(one)]
            worth = [tuple(float(row[place] or "-inf") for place in places) for row in rows[top + 1 :]]
            assert worth == sorted(worth, reverse=True)


def test_a_capped_sheet_shows_the_first_and_says_how_many_there_are(germany, books, tmp_path):
    job = germany.job(tmp_path, sheet_rows=2)
    sizes = dict(germany.con.execute(f"SELECT segment_lifecycle, count(*) FROM {BASE} GROUP BY 1").fetchall())
    segment, size = max(sizes.items(), key=lambda pair: pair[1])
    name = Labels("de-DE").segments(germany.profile, "lifecycle", [segment])[segment]
    rows = rows_of(books(job, "de-DE")["customers_by_segment"], name)
    assert Labels("de-DE").text("workbook", "capped", shown="2", all=str(size)) in [row[0] for row in rows]
    top = next(place for place, row in enumerate(rows) if row[0] == Labels("de-DE").text("column", "member_number"))
    assert len(rows) - top - 1 == 2


def test_every_column_of_the_list_and_the_reason_are_defined(usual):
    _, written = usual
    defined = {row[0]: row[1:] for row in rows_of(written["customers_by_segment"], "Definitionen")}
    headings = rows_of(written["customers"], "Kunden")[0]
    codes = {one for one in headings if one.endswith("(Code)")}
    assert codes
    assert set(headings) - codes <= set(defined)
    assert all(meaning and unit and period for meaning, unit, period, _ in defined.values())
    assert Labels("de-DE").text("column", "reason") in defined


@pytest.mark.parametrize(("code", "rtl"), [("AE", True), ("EG", True), ("DE", False)])
def test_sheets_run_as_the_script_does(everything, xml, code, rtl):
    for path in everything[code].values():
        sheets = [part for name, part in xml(path).items() if "/worksheets/sheet" in name]
        views = [view for sheet in sheets for view in sheet.iter(f"{MAIN}sheetView")]
        assert len(views) == len(sheets)
        assert {view.get("rightToLeft") == "1" for view in views} == {rtl}


def test_headings_are_frozen_and_filtered_on_every_sheet(usual, xml):
    for path in usual[1].values():
        for name, part in xml(path).items():
            if "/worksheets/sheet" in name:
                assert part.find(f".//{MAIN}pane").get("state") == "frozen"
                assert part.find(f"{MAIN}autoFilter") is not None


def test_the_reason_is_made_of_the_customers_own_figures():
    columns = (
        pa.array([0, 1, 800, None]),
        pa.array([3, 1, 0, 0]),
        pa.array([Decimal("1234.50"), Decimal(9), Decimal(0), None]),
    )
    assert reasons(Labels("en-GB"), *columns, "GBP").to_pylist() == [
        "last purchase on the day of the report · 3 purchase days in the period · £1,234.50 spent in the period",
        "last purchase 1 day ago · 1 purchase day in the period · £9.00 spent in the period",
        "last purchase 800 days ago",
        "no purchase yet",
    ]


# --- the same bytes ---------------------------------------------------------------------------------------------------


def test_the_same_rows_give_the_same_bytes_and_no_clock(germany, usual, books, tmp_path):
    first, again = usual[1], books(germany.job(tmp_path), "de-DE", EVERYONE)
    for kind, path in first.items():
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(again[kind].read_bytes()).digest()
        with zipfile.ZipFile(path) as archive:
            assert {info.date_time[0] for info in archive.infolist()} == {1980}
            properties = archive.read("docProps/core.xml").decode()
        assert properties.count("2026-06-30T00:00:00Z") == 2


# --- what does not fit ------------------------------------------------------------------------------------------------


def test_above_the_limit_the_list_is_csv_and_the_workbook_says_so(germany, tmp_path):
    job = germany.job(tmp_path, list_rows=3)
    files = list(workbooks(job, "de-DE", (EVERYONE,)))
    assert not [file for file in files if file.path.endswith("_customers.xlsx")]
    (book,) = (file for file in files if "by_segment" in file.path)
    assert "workbook: more than 3 customers; the full list is CSV only" in book.notes
    name = f"{job.stem}_de-DE_customers.csv"
    note = Labels("de-DE").text("workbook", "list_is_csv", limit="3", file=name)
    assert note in [row[0] for row in rows_of(tmp_path / book.path, "Übersicht")]


def test_without_csv_the_list_is_a_workbook_however_long(germany, books, tmp_path):
    written = books(germany.job(tmp_path, list_rows=3, formats=("xlsx",)), "de-DE")
    assert len(rows_of(written["customers"], "Kunden")) == 1 + len(germany.rows("1"))


def test_a_profile_cannot_ask_for_more_rows_than_a_worksheet_has():
    with pytest.raises(ValidationError, match="less than or equal to 1000000"):
        Exports(list_rows=1_048_576)


def test_a_million_rows_and_more_are_refused_before_anything_is_written(germany, tmp_path):
    with pytest.raises(Terminal, match=r"1000001 customers do not fit on one worksheet.*ends at row 1,048,576.*csv"):
        write_list(germany.con, tmp_path / "x.xlsx", "x", (), 1_000_001, right_to_left=False, as_of=date(2026, 6, 30))
    assert not (tmp_path / "x.xlsx").exists()


def test_text_longer_than_a_cell_is_cut_and_both_workbooks_say_so(germany, books, tmp_path):
    job = germany.job(tmp_path)
    germany.con.execute(f"UPDATE {BASE} SET name = {literal('ab' * 20_000)} WHERE rowid = 0")
    files = books(job, "de-DE")
    note = Labels("de-DE").text("workbook", "cut")
    head, *rows = rows_of(files["customers"], "Kunden")[:3]
    place = rows[0].index(Labels("de-DE").text("column", "name"))
    assert head[0] == note
    assert rows[1][place] == ("ab" * 20_000)[: CELL - 1] + "…"
    assert note in [row[0] for row in rows_of(files["customers_by_segment"], "Übersicht")]


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("e\u0301" * 3, 5, "e\u0301e\u0301"),
        ("👩‍👩‍👧👩‍👩‍👧", 9, "👩‍👩‍👧"),
        ("🇩🇪🇫🇷", 7, "🇩🇪"),
        ("\u0301" * 50, 10, "\u0301" * 10),
        ("각각", 1, "각"),
    ],
    ids=["letter with mark", "family", "flag", "only combining marks", "hangul"],
)
def test_text_is_cut_between_what_readers_see_as_characters(text, limit, kept):
    assert cut(text, limit) == kept


def test_excel_counts_an_emoji_as_two():
    (kept,) = fit(pa.array(["😀" * 20_000])).to_pylist()
    assert units(kept) <= CELL
    assert kept == "😀" * ((CELL - 1) // 2) + "…"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["A", "a"], ["A", "a 2"]),
        (["x" * 40, "x" * 40], ["x" * 31, "x" * 29 + " 2"]),
        (["[a]:*?/\\b"], ["a b"]),
        (["", "'"], ["-", "- 2"]),
        (["👩‍👩‍👧" * 5], ["👩‍👩‍👧" * 3]),
    ],
    ids=["case", "too long", "forbidden signs", "nothing left", "whole emoji"],
)
def test_names_of_sheets_are_such_as_excel_takes(wanted, names):
    assert sheet_names(wanted) == names
    assert all(units(name) <= 31 for name in names)


def test_days_before_excels_calendar_are_iso_text(germany, books, tmp_path):
    job = germany.job(tmp_path)
    germany.con.execute(f"UPDATE {BASE} SET first_order_date = DATE '1899-12-31' WHERE rowid = 0")
    rows = rows_of(books(job, "de-DE")["customers"], "Kunden")
    place = rows[0].index(Labels("de-DE").text("column", "first_order_date"))
    assert rows[1][place] == "1899-12-31"


def test_a_currency_without_digits_is_refused():
    with pytest.raises(Terminal, match="currency without digits"):
        money_format("XAU")


def test_no_sheet_of_a_segment_has_more_than_twenty_columns(germany):
    job = germany.job(germany.segmented)
    many = {f"more{n}": germany.profile.dimensions["value"] for n in range(9)}
    profile = job.profile.model_copy(update={"dimensions": {**job.profile.dimensions, **many}})
    for name in many:
        germany.con.execute(f"ALTER TABLE {BASE} ADD COLUMN segment_{name} VARCHAR")
    profile = profile.model_copy(update={"exports": job.profile.exports.model_copy(update={"most_dimensions": 50})})
    columns = customer_columns(profile, ALL, ("expected_revenue", "next_purchase_date", "holdout"))
    chosen, without = sheet_columns(profile, columns, "person", "lifecycle")
    fields: tuple[Field, ...] = sheet_fields(germany.con, profile, chosen, job.base, Labels("de-DE"))
    assert len(fields) + 1 == 20
    assert [one.name for one in fields][-1] == "holdout"
    assert without[-3:] == ("recency_days", "orders", "monetary_ppp")
    assert "segment_more8" in without
    assert "segment_value" in chosen
    assert len(list_fields(germany.con, profile, columns, job.base, Labels("de-DE"))) == len(columns)


def test_a_market_without_customers_has_workbooks_with_headings(germany, books, tmp_path):
    job = germany.job(tmp_path)
    germany.con.execute(f"DELETE FROM {BASE}")
    written = books(replace(job, base=replace(job.base, rows=0, listed=0, audiences={})), "de-DE")
    assert len(rows_of(written["customers"], "Kunden")) == 1
    assert CalamineWorkbook.from_path(str(written["customers_by_segment"])).sheet_names == ["Übersicht", "Definitionen"]


def test_without_rules_the_first_dimension_has_the_sheets(germany, books, tmp_path):
    job = germany.job(tmp_path)
    dimensions = {name: germany.profile.dimensions[name] for name in ("residence", "value")}
    profile = job.profile.model_copy(update={"dimensions": dimensions})
    written = books(replace(job, profile=profile), "de-DE")
    names = CalamineWorkbook.from_path(str(written["customers_by_segment"])).sheet_names[2:]
    codes = germany.con.execute(f"SELECT DISTINCT segment_residence FROM {BASE} ORDER BY 1").fetchall()
    titles = [Labels("de-DE").segments(profile, "residence", [code])[code] for (code,) in codes]
    assert names[: len(titles)] == titles


def test_a_locale_without_catalog_is_noted_and_an_unknown_one_is_refused(germany, tmp_path):
    job = germany.job(tmp_path)
    assert "labels: no catalog el-GR; en instead" in next(iter(workbooks(job, "el-GR", ()))).notes
    with pytest.raises(ProfileError, match="xx-YY"):
        list(workbooks(job, "xx-YY", ()))


def test_an_audience_s_sheet_has_its_holdout_last_and_says_how_many(germany, books, tmp_path):
    job, labels = germany.job(tmp_path), Labels("de-DE")
    audience, (size, _) = max(job.base.audiences.items(), key=lambda pair: pair[1][0])
    assert size > 1
    first = f"SELECT min(place) FROM {MEMBERS} WHERE audience = '{audience}'"
    germany.con.execute(f"UPDATE {MEMBERS} SET aside = 'yes' WHERE audience = '{audience}' AND place = ({first})")
    ((kept_out,),) = germany.con.execute(f"SELECT member_number FROM {BASE} WHERE rowid = ({first})").fetchall()
    base = replace(job.base, audiences={audience: (size, 1)}, extra=(*job.base.extra, "holdout"))
    rows = rows_of(books(replace(job, base=base), "de-DE")["customers_by_segment"], audiences.name(labels, audience))
    top = next(place for place, row in enumerate(rows) if row[0] == labels.text("column", "member_number"))
    held = rows[top].index(labels.text("column", "holdout"))
    assert len(rows) - top - 1 == size
    assert [row[held] for row in rows[top + 1 :]] == ["nein"] * (size - 1) + ["ja"]
    assert rows[-1][0] == kept_out
    assert audiences.meaning(labels, audience) in [row[0] for row in rows[:top]]
    assert labels.count("workbook", "holdout_last", 1) in [row[0] for row in rows[:top]]
    assert audiences.name(labels, audience) in [row[0] for row in rows_of(_by_segment(tmp_path), "Definitionen")]


# --- names of sheets --------------------------------------------------------------------------------------------------


def test_an_accounts_segment_called_as_one_of_persons_has_a_sheet_that_says_so(germany, books, tmp_path):
    job = germany.job(tmp_path)
    lifecycle = job.profile.dimensions["lifecycle"]
    account = lifecycle.model_copy(update={"population": "account"})
    profile = job.profile.model_copy(update={"dimensions": {"lifecycle": lifecycle, "account_lifecycle": account}})
    germany.con.execute(f"ALTER TABLE {BASE} ADD COLUMN IF NOT EXISTS segment_account_lifecycle VARCHAR")
    germany.con.execute(f"UPDATE {BASE} SET segment_account_lifecycle = 'person'")
    germany.con.execute(
        f"UPDATE {BASE} SET segment_account_lifecycle = segment_lifecycle, segment_lifecycle = 'account' "
        f"WHERE rowid IN (SELECT min(rowid) FROM {BASE} WHERE {LISTED} GROUP BY segment_lifecycle)"
    )
    codes = {**job.base.codes, "segment_account_lifecycle": tuple(one.code for one in lifecycle.segments)}
    base = replace(job.base, codes=codes, audiences={})
    written = books(replace(job, profile=profile, base=base), "de-DE")["customers_by_segment"]
    names = CalamineWorkbook.from_path(str(written)).sheet_names
    assert not [name for name in names if name.endswith(" 2")]
    accounts = [name for name in names if name.endswith("(Firma)")]
    assert len(accounts) > 3
    titles = [rows_of(written, name)[0][0] for name in accounts]
    assert all(title.endswith("(Geschäftskunde)") for title in titles), "its title has room for the usual word"


@pytest.mark.parametrize("language", languages())
def test_the_sheet_of_an_accounts_segment_keeps_what_tells_it_apart(language):
    labels = Labels(language)
    words = (labels.text("type", "account"), labels.text("field", "company"))
    told = labels.text("template", "detail", text="", detail=min(words, key=units)).strip()
    persons = {labels.text("segment lifecycle", one) for one in codes_of("lifecycle")}
    alike = persons & {labels.text("segment account_lifecycle", one) for one in codes_of("account_lifecycle")}
    sheets = {of_whom(labels, title, "account")[1] for title in alike}
    assert len(sheets) == len(alike), "none needs a number"
    for title in alike:
        whole, sheet = of_whom(labels, title, "account")
        assert whole.startswith(title)
        assert units(sheet) <= NAME
        assert sheet.endswith(told)
        assert sheet_names([sheet]) == [sheet]


@pytest.mark.parametrize("language", languages())
def test_no_name_of_a_segment_or_audience_is_too_long_for_its_sheet(language):
    labels = Labels(language)
    names = [labels.text("audience", one) for one in BASE_PROFILE.audiences]
    for dimension in ("lifecycle", "account_lifecycle"):
        names += [labels.text(f"segment {dimension}", one) for one in codes_of(dimension)]
    assert [name for name in names if units(name) > NAME] == []


def codes_of(dimension):
    return segment_codes(BASE_PROFILE.dimensions[dimension])


def test_left_out_are_columns_that_some_sheet_lacks_and_the_list_has(germany, tmp_path):
    """Accounts have no sheet in this market: what theirs would lack is on every sheet."""
    job, labels = germany.job(tmp_path), Labels("en-GB")
    account = job.profile.dimensions["lifecycle"].model_copy(update={"population": "account"})
    more = {f"more{n}": account.model_copy() for n in range(15)}
    exports = job.profile.exports.model_copy(update={"most_dimensions": 50})
    dimensions = {**job.profile.dimensions, **more}
    profile = job.profile.model_copy(update={"dimensions": dimensions, "exports": exports})
    for name in more:
        germany.con.execute(f"ALTER TABLE {BASE} ADD COLUMN segment_{name} VARCHAR DEFAULT 'person'")
    base = replace(job.base, codes={**job.base.codes, **{f"segment_{name}": ("person",) for name in more}})
    columns = customer_columns(profile, ALL, base.extra)
    alone = replace(base, audiences={one: size for one, size in base.audiences.items() if one != "account_overdue"})
    made = Parts(replace(job, profile=profile, base=alone), "en-GB", labels, EVERYONE, columns)
    shown = [{field.name for field in fields} for _, fields in (*made.segments(), *made.audiences())]
    headings = {column_heading(profile, one, labels) for one in columns}
    assert set(made.left_out()) <= headings
    everywhere = {column_heading(profile, one, labels) for one in set.intersection(*shown)}
    assert not set(made.left_out()) & everywhere


def _by_segment(folder):
    (path,) = (folder / "de-DE" / "customers").glob("*_by_segment.xlsx")
    return path
