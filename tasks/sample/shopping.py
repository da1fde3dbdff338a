"""Purchases in the order of time, a stretch of days at once: whole columns of codes, never all rows.

A stretch needs only the customers, what is still to come back from earlier stretches, and the next free order
number; memory grows with the customers and the longest stretch, not with the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from tasks.sample.people import NEVER, People, pick, store_weights
from tasks.sample.prices import DISCOUNTS, QUANTITIES, STAFF, Prices
from tasks.sample.seasons import DAYS, Floats, cumulated, day_of, draw_days
from tasks.sample.spec import FIRST, MarketSpec

Longs = npt.NDArray[np.int64]
Lines = dict[str, Longs]
SALE, RETURN, SHIPPING, GIFT_CARD_SALE, GIFT_CARD_REDEMPTION = range(5)
#: Times of day are multiples of so many seconds: 4,320 words instead of 86,400, and every UTC offset is a multiple.
TICK = 20
OPENS, CLOSES = 9 * 3600 // TICK, 20 * 3600 // TICK
CHANNELS = ("store", "web", "app")
KEPT_FOR_RETURN = ("customer", "store", "product", "quantity", "discount", "order", "payment", "day")


@dataclass(slots=True)
class Till:
    """State between stretches: the next order number, and goods that will come back."""

    next_order: int = 1
    pending: list[Lines] = field(default_factory=list)


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


def stretch(shop: Shop, till: Till, first: int, end: int, rng: np.random.Generator) -> Lines:
    """The lines of the days `first` to `end - 1`, by time; duplicates of some follow at the end."""
    orders = _orders(shop, first, end, rng)
    lines = _lines(shop, orders, rng)
    back = _returns(shop, till, lines, first, end, rng)
    lines = _join([lines, *back])
    lines = _numbered(till, lines)
    _keep_for_return(till, lines)
    return _priced(shop, _with_duplicates(shop, lines, rng))


def _orders(shop: Shop, first: int, end: int, rng: np.random.Generator) -> Lines:
    people, shape, before = shop.people, shop.spec.shape, cumulated(shop.stores)
    new = np.flatnonzero((people.first >= first) & (people.first < end))
    low = before[np.clip(people.first + 1, first, end)]
    high = before[np.clip(people.gone, first, end)]
    again = np.repeat(np.arange(len(people)), rng.poisson(np.maximum(high - low, 0) * people.rate))
    customer = np.concatenate([new, again])
    day = np.concatenate([people.first[new], draw_days(rng, before, low[again], high[again])])
    guests = rng.poisson(len(customer) * shape.guests / (1 - shape.guests))
    span = np.full(guests, before[first]), np.full(guests, before[end])
    customer = np.concatenate([customer, np.full(guests, -1)]).astype(np.int64)
    day = np.concatenate([day, draw_days(rng, before, *span)]).astype(np.int64)
    store = _stores(shop, customer, day, rng)
    size = len(customer)
    special = rng.random(size)
    return {
        "customer": customer,
        "store": store,
        "day": day,
        "time": rng.integers(OPENS, CLOSES, size),
        "payment": pick(rng, shop.spec.payments, size).astype(np.int64),
        "special": np.where(special < shape.gift_cards, 1, np.where(special > 1 - shape.redemptions, 2, 0)),
    }


def _stores(shop: Shop, customer: Longs, day: Longs, rng: np.random.Generator) -> Longs:
    people, groups = shop.people, shop.spec.people.groups
    group = np.where(customer < 0, pick(rng, [g.share for g in groups], len(customer)), people.known["group"][customer])
    elsewhere = rng.random(len(customer)) < 0.15  # noqa: PLR2004  # not in the home store
    store = people.known["home_store"][customer].astype(np.int64)
    online = (rng.random(len(customer)) < people.web[customer]) & (customer >= 0)
    for number, who in enumerate(groups):
        here = np.flatnonzero((group == number) & (elsewhere | (customer < 0)))
        store[here] = pick(rng, store_weights(shop.spec, who), len(here))
        here = np.flatnonzero((group == number) & online)
        store[here] = pick(rng, store_weights(shop.spec, who, ("web", "app")), len(here))
    # A store that rests on this weekday sells nothing: its customers find the web shop.
    resting = np.flatnonzero(shop.resting[day] & (shop.channel[store] == 0))
    for number, who in enumerate(groups):
        here = resting[group[resting] == number]
        store[here] = pick(rng, store_weights(shop.spec, who, ("web", "app")), len(here))
    return shop.moved[store, day].astype(np.int64)


def _lines(shop: Shop, orders: Lines, rng: np.random.Generator) -> Lines:
    spec, prices = shop.spec, shop.prices
    gift = orders["special"] == 1
    count = np.where(gift, 1, 1 + rng.poisson(0.55, len(gift)).clip(0, 8))
    paid = (shop.channel[orders["store"]] > 0) & ~gift & (rng.random(len(gift)) < 0.3)  # noqa: PLR2004  # pay shipping
    count += paid
    at = np.repeat(np.arange(len(gift)), count)
    lines = {name: values[at] for name, values in orders.items() if name != "special"}
    size = len(at)
    starts = np.cumsum(count) - count
    lines["line"] = np.arange(size) - starts[at] + 1
    goods = len(prices.unit) - prices.gift_cards - 1
    lines["product"] = (rng.random(size) ** 2 * goods).astype(np.int64)
    lines["quantity"] = pick(rng, list(QUANTITIES), size).astype(np.int64) + 1
    lines["discount"] = pick(rng, [share for _, share in DISCOUNTS], size).astype(np.int64)
    kind = np.where(orders["special"] == 2, GIFT_CARD_REDEMPTION, SALE)[at]  # noqa: PLR2004  # code of `special`
    lines["payment"] = np.where(kind == GIFT_CARD_REDEMPTION, len(spec.payments), lines["payment"])
    card = np.flatnonzero(gift[at])
    kind[card] = GIFT_CARD_SALE
    lines["product"][card] = goods + rng.integers(0, prices.gift_cards, len(card))
    delivery = (starts + count - 1)[paid]
    kind[delivery], lines["product"][delivery] = SHIPPING, prices.shipping
    plain = np.isin(kind, (SHIPPING, GIFT_CARD_SALE))
    lines["quantity"][plain], lines["discount"][plain] = 1, 0
    staff = (shop.people.known["employee"][lines["customer"]] == 1) & (lines["customer"] >= 0) & ~plain
    lines["discount"][staff] = STAFF
    none = np.full(size, -1)
    return lines | {"kind": kind.astype(np.int64), "returned": none, "returned_channel": none, "row": at,
                    "order": none, "origin": none}  # fmt: skip


def _returns(shop: Shop, till: Till, lines: Lines, first: int, end: int, rng: np.random.Generator) -> list[Lines]:
    """Goods that come back within the stretch, of earlier ones and of its own; the rest waits in the till."""
    shape, size = shop.spec.shape, len(lines["row"])
    sold = (lines["kind"] == SALE) | (lines["kind"] == GIFT_CARD_REDEMPTION)
    chosen = np.flatnonzero(sold & (rng.random(size) < shape.returns))
    # Weeks, now and then months.
    lag = (2 + rng.exponential(35, len(chosen))).astype(np.int64).clip(2, 240)
    own = {name: lines[name][chosen] for name in ("row", *KEPT_FOR_RETURN)}
    own["due"] = own["day"] + lag
    own["receipt"] = (rng.random(len(chosen)) >= shape.returns_without_order).astype(np.int64)
    later = (own["due"] >= end) & (own["due"] < DAYS)
    lines["returns"] = np.zeros(size, dtype=np.int64)
    lines["returns"][chosen[later]] = own["due"][later] * 2 + own["receipt"][later]
    back = [_coming_back(shop, _take(own, np.flatnonzero(own["due"] < end)), first, rng)]
    waiting = []
    for batch in till.pending:
        due = batch["due"] < end
        back.append(_coming_back(shop, _take(batch, np.flatnonzero(due)), first, rng))
        if not due.all():
            waiting.append(_take(batch, np.flatnonzero(~due)))
    till.pending = waiting
    below = 0
    for batch in back:
        batch["row"] = below - 1 - np.arange(len(batch["day"]))
        below -= len(batch["day"])
    return back


def _coming_back(shop: Shop, batch: Lines, first: int, rng: np.random.Generator) -> Lines:
    """Lines of goods that come back; `origin` is the row of an order of this stretch, -1 for earlier orders."""
    size = len(batch["due"])
    day = np.maximum(batch["due"], first)
    with_receipt = batch["receipt"] == 1
    none = np.full(size, -1)
    return {
        **{name: batch[name] for name in ("customer", "product", "quantity", "discount", "payment")},
        "store": shop.moved[batch["store"], day].astype(np.int64),
        "day": day,
        "time": rng.integers(OPENS, CLOSES, size),
        "line": np.ones(size, dtype=np.int64),
        "kind": np.full(size, RETURN),
        "returned": np.where(with_receipt, batch["order"], -1),
        "returned_channel": np.where(with_receipt, shop.channel[batch["store"]], -1),
        "origin": np.where(with_receipt, batch["row"], -1) if "row" in batch else none,
        "order": none,
        "returns": np.zeros(size, dtype=np.int64),
    }


def _numbered(till: Till, lines: Lines) -> Lines:
    """Sort by time, lines of an order together, and number the orders."""
    row = np.where(lines["row"] < 0, lines["row"].max(initial=0) - lines["row"], lines["row"])
    by = np.lexsort((lines["line"], row, lines["time"], lines["day"]))
    lines = _take(lines, by)
    begins = lines["line"] == 1
    lines["order"] = till.next_order - 1 + np.cumsum(begins)
    till.next_order += int(begins.sum())
    order_of = np.zeros(lines["row"].max(initial=0) + 1, dtype=np.int64)
    order_of[lines["row"][lines["row"] >= 0]] = lines["order"][lines["row"] >= 0]
    lines["returned"] = np.where(lines["origin"] >= 0, order_of[lines["origin"]], lines["returned"])
    return lines


def _keep_for_return(till: Till, lines: Lines) -> None:
    at = np.flatnonzero(lines["returns"] > 0)
    if len(at):
        batch = {name: lines[name][at] for name in KEPT_FOR_RETURN}
        batch["due"], batch["receipt"] = np.divmod(lines["returns"][at], 2)
        till.pending.append(batch)


def _with_duplicates(shop: Shop, lines: Lines, rng: np.random.Generator) -> Lines:
    """Add lines sent twice (`again` 1), and lines sent again under their key with another quantity (`again` 2)."""
    size = len(lines["order"])
    lines["again"] = np.zeros(size, dtype=np.int64)
    count = rng.binomial(size, shop.spec.shape.duplicates, 2)
    chosen = rng.choice(size, count.sum(), replace=False) if size else np.zeros(0, dtype=np.int64)
    same, changed = np.sort(chosen[: count[0]]), np.sort(chosen[count[0] :])
    changed = changed[lines["kind"][changed] == SALE]
    copies, corrected = _take(lines, same), _take(lines, changed)
    copies["again"][:] = 1
    corrected["again"][:] = 2
    corrected["quantity"] = corrected["quantity"] % len(QUANTITIES) + 1
    lines["replaced"] = np.zeros(size, dtype=np.int64)
    lines["replaced"][changed] = 1
    for extra in (copies, corrected):
        extra["replaced"] = np.zeros(len(extra["order"]), dtype=np.int64)
    return _join([lines, copies, corrected])


def _priced(shop: Shop, lines: Lines) -> Lines:
    prices = shop.prices
    back = (lines["kind"] == RETURN).astype(np.int64)
    period = prices.period[lines["day"]].astype(np.int64)
    money = prices.code(lines["product"], lines["quantity"], lines["discount"], period, back)
    rate = prices.rate[lines["store"], lines["day"]].astype(np.int64)
    return lines | {
        "money": money,
        "tax": money * len(prices.rates) + rate,
        "units": lines["quantity"] * 2 + back,
        "currency": period,
        "channel": shop.channel[lines["store"]].astype(np.int64),
    }


def _take(lines: Lines, at: Longs) -> Lines:
    return {name: values[at] for name, values in lines.items()}


def _join(parts: list[Lines]) -> Lines:
    return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def stretches(borders: list[int], limit: float, shop: Shop) -> Iterator[tuple[int, int, int]]:
    """(first, end, number of the delivery) so that no stretch crosses a border of deliveries or is too long."""
    share = expected_lines(shop) / DAYS
    for number, (low, high) in enumerate(zip(borders, borders[1:], strict=False)):
        parts = min(max(1, int(np.ceil((high - low) * share / limit))), high - low)
        edges = np.linspace(low, high, parts + 1).round().astype(int).tolist()
        for first, end in zip(edges, edges[1:], strict=False):
            yield first, end, number
