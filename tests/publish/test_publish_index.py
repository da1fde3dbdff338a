"""The pages for people: a market's in its teams' languages, and the list of markets; derived, and never in the way."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from tasks.errors import DropError, StoreUnavailable
from tasks.objects import open_store
from tasks.publish.index import EARLIER, refresh_market, refresh_root, tell_failure
from tasks.publish.manifest import Export
from tasks.publish.market_page import locales_of, render_index
from tasks.publish.pointer import Event, Pointer, pointer_key
from tasks.publish.publication import publish
from tasks.publish.root_page import render_root

WHEN = datetime(2021, 3, 1, 4, 5, 6, tzinfo=UTC)
STEM = "CH_2021-02-20"
PATHS = {
    f"de-CH/customers/{STEM}_de-CH_customers.csv": "de-CH",
    f"de-CH/summary/{STEM}_de-CH_report.html": "de-CH",
    f"de-CH/summary/{STEM}_de-CH_segments.csv": "de-CH",
    f"de-CH/summary/{STEM}_de-CH_summary.xlsx": "de-CH",
    f"ar-EG/summary/{STEM}_ar-EG_report.html": "ar-EG",
    f"tags/{STEM}_tags.csv": None,
    "canonical/customers.parquet": None,
}


class Tags(HTMLParser):
    """The tags of a page with their attributes, and that all are closed in order."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(page.decode())
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def links(self):
        return [attributes["href"] for tag, attributes in self.found if tag == "a"]


def pointer(country="CH", *dates, events=()):
    selected = {date.fromisoformat(day): f"{number:024x}" for number, day in enumerate(dates or ("2021-02-20",))}
    return Pointer(
        country=country, revision=1, current=max(selected), selected=selected, renamed={}, events=tuple(events)
    )


@pytest.fixture
def manifest(made):
    """A manifest that names the files of two locales."""
    exports = tuple(
        Export(path=path, locale=locale, bytes=123_456, sha256="0" * 64, rows=1234) for path, locale in PATHS.items()
    )
    return made()[1].model_copy(update={"country": "CH", "exports": exports})


def test_a_market_has_a_section_in_each_language_of_its_teams(manifest):
    page = render_index(pointer(), manifest)
    tags = Tags(page)
    sections = [(a["lang"], a["dir"]) for tag, a in tags.found if tag == "article"]
    assert sections == [("de-CH", "ltr"), ("ar-EG", "rtl")]
    text = page.decode()
    for word in ("Kundenbericht: Schweiz", "Für andere Systeme", "سويسرا"):
        assert word in text
    assert not re.search(r"\b(Report|Files|Rows|Events|Manifest)\b", text), "no English is left over"


def test_the_markets_own_languages_come_first_as_its_profile_orders_them(manifest):
    """Exports stand in order of path; those of a program before OUTPUT_VERSION 5 note no order."""
    paths = [f"{locale}/summary/MX_{locale}_report.html" for locale in ("de-DE", "en-MX", "es-MX")]
    exports = tuple(Export(path=one, locale=one[:5], bytes=1, sha256="0" * 64, rows=None) for one in paths)
    old = manifest.model_copy(update={"exports": exports, "notes": {}})
    assert locales_of(old) == ["de-DE", "en-MX", "es-MX"]
    noted = old.model_copy(update={"notes": {"exports": {"languages": ["es-MX", "en-MX"]}}})
    assert locales_of(noted) == ["es-MX", "en-MX", "de-DE"]
    gone = noted.model_copy(update={"exports": exports[:2]})
    assert locales_of(gone) == ["en-MX", "de-DE"], "only such as have files"
    sections = [a["lang"] for tag, a in Tags(render_index(pointer(), noted)).found if tag == "article"]
    assert sections == ["es-MX", "en-MX", "de-DE"]


def test_a_section_links_its_own_locales_files_and_those_for_machines(manifest):
    page = render_index(pointer(), manifest).decode()
    german, arabic = page.split("<article ")[1:]
    below = f"as_of=2021-02-20/publication={manifest.publication}/"
    for path, locale in PATHS.items():
        assert (f'href="{below}{path}"' in german) == (locale != "ar-EG"), path
        assert (f'href="{below}{path}"' in arabic) == (locale != "de-CH"), path
    assert f'href="{below}manifest.json"' in german
    assert "1&#39;234" in german or "1’234" in german


