"""Days and times of day by CLDR's patterns (UTS 35 part 4, 'Date Format Patterns').

Each distinct day or second is spelled once, then looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import Terminal
from tasks.localize.calendars import Calendar, Day, day_of
from tasks.localize.data import cldr

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
#: CLDR's narrow space in times. Browsers and Node write a plain one, since programs stumbled over it (V8: NNBSP).
NARROW = "\u202f"
_FIRST = date(1970, 1, 1)
_DAY = 86_400
_PARTS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
#: date.min to date.max in days since 1970: what Python and the teams' programs can write.
_RANGE = (date.min.toordinal() - _FIRST.toordinal(), date.max.toordinal() - _FIRST.toordinal())

Field = str | tuple[str, int]


@cache
def fields(pattern: str) -> tuple[Field, ...]:
    """A pattern as literals and fields (letter, how many); narrow spaces are plain ones.

    >>> fields("d 'de' MMM")
    (('d', 1), ' ', 'de', ' ', ('M', 3))
    """
    return tuple(
        (match.group(2), len(match.group())) if match.group(2) else _literal(match)
        for match in _TOKEN.finditer(pattern.replace(NARROW, " "))
    )


def _literal(match: re.Match[str]) -> str:
    quoted = match.group(1)
    return match.group() if quoted is None else quoted.replace("''", "'") or "'"


@dataclass(frozen=True)
class Speller:
    """How a locale spells days and times: its facts, digits and calendar."""

    facts: Mapping[str, Any]
    digits: str
    calendar: Calendar
    language: str

    def day(self, pattern: str) -> Callable[[int], str]:
        """A function from days since 1970 to text."""
        parts = fields(pattern)

        def spell(days: int) -> str:
            day = day_of(self.calendar, _FIRST + timedelta(days=days))
            return "".join(part if isinstance(part, str) else self._date_field(*part, day) for part in parts)

        return spell

    def time(self, pattern: str) -> Callable[[int], str]:
        """A function from seconds of a day to text."""
        parts = fields(pattern)

        def spell(seconds: int) -> str:
            clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
            return "".join(part if isinstance(part, str) else self._time_field(*part, clock) for part in parts)

        return spell

    def fact(self, name: str) -> Any:
        """A fact of the calendar, the Gregorian's where its own is the same."""
        own = None if self.calendar == "gregorian" else self.facts.get(f"{self.calendar}.{name}")
        return own if own is not None else self.facts[name]

    def number(self, value: int, width: int = 1) -> str:
        """A number in the locale's digits."""
        return str(value).zfill(width).translate(self._ten)

    @cached_property
    def _ten(self) -> dict[int, str]:
        return {ord("0") + value: sign for value, sign in enumerate(self.digits)}

    def _date_field(self, letter: str, count: int, day: Day) -> str:
        if letter in "yY":  # Y, the year of a week, stands in a few patterns of months, where a year is meant
            return self.number(day.year % 100, 2) if count == 2 else self.number(day.year, count)  # noqa: PLR2004
        if letter in "ML":
            return self.number(day.month, count) if count < 3 else self._month(letter, count, day)  # noqa: PLR2004
        if letter == "d":
            return self.number(day.day, count)
        if letter in "Ec":
            width = "wide" if count == 4 else "abbreviated"  # noqa: PLR2004  UTS 35: four letters are the full name
            return str(self.facts[f"{'alone.' if letter == 'c' else ''}days.{width}"][day.weekday])
        if letter == "G":
            width = {4: "wide", 5: "narrow"}.get(count, "abbreviated")
            return str(self.fact(f"eras.{width}")[day.era])
        raise _unknown(letter)

    def _month(self, letter: str, count: int, day: Day) -> str:
        width = "wide" if count == 4 else "abbreviated"  # noqa: PLR2004
        return str(self.fact(f"{'alone.' if letter == 'L' else ''}months.{width}")[day.month - 1])

    def _time_field(self, letter: str, count: int, clock: tuple[int, int, int]) -> str:
        hour, minute, second = clock
        if letter in "HhKk":
            shown = {"H": hour, "h": (hour + 11) % 12 + 1, "K": hour % 12, "k": hour or 24}[letter]
            return self.number(shown, count)
        if letter in "ms":
            return self.number(minute if letter == "m" else second, count)
        if letter in "aB":
            return self._period(letter, count, hour)
        raise _unknown(letter)

    def _period(self, letter: str, count: int, hour: int) -> str:
        """AM and PM in their long form, as ICU has them; or the flexible period of the day."""
        half = "am" if hour < 12 else "pm"  # noqa: PLR2004  noon begins the second half
        if letter == "a":
            return str(self.facts["periods.wide"][half])
        names = self.facts["periods.wide" if count == 4 else "periods.abbreviated"]  # noqa: PLR2004
        return str(names.get(self._periods[hour] or half) or names[half])

    @cached_property
    def _periods(self) -> tuple[str | None, ...]:
        """The flexible period of each hour; points such as midnight are not among them, as in ICU."""
        rules = cldr()["periods"].get(self.language, {})
        ranges = [
            (name, int(rule["_from"][:2]), int(rule["_before"][:2])) for name, rule in rules.items() if "_from" in rule
        ]
        return tuple(
            next((name for name, begin, end in ranges if (hour - begin) % 24 < (end - begin) % 24), None)
            for hour in range(24)
        )


