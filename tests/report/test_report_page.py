"""The page: what it has to say in each case, in the reader's language, and nothing that could do harm."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from region_profiles.catalogs.messages import languages
from tasks.errors import ProfileError
from tasks.export.labels import segment_codes
from tasks.export.report import write_report
from tasks.export.report.blocks import Table
from tasks.export.report.charts import Bar, bars, fitted, width_of, wrapped
from tasks.export.report.drawn import bar_chart
from tasks.export.report.words import Words
from tasks.export.report.write import render

#: Of each script and direction.
LOCALES = ("de-DE", "en-GB", "ja-JP", "ar-EG", "he-IL", "fa-IR", "hi-IN", "th-TH", "zh-Hans-CN",
           "zh-Hant-TW", "pt-BR")  # fmt: skip
EVERY = ("changed", "like", "results", "sizes", "lenses", "moves", "months", "predictions", "clusters", "languages",
         "cities", "calendar", "playbooks-lifecycle", "playbooks-value", "playbooks-audience", "quality", "rules",
         "reconciliation", "reading", "asking")  # fmt: skip
#: What only a second report can tell.
SINCE = ("like", "results", "moves")
#: Categories and stores as the shop wrote them; names of methods.
SHOPS = {"Schuhe", "Schals", "Mitte", "ntel"}
NAMES = {"Holm", "Newcombe", "MBG", "NBD"}
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}\u202e\x00"


class Read(HTMLParser):
    """Tags, texts and structure of a page; closes every tag in order or fails."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.foreign = False
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.foreign = tag == "span" and "lang" in dict(attrs)
        if tag not in {"meta", "rect", "line", "path", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.foreign = False

    def handle_data(self, data):
        if data.strip() and "style" not in self.open and not self.foreign:
            self.words.append(data.strip())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def sections(self):
        return tuple(section["id"] for section in self.all("section"))


@pytest.fixture(scope="module")
def pages(usual):
    return {locale: usual.page(locale) for locale in LOCALES}


# --- which sections there are -----------------------------------------------------------------------------------------


def test_a_report_has_every_section_in_order(pages):
    assert Read(pages["de-DE"]).sections() == EVERY


def test_the_first_report_says_that_there_is_nothing_to_compare_with(market):
    read = Read(market(first=True).page("en-GB"))
    assert read.sections() == tuple(name for name in EVERY if name not in SINCE)
    assert any("first report" in text for text in read.words)


def test_a_profile_without_a_dimension_has_no_section_on_it(market, usual):
    kept = usual.profile.model_dump(by_alias=True)["dimensions"]
    only = {"residence": kept["residence"]}
    read = Read(market(dimensions=only, stratum={"dimensions": ["residence"]}).page())
    assert set(EVERY) - set(read.sections()) == {
        "lenses", "moves", "languages", "playbooks-lifecycle", "playbooks-value", "rules",
    }  # fmt: skip
    no_value = {name: kept[name] for name in ("lifecycle", "language")}
    read = Read(market(dimensions=no_value, stratum={"dimensions": ["lifecycle"]}).page())
    assert set(EVERY) - set(read.sections()) == {"lenses", "playbooks-value"}


def test_a_market_without_customers_says_so_and_still_tells_of_its_data(market, sql):
    read = Read(market(sql.template.format(first=0, last=0), first=True).page("en-GB"))
    assert read.sections() == ("sizes", "calendar", "quality", "reconciliation", "reading", "asking")
    assert "No customers yet: there is nothing to show." in read.words
    assert not read.all("svg")


def test_a_market_too_small_to_show_shows_no_figure_of_its_customers(market, sql):
    made = market(sql.template.format(first=0, last=4), first=True)
    assert made.facts().withheld
    read = Read(made.page("en-GB"))
    assert not read.all("svg")
    told = set(read.sections())
    assert told == {"sizes", "calendar", "quality", "reading", "asking"}, "what the tills took is theirs too"
    assert not read.all("dl"), "no key figures"


def test_without_sales_by_day_there_is_no_chart_of_months(market):
    assert "months" not in Read(market(first=True, background={"days": {}}).page()).sections()


def test_the_contact_of_the_market_is_asked_where_the_profile_names_one(market, usual):
    named = {**usual.profile.market.model_dump(), "contact": "CRM <crm@example.com>"}
    page = market(first=True, market=named).page("en-GB")
    assert "If you have questions about this report, please contact CRM &lt;crm@example.com&gt;." in page
    assert "questions about" not in usual.page("en-GB")


@pytest.mark.parametrize(
    ("digits", "locale", "shown", "hidden"),
    [("native", "hi-IN", "२,९८०", "2,980"), ("default", "hi-IN", "2,980", "२"), ("latn", "fa-IR", "2,980", "۲۹۸۰")],
)
def test_digits_are_those_that_the_profile_wants(market, digits, locale, shown, hidden):
    page = market(first=True, exports={"digits": digits}).page(locale)
    figures = page.split("<nav")[0].split("<body")[1]
    assert shown in figures
    assert hidden not in figures


# --- what it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_no_code_stands_for_a_text_in_any_language(usual, language):
    words = Words(language, usual.profile)
    render(usual.profile, usual.facts(), usual.figures, usual.background, words)
    assert words.labels.notes == ()


@pytest.mark.parametrize("locale", ["ar-EG", "ja-JP", "hi-IN", "th-TH", "he-IL", "zh-Hans-CN"])
def test_no_english_is_left_over_in_another_script(pages, locale):
    words = set(re.findall(r"[A-Za-z]{3,}", " ".join(Read(pages[locale]).words)))
    # Cities and tables stand as the shop wrote them, names of holidays in a language that is marked.
    own = {"App"} if locale == "zh-Hans-CN" else set()  # as Chinese writes it
    assert words <= {"Berlin", "nchen", "rlitz", "receipts", "amount", "odd", "USD", "SMS", *own, *SHOPS, *NAMES}


@pytest.mark.parametrize(("code", "text"), [
    ("where: status <> 'void'", "Left out by a rule of the market"),
    ("customer:employee", "Purchases of these customers: Staff"),
    ("unmatched:receipts", "No match in receipts"),
    ("quantity:missing", "Quantity: missing"),
    ("content", "The same row occurs twice"),
    ("too_few_fields", "Too few fields in the record"),
    ("amount:odd", "Other reason (amount:odd)"),
    ("new_reason", "Other reason (new_reason)"),
])  # fmt: skip
def test_reasons_are_told_in_words(usual, code, text):
    assert Words("en-GB", usual.profile).reason(code) == text


def test_equal_reasons_are_one_and_the_frequent_come_first(usual):
    words = Words("en-GB", usual.profile)
    found = words.reasons({"where: a": 2, "key": 4, "where: b": 3})
    assert found == [("Left out by a rule of the market", 5), ("An earlier version of the same record", 4)]


def test_small_kinds_of_excluded_people_are_withheld(usual):
    page = usual.page("en-GB")
    cell = "</bdi></t[hd]><td[^>]*><bdi>"
    told = dict(re.findall(f"<bdi>Customers{cell}(.*?){cell}(.*?)<", page))
    assert told["Deceased"] == "*"
    assert told["Erased on request"] == "*", "the next smallest protects it"
    assert told["Staff"] == "100"


def test_the_reconciliation_adds_up_on_the_page(usual):
    words = Read(usual.page("en-GB")).words
    for text in ("€105.50", "€8.50", "€97.00", "€90.00", "€7.00", "The sums agree to the last decimal."):
        assert text in words


def test_several_currencies_are_said_to_be_several(market, usual):
    known = usual.background.reconciliation
    revenue = {**known["revenue"], "gross": {"EUR": "1", "USD": "2"}}
    page = market(first=True, background={"reconciliation": {**known, "revenue": revenue}}).page("en-GB")
    assert "several currencies" in page
    assert "The sums agree" not in page


def test_one_foreign_currency_is_not_several_and_untaxed_revenue_is_not_with_tax(market, usual):
    known = usual.background.reconciliation
    revenue = {**known["revenue"], "gross": {"USD": "2"}}
    told = {"reconciliation": {**known, "revenue": revenue}}
    page = market(first=True, background=told, tax={"amounts": "untaxed"}).page("en-GB")
    assert "several currencies" not in page
    assert "with tax" not in page.split('id="reconciliation"')[1].split("</section>")[0]


def test_a_locale_without_a_catalog_is_in_english_from_left_to_right(usual):
    read = Read(usual.page("ur-PK"))
    assert (read.all("html")[0]["lang"], read.all("html")[0]["dir"]) == ("en", "ltr")


def test_an_unknown_locale_is_an_error(usual):
    with pytest.raises(ProfileError, match="xx-XX"):
        usual.page("xx-XX")


# --- harm -------------------------------------------------------------------------------------------------------------


def test_what_shops_and_profiles_write_stays_text(market, sql, usual):
    quoted = HOSTILE.replace("'", "''").replace("\x00", "")
    named = {**usual.profile.market.model_dump(), "contact": HOSTILE}
    ledger = {"customers": {"read": 9, "reasons": {"quarantined": {HOSTILE: 9, f"unmatched:{HOSTILE}": 9}}}}
    now = f"SELECT * REPLACE ('{quoted}' AS city, '{quoted}' AS segment_language) FROM ({sql.customers})"
    page = market(now, first=True, market=named, background={"ledger": ledger}).page("ar-EG")
    assert "<script" not in page
    assert "alert(1)" in page
    assert "{{ 7*7 }}" in page
    read = Read(page)
    cities = page[page.index('<section id="cities"') : page.index('<section id="calendar"')]
    assert "\u202e" not in cities
    assert "script" not in {tag for tag, _ in read.tags}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_stands_alone(pages, locale):
    page = pages[locale]
    read = Read(page)
    assert {tag for tag, _ in read.tags} & {"script", "img", "link", "iframe", "object", "form"} == set()
    assert not any(name.startswith("on") or name in {"src", "style", "srcset"} for _, a in read.tags for name in a)
    assert not re.search(r"url\(|@import|https?:", page)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in read.all("meta")
    assert all(link["href"].startswith("#") for link in read.all("a"))
    assert len(page.encode()) < 300_000


def test_no_person_stands_on_a_page(pages):
    for page in pages.values():
        assert not re.search(r"[0-9a-f]{32}", page), "no pseudonym"


# --- structure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_language_and_direction_are_said(pages, locale):
    html = Read(pages[locale]).all("html")[0]
    assert html["lang"] == locale
    assert html["dir"] == ("rtl" if locale[:2] in {"ar", "he", "fa"} else "ltr")


@pytest.mark.parametrize("locale", ["de-DE", "ar-EG"])
def test_the_page_can_be_found_ones_way_in_without_seeing(pages, locale):
    read = Read(pages[locale])
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in read.all("a")} <= set(ids)
    assert read.all("a")[0] == {"class": "skip", "href": "#report"}
    charts = [svg for svg in read.all("svg") if "role" in svg]
    assert charts
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in charts)
    assert len(read.all("details")) == len(read.all("figure")) == len(charts), "a table behind each chart"
    assert all(head["scope"] in {"col", "row"} for head in read.all("th"))
    assert all(region["aria-label"] for region in read.all("div") if region.get("role") == "region")


