"""Who shops on which day, drawn for long blocks of the history at once: each block looks at every customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.sample.seasons import DAYS, cumulated, draw_days
from tasks.sample.shop import Ints, Longs, Shop

#: Orders of a block, about: six bytes each, and few blocks even for tens of millions of purchases.
BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class Visits:
    """The orders of one stretch, by day: `customer` is -1 for guests; `delivery` numbers the file they go to."""

    first: int
    end: int
    delivery: int
    customer: Longs
    day: Longs


def visits(
    shop: Shop, stretches: Sequence[tuple[int, int, int]], lines: float, rng: np.random.Generator
) -> Iterator[Visits]:
    """The orders of each of `stretches` (first day, end, number of the delivery); about `lines` are in all of them."""
    days = max(int(DAYS * BLOCK / max(lines, 1)), 1)
    blocks: list[list[tuple[int, int, int]]] = []
    for stretch in stretches:
        if not blocks or stretch[1] - blocks[-1][0][0] > days:
            blocks.append([])
        blocks[-1].append(stretch)
    for block in blocks:
        customer, day = _drawn(shop, block[0][0], block[-1][1], rng)
        for first, end, delivery in block:
            here = slice(*np.searchsorted(day, [first, end]))
            yield Visits(first, end, delivery, customer[here].astype(np.int64), day[here].astype(np.int64))


def _drawn(shop: Shop, first: int, end: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Customer and day of the orders of the days `first` to `end - 1`, by day."""
    people, guests, before = shop.people, shop.spec.shape.guests, cumulated(shop.stores)
    new = np.flatnonzero((people.first >= first) & (people.first < end))
    here = (people.first < end) & (people.gone > first)
    active = np.flatnonzero((people.rate > 0) & (people.interval == 0) & here).astype(np.int32)
    low = before[np.clip(people.first[active] + 1, first, end)]
    high = before[np.clip(people.gone[active], first, end)]
    at = np.repeat(np.arange(len(active)), rng.poisson(np.maximum(high - low, 0) * people.rate[active]))
    days = draw_days(rng, before, low[at], high[at])
    cycle, due = _regular(shop, np.flatnonzero((people.interval > 0) & here).astype(np.int32), first, end, rng)
    again, days = np.concatenate([active[at], cycle]), np.concatenate([days, due])
    known = len(new) + len(again)
    strangers = rng.poisson(known * guests / (1 - guests))
    span = np.full(strangers, before[first]), np.full(strangers, before[end])
    customer = np.concatenate([new.astype(np.int32), again, np.full(strangers, -1, dtype=np.int32)])
    day = np.concatenate([people.first[new], days.astype(np.int16), draw_days(rng, before, *span).astype(np.int16)])
    by = np.argsort(day, kind="stable")
    return customer[by], day[by]


def _regular(shop: Shop, who: Ints, first: int, end: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Customer and day of the orders of those who come at intervals, give or take three days."""
    people = shop.people
    begin, step = people.first[who].astype(np.int64), people.interval[who].astype(np.int64)
    low = np.maximum((first - begin + step - 1) // step, 1)
    high = np.maximum((np.minimum(people.gone[who], end) - begin + step - 1) // step, 1)
    count = np.maximum(high - low, 0)
    at = np.repeat(np.arange(len(who)), count)
    nth = low[at] + np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    day = (begin[at] + nth * step[at] + rng.integers(-3, 4, len(at))).clip(first, end - 1)
    return who[at], np.maximum(day, begin[at]).astype(np.int32)
