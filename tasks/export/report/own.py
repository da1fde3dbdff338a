"""What the customers of a segment or an audience are like: the numbers with which a plan is filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from region_profiles.playbook_models import AUDIENCE
from tasks.export.background import Background
from tasks.export.report.parts import Count, columns, counted, part, selected
from tasks.export.shown import shown
from tasks.files import parquet
from tasks.sql import name as quoted

#: Channels that ask for consent.
CHANNELS = ("email", "app", "sms", "phone", "post")
#: Home stores that a plan names.
STORES = 3
_WANTED = (
    "basket_local",
    "category_main",
    "next_category",
    "home_store",
    "holdout",
    *(f"consent_{c}" for c in CHANNELS),
)


@dataclass(frozen=True, slots=True)
class Own:
    """Figures of one segment. `contactable` customers by channel; `holdout` customers, -1 where there is no holdout.

    `basket` is the median of the customers' average purchases, in the market's currency. Categories and stores are
    named only where at least `Privacy.minimum_count` customers stand behind them; protected categories are in no trait.
    """

    customers: int = 0
    contactable: Mapping[str, Count] = field(default_factory=dict)
    holdout: Count = -1
    basket: Decimal | None = None
    bought_most: str | None = None
    recommend: str | None = None
    stores: tuple[str, ...] = ()


def load_own(
    con: duckdb.DuckDBPyConnection, profile: Profile, background: Background, segmented_dir: Path
) -> dict[tuple[str, str], Own]:
    """Figures of each segment of the dimensions that are shown and have plans, and of each audience."""
    customers, listed = segmented_dir / "customers.parquet", segmented_dir / "audiences.parquet"
    there = columns(con, customers)
    names = _stores(con, background.stores)
    traits = selected(_WANTED, there)
    found: dict[tuple[str, str], Own] = {}
    for dimension in (*shown(profile), AUDIENCE):
        if dimension not in profile.playbooks or (dimension != AUDIENCE and f"segment_{dimension}" not in there):
            continue
        if dimension != AUDIENCE:
            column = quoted(f"segment_{dimension}")
            source = f"SELECT {column} AS code, {traits} FROM {parquet(customers)} WHERE {counted(there)}"
        elif listed.exists():
            wanted = f"SELECT customer_id, {traits} FROM {parquet(customers)}"
            source = (
                "SELECT a.audience AS code, c.* REPLACE (a.holdout AS holdout) "
                f"FROM {parquet(listed)} a JOIN ({wanted}) c USING (customer_id)"
            )
        else:
            continue
        found |= {
            (dimension, code): one for code, one in _of(con, source, profile.privacy.minimum_count, names).items()
        }
    return found


def _of(con: duckdb.DuckDBPyConnection, source: str, minimum: int, names: Mapping[str, str]) -> dict[str, Own]:
    con.execute(f"CREATE OR REPLACE TEMP TABLE strata_own AS {source}").fetchall()
    consents = ", ".join(f"count(*) FILTER (consent_{one} = 'yes')" for one in CHANNELS)
    rows = con.execute(
        f"SELECT code, count(*), count(holdout), count(*) FILTER (holdout = 'yes'), count(basket_local), "
        f"CAST(median(basket_local) AS DECIMAL(18, 2)), {consents} FROM strata_own GROUP BY 1 ORDER BY 1"
    ).fetchall()
    most, more, stores = (_top(con, one, minimum) for one in ("category_main", "next_category", "home_store"))
    con.execute("DROP TABLE strata_own").fetchall()
    found = {}
    for code, size, known, held, baskets, basket, *agreed in rows:
        found[code] = Own(
            customers=size,
            contactable={one: part(n, size, minimum) for one, n in zip(CHANNELS, agreed, strict=True)},
            holdout=part(held, size, minimum) if known else -1,
            basket=basket if baskets >= minimum else None,
            bought_most=next(iter(most.get(code, ())), None),
            recommend=next(iter(more.get(code, ())), None),
            stores=tuple(names.get(one, one) for one in stores.get(code, ())[:STORES]),
        )
    return found


def _top(con: duckdb.DuckDBPyConnection, column: str, minimum: int) -> dict[str, tuple[str, ...]]:
    """By segment the values of most customers, ties by name."""
    rows: list[Any] = con.execute(
        f"SELECT code, {column} FROM strata_own WHERE {column} IS NOT NULL GROUP BY ALL "
        f"HAVING count(*) >= {minimum} ORDER BY code, count(*) DESC, {column}"
    ).fetchall()
    found: dict[str, tuple[str, ...]] = {}
    for code, value in rows:
        found[code] = (*found.get(code, ()), str(value))
    return found


def _stores(con: duckdb.DuckDBPyConnection, stores: Path | None) -> dict[str, str]:
    """Names of stores by their numbers."""
    if stores is None:
        return {}
    rows = con.execute(
        f"SELECT store_id, store_name FROM {parquet(stores)} WHERE store_name IS NOT NULL ORDER BY 1, 2"
    ).fetchall()
    return dict(rows)