def test_bars_grow_from_the_right_where_one_reads_from_there():
    left, right = (str(bars("alt", [Bar("a", "1", 0.25)], rtl=rtl)) for rtl in (False, True))
    assert '<rect class="b" width="25.0%"' in left
    assert '<rect class="b" x="75.0%" width="25.0%"' in right
    assert 'direction="rtl"' in right


def test_a_withheld_bar_has_no_length():
    assert 'class="b"' not in str(bars("alt", [Bar("a", "*", None)], rtl=False))


def test_a_long_name_is_cut_to_the_narrowest_chart():
    assert fitted("short", 100) == "short"
    assert fitted("x" * 200, 100).endswith("…")
    assert width_of(fitted("山" * 200, 100)) <= 100 + width_of("…")


def test_a_long_name_takes_a_second_line_and_its_bar_makes_room():
    name = "Vielversprechende Kunden → Schlafende Kunden"
    drawn = str(bars("alt", [Bar(name, "1", 1.0), Bar("short", "1", 1.0)], rtl=False))
    assert re.findall(r'<text x="0" y="(\d+)">(.*?)</text>', drawn) == [
        ("15", "Vielversprechende Kunden →"),
        ("32", "Schlafende Kunden"),
        ("70", "short"),
    ]
    assert re.findall(r'class="t" width="100%" y="(\d+)"', drawn) == ["39", "77"]


