"""Days of a rule in a year: calendars as the holidays package computes them, and arithmetic of weekdays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from tasks.culture.calendar.feasts import english_holidays
from tasks.culture.calendar.table import Point, WeekdayRule

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE = {"chinese": "CHINESE_CALENDAR", "korean": "KOREAN_CALENDAR", "vietnamese": "VIETNAMESE_CALENDAR"}
_FEASTS = {
    "ramadan": "ramadan_beginning_dates",
    "eid_al_fitr": "eid_al_fitr_dates",
    "eid_al_adha": "eid_al_adha_dates",
}
#: A month of the moon.
_SHORT, _LONG = 29, 30


class Found(NamedTuple):
    """A day that a rule gives; `last` where an announcement says it."""

    day: date
    expected: bool = False
    last: date | None = None


def days_of(point: Point, country: str, year: int) -> tuple[Found, ...]:
    """The days of a rule for a territory whose date before any shift lies in `year`, sorted. None, one or two."""
    return tuple(sorted({_settled(point, found) for found in _found(point, country, year)}))


def _found(point: Point, country: str, year: int) -> Iterable[Found]:
    if point.islamic:
        return _islamic(country, point.islamic, year)
    if point.holiday:
        return _holiday(country, point.holiday, year)
    if point.dates:
        pairs = [(given, None) if isinstance(given, date) else given for given in point.dates]
        return [Found(first, last=last) for first, last in pairs if first.year == year]
    return [Found(day) for day in (_gregorian(point, year) or _lunisolar(point, year))]


def _settled(point: Point, found: Found) -> Found:
    """After the shift and exceptions. A shifted day may lie in the next year or the one before."""
    day = found.day + timedelta(days=point.shift)
    for move in point.moved:
        easter = None if move.easter is None else _easter(day.year) + timedelta(days=move.easter)
        if day == easter or _DAYS[day.weekday()] == move.on:
            day += timedelta(days=move.days)
            break
    return found._replace(day=point.instead.get(day, day))


# --- Gregorian --------------------------------------------------------------------------------------------------------


def _gregorian(point: Point, year: int) -> list[date]:
    if point.on:
        return [_month_day(point.on, year)]
    if point.weekday:
        return _weekday(point.weekday, year)
    return [_easter(year, orthodox=point.easter == "orthodox")] if point.easter else []


def _month_day(text: str, year: int) -> date:
    return date(year, int(text[:2]), int(text[3:]))


def _weekday(rule: WeekdayRule, year: int) -> list[date]:
    """The weekday of a year; none where a month has no fifth.

    >>> _weekday(WeekdayRule(day="thursday", nth=4, month=11), 2026)
    [datetime.date(2026, 11, 26)]
    """
    wanted = _DAYS.index(rule.day)
    if rule.from_ is not None:
        first = _month_day(rule.from_, year)
        return [first + timedelta(days=(wanted - first.weekday()) % 7)]
    if rule.until is not None:
        last = _month_day(rule.until, year)
        return [last - timedelta(days=(last.weekday() - wanted) % 7)]
    month, nth = rule.month or 1, rule.nth or 1
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return [last - timedelta(days=(last.weekday() - wanted) % 7)]
    first = date(year, month, 1)
    day = first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (nth - 1))
    return [day] if day.month == month else []


def _easter(year: int, *, orthodox: bool = False) -> date:
    from dateutil.easter import (  # type: ignore[import-untyped]  # comes with holidays, without types
        EASTER_ORTHODOX,
        EASTER_WESTERN,
        easter,
    )

    found: date = easter(year, EASTER_ORTHODOX if orthodox else EASTER_WESTERN)
    return found


def _holiday(country: str, names: tuple[str, ...], year: int) -> list[Found]:
    """Days of the territory's own holidays of these names, the first of each run."""
    days = {day.date: day.expected for day in english_holidays(country, year) if day.name in names}
    return [Found(day, expected) for day, expected in sorted(days.items()) if day - timedelta(days=1) not in days]


# --- other calendars --------------------------------------------------------------------------------------------------


def _lunisolar(point: Point, year: int) -> list[date]:
    if point.chinese:
        from holidays.calendars.chinese import _ChineseLunisolar

        chinese = _ChineseLunisolar(_CHINESE[point.calendar])
        return _known(getattr(chinese, f"{point.chinese}_date")(year)[0])
    if point.hindu:
        from holidays.calendars.hindu import _HinduLunisolar

        return _known(getattr(_HinduLunisolar(), f"{point.hindu}_date")(year)[0])
    if point.hebrew:
        from holidays.calendars.hebrew import _HebrewLunisolar

        found = getattr(_HebrewLunisolar(), f"{point.hebrew}_date")(year)
        days = found if isinstance(found, set) else _known(found)
        return [day for day in days if day.year == year]
    if point.persian:
        from holidays.calendars.persian import _Persian

        return _known(_Persian().persian_to_gregorian(year, int(point.persian[:2]), int(point.persian[3:])))
    return []


def _known(day: date | None) -> list[date]:
    return [] if day is None else [day]


@cache
def _islamic_calendar(country: str) -> Any:
    """The territory's own calendar with what was announced there, else Umm al-Qura."""
    import holidays
    from holidays.calendars.islamic import _IslamicLunar

    return getattr(getattr(holidays, country)(), "_islamic_calendar", None) or _IslamicLunar()


def _islamic(country: str, feast: str, year: int) -> list[Found]:
    days = {Found(day, expected) for day, expected in _feast(country, feast, year) if day.year == year}
    return [_ramadan(country, found) for found in days] if feast == "ramadan" else list(days)


def _feast(country: str, feast: str, year: int) -> list[tuple[date, bool]]:
    return list(getattr(_islamic_calendar(country), _FEASTS[feast])(year))


def _ramadan(country: str, found: Found) -> Found:
    """The first of Ramadan, 29 or 30 days before the feast: that is announced and recorded more often."""
    later = [
        (day - found.day).days
        for year in (found.day.year, found.day.year + 1)
        for day, _ in _feast(country, "eid_al_fitr", year)
    ]
    length = min((days for days in later if days > 0), default=_LONG)
    return found._replace(day=found.day + timedelta(days=length - min(max(length, _SHORT), _LONG)))
