"""The page in a real Chromium: nothing runs out of it, no sign is missing, nothing is fetched, it prints."""

from __future__ import annotations

from datetime import date

import pytest

from tasks.publish.pointer import Pointer
from tasks.publish.root_page import render_root

#: Latin, kana and Han, Arabic (with its digits, from the right), Devanagari, Thai.
LOCALES = ("en-GB", "de-DE", "ja-JP", "ar-EG", "hi-IN", "th-TH")
WIDTHS = (360, 1024)
#: WCAG 2.2, 1.4.3: text against its ground.
CONTRAST = 4.5

#: Elements that the page's width cuts, and texts of charts that leave their chart or lie on one another.
FAULTS = """() => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`page is ${root.scrollWidth} wide`);
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
          box.bottom > frame.bottom + 1) found.push(`${text} leaves its chart`);
      if (box.width === 0) found.push(`${text} is not shown`);
    }
    for (const [i, [one, a]] of texts.entries()) for (const [two, b] of texts.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 0 && high > 4) found.push(`${one} lies on ${two}`);
    }
  }
  for (const one of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, th, td')) {
    if (!one.closest('.scroll') && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
      found.push(`${one.textContent.slice(0, 30)} runs out of its box`);
  }
  return found;
}"""
#: Texts with less contrast than asked, by the nearest ground that is not transparent.
PALE = """(least) => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const clear = colour => colour === 'transparent' || /, 0\\)$/.test(colour);
  const pale = new Set();
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    let ground = one;
    while (ground && clear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const style = getComputedStyle(one), colour = one instanceof SVGElement ? style.fill : style.color;
    const pair = [light(colour), light(getComputedStyle(ground).backgroundColor)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < least) pale.add(`${one.tagName} ${one.className.baseVal ?? one.className}: ${ratio.toFixed(2)}`);
  }
  return [...pale];
}"""
#: Signs that are drawn like ones that no font has.
MISSING = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.font = `24px ${getComputedStyle(document.body).fontFamily}`;
  const drawn = sign => {
    pen.clearRect(0, 0, 48, 48);
    pen.fillText(sign, 12, 32);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const boxes = new Set(['\\u0378', '\\uffff', '\\u{10fffe}'].map(drawn));
  const signs = new Set(document.body.textContent.replace(/[\\s\\u200e\\u200f\\u061c\\u2066-\\u2069]/g, ''));
  return [...signs].filter(sign => boxes.has(drawn(sign)));
}"""
#: Tables behind charts that paper does not show.
UNPRINTED = """() => [...document.querySelectorAll('details table')]
  .filter(one => one.getBoundingClientRect().height === 0).length"""


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
@pytest.mark.parametrize("locale", ["de-DE", "ar-EG"])
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
