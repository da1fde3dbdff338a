"""What is known of business accounts: their companies, the quotes they asked for, the contracts they have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.sample.business import ACCOUNT
from tasks.sample.draws import pick
from tasks.sample.relation_cells import EMPLOYEES, STATUS, amount_code
from tasks.sample.seasons import DAYS
from tasks.sample.shop import Lines, Longs, join, take
from tasks.sample.trail import Stretch, Trail, some

#: Share of the accounts' orders that followed a quote, and quotes that led to none for each order.
QUOTED, OPEN_QUOTES = 0.4, 0.25
#: Days that a quote holds; a quote that is younger at the end of the history is still open.
HOLDS = 30
OPEN, WON, LOST, EXPIRED = range(len(STATUS))


def accounts_of(trail: Trail) -> Longs:
    """The customers that are accounts."""
    return np.flatnonzero(trail.shop.people.known["type"] == ACCOUNT).astype(np.int64)


def _unit(trail: Trail) -> int:
    return int(trail.shop.spec.money.price * 10**trail.shop.spec.money.decimals)


def companies(trail: Trail, rng: np.random.Generator) -> Lines:
    """A row for each account; a few belong to the first."""
    spec, who = trail.shop.spec, accounts_of(trail)
    if spec.business is None:
        raise ValueError(spec.drop)
    size = len(who)
    large = rng.integers(0, len(EMPLOYEES), size)
    employees = np.array(EMPLOYEES)[large]
    parent = np.where((rng.random(size) < 0.15) & (np.arange(size) > 0), who[0] if size else -1, -1)  # noqa: PLR2004
    return {
        "customer": who,
        "industry": pick(rng, spec.business.industries, size).astype(np.int64),
        "employees": employees,
        "revenue": amount_code(employees * rng.integers(800, 4000, size), 1000),
        "sites": 1 + employees // 60 + rng.integers(0, 2, size),
        "parent": parent,
    }


def contracts(trail: Trail, rng: np.random.Generator) -> Lines:
    """One contract of most accounts, of a year or several; some have ended, some have no end."""
    spec, who = trail.shop.spec, accounts_of(trail)
    if spec.business is None:
        raise ValueError(spec.drop)
    who = who[rng.random(len(who)) < 0.7]  # noqa: PLR2004  # most
    size = len(who)
    starts = trail.shop.people.known["registered"][who].astype(np.int64).clip(0) + rng.integers(5, 120, size)
    ends = starts + 365 * rng.integers(1, 4, size) - 1
    return {
        "customer": who,
        "day": np.minimum(starts, DAYS - 1),
        "ends": np.where(rng.random(size) < 0.2, -1, ends),  # noqa: PLR2004  # run until somebody ends them
        "what": pick(rng, spec.business.contracts, size).astype(np.int64),
        "amount": amount_code(trail.orders[who].astype(np.int64) * 3 * _unit(trail), _unit(trail)),
        "notice": np.array([30, 60, 90])[rng.integers(0, 3, size)],
    }


def quotes(trail: Trail, stretch: Stretch, rng: np.random.Generator) -> Iterator[Lines]:
    """Quotes before some of the accounts' orders, and others that came to nothing or are still open."""
    people, end = trail.shop.people, stretch.end
    orders = take(stretch.orders, np.flatnonzero(people.known["type"][stretch.orders["customer"]] == ACCOUNT))
    won, other = some(orders, QUOTED, rng), some(orders, OPEN_QUOTES, rng)
    size = len(other["day"])
    won["day"] = np.maximum(won["day"] - rng.integers(1, 15, len(won["day"])), stretch.first)
    other["day"] = np.minimum(other["day"] + rng.integers(1, 40, size), end - 1)
    other["order"] = np.full(size, -1)
    rows = join([won, other])
    bought = rows["order"] >= 0
    ended = np.where(rng.random(len(bought)) < 0.6, LOST, EXPIRED)  # noqa: PLR2004  # somebody said no
    still = rows["day"] + HOLDS >= DAYS
    yield {
        "customer": rows["customer"],
        "day": rows["day"],
        "valid_until": rows["day"] + HOLDS,
        "amount": amount_code(rows["amount"], _unit(trail)),
        "status": np.where(bought, WON, np.where(still, OPEN, ended)),
        "order": rows["order"],
        "order_channel": np.where(bought, rows["channel"], -1),
    }
