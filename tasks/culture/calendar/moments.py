"""A market's shopping moments and seasons between two days."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from region_profiles.findings import nearest
from region_profiles.models import Calendar
from region_profiles.territories import require
from tasks.culture.calendar.feasts import english_holidays
from tasks.culture.calendar.places import territories_of
from tasks.culture.calendar.rules import Found, days_of
from tasks.culture.calendar.table import Entry, Moves, Point, table
from tasks.errors import ProfileError

AS_THE_COUNTRY = Calendar()


class Moment(NamedTuple):
    """A moment's first and last day; `code` is a message of the catalogs (context `moment`)."""

    code: str
    kind: Literal["day", "season"]
    start: date
    end: date
    expected: bool
    """A day of it is not announced yet."""


class Kept(NamedTuple):
    """A moment with what comparisons and the list of what is near ask of its entry."""

    moment: Moment
    moves: Moves | None
    same_as: tuple[str, ...]


def moments_between(country: str, start: date, end: date, calendar: Calendar = AS_THE_COUNTRY) -> tuple[Moment, ...]:
    """Moments of a territory with a day from `start` to `end`, both inclusive, sorted by first day and code.

    Args:
        country: an ISO 3166 code, in any case.
        start: first local date.
        end: last local date.
        calendar: the part `calendar` of the market's profile: what it adds and drops.

    Raises:
        ProfileError: if the country, or a code that the profile adds or drops, is unknown.

    >>> [(m.code, m.start.isoformat()) for m in moments_between("CN", date(2026, 2, 1), date(2026, 3, 1))]
    [('valentines_day', '2026-02-14'), ('lunar_new_year', '2026-02-16')]
    """
    return tuple(kept.moment for kept in kept_between(country, start, end, calendar))


def kept_between(country: str, start: date, end: date, calendar: Calendar = AS_THE_COUNTRY) -> tuple[Kept, ...]:
    """`moments_between` with what the table says beside the dates."""
    market = require(country)
    _known_codes(calendar)
    # A season of one year may reach into the next; a day shifted back over New Year belongs to the rule's next year.
    years = range(start.year - 1, end.year + 2)
    found = {kept for year in years for kept in _year(market, calendar, year)}
    held = [kept for kept in found if kept.moment.start <= end and kept.moment.end >= start]
    return tuple(sorted(held, key=lambda kept: (kept.moment.start, kept.moment.code)))


def _known_codes(calendar: Calendar) -> None:
    codes = {entry.code for entry in table().moments}
    for key, given in (("drop", calendar.drop), ("add", tuple(calendar.add))):
        for code in given:
            if code not in codes:
                raise ProfileError("unknown moment", path=f"calendar.{key}", value=code, hint=nearest(code, codes))
    for code, country in calendar.add.items():
        if not _entry(require(country), code):
            raise ProfileError(f"{country} has no such moment", path=f"calendar.add.{code}", value=country)


@cache
def _entries(country: str) -> dict[str, tuple[Entry, ...]]:
    """code: the entries that name a territory, its own code before its region before all."""
    ranks = {country: 0, territories_of()[country]: 1, "world": 2}
    found: dict[str, list[tuple[int, Entry]]] = {}
    for entry in table().moments:
        rank = min((ranks[place] for place in entry.where if place in ranks), default=None)
        if rank is not None and country not in entry.except_:
            found.setdefault(entry.code, []).append((rank, entry))
    return {
        code: tuple(entry for _, entry in sorted(ranked, key=lambda pair: pair[0])) for code, ranked in found.items()
    }


def _entry(country: str, code: str) -> Entry | None:
    return next(iter(_entries(country).get(code, ())), None)


@cache
def _dated(country: str, code: str, year: int) -> tuple[Kept, ...]:
    """A territory's moments of a code whose rule falls in a year."""
    entry = _entry(country, code)
    if entry is None or (entry.if_holiday and not _has_holiday(country, entry.if_holiday, year)):
        return ()
    found = []
    for first in _days(entry.start, country, year):
        last, expected = _last(entry, first, country)
        unannounced = entry.known_until is not None and year > entry.known_until
        moment = Moment(entry.code, entry.kind, first.day, last, first.expected or expected or unannounced)
        found.append(Kept(moment, entry.moves, entry.same_as))
    return tuple(found)


def _days(point: Point, country: str, year: int) -> tuple[Found, ...]:
    if point.after is None:
        return days_of(point, country, year)
    days = timedelta(days=point.after.days + point.shift)
    others = _dated(point.after.of, point.after.moment, year)
    return tuple(Found(kept.moment.start + days, kept.moment.expected) for kept in others)


def _last(entry: Entry, first: Found, country: str) -> tuple[date, bool]:
    """The last day of what begins on a day, and whether it is expected only."""
    if entry.end is None:
        return first.last or first.day + timedelta(days=(entry.days or 1) - 1), False
    years = (first.day.year, first.day.year + 1)
    ends = [found for year in years for found in _days(entry.end, country, year) if found.day >= first.day]
    closest = min(ends, default=first)
    return closest.day, closest.expected


def _has_holiday(country: str, names: tuple[str, ...], year: int) -> bool:
    return any(name in day.name for day in english_holidays(country, year) for name in names)


def _year(country: str, calendar: Calendar, year: int) -> tuple[Kept, ...]:
    places = dict.fromkeys(_entries(country), country) | dict(calendar.add)
    dropped = set(calendar.drop)
    return tuple(kept for code, of in places.items() if code not in dropped for kept in _dated(of, code, year))
