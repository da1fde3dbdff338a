"""How much is sold on which day, weekdays, seasons, growth; and which stores are open then."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from tasks.sample.spec import FIRST, LAST, MarketSpec, Season, Store

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
            if within(day, season):
                factors[number] *= season.factor
    growth = 1 + 0.1 * np.arange(DAYS) / 365
    result: Floats = factors * growth / np.mean(factors * growth)
    return result


def within(day: date, season: Season) -> bool:
    """Whether the season holds on that day.

    >>> within(date(2025, 1, 2), Season(name="turn of the year", factor=2, yearly=((12, 10), (1, 5))))
    True
    """
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


def standing_in(stores: tuple[Store, ...]) -> npt.NDArray[np.int32]:
    """By store and day: the store that is open in its place: itself, where it moved to, or whoever takes over."""
    numbers = {store.id: number for number, store in enumerate(stores)}
    open_there = np.repeat(np.arange(len(stores), dtype=np.int32)[:, None], DAYS, axis=1)
    for number, store in enumerate(stores):
        instead = numbers[store.instead or stores[0].id]
        open_there[number, : max(day_of(store.opened), 0)] = instead
        if store.closed is not None:
            open_there[number, day_of(store.closed) + 1 :] = instead
        if store.relocated_to is not None:
            new = numbers[store.relocated_to]
            open_there[number, day_of(stores[new].opened) :] = new
    # Before a store opens its customers go to the old one, and while it moves wherever those of the old one go.
    return open_there[open_there, np.arange(DAYS)]


def resting(spec: MarketSpec) -> npt.NDArray[np.bool_]:
    """By day: whether stores are closed, because of the weekday or a public holiday."""
    days = [FIRST + timedelta(days=day) for day in range(DAYS)]
    return np.array([day.weekday() in spec.rest or (day.month, day.day) in spec.holidays for day in days])