def test_a_name_that_is_cut_is_told_whole_beside_it():
    name = "x" * 80
    drawn = str(bars("alt", [Bar(name, "1", 1.0), Bar("short", "1", 1.0)], rtl=False))
    assert f"…<title>{name}</title></text>" in drawn
    assert drawn.count("<title>") == 1


@pytest.mark.parametrize("locale", languages())
def test_no_movement_between_segments_is_cut_in_any_language(usual, locale):
    words = Words(locale, usual.profile)
    names = words.names("lifecycle", segment_codes(usual.profile.dimensions["lifecycle"])).values()
    room = 300 - width_of(words.number(1_000_000)) - 14
    for one in names:
        for two in names:
            text = words.say("movement", first=one, second=two)
            assert " ".join(wrapped(text, room)) == text


def test_the_words_for_a_chart_name_its_longest_bar_or_that_there_is_none(usual):
    words = Words("en-GB", usual.profile)
    table = Table(("a", "b"), ())

    def alt(*rows):
        return re.search('aria-label="(.*?)"', str(bar_chart(words, "Sizes", rows, table).svg))[1]

    longest = alt(Bar("Small", "1", 0.1), Bar("Large", "10", 1.0), Bar("Hidden", "*", None))
    assert longest == "Bar chart: Sizes. Largest: Large, 10."
    for rows in ([], [Bar("Hidden", "*", None)], [Bar("None", "0", 0.0)]):
        assert alt(*rows) == "Bar chart: Sizes. There are no bars to show."


