"""Codes: countries to ISO 3166 alpha-2, languages to BCP 47, currencies to ISO 4217.

Names come from pycountry and from CLDR (Babel) in English and the market's languages; what is not found is None, never
a guess. 'NA' is Namibia and 'NO' Norway here, because this is asked only of columns that are mapped to a country.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import pycountry
from babel import Locale
from babel.core import UnknownLocaleError

from tasks.normalize.words import COUNTRY_WORDS

#: Script subtags that CLDR needs; region alone decides between the two scripts of Chinese.
_CHINESE = {"CN": "zh-Hans", "SG": "zh-Hans", "TW": "zh-Hant", "HK": "zh-Hant", "MO": "zh-Hant"}
_LANGUAGE_WORDS = {"simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant", "mandarin": "zh", "farsi": "fa"}
_ALPHA = 2


def fold(text: str) -> str:
    """For comparing names: NFKC, case folded, accents kept, blanks single.

    >>> fold(" DEUTSCHLAND ")
    'deutschland'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217 codes of today and before (DEM, HRK, TRL): pycountry's, and CLDR's with history."""
    today = {str(currency.alpha_3) for currency in pycountry.currencies}
    return frozenset(today | {str(code) for code in Locale("en").currencies})


@lru_cache(maxsize=1 << 14)
def country(text: str, languages: str = "") -> str | None:
    """ISO 3166 alpha-2 of a code or a name in English or one of `languages` (BCP 47, with commas between).

    >>> country("UK"), country("NAM"), country("Österreich", "de"), country("日本", "ja"), country("Untied States")
    ('GB', 'NA', 'AT', 'JP', None)
    """
    code = text.strip().upper()
    found = pycountry.countries.get(alpha_2=code) or pycountry.countries.get(alpha_3=code)
    if found is not None:
        return str(found.alpha_2)
    return _country_names(languages).get(fold(text))


@cache
def _country_names(languages: str) -> dict[str, str]:
    names: dict[str, str] = {}
    official = {str(country.alpha_2) for country in pycountry.countries}
    for tag in [*filter(None, languages.split(",")), "en"]:
        locale = _locale(tag)
        for code, label in (locale.territories if locale else {}).items():
            if code in official:
                names.setdefault(fold(label), code)
    for country_ in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            label = getattr(country_, attribute, None)
            if label:
                names.setdefault(fold(label), country_.alpha_2)
    for word, code in COUNTRY_WORDS.items():
        names.setdefault(word, code)
    return names


@lru_cache(maxsize=1 << 14)
def language(text: str, languages: str = "") -> str | None:
    """BCP 47 of an ISO 639 code, a locale or a language's name in English, itself or one of `languages`.

    >>> language("ger"), language("zh_CN"), language("pt-BR"), language("Deutsch"), language("allemand", "fr")
    ('de', 'zh-Hans-CN', 'pt-BR', 'de', 'de')
    >>> language("klingonisch") is None
    True
    """
    parts = text.strip().replace("_", "-").split(".")[0].split("-")
    base = _language_code(parts[0])
    if base is None or not all(part.isalnum() and part.isascii() for part in parts):
        return _language_names(languages).get(fold(text))
    return _tag(base, parts[1:])


def _language_code(text: str) -> str | None:
    code = text.strip().lower()
    if not (code.isascii() and code.isalpha()):
        return None
    found = (
        pycountry.languages.get(alpha_2=code)
        or pycountry.languages.get(bibliographic=code)
        or pycountry.languages.get(alpha_3=code)
    )
    return None if found is None else str(getattr(found, "alpha_2", found.alpha_3))


def _tag(base: str, rest: list[str]) -> str | None:
    """Subtags in their usual case; None where one is neither a script nor a region."""
    subtags = []
    for part in rest:
        if len(part) == _ALPHA and pycountry.countries.get(alpha_2=part.upper()):
            subtags.append(part.upper())
        elif pycountry.scripts.get(alpha_4=part.title()):
            subtags.append(part.title())
        elif not (len(part) == 3 and part.isdigit()):  # noqa: PLR2004 - UN M.49 region, as in es-419
            return None
        else:
            subtags.append(part)
    if base == "zh" and subtags and subtags[0] in _CHINESE:
        return "-".join([_CHINESE[subtags[0]], *subtags])
    return "-".join([base, *subtags])


@cache
def _language_names(languages: str) -> dict[str, str]:
    names = dict(_LANGUAGE_WORDS)
    for tag in ["en", *filter(None, languages.split(","))]:
        locale = _locale(tag)
        for code, label in (locale.languages if locale else {}).items():
            names.setdefault(fold(label), code.replace("_", "-"))
    for code in sorted(Locale("en").languages):  # each language's name in itself
        own = _locale(code) if len(code) == _ALPHA else None
        if own is not None and own.languages.get(code):
            names.setdefault(fold(own.languages[code]), code)
    return names


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (UnknownLocaleError, ValueError):
        return None
