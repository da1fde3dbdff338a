"""Loyalty: points earned by purchases, redeemed, expired; tiers and joining."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from tasks.sample.seasons import DAYS
from tasks.sample.shop import Lines, Longs
from tasks.sample.spec import FIRST
from tasks.sample.trail import Stretch, Trail

MOVEMENTS = ("earn", "redeem", "expire", "tier", "join", "adjust")
EARN, REDEEM, EXPIRE, TIER, JOIN, ADJUST = range(len(MOVEMENTS))
#: Points of a thing at the median price; a redemption asks for as many as some purchases bring.
PER_THING, LEAST = 35, 150
#: From the first order on it takes so many days until the tier is given, and a year until it is looked at again.
WAIT, YEAR = 45, 365
#: Days between two looks at points that nobody used.
CLEARED = 182


def loyalty(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """Movements of the loyalty accounts of those who bought in the stretch, joined, or lost what they had."""
    spec, people = trail.shop.spec, trail.shop.people
    orders = stretch.orders
    if spec.tables["loyalty"].since == FIRST + timedelta(days=stretch.first):
        had = np.flatnonzero(trail.points)  # carried forward, so that the movements come to what the card says
        yield _rows(had, np.full(len(had), stretch.first), ADJUST, trail.points[had].astype(np.int64))
    unit = spec.money.price * 10**spec.money.decimals / PER_THING
    earned = np.maximum((orders["amount"] / unit).astype(np.int64), 1)
    np.add.at(trail.points, orders["customer"], earned)
    good = orders["day"] + spec.points_last
    yield _rows(orders["customer"], orders["day"], EARN, earned, good)
    paying = np.unique(orders["customer"][rng.random(len(earned)) < 0.25])  # noqa: PLR2004  # of the orders
    paying = paying[trail.points[paying] >= LEAST]
    points = trail.points[paying] // 50 * 50
    trail.points[paying] -= points
    day = rng.integers(stretch.first, stretch.end, len(paying))
    yield _rows(paying, day, REDEEM, points.astype(np.int64))
    yield from _expired(trail, stretch)
    yield from _tiers(trail, stretch)
    joined = np.flatnonzero((people.known["registered"] >= stretch.first) & (people.known["registered"] < stretch.end))
    yield _rows(joined, people.known["registered"][joined].astype(np.int64), JOIN, np.zeros(len(joined), np.int64))


def _expired(trail: Trail, stretch: Stretch) -> Iterator[Lines]:
    """Twice a year those who stayed away lose what they had."""
    gone, days = trail.shop.people.gone, trail.shop.spec.points_last
    for day in range(-(-stretch.first // CLEARED) * CLEARED, stretch.end, CLEARED):
        lost = np.flatnonzero((trail.points > 0) & (gone + days <= day))
        points = trail.points[lost].astype(np.int64)
        trail.points[lost] = 0
        yield _rows(lost, np.full(len(lost), day), EXPIRE, points)


def _tiers(trail: Trail, stretch: Stretch) -> Iterator[Lines]:
    """Whoever has a tier above the first gets it after some weeks, and each year as long as they buy."""
    people = trail.shop.people
    first = people.first.astype(np.int64)
    for year in range(DAYS // YEAR + 1):
        day = first + WAIT + YEAR * year
        here = (people.known["tier"] > 0) & (day >= stretch.first) & (day < stretch.end)
        who = np.flatnonzero(here & ((year == 0) | (day < people.gone)))
        rows = _rows(who, day[who], TIER, np.full(len(who), -1))
        yield rows | {"tier": people.known["tier"][who].astype(np.int64), "tier_until": day[who] + YEAR}


def _rows(customer: Longs, day: Longs, kind: int, points: Longs, expires: Longs | None = None) -> Lines:
    size = len(customer)
    none = np.full(size, -1)
    return {
        "customer": customer.astype(np.int64),
        "day": day.astype(np.int64),
        "what": np.full(size, kind),
        "points": points,
        "minus": np.full(size, int(kind in (REDEEM, EXPIRE))),
        "expires": none if expires is None else expires,
        "tier": none,
        "tier_until": none,
    }
