"""What purchases are drawn from: the shop with its people, prices and stores, and stretches of its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.sample.people import NEVER, People
from tasks.sample.prices import Prices
from tasks.sample.seasons import DAYS, Floats, resting, standing_in
from tasks.sample.spec import MarketSpec

Longs = npt.NDArray[np.int64]
Lines = dict[str, Longs]
Ints = npt.NDArray[np.signedinteger[Any]]
SALE, RETURN, SHIPPING, GIFT_CARD_SALE, GIFT_CARD_REDEMPTION = range(5)
#: Times of day are multiples of so many seconds: 4,320 words instead of 86,400, and every UTC offset is a multiple.
TICK = 20
#: Hours of the stores, and those in which the web shop sells: on either side of midnight in UTC, for a Korean one.
HOURS = ((9 * 3600 // TICK, 20 * 3600 // TICK), (7 * 3600 // TICK, 23 * 3600 // TICK))
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
    """Work out which store stands in for a closed one, and when stores rest."""
    channel = np.array([CHANNELS.index(store.channel) for store in spec.stores], dtype=np.int32)
    return Shop(spec, people, prices, stores, resting(spec), standing_in(spec.stores), channel)


def expected_lines(shop: Shop) -> float:
    """About how many lines the history has."""
    people = shop.people
    again = float((people.rate * (people.gone - people.first)).sum(dtype=np.float64))
    return (int((people.first < NEVER).sum()) + again) / (1 - shop.spec.shape.guests) * 1.65


def hours(shop: Shop, store: Longs, rng: np.random.Generator) -> Longs:
    """A time of day for each order in that store: the web shop sells while the others sleep."""
    online = (shop.channel[store] > 0).astype(np.int64)
    low, high = np.array(HOURS).T
    times: Longs = rng.integers(low[online], high[online])
    return times


def take(lines: Lines, at: Longs) -> Lines:
    """The lines at these places."""
    return {name: values[at] for name, values in lines.items()}


def join(parts: list[Lines]) -> Lines:
    """The parts one after another."""
    return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def stretches(borders: list[int], limit: float, lines: float) -> Iterator[tuple[int, int, int]]:
    """(first, end, number of the delivery) so that no stretch crosses a border of deliveries or is too long.

    `lines` is how many the history has, about.
    """
    for number, (low, high) in enumerate(pairwise(borders)):
        parts = min(max(1, int(np.ceil((high - low) * lines / DAYS / limit))), high - low)
        edges = np.linspace(low, high, parts + 1).round().astype(int).tolist()
        for first, end in pairwise(edges):
            yield first, end, number
