"""What purchases are drawn from: the shop with its people, prices and stores, and stretches of its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tasks.sample.people import NEVER, People
from tasks.sample.prices import Prices
from tasks.sample.seasons import DAYS, Floats, day_of
from tasks.sample.spec import FIRST, MarketSpec

Longs = npt.NDArray[np.int64]
Lines = dict[str, Longs]
SALE, RETURN, SHIPPING, GIFT_CARD_SALE, GIFT_CARD_REDEMPTION = range(5)
#: Times of day are multiples of so many seconds: 4,320 words instead of 86,400, and every UTC offset is a multiple.
TICK = 20
OPENS, CLOSES = 9 * 3600 // TICK, 20 * 3600 // TICK
CHANNELS = ("store", "web", "app")


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything a stretch is drawn from."""

    spec: MarketSpec
    people: People
    prices: Prices
    stores: Floats
    """Sales by day."""
    resting: npt.NDArray[np.bool_]
    """By day: stores are closed, the web shop is not."""
    moved: npt.NDArray[np.int32]
    """By store and day: the store that is open in its place."""
    channel: npt.NDArray[np.int32]
    """By store."""


def open_shop(spec: MarketSpec, people: People, prices: Prices, stores: Floats) -> Shop:
    """Work out which store stands in for a closed one."""
    numbers = {store.id: number for number, store in enumerate(spec.stores)}
    moved = np.repeat(np.arange(len(spec.stores), dtype=np.int32)[:, None], DAYS, axis=1)
    for number, store in enumerate(spec.stores):
        instead = numbers[store.relocated_to or spec.stores[0].id]
        moved[number, : max(day_of(store.opened), 0)] = instead
        if store.closed is not None:
            moved[number, day_of(store.closed) + 1 :] = instead
    channel = np.array([CHANNELS.index(store.channel) for store in spec.stores], dtype=np.int32)
    resting = np.array([(FIRST + timedelta(days=day)).weekday() in spec.rest for day in range(DAYS)])
    return Shop(spec, people, prices, stores, resting, moved, channel)


def expected_lines(shop: Shop) -> float:
    """About how many lines the history has."""
    people = shop.people
    orders = (people.first < NEVER).sum() + (people.rate * (people.gone - people.first)).sum()
    return float(orders) / (1 - shop.spec.shape.guests) * 1.65


def take(lines: Lines, at: Longs) -> Lines:
    """The lines at these places."""
    return {name: values[at] for name, values in lines.items()}


def join(parts: list[Lines]) -> Lines:
    """The parts one after another."""
    return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def stretches(borders: list[int], limit: float, shop: Shop) -> Iterator[tuple[int, int, int]]:
    """(first, end, number of the delivery) so that no stretch crosses a border of deliveries or is too long."""
    share = expected_lines(shop) / DAYS
    for number, (low, high) in enumerate(pairwise(borders)):
        parts = min(max(1, int(np.ceil((high - low) * share / limit))), high - low)
        edges = np.linspace(low, high, parts + 1).round().astype(int).tolist()
        for first, end in pairwise(edges):
            yield first, end, number
