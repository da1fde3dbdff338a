"""How much is sold on which day: weekdays, seasons, growth."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from tasks.sample.spec import FIRST, LAST, Season

Floats = npt.NDArray[np.float64]
DAYS = (LAST - FIRST).days + 1


def day_of(day: date) -> int:
    """Number of the day, 0 on the first.

    >>> day_of(FIRST)
    0
    """
    return (day - FIRST).days


def weights(weekdays: tuple[float, ...], seasons: tuple[Season, ...]) -> Floats:
    """Relative sales of each day of the history, mean about 1, growing by a tenth a year."""
    dates = [FIRST + timedelta(days=day) for day in range(DAYS)]
    factors = np.array([weekdays[day.weekday()] for day in dates])
    for season in seasons:
        for number, day in enumerate(dates):
            if _within(day, season):
                factors[number] *= season.factor
    growth = 1 + 0.1 * np.arange(DAYS) / 365
    result: Floats = factors * growth / np.mean(factors * growth)
    return result


def _within(day: date, season: Season) -> bool:
    if any(first <= day <= last for first, last in season.spans):
        return True
    if season.yearly is None:
        return False
    first, last = season.yearly
    here = (day.month, day.day)
    return first <= here <= last if first <= last else here >= first or here <= last


def cumulated(by_day: Floats) -> Floats:
    """Sales before each day and, last, in all: `result[b] - result[a]` is what days a to b-1 sell."""
    return np.concatenate([[0.0], np.cumsum(by_day)])


def draw_days(rng: np.random.Generator, before: Floats, low: Floats, high: Floats) -> npt.NDArray[np.int32]:
    """A day for each pair of cumulated sales, in proportion to what the days between sell."""
    at = low + rng.random(low.shape) * (high - low)
    return np.clip(np.searchsorted(before, at, side="right") - 1, 0, DAYS - 1).astype(np.int32)
