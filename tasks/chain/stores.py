"""A market's stores: the last twelve whole months beside the same months of the year before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from tasks.chain.suppress import withheld_cells

#: Months that are compared: a year, so that each season is in it once.
MONTHS = 12


#: Stores that are withheld, together.
WITHHELD = "*"


@dataclass(frozen=True, slots=True)
class StoreYear:
    """A store's like-for-like months of the last twelve, and the same of the year before.

    `months` is their number, 0 where the store has none; then all is of no months. `opened`, `closed` as stated. Money
    is without tax, in the market's currency and in the reporting one. `unconverted`: lines of both years without a
    rate. The row WITHHELD is several stores, as `stores` says.
    """

    store_id: str
    opened: date | None
    closed: date | None
    months: int
    orders: int
    orders_before: int
    net_local: Decimal
    net_local_before: Decimal
    net_reference: Decimal
    net_reference_before: Decimal
    unconverted: int
    stores: int = 1


#: What is added up.
SUMS = ("orders", "orders_before", "net_local", "net_local_before", "net_reference", "net_reference_before",
        "unconverted")  # fmt: skip


def store_years(con: duckdb.DuckDBPyConnection, source: str, minimum: int) -> tuple[StoreYear, ...]:
    """The stores of canonical/stores.parquet (`tasks.traits.store_months`), by id; sales from a distance are none.

    The twelve months end with the last one that any store compares. A store of few orders tells of single purchases:
    those with 1 to below `minimum` orders in either year, and what protects them, are the row WITHHELD; where that is
    not enough, no store is told.
    """
    found = con.execute(
        f"""WITH months AS (SELECT * FROM {source} WHERE store_id IS NOT NULL),
            last AS (SELECT max(month) AS month FROM months WHERE like_for_like),
            alike AS (
                SELECT n.store_id, n.orders, b.orders AS orders_before, n.net_local, b.net_local AS local_before,
                    n.net_reference, b.net_reference AS reference_before,
                    n.unconverted + coalesce(b.unconverted, 0) AS unconverted
                FROM months n LEFT JOIN months b
                    ON n.store_id = b.store_id AND b.month = n.month - INTERVAL 1 YEAR, last
                WHERE n.like_for_like AND n.month > last.month - INTERVAL {MONTHS} MONTH),
            stores AS (SELECT store_id, any_value(opened) AS opened, any_value(closed) AS closed FROM months GROUP BY 1)
            SELECT s.store_id, s.opened, s.closed, count(a.store_id), coalesce(sum(a.orders), 0)::BIGINT,
                coalesce(sum(a.orders_before), 0)::BIGINT, coalesce(sum(a.net_local), 0)::DECIMAL(38, 6),
                coalesce(sum(a.local_before), 0)::DECIMAL(38, 6), coalesce(sum(a.net_reference), 0)::DECIMAL(38, 6),
                coalesce(sum(a.reference_before), 0)::DECIMAL(38, 6), coalesce(sum(a.unconverted), 0)::BIGINT
            FROM stores s LEFT JOIN alike a USING (store_id) GROUP BY ALL ORDER BY s.store_id"""
    ).fetchall()
    return _folded([StoreYear(*row) for row in found], minimum)


def total(stores: Iterable[StoreYear]) -> StoreYear:
    """The sums of several stores; `stores` and `months` are of those with months that compare."""
    every = [one for one in stores if one.months]
    sums = {name: sum((getattr(one, name) for one in every), 0) for name in SUMS}
    whole = {name: Decimal(sums[name]) for name in SUMS if name.startswith("net_")}
    return StoreYear(WITHHELD, None, None, max((one.months for one in every), default=0),
                     **{**sums, **whole}, stores=sum(one.stores for one in every))  # fmt: skip


def _folded(stores: list[StoreYear], minimum: int) -> tuple[StoreYear, ...]:
    hidden: frozenset[str] = frozenset()
    for name in ("orders", "orders_before", "orders"):
        counts = {one.store_id: int(getattr(one, name)) for one in stores}
        hidden |= withheld_cells(counts, minimum, [list(counts)], hidden)
    unseen = [one for one in stores if one.store_id in hidden]
    if not unseen:
        return tuple(stores)
    together = total(unseen)
    if any(0 < count < minimum for count in (together.orders, together.orders_before)):
        return ()
    return (*(one for one in stores if one.store_id not in hidden), together)