def _unknown(letter: str) -> Terminal:
    return Terminal("a date pattern has a field that no date form needs", value=letter, hint="see fields of UTS 35")


def step_of(pattern: str) -> int:
    """Seconds between two times that a pattern tells apart."""
    return 1 if ("s", 1) in fields(pattern) or ("s", 2) in fields(pattern) else 60


def joint(pattern: str) -> list[str]:
    """What joins a day ({1}) and a time ({0}): text before, the first's number, text between, the second's, text after.

    >>> joint("{1} 'um' {0}")
    ['', '1', ' um ', '0', '']
    """
    plain = re.sub(r"'([^']*)'", lambda quoted: quoted.group(1) or "'", pattern)
    return re.split(r"\{([01])\}", plain.replace(NARROW, " "))


# --- columns ----------------------------------------------------------------------------------------------------------


def days_of(column: pa.Array) -> pa.Array:
    """Days since 1970 of a column of dates or local timestamps; a timestamp with a zone is read there.

    Raises:
        Terminal: if the column holds something else, or days outside the years 1 to 9999.
    """
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz:
        column = pc.local_timestamp(column)
    elif not (pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_null(kind)):
        raise Terminal("not a column of days", value=str(kind), expected="dates or timestamps")
    days = pc.floor_temporal(column, unit="day") if pa.types.is_timestamp(column.type) else column
    numbers = days.cast(pa.date32(), safe=False).cast(pa.int32())
    bounds = pc.min_max(numbers).as_py()
    if bounds["min"] is not None and not _RANGE[0] <= bounds["min"] <= bounds["max"] <= _RANGE[1]:
        raise Terminal("a day outside the years 1 to 9999", value=bounds, expected="days since 1970 within them")
    return numbers


def seconds_of(column: pa.Array, step: int = 1) -> pa.Array:
    """Seconds of the day of a column of times or local timestamps, cut to multiples of `step`.

    Raises:
        Terminal: if the column holds something else.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.local_timestamp(column) if kind.tz else column
    elif not (pa.types.is_time(kind) or pa.types.is_null(kind)):
        raise Terminal("not a column of times", value=str(kind), expected="times or timestamps")
    nulls = None if column.null_count == 0 else ~np.asarray(column.is_valid())
    parts = 1 if pa.types.is_null(kind) else _PARTS[kind.unit]
    width = pa.int32() if pa.types.is_time32(kind) else pa.int64()
    whole = np.asarray(column.cast(width).fill_null(0)) // (parts * step)
    return pa.array((whole % (_DAY // step) * step).astype(np.int32), mask=nulls)


def spelled(numbers: pa.Array, spell: Callable[[int], str]) -> pa.Array:
    """Text of whole numbers, each distinct one spelled once.

    Days and seconds of a day lie close together: a table by position is faster than a hash.
    """
    bounds = pc.min_max(numbers).as_py()
    if bounds["min"] is None:
        return numbers.cast(pa.string())
    low, span = bounds["min"], bounds["max"] - bounds["min"] + 1
    if span > max(4 * len(numbers), 4 * _DAY):
        coded = numbers.dictionary_encode()
        texts = pa.array([spell(value) for value in coded.dictionary.to_pylist()], pa.string())
        return texts.take(coded.indices)
    places = np.asarray(numbers.fill_null(low)) - low
    used = np.zeros(span, dtype=np.bool_)
    used[places] = True
    texts = pa.array([spell(low + int(place)) for place in np.flatnonzero(used)], pa.string())
    index = np.cumsum(used, dtype=np.int32)[places] - 1
    nulls = None if numbers.null_count == 0 else ~np.asarray(numbers.is_valid())
    return texts.take(pa.array(index, mask=nulls))
