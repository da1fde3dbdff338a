"""Every sample market's workbooks: what a spreadsheet reads back is what the canonical tables hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from tasks.export.labels import Labels

pytestmark = [pytest.mark.xdist_group("workbook"), pytest.mark.slow]
MARKETS = ("AE", "BE", "BG", "BR", "CH", "CN", "DE", "EG", "IN", "JP", "KR", "LU", "MX", "NG", "NL", "US", "VN")
#: Markets whose money has no smaller unit (ISO 4217: JPY, KRW, VND).
WHOLE = frozenset({"JP", "KR", "VN"})
#: What must survive: numbers whose zeros or length a spreadsheet might eat, dates, counts, money in three lenses.
CANONICAL = {
    "member_number": "p.member_number",
    "home_store": "t.home_store",
    "first_order_date": "t.first_order_date",
    "last_order_date": "t.last_order_date",
    "recency_days": "t.recency_days",
    "orders": "t.orders",
    "frequency": "t.frequency",
    "monetary_local": "CAST(t.monetary_local AS DECIMAL(18, {digits}))",
    "monetary_reference": "CAST(t.monetary_reference AS DECIMAL(18, 2))",
    "monetary_ppp": "CAST(t.monetary_ppp AS DECIMAL(18, 2))",
    "r_score": "t.r_score",
    "segment_lifecycle|code": "t.segment_lifecycle",
    "segment_value|code": "t.segment_value",
    "stratum|code": "t.stratum",
}


def cells(path, sheet=0):
    """Rows of a sheet; an empty cell is None."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)
    return [[None if one == "" else one for one in row] for row in rows]


def typed(value):
    """A cell's value as the canonical table has it: money and counts alike are numbers to a spreadsheet."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def read(path, market):
    """The list's canonical columns as rows."""
    columns = list(market.columns)
    places = [columns.index(name) for name in CANONICAL]
    return [tuple(typed(row[place]) for place in places) for row in cells(path)[1:]]


def stored(market):
    """The same of the canonical tables, which no writer of workbooks has touched."""
    digits = 0 if market.code in WHOLE else 2
    rows = market.rows(", ".join(CANONICAL.values()).format(digits=digits))
    return [tuple(Decimal(one) if isinstance(one, int | Decimal) else one for one in row) for row in rows]


def test_the_sample_has_these_markets(sample):
    assert tuple(sorted(sample.runs)) == MARKETS


@pytest.mark.parametrize("code", MARKETS)
def test_the_list_reads_back_as_the_canonical_table(sample, everything, code):
    market = sample[code]
    assert read(everything[code]["customers"], market) == stored(market)


@pytest.mark.parametrize("code", MARKETS)
def test_no_part_of_a_workbook_holds_a_formula_or_a_link(everything, xml, code):
    for path in everything[code].values():
        tags = {element.tag.rpartition("}")[2] for part in xml(path).values() for element in part.iter()}
        assert not tags & {"hyperlink"}
        sheets = (part for name, part in xml(path).items() if "/worksheets/sheet" in name)
        assert not [element for sheet in sheets for element in sheet.iter() if element.tag.endswith("}f")]


@pytest.fixture(scope="module")
def written(sample, everything, books, tmp_path_factory):
    """The workbooks of every market in every locale of its teams, by both."""
    out, every = tmp_path_factory.mktemp("locales"), {}
    for code in sample.runs:
        market = sample[code]
        for locale in dict.fromkeys(locale for team in market.profile.teams for locale in team.locales):
            first = locale == market.locale
            every[code, locale] = everything[code] if first else books(market.job(out / code), locale)
    return every


@pytest.fixture(scope="module")
def saved(written, office):
    """What LibreOffice made of each of them."""
    keys = [(*key, kind) for key, kinds in written.items() for kind in kinds]
    return dict(zip(keys, office([written[code, locale][kind] for code, locale, kind in keys]), strict=True))


def locales_of(written, code):
    """A market's locales, in each of which it has all three workbooks."""
    locales = [locale for one, locale in written if one == code]
    assert locales
    assert all(written[code, locale].keys() == {"summary", "customers", "customers_by_segment"} for locale in locales)
    return locales


@pytest.mark.parametrize("code", MARKETS)
def test_libreoffice_opens_and_saves_the_list_with_every_value_in_every_locale(sample, written, saved, code):
    market = sample[code]
    for locale in locales_of(written, code):
        assert read(saved[code, locale, "customers"], market) == stored(market), locale


@pytest.mark.parametrize("kind", ["summary", "customers_by_segment"])
@pytest.mark.parametrize("code", MARKETS)
def test_libreoffice_keeps_every_sheet_of_every_locale_with_its_rows_and_charts(written, saved, xml, code, kind):
    for locale in locales_of(written, code):
        paths = written[code, locale][kind], saved[code, locale, kind]
        ours, theirs = (CalamineWorkbook.from_path(str(path)) for path in paths)
        assert theirs.sheet_names == ours.sheet_names
        for place, name in enumerate(ours.sheet_names):
            mine, its = (book.get_sheet_by_index(place).to_python() for book in (ours, theirs))
            assert mine
            assert [[typed(one) for one in row] for row in its] == [[typed(one) for one in row] for row in mine], name
        drawn, kept = (sum("/charts/chart" in part for part in xml(path)) for path in paths)
        assert kept == drawn == 3


@pytest.mark.parametrize("code", MARKETS)
def test_every_locale_of_a_market_has_the_same_figures_in_its_summary(written, code):
    said = []
    for locale in locales_of(written, code):
        rows = cells(written[code, locale]["summary"])
        figures = [[one for one in row if isinstance(one, float) or one == "*"] for row in rows]
        said.append([row for row in figures if row])
    assert said[0]
    assert all(one == said[0] for one in said)


@pytest.mark.parametrize("code", MARKETS)
def test_the_segments_sheets_hold_every_customer_once(sample, everything, code):
    market = sample[code]
    path = everything[code]["customers_by_segment"]
    found = []
    labels = Labels(market.locale)
    for place in range(2, len(CalamineWorkbook.from_path(str(path)).sheet_names)):
        rows = cells(path, place)
        firsts = [labels.text("column", one) for one in ("member_number", "account")]
        top = next(index for index, row in enumerate(rows) if row[0] in firsts)
        assert len(rows[top]) <= 20
        if rows[top][-1] == labels.text("column", "reason"):  # a segment's; audiences overlap
            found += [row[0] for row in rows[top + 1 :]]
    assert sorted(found) == sorted(number for (number,) in market.rows("p.member_number"))


def test_dates_are_dates_to_a_spreadsheet(germany, everything):
    columns = list(germany.columns)
    place = columns.index("last_order_date")
    assert {type(row[place]) for row in cells(everything["DE"]["customers"])[1:] if row[place]} == {date}
