"""What is near for a market's playbooks: holidays and moments together, each feast once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from region_profiles.models import Calendar
from region_profiles.territories import require
from tasks.culture.calendar.feasts import Holiday, english_holidays, holidays_between
from tasks.culture.calendar.moments import AS_THE_COUNTRY, Kept, kept_between

#: A feast's days off lie around it: observed on the Monday after, or some days more than the table says.
_AROUND = timedelta(days=6)


class Near(NamedTuple):
    """A moment or holiday that runs or comes."""

    start: date
    end: date
    days_until: int
    """0 where it runs already."""
    kind: Literal["day", "season", "holiday"]
    code: str | None
    """Of a moment, a holiday or not: a message of the catalogs."""
    name: str | None
    """Of a holiday that is no moment, in the reader's language."""
    language: str | None
    """BCP 47 tag of the name."""
    expected: bool


def near(
    country: str,
    as_of: date,
    horizon_days: int | None = None,
    *,
    locale: str = "en",
    subdivision: str | None = None,
    calendar: Calendar = AS_THE_COUNTRY,
) -> tuple[Near, ...]:
    """What runs on the local day after `as_of` or begins within the horizon, sorted by first day, moments first.

    A holiday that is the same feast as a moment of the market is left to the moment, which is a holiday itself where
    all its days are; the days of one holiday that follow each other are one.

    Args:
        country: an ISO 3166 code.
        as_of: last local day of the data; the report is read from the next day on.
        horizon_days: days after `as_of`; the profile's `calendar.horizon_days` where None.
        locale: the reader's, BCP 47, for the names of holidays.
        subdivision: an ISO 3166-2 code, or None.
        calendar: the part `calendar` of the market's profile.

    >>> [(n.code or n.name, n.days_until) for n in near("US", date(2026, 11, 20), 40)][:3]
    [('thanksgiving', 6), ('black_friday', 7), ('cyber_monday', 10)]
    """
    first = as_of + timedelta(days=1)
    last = as_of + timedelta(days=calendar.horizon_days if horizon_days is None else horizon_days)
    around = kept_between(country, first - _AROUND, last + _AROUND, calendar)
    market = require(country)
    days = holidays_between(country, subdivision, first - _AROUND, last + _AROUND, locale)
    feasts = {day.date: _feasts(market, day.date) for day in days}
    of_moments = {day for day, names in feasts.items() if _are_moments(day, names, around)}
    off = {day: names for day, names in feasts.items() if day in of_moments}
    found = [
        Near(m.start, m.end, max(0, (m.start - as_of).days), _kind(kept, off), m.code, None, None, m.expected)
        for kept in around
        if (m := kept.moment).start <= last and m.end >= first
    ]
    found += _joined([day for day in days if first <= day.date <= last and day.date not in of_moments], as_of)
    return tuple(sorted(found, key=lambda item: (item.start, item.code is None, item.code or item.name or "")))


def _feasts(country: str, day: date) -> tuple[str, ...]:
    """English names of a day's holidays."""
    return tuple(other.name for other in english_holidays(country, day.year) if other.date == day)


def _are_moments(day: date, feasts: tuple[str, ...], moments: tuple[Kept, ...]) -> bool:
    """Is every feast of the day one of the moments that lie on it or around it?

    Names of one day stand in each language's own order, so a day with a feast that is no moment is kept whole.
    """
    near_by = [kept for kept in moments if kept.moment.start - _AROUND <= day <= kept.moment.end + _AROUND]
    return bool(feasts) and all(any(_is(kept, name) for kept in near_by) for name in feasts)


def _is(moment: Kept, feast: str) -> bool:
    return any(part in feast for part in moment.same_as)


def _kind(kept: Kept, off: Mapping[date, tuple[str, ...]]) -> Literal["day", "season", "holiday"]:
    """A moment of days that are all public holidays for its own sake is a holiday, such as a country's national day."""
    moment = kept.moment
    days = [moment.start + timedelta(days=number) for number in range((moment.end - moment.start).days + 1)]
    kept_off = all(any(_is(kept, feast) for feast in off.get(day, ())) for day in days)
    return "holiday" if moment.kind == "day" and kept_off else moment.kind


def _joined(days: list[Holiday], as_of: date) -> list[Near]:
    """Days of one name that follow each other, as one."""
    runs: list[Near] = []
    for day in sorted(days, key=lambda item: (item.name, item.date)):
        before = runs[-1] if runs else None
        if before and before.name == day.name and day.date - before.end == timedelta(days=1):
            runs[-1] = before._replace(end=day.date, expected=before.expected or day.expected)
        else:
            until = (day.date - as_of).days
            runs.append(Near(day.date, day.date, until, "holiday", None, day.name, day.language, day.expected))
    return runs
