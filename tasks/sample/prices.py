"""The price list: products, and every amount that a line can have, so that each is written only once.

A line's amounts follow from its product, quantity, discount, price period and sign; all these together are one
`money` code. Amounts are integers in the smallest unit the market writes (cents; whole yen).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tasks.sample.seasons import DAYS, day_of
from tasks.sample.spec import MarketSpec

Longs = npt.NDArray[np.int64]
QUANTITIES = (0.78, 0.14, 0.05, 0.02, 0.01)
DISCOUNTS = ((0, 0.72), (10, 0.12), (20, 0.1), (50, 0.06))
#: Percent and share of lines; staff pay as in the third.
STAFF = 2
GOODS = 120


@dataclass(frozen=True, slots=True)
class Prices:
    """`unit[product, period]` in smallest units; goods first, then gift cards, then shipping."""

    unit: Longs
    gift_cards: int
    currencies: tuple[str, ...]
    period: npt.NDArray[np.int32]
    """By day of the history."""
    rates: tuple[float, ...]
    """Distinct tax rates."""
    rate: npt.NDArray[np.int32]
    """By store and day: index into `rates`."""

    @property
    def shipping(self) -> int:
        """Product number of shipping."""
        return len(self.unit) - 1

    @property
    def codes(self) -> int:
        """Number of money codes."""
        return len(self.unit) * len(QUANTITIES) * len(DISCOUNTS) * len(self.currencies) * 2

    def code(self, product: Longs, quantity: Longs, discount: Longs, period: Longs, back: Longs) -> Longs:
        """The money code of lines; `back` is 1 for goods returned."""
        code = (product * len(QUANTITIES) + quantity - 1) * len(DISCOUNTS) + discount
        return (code * len(self.currencies) + period) * 2 + back

    def table(self) -> dict[str, Longs]:
        """All codes' amounts, without sign: full, discount, amount; and their unit price, period, product."""
        code = np.arange(self.codes)
        rest, back = np.divmod(code, 2)
        rest, period = np.divmod(rest, len(self.currencies))
        rest, discount = np.divmod(rest, len(DISCOUNTS))
        product, quantity = np.divmod(rest, len(QUANTITIES))
        unit = self.unit[product, period]
        full = unit * (quantity + 1)
        off = full * np.array([percent for percent, _ in DISCOUNTS])[discount] // 100
        return {"unit_price": unit, "full": full, "discount": off, "amount": full - off, "back": back,
                "period": period, "product": product, "quantity": quantity + 1}  # fmt: skip


def price_list(spec: MarketSpec, rng: np.random.Generator) -> Prices:
    """Draw the market's prices around its median, at its price endings."""
    money, scale = spec.money, 10**spec.money.decimals
    plain = money.price * np.exp(rng.normal(0, 0.8, GOODS))
    factors = np.array([period.factor for period in money.periods])
    goods = np.maximum(np.rint(plain / money.step), 1) * money.step - money.less
    # A new currency or a price rise keeps the endings only where it is no conversion of the old prices.
    listed = np.rint(goods[:, None] * factors[None, :] * scale)
    cards = np.array([*money.gift_cards])[:, None] * np.where(factors[None, :] < 1, factors, 1)
    shipping = np.array([money.shipping])[:, None] * factors[None, :]
    unit = np.concatenate([listed, np.rint(cards * scale), np.rint(shipping * scale)]).astype(np.int64)
    rates, rate = _tax(spec)
    return Prices(unit, len(money.gift_cards), tuple(p.currency for p in money.periods),
                  _steps([p.since for p in money.periods]), rates, rate)  # fmt: skip


def _steps(since: list[date]) -> npt.NDArray[np.int32]:
    """By day: the number of the last period that has begun."""
    starts = np.array([day_of(day) for day in since])
    return (np.searchsorted(starts, np.arange(DAYS), side="right") - 1).clip(0).astype(np.int32)


def _tax(spec: MarketSpec) -> tuple[tuple[float, ...], npt.NDArray[np.int32]]:
    by_date = spec.money.tax or ((date(2000, 1, 1), 0.0),)
    rates = tuple(dict.fromkeys([*(rate for _, rate in by_date), *(s.tax for s in spec.stores if s.tax is not None)]))
    national = _steps([since for since, _ in by_date])
    index = np.array([rates.index(rate) for _, rate in by_date])[national]
    return rates, np.stack([
        np.full(DAYS, rates.index(store.tax)) if store.tax is not None else index for store in spec.stores
    ]).astype(np.int32)  # fmt: skip


def tax_of(amount: Longs, rate: float, basis: str) -> Longs:
    """Tax of amounts in smallest units, rounded half up: on top of a net amount, or within a gross one.

    >>> tax_of(np.array([11900]), 0.19, "gross"), tax_of(np.array([10000]), 0.19, "net")
    (array([1900]), array([1900]))
    """
    tenths = round(rate * 100_000)
    whole = 100_000 if basis == "net" else 100_000 + tenths
    return (2 * amount * tenths + whole) // (2 * whole)
