"""German and Spanish have no English left over: in no message of the catalog, and on no page."""

from __future__ import annotations

import html
import re

import pytest

from region_profiles.catalogs.messages import ROOT, read, texts

#: Feasts and sales that have no other name.
_FEASTS = {
    "Diwali", "Dhanteras", "Holi", "Raksha Bandhan", "Dussehra", "Durga Puja", "Akshaya Tritiya", "Obon", "White Day",
    "Chuseok", "Songkran", "White Friday", "Black Friday", "Cyber Monday", "El Buen Fin", "Hot Sale", "Halloween",
    "Boxing Day",
}  # fmt: skip
#: Words that the language writes as English does.
SAME = {
    "de": _FEASTS | {"App", "Cluster", "Double 12", "Name", "Pepero Day", "Ramadan", "Scores", "Segment", "Singles",
                     "Status", "Text", "Thanksgiving", "Version"},
    "es": _FEASTS | {"App", "Nowruz", "Total"},
}  # fmt: skip
#: Cities, categories and stores as the shop wrote them, a currency, and months that are written alike in both.
NAMES = r"Berlin Mitte|Berlin|München|Köln|Görlitz|Schuhe|Hüte|Schals|Mäntel|Euro|\b\w+ 20\d\d\b"


def spoken(text, names=r"%\(\w+\)s"):
    """Whether a text says anything beside its placeholders, or names."""
    return re.search(r"[A-Za-z]{3}", re.sub(names, "", text)) is not None


@pytest.mark.parametrize("language", SAME)
def test_no_message_is_the_english_one(language):
    english, own = (read(ROOT / one / "strata.po") for one in ("en", language))
    same = {text for key, message in own.items() for text in set(texts(message)) & set(texts(english[key]))}
    assert {text for text in same if spoken(text)} <= SAME[language]


def said(page):
    """The texts of a page between its tags."""
    body = page[page.index("<body") :]
    return {html.unescape(text).strip() for text in re.findall(r">([^<>]+)<", body)}


@pytest.mark.parametrize(("language", "locale"), [("de", "de-DE"), ("es", "es-ES")])
def test_no_text_of_a_page_is_the_english_ones(usual, language, locale):
    english, own = said(usual.page("en-GB")), said(usual.page(locale))
    assert len(own) > 300
    assert {text for text in english & own if spoken(text, NAMES)} <= SAME[language]
