"""The page in a real Chromium: nothing runs out of it, no sign is missing, nothing is fetched, it prints."""

from __future__ import annotations

from datetime import date

import pytest

from tasks.publish.pointer import Pointer
from tasks.publish.root_page import render_root
from tests.report.browser import CONTRAST, FAULTS, MISSING, PALE, UNPRINTED

#: Latin, kana and Han, Arabic (with its digits, from the right), Devanagari, Thai.
LOCALES = ("en-GB", "de-DE", "ja-JP", "ar-EG", "hi-IN", "th-TH")
WIDTHS = (360, 1024)


@pytest.fixture(scope="module")
def opened(chromium, usual, tmp_path_factory):
    """A locale's page in the browser, with what it said on the console and what it asked for."""
    folder, pages = tmp_path_factory.mktemp("pages"), {}

    def opening(locale):
        if locale not in pages:
            path = folder / f"{locale}.html"
            path.write_text(usual.page(locale), encoding="utf-8")
            page, told = chromium.new_page(), []
            page.on("console", lambda message: told.append(message.text))
            page.on("pageerror", lambda error: told.append(str(error)))
            page.on("request", lambda request: told.append(request.url) if request.url != path.as_uri() else None)
            page.goto(path.as_uri())
            pages[locale] = page, told
        return pages[locale]

    yield opening
    for page, _ in pages.values():
        page.close()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_and_no_label_is_cut_or_covered(opened, locale, width):
    page, _ = opened(locale)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("locale", ["de-DE", "ar-EG"])
def test_plans_results_and_accounts_of_the_whole_base_fit_too(chromium, market, sql, base_dimensions, locale, width):
    """Every dimension of which the made market has segments, accounts among them."""
    names = ("lifecycle", "value", "language", "residence", "account_lifecycle")
    now = (
        "SELECT *, CASE WHEN i % 3 = 0 THEN 'overdue' WHEN i % 3 = 1 THEN 'needs_attention' ELSE 'champions' END "
        f"AS segment_account_lifecycle FROM ({sql.numbered})"
    )
    made = market(now, now, dimensions={name: base_dimensions[name] for name in names})
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.set_content(made.page(locale))
    assert page.evaluate("document.querySelectorAll('section').length") > len(names)
    assert page.evaluate(FAULTS) == []
    page.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sign_has_a_glyph(opened, locale):
    assert opened(locale)[0].evaluate(MISSING) == []


def test_a_missing_glyph_would_be_seen(opened):
    page, _ = opened("de-DE")
    page.evaluate("document.body.append('\\u0379')")
    assert page.evaluate(MISSING) == ["\u0379"]
    page.evaluate("document.body.lastChild.remove()")


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_fetched_and_nothing_is_said_on_the_console(opened, locale):
    assert opened(locale)[1] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", LOCALES)
def test_text_has_contrast_in_both_schemes(opened, locale, scheme):
    page, _ = opened(locale)
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(PALE, CONTRAST) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("locale", LOCALES)
def test_it_prints_on_a4_with_the_tables_behind_the_charts(opened, locale):
    page, _ = opened(locale)
    page.set_viewport_size({"width": 680, "height": 900})  # A4 less its margins
    page.emulate_media(media="print")
    faults, unprinted = page.evaluate(FAULTS), page.evaluate(UNPRINTED)
    page.emulate_media(media="screen")
    assert (faults, unprinted) == ([], 0)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_right_to_left_the_bars_begin_at_the_right(opened):
    page, _ = opened("ar-EG")
    page.set_viewport_size({"width": 1024, "height": 900})
    ends = page.evaluate(
        "[...document.querySelectorAll('svg .b')].map(bar => bar.ownerSVGElement.getBoundingClientRect().right "
        "- bar.getBoundingClientRect().right)"
    )
    assert ends
    assert all(abs(end) < 1 for end in ends)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_all_markets_fits_too_and_has_every_sign(chromium, width):
    day = date(2026, 3, 31)
    pointers = [
        Pointer(country=one, revision=1, current=day, selected={day: "0" * 24}, renamed={}, events=())
        for one in ("DE", "JP", "EG", "IN", "TH", "IL", "KR", "CN", "GR", "RU", "BD", "IR")
    ]
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.set_content(render_root(pointers).decode())
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(MISSING) == []
    page.close()
