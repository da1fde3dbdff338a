"""A customer's name in the order of its own culture, and as one addresses this person, as DuckDB expressions.

Order and spaces follow the name's own script and the customer's language, never the reader's; honorifics follow the
customer's language, and a gender only where it is given. The facts are region_profiles/culture/names.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

import yaml
from babel.languages import get_official_languages

from region_profiles.model_types import Frozen, LanguageTag
from tasks.localize.tags import subtags
from tasks.sql import literal, literals, name

#: Scripts whose writers may leave out the space beside an honorific: Thai, kana, Han, Hangul.
_UNSPACED = r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]"

_LATIN, _NOT_LATIN = r"\p{Latin}", r"[^\p{Latin}\P{L}]"

NAME, GIVEN, FAMILY, COMPANY = map(name, ("name", "given_name", "family_name", "company"))
LANGUAGE, COUNTRY, GENDER, TYPE = map(name, ("language", "home_country", "gender", "type"))


class Honorific(Frozen):
    """How a language addresses; names.yaml says what each part means."""

    person: str | None = None
    female: str | None = None
    male: str | None = None
    company: str | None = None
    after: bool = False
    glued: bool = False
    family: bool = False


class Names(Frozen):
    """The facts of names.yaml."""

    family_first: Mapping[LanguageTag, str]
    unspaced: tuple[str, ...]
    foreign_katakana: str
    honorifics: Mapping[LanguageTag, Honorific]


@cache
def facts() -> Names:
    """region_profiles/culture/names.yaml, checked."""
    file = resources.files("region_profiles") / "culture" / "names.yaml"
    return Names.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


# --- order ------------------------------------------------------------------------------------------------------------


def display_name(languages: Iterable[str | None], countries: Iterable[str | None], market_language: str) -> str:
    """An expression over the canonical columns: the name to show, null where none is given.

    `languages` and `countries` are the customers' languages and home countries that occur; `market_language` holds for
    customers without both. A full name stays as the store wrote it; else its parts, by their script and the customer's
    language (else that of the home country); else the company.

    >>> import duckdb
    >>> row = "SELECT NULL AS name, 'János' AS given_name, 'Kovács' AS family_name, NULL AS company"
    >>> for language in ("hu", "de"):
    ...     shown = display_name([language], [], "de")
    ...     print(duckdb.sql(f"SELECT {shown} FROM ({row}, '{language}' AS language, NULL AS home_country)").fetchall())
    [('Kovács János',)]
    [('János Kovács',)]
    """
    cultures = _Cultures(languages, countries, market_language)
    scripts = "".join(f"\\p{{{script}}}" for script in facts().unspaced)
    # Bytes equal to characters: ASCII, which needs no look at the script and is most of what there is.
    beyond = f"strlen({FAMILY}) <> length({FAMILY})"
    cases = [
        f"WHEN {FAMILY} IS NULL OR {GIVEN} IS NULL THEN coalesce({FAMILY}, {GIVEN})",
        f"WHEN {beyond} AND regexp_matches({FAMILY}, '[{scripts}]') THEN {_unspaced(cultures, scripts)}",
    ]
    for script in sorted(set(facts().family_first.values())):
        of_script = [tag for tag, written in facts().family_first.items() if written == script]
        if theirs := cultures.where(of_script):
            cases.append(
                f"WHEN {theirs} AND regexp_matches({FAMILY}, '\\p{{{script}}}') THEN {FAMILY} || ' ' || {GIVEN}"
            )
    return f"coalesce({NAME}, CASE {' '.join(cases)} ELSE {GIVEN} || ' ' || {FAMILY} END, {COMPANY})"


def _unspaced(cultures: _Cultures, scripts: str) -> str:
    """A name whose family is written in Han, kana or Hangul; katakana alone is a foreigner's outside Japan."""
    katakana = r"^[\p{Katakana}ー・\s]+$"
    foreign = f"regexp_matches({FAMILY}, '{katakana}') AND regexp_matches({GIVEN}, '{katakana}')"
    if japanese := cultures.where(["ja"]):
        foreign += f" AND ({japanese}) IS NOT TRUE"
    return (
        f"CASE WHEN {foreign} THEN {GIVEN} || '{facts().foreign_katakana}' || {FAMILY} "
        f"WHEN regexp_matches({GIVEN}, '[{scripts}]') THEN {FAMILY} || {GIVEN} "
        f"ELSE {FAMILY} || ' ' || {GIVEN} END"
    )


class _Cultures:
    """The languages and countries that occur, for conditions that name only these."""

    def __init__(self, languages: Iterable[str | None], countries: Iterable[str | None], market_language: str) -> None:
        self.languages = {tag: subtags(tag)[0] for tag in dict.fromkeys(languages) if tag}
        self.countries = {country: _main_language(country) for country in dict.fromkeys(countries) if country}
        self.market = subtags(market_language)[0]

    def where(self, wanted: Iterable[str]) -> str:
        """Condition that a customer's culture is one of the wanted languages; empty where nobody's is."""
        among = set(wanted)
        stated = [tag for tag, language in self.languages.items() if language in among]
        lived = [country for country, language in self.countries.items() if language in among]
        fallback = f"{COUNTRY} IS NULL" if self.market in among else ""
        here = [f"{COUNTRY} IN ({literals(lived)})"] if lived else []
        here += [fallback] if fallback else []
        parts = [f"{LANGUAGE} IN ({literals(stated)})"] if stated else []
        if here:
            parts.append(f"{LANGUAGE} IS NULL AND ({' OR '.join(here)})")
        return f"({' OR '.join(parts)})" if parts else ""