@pytest.mark.parametrize("locale", LOCALES)
def test_every_column_but_the_first_has_a_heading(pages, locale):
    for head in re.findall(r"<thead><tr>(.*?)</tr>", pages[locale]):
        headings = re.findall(r"<th[^>]*>(.*?)</th>", head)
        assert all(text.strip() for text in headings[1:]), headings
        assert len(set(headings)) == len(headings)


def test_what_is_near_is_said_once_above_the_plans(pages):
    plans = pages["de-DE"].split('<section id="playbooks-lifecycle"')[1].split("</section>")[0]
    assert plans.count("Demnächst") == 1
    assert plans.index("Demnächst") < plans.index("<article>")
    assert "<article>" in plans


@pytest.mark.parametrize("locale", languages())
def test_names_of_months_languages_and_currencies_begin_as_the_catalogs_headings_do(usual, locale):
    page = usual.page(locale)
    capitals = Words(locale, usual.profile).labels.text("report", "date")[0].isupper()
    for section in ("months", "languages"):
        rows = page.split(f'<section id="{section}"')[1].split("</section>")[0]
        names = re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', rows)
        assert names
        assert all(name[0].isupper() or not name[0].islower() for name in names), names
    tills = page.split('<section id="reconciliation"')[1].split("<tbody>")[0]
    euro = re.findall(r"<th[^>]*>(.*?)</th>", tills)[1]
    assert euro[0].isupper() == capitals or not euro[0].islower()
    assert capitals or not euro[0].isascii()


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_file_lies_where_a_publication_has_it_and_is_the_same_each_time(usual, tmp_path):
    facts = usual.facts()
    first, second = (
        write_report(usual.profile, facts, usual.figures, usual.background, "de-DE", tmp_path / name)
        for name in ("a", "b")
    )
    assert first == second
    assert first.path == "de-DE/summary/DE_2026-03-31_de-DE_report.html"
    assert (first.kind, first.locale, first.teams, first.notes) == ("report", "de-DE", ("crm",), ())
    content = (tmp_path / "a" / first.path).read_bytes()
    assert (len(content), content) == (first.bytes, (tmp_path / "b" / first.path).read_bytes())


def test_figures_that_are_gone_are_told_as_a_dash_or_an_asterisk_never_as_none(usual):
    facts = replace(usual.facts(), buyers=None)
    page = usual.page("en-GB", buyers=facts.buyers)
    assert "None" not in re.sub(r">None<", "", page.replace(">None</bdi>", ""))
    assert "nan" not in Read(page).words