def test_each_column_of_the_events_has_a_heading_of_its_own(manifest):
    german, arabic = render_index(pointer(), manifest).decode().split("<article ")[1:]
    for section, stood in ((german, "Stichtag"), (arabic, "تاريخ التقرير")):
        headings = re.findall(r'<th scope="col">(.*?)</th>', section.rsplit("<table>", 1)[1])
        assert len(set(headings)) == 6, headings
        assert headings[2] == stood, "the date that an event is about, beside the one when it happened"


def test_every_file_stands_once_in_its_section(manifest):
    links = Tags(render_index(pointer(), manifest)).links()
    below = f"as_of=2021-02-20/publication={manifest.publication}/"
    assert sorted(links.count(below + path) for path in PATHS) == [1] * 5 + [2] * 2


def test_earlier_reports_are_linked_where_there_is_one_else_their_manifest(manifest):
    old = manifest.model_copy(update={"as_of": date(2021, 1, 20), "exports": manifest.exports[:2]})
    links = Tags(render_index(pointer("CH", "2021-01-20", "2021-02-20"), manifest, {date(2021, 1, 20): old})).links()
    below = f"as_of=2021-01-20/publication={manifest.publication}/"
    assert below + f"de-CH/summary/{STEM}_de-CH_report.html" in links
    assert below + "manifest.json" in links, "the Arabic section has no earlier report"


def told(kind, day, hour, publication="f" * 24):
    when = datetime(2021, 3, 1, hour, tzinfo=UTC)
    return Event(event=kind, as_of=date.fromisoformat(day), publication=publication, who="ops", when=when)


def test_a_report_that_is_held_back_or_withdrawn_is_told_until_a_newer_one_comes(manifest):
    """The link leads to the page that says why."""
    held, gone = told("held", "2021-03-20", 4), told("withdrawn", "2021-02-28", 5)
    german = render_index(pointer(events=(held, gone)), manifest).decode().split("<article ")[1]
    notices = re.findall(r'<p class="late">(.*?)</p>', german)
    assert ["20.03.2021" in notices[0], "28.02.2021" in notices[1]] == [True, True]
    assert all('href="gate.html"' in notice for notice in notices)
    newer = told("published", "2021-03-20", 6, "e" * 24)
    assert 'class="late"' not in render_index(pointer(events=(held, gone, newer)), manifest).decode()


def test_a_market_that_never_met_the_gate_links_no_page_of_it(manifest):
    assert "gate.html" not in render_index(pointer(events=[told("published", "2021-02-20", 4)]), manifest).decode()


def test_a_publication_without_localized_files_has_a_page_in_english(manifest):
    bare = manifest.model_copy(update={"exports": tuple(one for one in manifest.exports if one.locale is None)})
    page = render_index(pointer(), bare)
    assert ("html", {"lang": "en", "dir": "ltr"}) in Tags(page).found


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DropError("kunden.csv is broken", value="Erika Mustermann"), "ließ sich nicht wie vereinbart lesen"),
        (StoreUnavailable("503"), "es folgt ein neuer Versuch"),
        (ValueError("Erika Mustermann"), "Ein unerwarteter Fehler"),
    ],
)
def test_a_report_that_is_late_is_told_in_the_readers_words_until_one_comes(tmp_path, made, error, said):
    store = open_store(tmp_path / "published")
    publish(store, *made(), who="ops", when=WHEN)
    page = tmp_path / "published" / "country=DE" / "index.html"
    good = page.read_bytes()
    tell_failure(store, "DE", date(2021, 3, 20), error)
    late = page.read_text("utf-8")
    assert said in late
    assert "20.03.2021" in late
    assert "Mustermann" not in late, "what an error quotes is nobody's business here"
    refresh_market(store, "DE")
    assert page.read_bytes() == good


def test_a_market_without_a_publication_has_no_page_to_be_late_on(tmp_path):
    store = open_store(tmp_path / "published")
    tell_failure(store, "DE", date(2021, 3, 20), DropError("no drop"))
    assert list(store.list()) == []


