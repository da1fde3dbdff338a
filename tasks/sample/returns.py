"""Goods that come back, weeks or months after they were sold: the only thing that one stretch leaves to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tasks.sample.seasons import DAYS
from tasks.sample.shop import GIFT_CARD_REDEMPTION, RETURN, SALE, Lines, Longs, Shop, hours, take

KEPT_FOR_RETURN = ("customer", "store", "product", "quantity", "discount", "order", "payment", "day")


@dataclass(slots=True)
class Till:
    """State between stretches: the next order number, and goods that will come back."""

    next_order: int = 1
    pending: list[Lines] = field(default_factory=list)


def returns(shop: Shop, till: Till, lines: Lines, end: int, rng: np.random.Generator) -> list[Lines]:
    """Goods that come back before the stretch's `end`, of earlier ones and of its own; the rest waits in the till."""
    shape, size = shop.spec.shape, len(lines["row"])
    sold = (lines["kind"] == SALE) | (lines["kind"] == GIFT_CARD_REDEMPTION)
    chosen = np.flatnonzero(sold & (rng.random(size) < shape.returns))
    # Weeks, now and then months.
    lag = (2 + rng.exponential(35, len(chosen))).astype(np.int64).clip(2, 240)
    own = {name: lines[name][chosen] for name in ("row", *KEPT_FOR_RETURN)}
    own["due"] = _open_on(shop, own["store"], own["day"] + lag)
    own["receipt"] = (rng.random(len(chosen)) >= shape.returns_without_order).astype(np.int64)
    later = (own["due"] >= end) & (own["due"] < DAYS)
    lines["returns"] = np.zeros(size, dtype=np.int64)
    lines["returns"][chosen[later]] = own["due"][later] * 2 + own["receipt"][later]
    back = [_coming_back(shop, take(own, np.flatnonzero(own["due"] < end)), rng)]
    waiting = []
    for batch in till.pending:
        due = batch["due"] < end
        back.append(_coming_back(shop, take(batch, np.flatnonzero(due)), rng))
        if not due.all():
            waiting.append(take(batch, np.flatnonzero(~due)))
    till.pending = waiting
    below = 0
    for batch in back:
        batch["row"] = below - 1 - np.arange(len(batch["day"]))
        below -= len(batch["day"])
    return back


def _open_on(shop: Shop, store: Longs, day: Longs) -> Longs:
    """The day, or the next on which a store is open; days after the history stay as they are."""
    closed = np.append(shop.resting, False)  # one day more than the history has
    for _ in range(7):
        day = day + (closed[day.clip(max=DAYS)] & (shop.channel[store] == 0))
    return day


def _coming_back(shop: Shop, batch: Lines, rng: np.random.Generator) -> Lines:
    """Lines of goods that come back; `origin` is the row of an order of this stretch, -1 for earlier orders."""
    size = len(batch["due"])
    day = batch["due"]
    store = shop.moved[batch["store"], day].astype(np.int64)
    with_receipt = batch["receipt"] == 1
    none = np.full(size, -1)
    return {
        **{name: batch[name] for name in ("customer", "product", "quantity", "discount", "payment")},
        "store": store,
        "day": day,
        "time": hours(shop, store, rng),
        "line": np.ones(size, dtype=np.int64),
        "kind": np.full(size, RETURN),
        "returned": np.where(with_receipt, batch["order"], -1),
        "returned_channel": np.where(with_receipt, shop.channel[batch["store"]], -1),
        "origin": np.where(with_receipt, batch["row"], -1) if "row" in batch else none,
        "order": none,
        "returns": np.zeros(size, dtype=np.int64),
    }


def keep_for_return(till: Till, lines: Lines) -> None:
    """Put into the till what will come back after this stretch; orders have their numbers by now."""
    at = np.flatnonzero(lines["returns"] > 0)
    if len(at):
        batch = {name: lines[name][at] for name in KEPT_FOR_RETURN}
        batch["due"], batch["receipt"] = np.divmod(lines["returns"][at], 2)
        till.pending.append(batch)
