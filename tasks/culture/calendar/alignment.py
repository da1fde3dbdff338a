"""Which window of last year to compare with one of this year. The rule is told in docs/calendar.md."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from region_profiles.models import Calendar
from tasks.culture.calendar.moments import AS_THE_COUNTRY, Moment, kept_between
from tasks.errors import Terminal

#: 52 weeks: the same weekdays.
YEAR = 364
#: A longer window holds a feast in both years or spans more of the seasons than a feast can outweigh.
LONGEST = 182
#: How far a feast may move against 52 weeks: a leap month moves lunisolar feasts by 20 days, Easter goes up to 34.
_REACH = timedelta(days=45)


class Alignment(NamedTuple):
    """The window to compare with, as long as the one of this year."""

    start: date
    end: date
    shift_days: int
    """Days between the two windows; 364 where no feast moves."""
    by: str | None
    """Code of the moment that lies alike in both windows thanks to the shift."""
    expected: bool = False
    """The feast's day, this year or last, is calculated and was not announced when the tables were made."""
    unaligned: tuple[str, ...] = ()
    """Codes of moving feasts that still differ: the comparison has to say so."""


class _Feast(NamedTuple):
    """A moving feast, this year and last; `lead` days before it matter too."""

    code: str
    weight: int
    lead: int
    now: Moment
    then: Moment

    @property
    def shift(self) -> int:
        return (self.now.start - self.then.start).days


def aligned(country: str, start: date, end: date, calendar: Calendar = AS_THE_COUNTRY) -> Alignment:
    """The window of last year that compares with `start` to `end`, both inclusive.

    It lies 52 weeks before, weekday upon weekday. Where a feast that moves (`moves` in the table) then has more days
    in one of the two windows than in the other, or more of the days before it, the window may lie as far before as
    that feast did: it takes the shift that leaves least, the sum of weight x days of difference over all feasts; of
    equals that of the feast which 52 weeks would put out most. A window of more than 26 weeks is never shifted.

    Args:
        country: an ISO 3166 code.
        start: first local date of this year's window.
        end: last local date, not before `start`.
        calendar: the part `calendar` of the market's profile.

    Raises:
        Terminal: if the window ends before it starts.
        ProfileError: if the country is unknown.

    >>> aligned("DE", date(2025, 4, 14), date(2025, 4, 21))[:4]  # Easter: 2025-04-20, 2024-03-31
    (datetime.date(2024, 3, 25), datetime.date(2024, 4, 1), 385, 'easter')
    >>> aligned("DE", date(2025, 6, 23), date(2025, 6, 29))[2:4]
    (364, None)
    """
    if end < start:
        raise Terminal("a window ends before it starts", value=f"{start} to {end}", expected="start <= end")
    feasts = _feasts(country, start, end, calendar)
    unshifted = _left(feasts, start, end, YEAR)
    ways = [(_left(feasts, start, end, feast.shift), feast) for feast in feasts if feast.code in unshifted]
    best = min(ways, key=lambda way: (sum(way[0].values()), -unshifted[way[1].code], way[1].now.start), default=None)
    if best is None or (end - start).days >= LONGEST or sum(best[0].values()) >= sum(unshifted.values()):
        found = Alignment(start - timedelta(days=YEAR), end - timedelta(days=YEAR), YEAR, None)
        left = unshifted
    else:
        left, feast = best
        back, expected = timedelta(days=feast.shift), feast.now.expected or feast.then.expected
        found = Alignment(start - back, end - back, feast.shift, feast.code, expected)
    one_sided = _codes(country, start, end, calendar) ^ _codes(country, found.start, found.end, calendar)
    return found._replace(unaligned=tuple(sorted(one_sided | set(left))))


def _codes(country: str, start: date, end: date, calendar: Calendar) -> set[str]:
    """Moving feasts of a window, those too that have no date in the other year."""
    return {kept.moment.code for kept in kept_between(country, start, end, calendar) if kept.moves}


def _left(feasts: list[_Feast], start: date, end: date, shift: int) -> dict[str, int]:
    """code: weight x days of difference of the feasts that differ when last year's window lies `shift` days before."""
    left: dict[str, int] = {}
    for feast in feasts:
        days = _difference(feast, start, end, shift)
        if days:
            left[feast.code] = left.get(feast.code, 0) + feast.weight * days
    return left


def _feasts(country: str, start: date, end: date, calendar: Calendar) -> list[_Feast]:
    """Moving feasts near the window, each with the one of a year before."""
    year = timedelta(days=YEAR)
    then = kept_between(country, start - year - 2 * _REACH, end - year + 3 * _REACH, calendar)
    feasts = []
    for kept in kept_between(country, start - _REACH, end + 2 * _REACH, calendar):
        before = [other.moment for other in then if other.moment.code == kept.moment.code]
        nearest = min(before, key=lambda other: abs(kept.moment.start - year - other.start), default=None)
        if kept.moves and nearest and abs(kept.moment.start - year - nearest.start) <= _REACH:
            feasts.append(_Feast(kept.moment.code, kept.moves.weight, kept.moves.lead, kept.moment, nearest))
    return feasts


def _difference(feast: _Feast, start: date, end: date, shift: int) -> int:
    """By how many days of the feast and how many before it the windows differ, last year's `shift` days before.

    A month of the moon, or a sale, may be a day longer than the year before: that alone is no difference.
    """
    back = timedelta(days=shift)
    now, run_up_now = _held(feast.now, feast.lead, start, end)
    then, run_up_then = _held(feast.then, feast.lead, start - back, end - back)
    longer = abs((feast.now.end - feast.now.start) - (feast.then.end - feast.then.start)).days
    return max(0, abs(now - then) - longer) + max(0, abs(run_up_now - run_up_then) - longer)


def _held(moment: Moment, lead: int, start: date, end: date) -> tuple[int, int]:
    """Days of a moment, and of the `lead` days before it, that a window holds."""
    day = timedelta(days=1)
    return _overlap(moment.start, moment.end, start, end), _overlap(
        moment.start - lead * day, moment.start - day, start, end
    )


def _overlap(first: date, last: date, start: date, end: date) -> int:
    return max(0, (min(last, end) - max(first, start)).days + 1)