def test_both_pages_load_nothing_and_run_nothing(manifest):
    for page in (render_index(pointer(), manifest), render_root([pointer()])):
        tags = Tags(page)
        assert {tag for tag, _ in tags.found} & {"script", "img", "link", "iframe"} == set()
        assert not any(name in a for _, a in tags.found for name in ("src", "style", "onclick"))
        assert b"default-src 'none'" in page
        assert not re.search(rb"url\(|@import|https?:", page)


def test_the_list_names_each_market_in_its_own_language_and_in_english():
    page = render_root([pointer("JP"), pointer("DE", "2021-01-20", "2021-02-20"), pointer("GB")])
    text = page.decode()
    assert text.index("Germany") < text.index("Japan") < text.index("United Kingdom"), "by English name"
    for word in ("Deutschland", "日本", "20. Februar 2021", "2021年2月20日", "20 February 2021"):
        assert word in text
    assert text.count("United Kingdom") == 1, "one name where the two are the same"
    assert Tags(page).links().count("country=DE/index.html") == 2


def test_the_list_links_the_page_of_operations_only_where_it_is_there(tmp_path, made):
    store = open_store(tmp_path / "published")
    publish(store, *made(), who="ops", when=WHEN)
    refresh_root(store)
    assert "operations.html" not in Tags(store.read("index.html")).links()
    store.replace("operations.html", b"<title>Operations</title>")
    refresh_root(store)
    page = store.read("index.html")
    assert "operations.html" in Tags(page).links()
    assert b">Operations</a>" in page


def test_what_changed_in_a_drop_is_for_operators_and_a_persons_reason_for_all(manifest):
    judged = told("published", "2021-02-20", 4).model_copy(
        update={"why": "files: CH/a.csv new", "gate": {"holds": False}}
    )
    decided = told("approved", "2021-02-20", 5).model_copy(update={"why": "finance agrees"})
    page = render_index(pointer(events=(judged, decided)), manifest).decode()
    assert ("CH/a.csv" in page, "finance agrees" in page) == (False, True)


def test_the_list_of_no_market_says_so():
    assert "<table" not in render_root([]).decode()


def test_the_list_has_every_market_that_was_published(place, made):
    store, mode = place
    publish(store, *made(), pointer_mode=mode, who="ops", when=WHEN)
    store.replace(pointer_key("FR"), pointer("FR").to_bytes())
    store.replace(pointer_key("US"), b"written by a newer program")
    refresh_root(store)
    links = Tags(store.read("index.html")).links()
    assert set(links) == {"country=DE/index.html", "country=FR/index.html"}, "an unreadable pointer is in nobody's way"


def test_pages_that_say_the_same_are_not_written_again(tmp_path, made):
    store = open_store(tmp_path / "published")
    publish(store, *made(), who="ops", when=WHEN)
    refresh_root(store)
    pages = [tmp_path / "published" / name for name in ("index.html", "country=DE/index.html")]
    before = [page.stat().st_mtime_ns for page in pages]
    publish(store, *made(), who="ops", when=None)
    refresh_root(store)
    assert [page.stat().st_mtime_ns for page in pages] == before


def test_earlier_dates_beyond_the_bound_are_left_to_the_pointer(tmp_path, made):
    store = open_store(tmp_path / "published")
    months = [f"2020-{month:02}-20" for month in range(1, 13)] + ["2021-01-20", "2021-02-20"]
    for day in months:
        publish(store, *made(day, day), who="ops", when=WHEN)
    links = [link for link in Tags(store.read("country=DE/index.html")).links() if link.endswith("manifest.json")]
    days = {link.split("/")[0] for link in links}
    assert len(days) == EARLIER + 1
    assert "as_of=2020-01-20" not in days


def test_a_store_lists_the_first_names_of_its_keys_in_one_look(place):
    store, _ = place
    for key in ("country=DE/as_of=1/a", "country=DE/current.json", "country=AE/current.json", "drop=x/a", "index.html"):
        store.replace(key, b"1")
    assert list(store.folders("country=")) == ["country=AE", "country=DE"]
    assert list(store.folders()) == ["country=AE", "country=DE", "drop=x"]
