"""Public holidays of a territory, by the holidays package, in the reader's language.

What has to be kept out: names in the language of the machine's environment (the package reads LANG where none is
given), the mark '(estimated)' in names, days that only some regions keep, and working days among the holidays.
The package is imported on first use (80 ms, and 1 to 5 ms for each country's module and year).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from region_profiles.territories import require
from tasks.culture.calendar.table import table
from tasks.errors import ProfileError

#: Stands for 'estimated' while the package writes names, whatever the language; the package itself looks for what
#: stands between the brackets of its label, and takes it out of observed days' names.
_MARK = "\x00"
_LABEL = f" ({_MARK})"
#: Languages of the package that a script or a region chooses among.
_SCRIPTS = {"zh-hant": ("zh_TW", "zh_HK"), "zh-hans": ("zh_CN",), "zh-tw": ("zh_TW",), "zh-hk": ("zh_HK", "zh_TW")}


class Holiday(NamedTuple):
    """A public holiday on one day; a feast of several days is several."""

    date: date
    name: str
    expected: bool
    """The day is calculated and not yet announced: it may come a day earlier or later."""
    day_off: bool
    """False for feasts on which people work."""
    language: str
    """BCP 47 tag of the name: the reader's language, else the territory's own."""


def holidays_between(country: str, subdivision: str | None, start: date, end: date, locale: str) -> tuple[Holiday, ...]:
    """The public holidays of a territory from `start` to `end`, both inclusive, sorted.

    Args:
        country: an ISO 3166 code, in any case.
        subdivision: an ISO 3166-2 code such as `DE-BY` or `BY`, or None for days that the whole country keeps.
        start: first local date.
        end: last local date; before `start` the answer is empty.
        locale: the reader's, BCP 47; names are in its language where the package has them.

    Returns:
        Empty also where a territory has no holidays: `why_none` says why.

    Raises:
        ProfileError: if the country or subdivision is unknown.

    >>> [day.name for day in holidays_between("DE", None, date(2026, 12, 20), date(2026, 12, 31), "de-DE")]
    ['Erster Weihnachtstag', 'Zweiter Weihnachtstag']
    """
    code, part = require(country), None if subdivision is None else subdivision.upper()
    language = _language(code, locale)
    years = range(start.year, end.year + 1)
    return tuple(day for year in years for day in _year(code, part, year, language) if start <= day.date <= end)


def why_none(country: str) -> str | None:
    """Why a territory has no holidays (`uninhabited`, `military`); None where it has.

    >>> why_none("BV"), why_none("DE")
    ('uninhabited', None)
    """
    return table().holidays.none.get(require(country))


def workdays_between(country: str, start: date, end: date) -> tuple[date, ...]:
    """Days of weekends that are worked in exchange for a long holiday (China, Russia, ...), where announced; sorted.

    >>> workdays_between("CN", date(2026, 2, 1), date(2026, 3, 1))  # State Council's notice of 4 November 2025
    (datetime.date(2026, 2, 14), datetime.date(2026, 2, 28))
    """
    code = require(country)
    # A day of December may be exchanged for one of January, and the other way round.
    worked = {day for year in range(start.year - 1, end.year + 2) for day in _made_up(code, year)}
    return tuple(sorted(day for day in worked if start <= day <= end))


def english_holidays(country: str, year: int) -> tuple[Holiday, ...]:
    """A year's holidays with English names: what the table of moments speaks of."""
    return _year(country, None, year, _language(country, "en-US"))


# --- the package ------------------------------------------------------------------------------------------------------


@cache
def _kind(country: str) -> Any:
    import holidays

    return getattr(holidays, country)


def _language(country: str, locale: str) -> str | None:
    """The package's name of the language nearest to a locale, else the territory's own; None where it has one only."""
    kind = _kind(country)
    supported: tuple[str, ...] = kind.supported_languages
    tag = locale.replace("_", "-")
    language, _, rest = tag.partition("-")
    wanted = [tag.replace("-", "_")]
    for prefix, names in _SCRIPTS.items():
        if tag.lower().startswith(prefix):
            wanted += names
    wanted += [f"{language}_{country}", language] + ([f"{language}_{rest.upper()}"] if rest else [])
    wanted += sorted(name for name in supported if name.partition("_")[0] == language and language != "zh")
    own: str | None = kind.default_language
    return next((name for name in wanted if name in supported), own)


def _built(country: str, year: int, **options: Any) -> Any:
    """A filled calendar of the package whose names carry the mark where a day is not announced."""
    kind = _kind(country)
    if "islamic_show_estimated" in kind.get_supported_options():
        options["islamic_show_estimated"] = True
    calendar = kind(**options)
    calendar.tr = _marking(calendar)
    first, last = table().holidays.tabulated.get(country, (year, year))
    with nullcontext() if first <= year <= last else warnings.catch_warnings(action="ignore"):
        calendar.get(date(year, 7, 1))  # any day fills its year
    return calendar


def _marking(calendar: Any) -> Callable[[str], str]:
    """The calendar's translation, with the mark in place of the words for 'estimated'."""
    translate: Callable[[str], str] = calendar.tr
    estimated = getattr(calendar, "estimated_label", None)
    both = getattr(calendar, "observed_estimated_label", None)
    observed = getattr(calendar, "observed_label", "%s")

    def marked(message: str) -> str:
        if message == estimated:
            return f"%s{_LABEL}"
        if message == both:
            return translate(observed) + _LABEL
        return translate(message)

    return marked


@cache
def _year(country: str, subdivision: str | None, year: int, language: str | None) -> tuple[Holiday, ...]:
    settings, kind = table().holidays, _kind(country)
    part = _subdivision(country, subdivision)
    found: dict[tuple[date, str], Holiday] = {}
    tag = (language or "en").replace("zh_CN", "zh_Hans").replace("zh_TW", "zh_Hant").replace("_", "-")
    for category in settings.categories.get(country, ("public",)):
        if category not in kind.supported_categories:
            continue
        calendar = _built(country, year, subdiv=part, language=language, categories=category)
        for day in sorted(calendar):
            for written in calendar.get_list(day):
                name = written.replace(_LABEL, "")
                expected, off = _MARK in written, category not in settings.working
                found.setdefault((day, name), Holiday(day, name, expected, off, tag))
    return tuple(sorted(found.values()))


@cache
def _made_up(country: str, year: int) -> tuple[date, ...]:
    return tuple(_built(country, year, language=_kind(country).default_language).weekend_workdays)


def _subdivision(country: str, subdivision: str | None) -> str | None:
    """The package's code of a subdivision; None where the package does not tell a country's parts apart.

    Raises:
        ProfileError: if it tells them apart and has no such one.
    """
    kind = _kind(country)
    known = {*kind.subdivisions, *kind.subdivisions_aliases}
    if subdivision is None or not known:
        return None
    part = subdivision.removeprefix(f"{country}-")
    if part not in known:
        raise ProfileError(
            "unknown subdivision", value=subdivision, expected=f"an ISO 3166-2 code: {', '.join(kind.subdivisions)}"
        )
    return part
