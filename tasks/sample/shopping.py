"""Purchases in the order of time, a stretch of days at once: whole columns of codes, never all rows.

A stretch needs only the customers, what is still to come back from earlier stretches, and the next free order
number; memory grows with the customers and the longest stretch, not with the history.
"""

from __future__ import annotations

import numpy as np

from tasks.sample.baskets import chosen, reductions
from tasks.sample.business import ACCOUNT
from tasks.sample.draws import pick
from tasks.sample.people import store_weights
from tasks.sample.prices import QUANTITIES, STAFF
from tasks.sample.returns import Till, keep_for_return, returns
from tasks.sample.shop import (
    GIFT_CARD_REDEMPTION,
    GIFT_CARD_SALE,
    RETURN,
    SALE,
    SHIPPING,
    Lines,
    Longs,
    Shop,
    hours,
    join,
    take,
)
from tasks.sample.visits import Visits


def stretch(shop: Shop, till: Till, visits: Visits, rng: np.random.Generator) -> Lines:
    """The lines of these orders and of what came back by then, by time; duplicates of some follow at the end."""
    orders = _orders(shop, visits, rng)
    lines = _lines(shop, orders, rng)
    back = returns(shop, till, lines, visits.end, rng)
    lines = join([lines, *back])
    lines = _numbered(till, lines)
    keep_for_return(till, lines)
    return _priced(shop, _with_duplicates(shop, lines, rng))


def _orders(shop: Shop, visits: Visits, rng: np.random.Generator) -> Lines:
    shape = shop.spec.shape
    store = _stores(shop, visits.customer, visits.day, rng)
    special = rng.random(len(store))
    return {
        "customer": visits.customer,
        "store": store,
        "day": visits.day,
        "time": hours(shop, store, rng),
        "payment": _payments(shop, store, rng),
        "special": np.where(special < shape.gift_cards, 1, np.where(special > 1 - shape.redemptions, 2, 0)),
    }


def _payments(shop: Shop, store: Longs, rng: np.random.Generator) -> Longs:
    """How each order is paid: nobody hands cash to a web shop."""
    payments = shop.spec.payments
    payment = pick(rng, payments, len(store)).astype(np.int64)
    online = np.flatnonzero(shop.channel[store] > 0)
    without = [0.0 if name in shop.spec.counter else share for name, share in payments.items()]
    payment[online] = pick(rng, without, len(online))
    return payment


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
    account = (shop.people.known["type"][orders["customer"]] == ACCOUNT) & (orders["customer"] >= 0)
    gift = gift & ~account
    count = np.where(gift, 1, 1 + rng.poisson(np.where(account, 3.5, 0.55)).clip(0, 8))
    paid = (shop.channel[orders["store"]] > 0) & ~gift & (rng.random(len(gift)) < 0.3)  # noqa: PLR2004  # pay shipping
    count += paid
    at = np.repeat(np.arange(len(gift)), count)
    lines = {name: values[at] for name, values in orders.items() if name != "special"}
    size = len(at)
    starts = np.cumsum(count) - count
    lines["line"] = np.arange(size) - starts[at] + 1
    goods = len(prices.unit) - prices.gift_cards - 1
    lines["product"] = chosen(shop, lines["customer"], starts[at], rng)
    lines["quantity"] = pick(rng, list(QUANTITIES), size).astype(np.int64) + 1
    lines["quantity"] = np.where(account[at], len(QUANTITIES) + 1 - lines["quantity"], lines["quantity"])
    lines["discount"] = reductions(shop, lines["customer"], rng)
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


def _numbered(till: Till, lines: Lines) -> Lines:
    """Sort by time, lines of an order together, and number the orders."""
    row = np.where(lines["row"] < 0, lines["row"].max(initial=0) - lines["row"], lines["row"])
    by = np.lexsort((lines["line"], row, lines["time"], lines["day"]))
    lines = take(lines, by)
    begins = lines["line"] == 1
    lines["order"] = till.next_order - 1 + np.cumsum(begins)
    till.next_order += int(begins.sum())
    order_of = np.zeros(lines["row"].max(initial=0) + 1, dtype=np.int64)
    order_of[lines["row"][lines["row"] >= 0]] = lines["order"][lines["row"] >= 0]
    lines["returned"] = np.where(lines["origin"] >= 0, order_of[lines["origin"]], lines["returned"])
    return lines


def _with_duplicates(shop: Shop, lines: Lines, rng: np.random.Generator) -> Lines:
    """Add lines sent twice (`again` 1), and lines sent again under their key with another quantity (`again` 2)."""
    size = len(lines["order"])
    lines["again"] = np.zeros(size, dtype=np.int64)
    count = rng.binomial(size, shop.spec.shape.duplicates, 2)
    chosen = rng.choice(size, count.sum(), replace=False) if size else np.zeros(0, dtype=np.int64)
    same, changed = np.sort(chosen[: count[0]]), np.sort(chosen[count[0] :])
    changed = changed[lines["kind"][changed] == SALE]
    copies, corrected = take(lines, same), take(lines, changed)
    copies["again"][:] = 1
    corrected["again"][:] = 2
    corrected["quantity"] = corrected["quantity"] % len(QUANTITIES) + 1
    lines["replaced"] = np.zeros(size, dtype=np.int64)
    lines["replaced"][changed] = 1
    for extra in (copies, corrected):
        extra["replaced"] = np.zeros(len(extra["order"]), dtype=np.int64)
    return join([lines, copies, corrected])


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
