"""What customers like, who comes regularly, and what they say of themselves when they sign up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.sample.business import ACCOUNT, PERSON
from tasks.sample.draws import Ints, pick
from tasks.sample.spec import MarketSpec

#: Of those who come again, where the market sells what is used up.
REPLENISHERS = 0.07
#: Days between an account's orders.
CYCLES = (28, 28, 56, 91)
#: Share that answers questions about themselves.
ANSWERS = 0.65


def favourite(customer: npt.NDArray[Any], kinds: int) -> Ints:
    """The kind of product that each customer likes best: a hash of their number, so that nobody has to keep it."""
    favourites: Ints = (customer.astype(np.int64) * 40503 >> 4) % kinds
    return favourites


def lasting(spec: MarketSpec) -> Ints:
    """By product name: the days after which it is used up, 0 where it is not."""
    days = [spec.goods[name].lasts_days or 0 if name in spec.goods else 0 for name in spec.products]
    return np.array(days, dtype=np.int32)


def regular(
    spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints], again: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Days between purchases of accounts, and of some who like what is used up; 0 for all others."""
    lasts = lasting(spec)[favourite(known["customer"], len(spec.products))].astype(np.int64)
    likes = int(np.count_nonzero(lasting(spec))) / len(spec.products)
    chosen = again & (lasts > 0) & (rng.random(len(lasts)) < (REPLENISHERS / likes if likes else 0))
    chosen &= (known["visitor"] == 0) & (known["type"] == PERSON)
    cycle = np.array(CYCLES)[rng.integers(0, len(CYCLES), len(lasts))]
    return np.where(known["type"] == ACCOUNT, cycle, np.where(chosen, lasts, 0))


def say(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints]) -> None:
    """What is stated at sign-up, -1 where nothing is: only what the market's form asks for."""
    asked = {field.value for field in spec.tables["customers"].fields.values()}
    size = len(known["customer"])
    silent = (rng.random(size) > ANSWERS) | (known["type"] != PERSON)
    household = 1 + rng.binomial(5, 0.28, size)
    children = np.minimum(rng.binomial(3, 0.25, size), household - 1)
    found = {"household": household, "children": children}
    found |= {name: pick(rng, weights, size) for name, weights in spec.stated.items()}
    for name in sorted(asked & found.keys()):
        known[name] = np.where(silent, -1, found[name]).astype(np.int8)
