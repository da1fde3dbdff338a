"""The list of all markets of a publish root."""

from __future__ import annotations

from collections.abc import Iterable

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from region_profiles.territories import office_language
from tasks.export.labels import Labels
from tasks.export.locales import cldr
from tasks.export.report.setting import template
from tasks.publish.pointer import Pointer

#: What a market's page and the list are called in their folders.
NAME = "index.html"
_ENGLISH = "en"


def render_root(pointers: Iterable[Pointer], operations: tuple[str, str] | None = None) -> bytes:
    """The list of markets with the date of each one's latest report, sorted by English name.

    A market's name and date stand in its own language, the name in English below it. `operations` are name and title of
    the page for data ops, where there is one.
    """
    english = Labels(_ENGLISH)
    markets = []
    for pointer in pointers:
        if pointer.current is None:
            continue
        own = Labels(_language(pointer.country))
        markets.append(
            {
                "href": f"country={pointer.country}/{NAME}",
                "language": own.locale,
                "own": str(cldr(own.locale).territories.get(pointer.country) or pointer.country),
                "english": english.country_name(pointer.country),
                "day": str(own.formatter.date(pointer.current, "long")),
            }
        )
    markets.sort(key=lambda market: (market["english"], market["href"]))
    columns = [english.text("index", code) for code in ("market", "latest")]
    title, none = english.text("index", "title"), english.text("index", "none")
    page = template("tasks.publish", "root.html")
    return page.render(title=title, columns=columns, markets=markets, none=none, operations=operations).encode()


def _language(country: str) -> str:
    """The language of a country's offices, else its first official one that CLDR can write; English without one."""
    for language in (office_language(country), *get_official_languages(country, de_facto=True)):
        if language is None:
            continue
        tag = f"{language.replace('_', '-')}-{country}"
        try:
            Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        return tag
    return _ENGLISH
