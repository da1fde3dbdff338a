"""operations.html and the artifact: what operators see, without a script, a font or an image from elsewhere."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from tasks.errors import Terminal
from tasks.publish.operations.page import in_markdown, render_operations, trend
from tasks.publish.operations.reading import look_at_all, markets_of
from tasks.publish.operations.records import Operations
from tasks.publish.operations.standings import standings
from tests.seen.conftest import BERLIN, NOW, YESTERDAY

HOSTILE = "<script>alert(1)</script> | <img src=x>"


@pytest.fixture
def seen(shop):
    """All markets of the shop, as of now."""

    def look(plan=BERLIN):
        markets = markets_of(shop.store)
        found = standings(look_at_all(shop.store, markets, NOW), dict.fromkeys(markets, plan), NOW)
        return Operations(at=NOW, root="s3://published", rates_until=date(2026, 6, 26), markets=found)

    return look


@pytest.fixture
def busy(shop, seen):
    """One market that is well, and one whose last attempt failed with a hostile file name."""
    for days in range(6):
        ago = timedelta(days=days, minutes=40)
        shop.attempt("published", as_of=YESTERDAY - timedelta(days=days), ago=ago, timings={"traits": 10.0 + days})
    shop.publish()
    shop.publish("JP", as_of=date(2026, 6, 29))
    shop.attempt("failed", "JP", error=Terminal("no such column", file=HOSTILE), step="ingest", timings={"ingest": 2.0})
    return seen()


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_page_loads_nothing_and_runs_nothing(busy):
    page = render_operations(busy)
    found = Page(page)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not [attrs for _, attrs in found.tags for name in attrs if name in {"src", "srcset"} or name[:2] == "on"]
    assert not re.search(rb"url\(|@import|https?://", page)
    policy = next(attrs["content"] for tag, attrs in found.tags if attrs.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_links_lead_to_pages_beside_it_alone(busy):
    links = [attrs["href"] for tag, attrs in Page(render_operations(busy)).tags if tag == "a"]
    assert set(links) == {"index.html", "country=DE/index.html", "country=JP/index.html"}


def test_an_error_is_text_whatever_stands_in_it(busy):
    assert HOSTILE in Page(render_operations(busy)).text
    row = next(line for line in in_markdown(busy).splitlines() if line.startswith("- **JP**"))
    assert row.count("|") == row.count("\\|") == 1


def test_what_needs_a_hand_stands_before_the_markets_with_the_next_step(busy):
    text = Page(render_operations(busy)).text
    assert text.index("strata rerun --failed --market JP") < text.index("Next run, local time")
    assert "1 of 2 markets needs a hand" in text


def test_next_runs_are_in_local_time_and_the_page_says_when_it_is_too_old(busy):
    text = Page(render_operations(busy)).text
    assert "Thu 02 Jul 03:00 CEST" in text
    assert "by 2026-07-02 03:00 UTC" in " ".join(text.split())  # 01:00 UTC, and two hours


def test_a_page_of_markets_that_run_by_hand_promises_nothing(shop, seen):
    shop.publish()
    text = Page(render_operations(seen(plan=None))).text
    assert "no profile" in text
    assert "write it again" not in text


def test_the_trend_has_its_numbers_behind_it(busy):
    found = next(one for one in busy.markets if one.market == "DE")
    drawn = trend(found)
    assert "oldest first: 15.0, 14.0, 13.0, 12.0, 11.0, 10.0" in drawn
    heights = [float(height) for height in re.findall(r'height="([0-9.]+)"/>', drawn)]
    assert heights == pytest.approx([26, 24.3, 22.5, 20.8, 19.1, 17.3], abs=0.06)  # 26 pixels are 15 s
    text = Page(render_operations(busy)).text
    assert "10.0 s (12.5)" in text  # the last, and the median of 10 .. 15


def test_one_attempt_is_no_trend(busy):
    assert trend(next(one for one in busy.markets if one.market == "JP")) is None


def test_old_rates_are_worth_a_look(busy):
    fresh = busy.model_copy(update={"rates_until": date(2026, 6, 26)})
    old = busy.model_copy(update={"rates_until": date(2026, 6, 20)})
    assert b"note look" not in render_operations(fresh)
    assert b'note look">Exchange rates of the ECB until 2026-06-20, 11 days ago' in render_operations(old)


def test_an_empty_root_has_a_page(seen):
    assert "Nothing is published and nothing was tried here yet" in Page(render_operations(seen())).text


def test_the_same_look_gives_the_same_bytes(busy):
    assert render_operations(busy) == render_operations(busy)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_every_word_can_be_read_and_nothing_is_cut_off(chromium, busy, tmp_path, scheme):
    file = tmp_path / "operations.html"
    file.write_bytes(render_operations(busy))
    page = chromium.new_page(color_scheme=scheme, viewport={"width": 390, "height": 800})
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(file.as_uri())
    contrasts = page.evaluate(CONTRASTS)
    page.close()
    assert (asked, faults) == ([file.as_uri()], [])
    assert contrasts.pop("wide") <= 390
    assert {"failed", "ok", "held", "late", "stale", "never"} == set(contrasts)
    assert min(contrasts.values()) >= 4.5, contrasts  # WCAG 2.2, 1.4.3


#: The contrast of each word's colour with the page's ground, by WCAG's formula; and the page's width.
CONTRASTS = """() => {
  const light = rgb => {
    const [r, g, b] = rgb.match(/[0-9.]+/g).slice(0, 3).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = light(getComputedStyle(document.body).backgroundColor), found = {};
  for (const word of ["failed", "held", "late", "stale", "never", "ok"]) {
    const one = document.createElement("span"); one.className = `word ${word}`; document.body.append(one);
    const ink = light(getComputedStyle(one).color); one.remove();
    found[word] = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) }
  found.wide = document.documentElement.scrollWidth; return found }"""
