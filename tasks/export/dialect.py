"""How Excel reads a CSV file where the reader sits: separator, decimal sign, date pattern, by Windows culture."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from babel import localedata
from babel.languages import get_official_languages

from tasks.export.locales import Subtags, cldr, lineage, subtags

_STRFTIME = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("M", "%-m"), ("d", "%-d"))
_ISO = "yyyy-MM-dd"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to write CSV. `date` has .NET's letters; `notes` say where the locale's own culture was not known."""

    separator: str = ","
    decimal: str = "."
    date: str = _ISO
    newline: str = "\n"
    mark: bool = False
    """Whether a byte order mark stands first: Excel needs it, machines break on it."""
    guard: bool = False
    """Whether text is kept from becoming a formula, a number or a date."""
    notes: tuple[str, ...] = ()

    @property
    def strftime(self) -> str:
        """The date pattern for DuckDB's and Python's strftime.

        >>> Dialect(date="d.M.yyyy").strftime
        '%-d.%-m.%Y'
        """
        pattern, done = self.date, ""
        while pattern:
            letters, directive = next(
                (pair for pair in _STRFTIME if pattern.startswith(pair[0])), (pattern[0], pattern[0])
            )
            done += directive
            pattern = pattern.removeprefix(letters)
        return done


#: For machines: UTF-8 without a mark, comma, LF, ISO dates, text as it is.
MACHINE = Dialect()


def excel_dialect(locale: str) -> Dialect:
    """The dialect that Excel expects on a computer set to that locale (BCP 47). Whatever is no fact is noted.

    - A Windows culture of that name decides.
    - A locale that Windows and CLDR both lack (en-BG) is nobody's regional setting: a computer there is set to the
      territory's own culture, so that one decides.
    - A locale of CLDR alone (en-NG) has CLDR's decimal sign of Latin digits. Its separator is that of the first
      culture with that sign among the language's main one, the territory's and the language's others; else `;` beside
      a decimal comma, `,` beside a point. Its dates are ISO 8601, which Excel types in every region.

    Raises ProfileError where CLDR does not know the language.

    >>> swiss = excel_dialect("de-CH")
    >>> swiss.separator, swiss.decimal, swiss.date
    (';', '.', 'dd.MM.yyyy')
    >>> excel_dialect("en-BG").notes
    ('dialect: no culture en-BG; that of its territory, bg-BG',)
    >>> excel_dialect("en-NG").notes
    ('dialect: no Windows culture en-NG; separator of en-US, decimal sign of CLDR, ISO dates',)
    """
    table, wanted = cultures(), subtags(locale)
    named = [name for name in lineage(locale) if name.endswith(f"-{wanted.territory}")]
    own = next((name for name in named if name in table), None)
    if own:
        return _dialect(*table[own])
    if not any(localedata.exists(name.replace("-", "_")) for name in named):
        local = next((name for name in _territorial(wanted.territory) if name in table), None)
        if local:
            return _dialect(*table[local], f"no culture {locale}; that of its territory, {local}")
    decimal = str(cldr(locale).number_symbols["latn"]["decimal"])
    kin = next((name for name in _kin(wanted, table) if table[name][1] == decimal), None)
    separator = table[kin][0] if kin else (";" if decimal == "," else ",")
    basis = f"separator of {kin}" if kin else f"separator {separator} by its decimal sign"
    return _dialect(separator, decimal, _ISO, f"no Windows culture {locale}; {basis}, decimal sign of CLDR, ISO dates")


def _dialect(separator: str, decimal: str, date: str, note: str = "") -> Dialect:
    notes = (f"dialect: {note}",) if note else ()
    return Dialect(separator, decimal, date, "\r\n", mark=True, guard=True, notes=notes)


@cache
def cultures() -> Mapping[str, tuple[str, str, str]]:
    """Windows culture: list separator, decimal sign, date pattern. Source: reference_cultures/README.md."""
    table = resources.files("region_profiles") / "reference_cultures" / "excel_cultures.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {row["culture"]: (row["separator"], row["decimal"], row["date"]) for row in rows}


def _territorial(territory: str) -> Iterator[str]:
    """Cultures of a territory's official languages, the most spoken first (CLDR)."""
    for language in get_official_languages(territory, de_facto=True):
        yield from lineage(f"{language.replace('_', '-')}-{territory}")


def _kin(wanted: Subtags, table: Mapping[str, tuple[str, str, str]]) -> Iterator[str]:
    """Cultures near a locale, nearest first: its language's main one, its territory's, its language's others."""
    main = subtags(wanted.language)
    yield from (name for name in (str(main), f"{main.language}-{main.territory}") if name in table)
    yield from sorted(name for name in table if name.endswith(f"-{wanted.territory}"))
    yield from sorted(name for name in table if name.startswith(f"{wanted.language}-"))
