"""Names of countries in the market's languages and in English, as data would have them."""

from __future__ import annotations

from collections.abc import Iterable

from babel import Locale, localedata

from region_profiles.territories import english_names, territories


def codes(values: Iterable[str], languages: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """value: ISO 3166 code, for the values that name a country; and the values that do not.

    >>> codes(["Germany", "de", "日本", "Turkey", "Online"], ["ja"])
    ({'Germany': 'DE', 'de': 'DE', '日本': 'JP', 'Turkey': 'TR'}, ['Online'])
    """
    known = set(territories())
    names: dict[str, str] = {}
    for tag in ("en", *languages):
        identifier = tag.replace("-", "_")
        if localedata.exists(identifier):
            own = Locale.parse(identifier).territories
            names |= {name.casefold(): code for code, name in own.items() if code in known}
    names |= english_names()
    names |= {code.casefold(): code for code in known}
    found = {value: names[value.casefold()] for value in values if value.casefold() in names}
    return found, [value for value in values if value not in found]