@cache
def _main_language(country: str) -> str:
    official = get_official_languages(country, de_facto=True)
    return str(official[0]).split("_")[0] if official else ""


# --- address ----------------------------------------------------------------------------------------------------------


def salutation(languages: Iterable[str | None], market: str, market_language: str, *, shown: str) -> str:
    """An expression: the name as one addresses this person or company, in the customer's language.

    `shown` is an expression of `display_name`'s result; `market` the country whose usage holds for a language without
    a country of its own (en is British in Kenya, American in the United States), `market_language` the language of
    customers without one, on names in its letters. The plain name stands where the language uses no honorific, where
    it needs a gender that is not given as female or male, where the name carries it already, and where the whole name
    is all there is and stands in its sorted form ('Müller, Hans'). A name without any letter addresses nobody: null.

    >>> import duckdb
    >>> row = "SELECT '山田太郎' AS s, '山田' AS family_name, NULL AS company, NULL AS name, NULL AS given_name"
    >>> row = f"{row}, 'ja' AS language, NULL AS gender, 'person' AS type"
    >>> duckdb.sql(f"SELECT {salutation(['ja'], 'JP', 'ja', shown='s')} FROM ({row})").fetchall()
    [('山田太郎 様',)]
    """
    tags: dict[Honorific, list[str | None]] = {}
    for tag in dict.fromkeys((*languages, None)):
        if found := honorific(tag or market_language, market):
            tags.setdefault(found, []).append(tag)
    cases = [f"WHEN {shown} IS NULL OR NOT regexp_matches({shown}, '\\p{{L}}') THEN NULL"]
    for found, theirs in tags.items():
        cases.append(f"WHEN {_is_one_of(theirs, found, shown)} THEN {_addressed(found, shown)}")
    return f"CASE {' '.join(cases)} ELSE {shown} END"


@cache
def honorific(tag: str, market: str) -> Honorific | None:
    """How a language addresses, in the territory it names, else in the market.

    >>> honorific("en", "US").male, honorific("en-GB", "US").male, honorific("sv", "SE")
    ('Mr.', 'Mr', None)
    """
    language = subtags(tag)[0]
    named = re.search(r"-([A-Z]{2})\b", tag)
    table = facts().honorifics
    return table.get(f"{language}-{named[1] if named else market}", table.get(language))


def _is_one_of(tags: list[str | None], found: Honorific, shown: str) -> str:
    """Condition that a customer's language is one of these; None is the market's, for names in its letters alone.

    An unknown language in Dubai is rarely Arabic: 'السيد John Smith' would guess what 'John Smith 様' does not.
    """
    stated = [tag for tag in tags if tag]
    parts = [f"{LANGUAGE} IN ({literals(stated)})"] if stated else []
    if None in tags:
        latin = re.search("[A-Za-z]", found.female or found.male or "")
        letters = f" AND regexp_matches({shown}, '{_LATIN if latin else _NOT_LATIN}')"
        parts.append(f"{LANGUAGE} IS NULL{'' if found.person else letters}")
    return " OR ".join(parts)


def _addressed(one: Honorific, shown: str) -> str:
    """The name with the honorific of one language."""
    is_company = (
        f"(coalesce({NAME}, {GIVEN}, {FAMILY}) IS NULL OR {TYPE} = 'account' AND {GIVEN} IS NULL "
        f"AND {FAMILY} IS NULL AND coalesce({NAME} = {COMPANY}, true))"
    )
    company = _with(one, one.company, shown) if one.company else shown
    cases = [f"WHEN {is_company} THEN {company}"]
    cases += [f"WHEN {when} THEN {_with(one, words, shown)}" for when, words in _gendered(one)]
    return f"CASE {' '.join(cases)} ELSE {shown} END"


def _gendered(one: Honorific) -> Iterator[tuple[str, str]]:
    for gender, words in (("female", one.female), ("male", one.male)):
        if words:
            yield f"{GENDER} = '{gender}'", words
    if one.person:
        yield "true", one.person


def _with(one: Honorific, words: str, shown: str) -> str:
    """The honorific before or after the name, unless it is there."""
    known = [_at_edge(word, after=one.after) for word in (one.person, one.female, one.male, one.company) if word]
    edge = "ends_with" if one.after else "starts_with"
    there = " OR ".join(f"{edge}({shown}, {literal(word)})" for word in known)
    if not one.family:
        return f"CASE WHEN {there} OR contains({shown}, ',') THEN {shown} ELSE {_beside(one, words, shown)} END"
    by_family = f"{FAMILY} IS NOT NULL AND regexp_matches({FAMILY}, '\\p{{L}}')"
    return (
        f"CASE WHEN {there} THEN {shown} WHEN {by_family} THEN {_beside(one, words, FAMILY)} "
        f"WHEN contains({shown}, ',') THEN {shown} ELSE {_beside(one, words, shown)} END"
    )


def _at_edge(word: str, *, after: bool) -> str:
    """The honorific as it stands in a name that has it: a word of its own, where the script has words (not बनर्जी)."""
    if re.search(_UNSPACED, word):
        return word
    return f" {word}" if after else f"{word} "


def _beside(one: Honorific, words: str, text: str) -> str:
    """Name and honorific; glued only to letters of an unspaced or Thai script, so that 'Smith 先生' keeps its space."""
    word = literal(words)
    spaced = f"{text} || ' ' || {word}" if one.after else f"{word} || ' ' || {text}"
    if not one.glued:
        return spaced
    tight = f"{text} || {word}" if one.after else f"{word} || {text}"
    latin = f"regexp_matches({text}, '{'[A-Za-z]$' if one.after else '^[A-Za-z]'}')"
    return f"CASE WHEN {latin} THEN {spaced} ELSE {tight} END"
