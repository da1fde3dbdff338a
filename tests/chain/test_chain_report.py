"""The report and the workbook: whole, in order, accessible, with the figures of the Parquet files."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from python_calamine import CalamineWorkbook

from tasks.chain.report import render_report
from tasks.chain.workbook import write_workbook
from tasks.export.report.words import Words
from tests.chain.conftest import AS_OF

LOCALES = ("en-GB", "ar-AE")
EVERY = ("markets", "lenses", "development", "segments", "languages", "moves", "stores", "apart", "reading", "asking")
WIDTHS = (360, 1024)
#: A letter's overhang beyond its own box, such as that of a J.
OVERHANG = 2

#: Elements wider than the page, and texts of charts that leave their chart or lie on one another.
FAULTS = """(slack) => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`page is ${root.scrollWidth} wide`);
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
    for (const [text, box] of texts)
      if (box.left < frame.left - slack || box.right > frame.right + slack || box.width === 0)
        found.push(`${text} leaves its chart`);
    for (const [i, [one, a]] of texts.entries()) for (const [two, b] of texts.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      if (wide > 0 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) found.push(`${one} lies on ${two}`);
    }
  }
  for (const one of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, th, td'))
    if (!one.closest('.scroll') && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
      found.push(`${one.textContent.slice(0, 30)} runs out of its box`);
  return found;
}"""


class Read(HTMLParser):
    """Tags and texts of a page; closes every tag in order or fails."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "rect", "line", "path", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.words.append(data.strip())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def path_of(usual, locale, ending):
    chain, outcome = usual
    return chain.folder(outcome) / locale / f"chain_{AS_OF}_{locale}{ending}"


@pytest.fixture(scope="module")
def page(usual):
    return {one: path_of(usual, one, "_report.html").read_text(encoding="utf-8") for one in LOCALES}


@pytest.fixture(scope="module")
def book(usual):
    return {one: CalamineWorkbook.from_path(path_of(usual, one, ".xlsx")) for one in LOCALES}


# --- the report -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_the_report_has_its_sections_in_order_and_links_to_each(page, locale):
    read = Read(page[locale])
    assert tuple(one["id"] for one in read.all("section")) == EVERY
    assert [one["href"] for one in read.all("a")][1:] == [f"#{name}" for name in EVERY]
    assert read.all("html") == [{"lang": locale, "dir": "rtl" if locale.startswith("ar") else "ltr"}]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_report_stands_alone_and_every_chart_and_heading_can_be_heard(page, locale):
    read = Read(page[locale])
    assert not re.search(r"https?://|url\(|@import|<script|<link|<img|src=", page[locale])
    assert [one for one in read.all("meta") if "default-src 'none'" in one.get("content", "")]
    assert all(one.get("aria-label") for one in read.all("svg") if one.get("role") == "img")
    levels = [int(tag[1]) for tag, _ in read.tags if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert all(second - first <= 1 for first, second in pairwise(levels))
    assert all(one.get("scope") for one in read.all("th"))


def test_the_report_says_the_chain_s_figures(usual, page):
    _, outcome = usual
    total = outcome.view.total
    assert f"{total['customers']:,}" in Read(page["en-GB"]).words
    (held,) = [text for text in Read(page["en-GB"]).words if re.fullmatch(r"\+\d+\.\d%", text)][:1]
    assert held == "+6.7%", "3,200 after 3,000 in every market that tells"


def test_missing_and_late_markets_are_in_the_report(chain):
    chain.market("DE")
    outcome = chain.publish()
    text = (chain.folder(outcome) / f"en/chain_{AS_OF}_en_report.html").read_text(encoding="utf-8")
    read = Read(text)
    assert len([one for one in outcome.absent if one.reason == "nothing"]) == 4
    assert len(read.all("li")) > 4


def test_no_code_stands_for_a_text(usual, monkeypatch, tmp_path):
    made = []

    class Remembered(Words):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("tasks.chain.report.Words", Remembered)
    monkeypatch.setattr("tasks.chain.workbook.Words", Remembered)
    _, outcome = usual
    render_report(outcome.view, "en-GB")
    write_workbook(outcome.view, "en-GB", tmp_path / "book.xlsx")
    assert [words.labels.notes for words in made] == [(), ()]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_is_cut_or_fetched_in_a_browser(usual, chromium, locale, width):
    path = path_of(usual, locale, "_report.html")
    page, told = chromium.new_page(viewport={"width": width, "height": 900}), []
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    assert page.evaluate(FAULTS, OVERHANG) == []
    assert told == []
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 680, "height": 900})  # A4 less its margins
    assert page.evaluate(FAULTS, OVERHANG) == []
    page.close()


# --- the workbook -----------------------------------------------------------------------------------------------------


def test_the_workbook_s_first_sheet_has_each_market_and_the_sums_as_numbers(usual, book):
    _, outcome = usual
    rows = book["en-GB"].get_sheet_by_index(0).to_python()
    named = {row[0]: row for row in rows}
    assert named["Germany"][1] == AS_OF
    assert named["Germany"][3] == 700
    whole = [row for row in rows if row[3] == outcome.view.total["customers"]]
    assert len(whole) == 1
    assert whole[0][6] == float(round(outcome.view.total["monetary_reference"], 2))


def test_the_workbook_has_every_row_of_the_segments_file(usual, book):
    chain, outcome = usual
    rows = book["en-GB"].get_sheet_by_index(2).to_python()[1:]
    published = chain.rows(outcome, "chain")
    assert len(rows) == len(published)
    assert sum(row[5] for row in rows) == sum(row["customers"] for row in published)


def test_sheets_and_headings_are_the_same_in_number_in_every_language(book):
    sizes = [[(sheet.height, sheet.width) for sheet in map(one.get_sheet_by_index, range(6))] for one in book.values()]
    assert sizes[0][1:] == sizes[1][1:]


def test_withheld_flows_are_marked_and_are_no_number(usual, book):
    chain, outcome = usual
    rows = book["en-GB"].get_sheet_by_index(4).to_python()[1:]
    withheld = [row for row in chain.rows(outcome, "migration") if row["customers"] is None]
    assert sum(row[5] == "*" for row in rows) == len(withheld) > 0
