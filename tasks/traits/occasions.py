"""Orders as occasions: how often, when first and last, and where customers buy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.engine import Engine

#: Day and store of an order are packed into one integer, of which a group-by takes the minimum: the day since 1970,
#: shifted by _EPOCH so that no date of the calendar is negative, above the store's rank in _STORE_BITS.
_STORE_BITS = 20
_EPOCH = 1 << 20
#: More than any shifted day.
_DAYS = 1 << 22


def customer_codes(customers: ir.Table) -> ir.Table:
    """An integer for each `member_number`, `customer`: groups of customers by day and store take half the memory."""
    code = ibis.row_number().over(ibis.window(order_by=customers.member_number)).cast("int32")
    return customers.select("member_number", customer=code)


def store_ranks(engine: Engine, lines: ir.Table, stands_in: Mapping[str, str | None]) -> ir.Table:
    """Each store that occurs (`ranked_store`), the one that stands for it and its rank from 1 by id in code points.

    A store that closed for good has no rank.
    """
    found = engine.to_arrow(lines.select("store_id").distinct())["store_id"].to_pylist()
    standing = {name: stands_in.get(name, name) for name in found if name is not None}
    ranks = {
        name: rank for rank, name in enumerate(sorted({name for name in standing.values() if name is not None}), 1)
    }
    table = pa.table(
        {
            "ranked_store": pa.array(standing.keys(), pa.string()),
            "open_store": pa.array(standing.values(), pa.string()),
            "store_rank": pa.array([None if name is None else ranks[name] for name in standing.values()], pa.int32()),
        }
    )
    return engine.from_arrow(table, "stores")


def occasions(lines: ir.Table, codes: ir.Table, ranks: ir.Table | None) -> ir.Table:
    """One row per occasion: `customer` (null is a guest), `day` since 1970, `store` (rank, 0 where none is known).

    An order is an occasion when its net over all its lines, returns included, is above zero; a return belongs to
    `returned_order_id` where that is known. Its day is the first local date with a positive line, its store that of
    that line (the lowest id of several). Without `ranks` every store is 0.
    """
    if ranks is not None:
        lines = lines.left_join(ranks, lines.store_id == ranks.ranked_store)
    packed = (lines.local_date.epoch_days().cast("int64") + _EPOCH) * (1 << _STORE_BITS)
    if ranks is not None:
        packed += lines.store_rank.fill_null(0)
    keyed = lines.select(
        "member_number", "net", order=ibis.coalesce(lines.returned_order_id, lines.order_id), packed=packed
    )
    orders = keyed.group_by("member_number", "order").agg(
        net=keyed.net.sum(), packed=keyed.packed.min(where=keyed.net > 0)
    )
    counted = orders.filter(orders.net > 0).left_join(codes, "member_number")
    return counted.select(
        "customer",
        day=((counted.packed >> _STORE_BITS) - _EPOCH).cast("int32"),
        store=(counted.packed & ((1 << _STORE_BITS) - 1)).cast("int32"),
    )


def purchase_days(seen: ir.Table) -> ir.Table:
    """Group occasions by `customer` and `day`: `orders`, and the `least` and `most` store of the day."""
    grouped = seen.group_by("customer", "day")
    return grouped.agg(orders=seen.count(), least=seen.store.min(), most=seen.store.max())


def activity(days: ir.Table, start: date | None, cut: date | None) -> ir.Table:
    """Count by `customer`: orders and days in the window (local_date > `start`) and for life; first and last day.

    `calibration_frequency` and `calibration_last_day` are of the days up to `cut`, inclusive (None: of none): what
    predictions are tested on.
    """
    before = ibis.literal(value=False) if cut is None else days.day <= (cut - date(1970, 1, 1)).days
    within = None if start is None else days.day > (start - date(1970, 1, 1)).days
    return days.group_by("customer").agg(
        orders=days.orders.sum(where=within).fill_null(0).cast("int64"),
        frequency=days.count(where=within),
        lifetime_orders=days.orders.sum().cast("int64"),
        lifetime_frequency=days.count(),
        first_day=days.day.min(),
        last_day=days.day.max(),
        calibration_frequency=days.count(where=before),
        calibration_last_day=days.day.max(where=before),
    )


def home_stores(seen: ir.Table, days: ir.Table, ranks: ir.Table) -> ir.Table:
    """The open store with most purchase days of each `customer`, ties by the latest visit, then by id: `usual_store`.

    Nearly every day is spent in one store, which `days` tells; only the others are looked up among the occasions.
    The three criteria are packed into one number, whose maximum is half the CPU of a window over a customer's stores.
    """
    single = days.filter(days.least == days.most).select("customer", "day", store="least")
    several = seen.semi_join(days.filter(days.least != days.most), ["customer", "day"])
    stays = single.union(several.select("customer", "day", "store").distinct())
    stays = stays.filter(stays.store > 0, stays.customer.notnull())
    counted = stays.group_by("customer", "store").agg(days=stays.count(), latest=stays.day.max())
    worth = (counted.days * _DAYS + counted.latest + _EPOCH) * (1 << _STORE_BITS) + (1 << _STORE_BITS) - counted.store
    best = counted.group_by("customer").agg(best=worth.max())
    rank = (1 << _STORE_BITS) - (best.best & ((1 << _STORE_BITS) - 1))
    best = best.select("customer", store_rank=rank.cast("int32"))
    names = ranks.select("store_rank", usual_store="open_store").distinct()
    return best.join(names, "store_rank").select("customer", "usual_store")
