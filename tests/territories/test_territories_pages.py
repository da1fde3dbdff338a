"""Published pages of real runs in a real Chromium: no overflow, no pale text, no missing sign, nothing fetched."""

from __future__ import annotations

import pytest

from tests.report.browser import CONTRAST, FAULTS, MISSING, PALE

pytestmark = pytest.mark.slow
#: Latin with long words, from the right, Devanagari, Thai, Han.
MARKETS = ("FI", "AE", "IN", "TH", "CN")


@pytest.fixture(scope="module")
def published(world):
    """A market's pages by locale, each market run once."""
    ran = {}

    def pages(code):
        if code not in ran:
            market = world.run(code)
            paths = [export["path"] for export in market.manifest["exports"] if export["path"].endswith("_report.html")]
            ran[code] = {path.partition("/")[0]: market.folder / path for path in paths}
        return ran[code]

    return pages


@pytest.mark.parametrize("code", MARKETS)
def test_every_page_of_a_publication_fits_and_can_be_read(chromium, published, code):
    found = []
    for locale, path in published(code).items():
        page, fetched = chromium.new_page(viewport={"width": 360, "height": 900}), []
        page.on("console", lambda message, said=fetched: said.append(message.text))
        page.on("request", lambda request, said=fetched: said.append(request.url))
        page.goto(path.as_uri())
        found += [(locale, "narrow", fault) for fault in page.evaluate(FAULTS)]
        page.set_viewport_size({"width": 1024, "height": 900})
        found += [(locale, "wide", fault) for fault in page.evaluate(FAULTS)]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [(locale, scheme, fault) for fault in page.evaluate(PALE, CONTRAST)]
        found += [(locale, "sign", fault) for fault in page.evaluate(MISSING)]
        found += [(locale, "fetched", url) for url in fetched if url != path.as_uri()]
        page.close()
    assert found == []
    assert published(code)
