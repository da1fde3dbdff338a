"""What customers do beside buying: visits of the web shop, mailings and what comes of them, use of what they bought."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.sample.seasons import DAYS, day_of
from tasks.sample.shop import HOURS, Lines, Longs, join, take
from tasks.sample.trail import CHUNK, Stretch, Trail, goods_only, later, some

EVENTS = ("session", "view", "search", "cart", "checkout", "purchase")
USES = ("activation", "app", "warranty", "service", "complaint")
OUTCOMES = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")
#: Visits of the web shop without a purchase, for each order of a known customer; most are of nobody known.
VISITS, NOBODY = 1.3, 0.35
#: Least and most views in a visit, shares of visits with a search and a cart; ticks between two events.
VIEWS, SEARCHES, CARTS, PAUSE = (1, 3), 0.25, 0.22, 6
YES = 0


def events(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """Visits that end with an order of the web shop or the app, and others."""
    online = take(stretch.orders, np.flatnonzero(stretch.orders["channel"] > 0))
    size = int(rng.poisson(len(stretch.orders["day"]) * VISITS))
    who = trail.lively(size, rng)
    day = rng.integers(stretch.first, stretch.end, size)
    people = trail.shop.people
    gone = (people.known["registered"][who] > day) | ((people.rate[who] > 0) & (people.gone[who] <= day))
    looks = {
        "customer": np.where((rng.random(size) < NOBODY) | gone, -1, who),
        "day": day,
        "time": rng.integers(*HOURS[1], size),
        "order": np.full(size, -1),
        "channel": rng.integers(1, 3, size),
        "product": rng.integers(0, 120, size),
    }
    visits = join([{name: online[name] for name in looks}, looks])
    visits["session"] = trail.numbers("sessions", len(visits["day"]))
    yield _expanded(visits, rng)


def _expanded(visits: Lines, rng: np.random.Generator) -> Lines:
    """The events of each visit: its start, then views, now and then a search, a cart, the way to the till."""
    size = len(visits["day"])
    bought = visits["order"] >= 0
    cart = bought | (rng.random(size) < CARTS)
    views = rng.integers(VIEWS[0], VIEWS[1] + 1, size)
    counts = [np.ones(size, int), views, rng.random(size) < SEARCHES, cart, bought, bought]
    parts = []
    before = np.zeros(size, dtype=np.int64)
    for kind, count in enumerate(counts):
        times = count.astype(np.int64)
        at = np.repeat(np.arange(size), times)
        nth = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        part = take(visits, at)
        step = (before[at] + nth) * PAUSE
        part["time"] = np.minimum(part["time"] + step, 86_400 // 20 - 1)
        part["what"] = np.full(len(at), kind)
        part["order"] = np.where(kind == EVENTS.index("purchase"), part["order"], -1)
        part["product"] = np.where(kind in (1, 3), (goods_only(part["product"]) + nth * 7) % 120, -1)
        parts.append(part)
        before = before + times
    found = join(parts)
    found["order_channel"] = np.where(found["order"] >= 0, found["channel"], -1)
    return found


def campaigns(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """A row for everybody who agreed to a mailing's channel and was there on its day."""
    people = trail.shop.people
    for number, campaign in enumerate(trail.shop.spec.campaigns):
        day = day_of(campaign.day)
        if not stretch.first <= day < stretch.end:
            continue
        agreed = people.known[f"consent_{campaign.channel}"] == YES
        there = np.flatnonzero(agreed & (people.known["registered"] < day))
        for begin in range(0, len(there), CHUNK):
            who = there[begin : begin + CHUNK].astype(np.int64)
            yield {
                "customer": who,
                "day": np.full(len(who), day),
                "campaign": np.full(len(who), number),
                "mailed": np.full(len(who), number),
                "outcome": _outcomes(trail, who, day, rng),
            }


def _outcomes(trail: Trail, who: Longs, day: int, rng: np.random.Generator) -> Longs:
    """The furthest it came: who still buys, and often, opens more."""
    people = trail.shop.people
    active = (people.first[who] <= day) & (people.gone[who] > day)
    opens = 0.12 + 0.35 * active + 0.25 * np.minimum(people.rate[who] * 60, 1)
    at = rng.random(len(who))
    return np.select(
        [at < opens * 0.3, at < opens, at > 0.985, at > 0.97, at > 0.93],  # noqa: PLR2004
        [OUTCOMES.index(name) for name in ("clicked", "opened", "bounced", "unsubscribed", "sent")],
        OUTCOMES.index("delivered"),
    ).astype(np.int64)


def usage(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """Products that are registered after the purchase, cases of service about some of them, and use of the app."""
    sold = some(stretch.orders, 0.12, rng)
    cases = some(stretch.orders, 0.05, rng)
    day = later(sold, 5, stretch.end, rng)
    yield _used(sold | {"day": day}, np.zeros(len(day), dtype=np.int64), case=False, trail=trail, rng=rng)
    kinds = 2 + rng.integers(0, 3, len(cases["day"]))
    yield _used(cases | {"day": later(cases, 30, stretch.end, rng)}, kinds, case=True, trail=trail, rng=rng)
    size = int(rng.poisson(len(stretch.orders["day"]) * 0.25))
    who, day = trail.lively(size, rng), rng.integers(stretch.first, min(stretch.end, DAYS), size)
    rows = {"customer": who, "day": day, "product": np.full(size, -1)}
    yield _used(rows, np.ones(size, dtype=np.int64), case=False, trail=trail, rng=rng)


def _used(rows: Lines, kinds: Longs, *, case: bool, trail: Trail, rng: np.random.Generator) -> Lines:
    size = len(kinds)
    none = np.full(size, -1)
    solved = np.where(rng.random(size) < 0.8, 1, 0)  # noqa: PLR2004  # of the cases
    return {
        "customer": rows["customer"],
        "day": rows["day"],
        "what": kinds,
        "product": goods_only(rows["product"]),
        "case": trail.numbers("cases", size) if case else none,
        "resolved": solved if case else none,
    }
