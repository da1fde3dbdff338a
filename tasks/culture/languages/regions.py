"""What the residents of a territory, or of a part of it, write: one language, or unknown.

Two tables mend and refine CLDR, `region_profiles/culture/languages_by_territory.csv` and `..._by_subdivision.csv`; the
README beside them says where the bounds come from. Nothing here looks at a name or a nationality.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import pycountry
from babel.languages import get_territory_language_info

#: CLDR's share of the population, in percent, below which a territory's main language is not that of its residents.
MAIN_SHARE = 75
#: Share from which a second official language makes it unknown. CLDR counts who learnt a language: Swedish has 44 in
#: Finland, English 51 in Hong Kong; Chinese has 77 in Singapore, German 63 in Luxembourg, English 88 in Malta.
SECOND_SHARE = 60
#: Scripts that CLDR leaves unsaid, where a language is written in two.
_SCRIPTS = {"zh": "zh-Hans"}


class Part(NamedTuple):
    """A part of a country by one of its names, or by a postcode's beginning; `language` None is known to be mixed."""

    country: str
    key: str
    language: str | None


class Postcodes(NamedTuple):
    """Postcodes of at least `digits` signs that begin with `prefix` ('' is any other one)."""

    country: str
    prefix: str
    digits: int
    language: str | None


def rows(table: str) -> Iterator[dict[str, str]]:
    """The rows of a table in region_profiles/culture."""
    path = resources.files("region_profiles") / "culture" / table
    yield from csv.DictReader(path.read_text(encoding="utf-8").splitlines())


@cache
def of_territories() -> Mapping[str, str | None]:
    """Language of each ISO 3166 territory's residents, BCP 47; None where it is unknown.

    >>> known = of_territories()
    >>> [known[country] for country in ("DE", "TW", "FI", "AE", "SG", "IN", "CH", "KZ")]
    ['de', 'zh-Hant', 'fi', None, None, None, None, None]
    """
    mended = {row["country"]: row["language"] or None for row in rows("languages_by_territory.csv")}
    codes = sorted(country.alpha_2 for country in pycountry.countries)
    return {code: mended[code] if code in mended else by_shares(code) for code in codes}


def by_shares(country: str) -> str | None:
    """The main official language by CLDR's shares of the population."""
    official = {
        language: float(info["population_percent"] or 0)
        for language, info in get_territory_language_info(country).items()
        if info["official_status"] in {"official", "de_facto_official"}
    }
    ranked = sorted(official, key=lambda language: (-official[language], language))
    if not ranked or official[ranked[0]] < MAIN_SHARE:
        return None
    main = ranked[0]
    same = {"nb", "no"} if main in {"nb", "no"} else {main.split("_")[0]}
    for other in ranked[1:]:
        if other.split("_")[0] not in same and official[other] >= SECOND_SHARE:
            return None
    aliases: Mapping[str, str] = {"no": "nb"}
    return _SCRIPTS.get(main, aliases.get(main, main).replace("_", "-"))


@cache
def divided() -> tuple[str, ...]:
    """Countries whose parts differ."""
    return tuple(sorted({row["country"] for row in rows("languages_by_subdivision.csv")}))


@cache
def of_subdivisions() -> tuple[Part, ...]:
    """Parts by name: ISO 3166-2 codes (`CH-ZH`, `ZH`), the names of ISO 3166-2, and others that stores write.

    >>> found = {part.key: part.language for part in of_subdivisions() if part.country == "CH"}
    >>> found["ZH"], found["Genève"], found["CH-TI"], found["Graubünden"]
    ('de', 'fr', 'it', None)
    """
    parts: dict[tuple[str, str], str | None] = {}
    for country in divided():
        subdivisions: Any = pycountry.subdivisions
        iso = {one.code: one.name for one in subdivisions.get(country_code=country)}
        mine = [row for row in rows("languages_by_subdivision.csv") if row["country"] == country]
        named = {code for row in mine for code in row["codes"].split("|")}
        for row in mine:
            codes = sorted(iso.keys() - named) if row["codes"] == "*" else row["codes"].split("|")
            keys = [key for key in row["names"].split("|") if key]
            for code in filter(None, codes):
                keys += [code, code.removeprefix(f"{country}-"), *([iso[code]] if code in iso else [])]
            parts |= {(country, key): row["language"] or None for key in keys}
    return tuple(Part(country, key, language) for (country, key), language in sorted(parts.items()))


@cache
def of_postcodes() -> tuple[Postcodes, ...]:
    """Parts by the beginnings of their postcodes; the longest that fits decides."""
    return tuple(
        Postcodes(row["country"], prefix.replace("*", ""), int(row["digits"]), row["language"] or None)
        for row in rows("languages_by_subdivision.csv")
        for prefix in filter(None, row["postcodes"].split("|"))
    )
