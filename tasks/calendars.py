"""Dates of other calendars to Gregorian, by arithmetic: Buddhist, ROC, Japanese eras, Persian, Hijri.

Persian: the 33-year rule of Birashk's cycles as `jalaali-js` uses it (Borkowski's breaks), exact for 1178-1633 AP.
Hijri: the civil (tabular) calendar with leap years 2 5 7 10 13 16 18 21 24 26 29 of 30. Announced dates, and those of
Umm al-Qura, differ by up to two days, so the manifest marks a drop read this way.
"""

from __future__ import annotations

from datetime import date, timedelta

#: First Gregorian year of each era; an era's first year is 1 (元). Dates within a changing year follow the era named.
ERAS = {
    "明治": 1868,
    "大正": 1912,
    "昭和": 1926,
    "平成": 1989,
    "令和": 2019,
    "M": 1868,
    "T": 1912,
    "S": 1926,
    "H": 1989,
    "R": 2019,
    "明": 1868,
    "大": 1912,
    "昭": 1926,
    "平": 1989,
    "令": 2019,
}
BUDDHIST_OFFSET = 543  # Thailand since 1941
ROC_OFFSET = 1911
_BREAKS = (-61, 9, 38, 199, 426, 686, 756, 818, 1111, 1181, 1210, 1635, 2060, 2097, 2192, 2262, 2324, 2394, 2456, 3178)
_PERSIAN_LONG_MONTHS = 6  # of 31 days; the others have 30, the last 29 outside leap years
_HIJRI_EPOCH = date(622, 7, 19)  # 1 Muharram 1 of the civil calendar, proleptic Gregorian


def gregorian(calendar: str, year: int, month: int, day: int) -> date | None:
    """The Gregorian date of a date in `calendar`, or None where there is no such day.

    >>> gregorian("buddhist", 2567, 2, 29), gregorian("persian", 1403, 1, 1), gregorian("hijri", 1445, 9, 1)
    (datetime.date(2024, 2, 29), datetime.date(2024, 3, 20), datetime.date(2024, 3, 11))
    """
    try:
        if calendar == "buddhist":
            return date(year - BUDDHIST_OFFSET, month, day)
        if calendar == "roc":
            return date(year + ROC_OFFSET, month, day)
        if calendar == "persian":
            return _persian(year, month, day)
        if calendar == "hijri":
            return _hijri(year, month, day)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _persian(year: int, month: int, day: int) -> date | None:
    leap, new_year = _persian_year(year)
    days = 31 if month <= _PERSIAN_LONG_MONTHS else 30 if month < 12 or leap else 29  # noqa: PLR2004 - months
    if not (1 <= month <= 12 and 1 <= day <= days):  # noqa: PLR2004 - months
        return None
    elapsed = 31 * (month - 1) if month <= _PERSIAN_LONG_MONTHS + 1 else 30 * (month - 1) + _PERSIAN_LONG_MONTHS
    return new_year + timedelta(days=elapsed + day - 1)


def _persian_year(year: int) -> tuple[bool, date]:
    """Is the year a leap year, and the Gregorian date of its first day (Nowruz)."""
    before = _BREAKS[0]
    leaps, span = -14, 0
    for after in _BREAKS[1:]:
        span = after - before
        if year < after:
            break
        leaps += span // 33 * 8 + span % 33 // 4
        before = after
    else:
        raise ValueError(year)
    position = year - before
    leaps += position // 33 * 8 + (position % 33 + 3) // 4
    if span % 33 == 4 and span - position == 4:  # noqa: PLR2004 - of the 33-year cycle
        leaps += 1
    western = year + 621
    western_leaps = western // 4 - (western // 100 + 1) * 3 // 4 - 150
    in_cycle = position - span + (span + 4) // 33 * 33 if span - position < 6 else position  # noqa: PLR2004 - last cycle
    leap = (((in_cycle + 1) % 33) - 1) % 4 == 0
    return leap, date(western, 3, 20 + leaps - western_leaps)


def _hijri(year: int, month: int, day: int) -> date | None:
    leap = (11 * year + 14) % 30 < 11  # noqa: PLR2004 - eleven leap years of thirty
    days = 30 if month % 2 or (month == 12 and leap) else 29  # noqa: PLR2004 - months
    if not (1 <= month <= 12 and 1 <= day <= days):  # noqa: PLR2004 - months
        return None
    elapsed = (year - 1) * 354 + (3 + 11 * year) // 30 + (59 * (month - 1) + 1) // 2 + day - 1
    return _HIJRI_EPOCH + timedelta(days=elapsed)
