"""What lies in a basket: what a customer likes, what goes with it, and what is reduced."""

from __future__ import annotations

import numpy as np

from tasks.sample.habits import favourite
from tasks.sample.prices import GOODS
from tasks.sample.shop import Longs, Shop

#: Share of the lines that are of the customer's favourite kind.
LIKED = 0.35
#: Share of an order's further lines that go with its first one.
PAIRED = 0.4
#: Shares of no reduction and of each of `prices.DISCOUNTS`, below the next: of most people, and of those who wait for
#: reductions. Together they are about what DISCOUNTS says.
USUAL, WAITING = (0.82, 0.91, 0.97), (0.32, 0.6, 0.84)


def chosen(shop: Shop, customer: Longs, start: Longs, rng: np.random.Generator) -> Longs:
    """The product of each line; `start` is the row of the first line of its order.

    Neighbours on the list go together: 0 and 1, 2 and 3. Who comes regularly comes for what they use up.
    """
    size, kinds = len(customer), len(shop.spec.products)
    product = (rng.random(size) ** 2 * GOODS).astype(np.int64)
    known = customer >= 0
    first = start == np.arange(size)
    likes = favourite(customer, kinds)
    replenishes = known & (shop.people.interval[customer] > 0) & first
    liked = np.where(replenishes, likes, product - product % kinds + likes)
    product = np.where(known & ((rng.random(size) < LIKED) | replenishes), liked, product)
    product = np.where(product >= GOODS, product - kinds, product)
    paired = ~first & (rng.random(size) < PAIRED)
    return np.where(paired, product[start] ^ 1, product)


def reductions(shop: Shop, customer: Longs, rng: np.random.Generator) -> Longs:
    """Index into `prices.DISCOUNTS` for each line."""
    waits = shop.people.thrifty[customer] & (customer >= 0)
    at = rng.random(len(customer))
    found = [np.searchsorted(np.array(borders), at, side="right") for borders in (USUAL, WAITING)]
    return np.where(waits, found[1], found[0])
