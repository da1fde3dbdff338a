"""What purchases leave behind for the other tables: who bought how much, gave how much back, and holds how many points.

A trail is kept by customer, never by purchase, so it grows as the customers do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tasks.sample.facts import excluded
from tasks.sample.prices import GOODS
from tasks.sample.shop import RETURN, SHIPPING, Lines, Longs, Shop, take

#: Rows made at once where a table has some for every customer.
CHUNK = 200_000


@dataclass(slots=True)
class Trail:
    """State by customer; `amount` is of a money code, without sign, in smallest units."""

    shop: Shop
    amount: Longs = field(init=False)
    orders: npt.NDArray[np.int32] = field(init=False)
    returned: npt.NDArray[np.int32] = field(init=False)
    points: npt.NDArray[np.int32] = field(init=False)
    excluded: npt.NDArray[np.bool_] = field(init=False)
    """Whose rows do not count."""
    _drawn: npt.NDArray[np.float64] = field(init=False)
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people, size = self.shop.people, len(self.shop.people)
        self.amount = self.shop.prices.table()["amount"]
        self.orders, self.returned, self.points = (np.zeros(size, dtype=np.int32) for _ in range(3))
        self.excluded = excluded(self.shop.spec, people)
        # Who buys more looks around more; who never bought looks around, too.
        self._drawn = np.cumsum(people.rate + 0.002, dtype=np.float64)

    def add(self, orders: Lines, back: Lines) -> None:
        """Remember these orders and returned goods."""
        np.add.at(self.orders, orders["customer"], 1)
        np.add.at(self.returned, back["customer"], 1)

    def lively(self, size: int, rng: np.random.Generator) -> Longs:
        """Customers, drawn by how often they buy."""
        found: Longs = np.searchsorted(self._drawn, rng.random(size) * self._drawn[-1], side="right")
        return np.minimum(found, len(self._drawn) - 1)

    def numbers(self, table: str, size: int) -> Longs:
        """The next row numbers of a table."""
        first = self._numbers.get(table, 1)
        self._numbers[table] = first + size
        return first + np.arange(size, dtype=np.int64)

    def pleasure(self, customer: Longs, rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """How content each customer is, about 0 to 1: less with every thing brought back, more with every order."""
        kept = 0.12 * np.minimum(self.orders[customer], 3)
        back = 0.25 * np.minimum(self.returned[customer], 3)
        return (0.62 + kept - back + rng.normal(0, 0.16, len(customer))).clip(0, 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days of the history: `orders` and `back` are of known customers, each with day, order, store, product."""

    first: int
    end: int
    orders: Lines
    """The first line of each order, with the `amount` of its goods."""
    back: Lines


#: Makes the rows of one table for a stretch, in parts: codes by the names that `relation_cells` knows.
Maker = Callable[[Trail, Stretch, np.random.Generator], Iterator[Lines]]
_KEPT = ("customer", "order", "channel", "store", "product", "day", "time")


def stretch_of(trail: Trail, lines: Lines, first: int, end: int) -> Stretch:
    """What happened in a stretch, from its lines."""
    once = (lines["again"] == 0) & (lines["customer"] >= 0)
    sold = np.flatnonzero(once & (lines["kind"] != RETURN) & (lines["kind"] != SHIPPING))
    begins = np.flatnonzero(once & (lines["line"] == 1) & (lines["kind"] != RETURN))
    base = int(lines["order"].min(initial=0))
    sums = np.bincount(lines["order"][sold] - base, trail.amount[lines["money"][sold]], minlength=1)
    orders = {name: lines[name][begins] for name in _KEPT}
    orders["amount"] = sums[orders["order"] - base].astype(np.int64)
    back = take(lines, np.flatnonzero(once & (lines["kind"] == RETURN)))
    back = {name: back[name] for name in (*_KEPT, "returned", "returned_channel")}
    return Stretch(first, end, orders, back)


def some(rows: Lines, share: float, rng: np.random.Generator) -> Lines:
    """A share of the rows."""
    return take(rows, np.flatnonzero(rng.random(len(rows["day"])) < share))


def later(rows: Lines, days: int, end: int, rng: np.random.Generator) -> Longs:
    """For each row a day up to `days` after it, within the stretch."""
    found: Longs = rows["day"] + rng.integers(1, days + 1, len(rows["day"]))
    return found.clip(max=end - 1)


def goods_only(product: Longs) -> Longs:
    """Products; -1 for gift cards and shipping."""
    return np.where(product < GOODS, product, -1)
