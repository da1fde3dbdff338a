"""Days in the calendars that are some territory's first: Gregorian, Persian, Buddhist."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

Calendar = Literal["gregorian", "persian", "buddhist"]

#: Years between the eras: 1941 made Buddhist and Gregorian years begin together.
_BUDDHIST = 543
#: The day before 1 Farvardin 1 in ICU's reckoning, which counts back from today by cycles.
_PERSIAN = date(622, 3, 20).toordinal()
#: Where 33-year cycles and the vernal equinox at Iran's meridian part (ICU 77, persncal.cpp): no leap years, though
#: cycles make them so; the year after each is one. The first is 1502, which ends in 2124.
_NO_LEAP = frozenset({
    1502, 1601, 1634, 1667, 1700, 1733, 1766, 1799, 1832, 1865, 1898, 1931, 1964, 1997, 2030, 2059, 2063, 2096, 2129,
    2158, 2162, 2191, 2195, 2224, 2228, 2257, 2261, 2290, 2294, 2323, 2327, 2356, 2360, 2389, 2393, 2422, 2426, 2455,
    2459, 2488, 2492, 2521, 2525, 2554, 2558, 2587, 2591, 2620, 2624, 2653, 2657, 2686, 2690, 2719, 2723, 2748, 2752,
    2756, 2781, 2785, 2789, 2818, 2822, 2847, 2851, 2855, 2880, 2884, 2888, 2913, 2917, 2921, 2946, 2950, 2954, 2979,
    2983, 2987,
})  # fmt: skip


class Day(NamedTuple):
    """A day in its calendar. `era` counts from the oldest of two: 1 is the present one of the Gregorian calendar."""

    year: int
    month: int
    day: int
    weekday: int
    """0 is Monday."""
    era: int


def day_of(calendar: Calendar, day: date) -> Day:
    """A day of the Gregorian calendar in another.

    >>> day_of("persian", date(2026, 11, 22))[:3], day_of("buddhist", date(2026, 11, 22))[:3]
    ((1405, 9, 1), (2569, 11, 22))
    """
    weekday = day.weekday()
    if calendar == "persian":
        return Day(*_persian(day.toordinal()), weekday, -1)
    if calendar == "buddhist":
        return Day(day.year + _BUDDHIST, day.month, day.day, weekday, -1)
    return Day(day.year, day.month, day.day, weekday, 1)


def _new_year(year: int) -> int:
    """Ordinal of 1 Farvardin: 33-year cycles with 8 leap years."""
    start = _PERSIAN + 1 + 365 * (year - 1) + (8 * year + 21) // 33
    return start - 1 if year - 1 in _NO_LEAP else start


def _persian(ordinal: int) -> tuple[int, int, int]:
    year = (33 * (ordinal - _PERSIAN - 1) + 3) // 12053 + 1
    while _new_year(year) > ordinal:
        year -= 1
    while _new_year(year + 1) <= ordinal:
        year += 1
    days = ordinal - _new_year(year)
    long = 31 * 6
    month, day = divmod(days, 31) if days < long else divmod(days - long, 30)
    return year, (month if days < long else month + 6) + 1, day + 1
