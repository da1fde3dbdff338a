"""Orders as occasions: how often, when first and last, and where customers buy."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.engine import Engine

#: A visit is packed into one integer, days since 1970 above, the store's rank below: one small key to group by and
#: to take the minimum of, where two columns would double the memory of the largest group-by.
_STORES = 1 << 20
#: Added to a day since 1970, makes every date of the calendar a positive number below _DAYS.
_EPOCH, _DAYS = 1 << 20, 1 << 22


def visits(lines: ir.Table, ranks: ir.Table | None) -> ir.Table:
    """Group lines into visits: `member_number` (null is a guest), `visit`, `orders`.

    An order is an occasion when its net over all its lines, returns included, is above zero; a return belongs to
    `returned_order_id` where that is known. Its visit is the first local date with a positive line, and the store of
    that line (the lowest id of several). Without `ranks` the store's part is 0.
    """
    if ranks is not None:
        lines = lines.left_join(ranks, lines.store_id == ranks.ranked_store)
    visit = lines.local_date.epoch_days().cast("int64") * _STORES
    if ranks is not None:
        visit += lines.store_rank.fill_null(0)
    keyed = lines.select(
        "member_number", "net", order=ibis.coalesce(lines.returned_order_id, lines.order_id), visit=visit
    )
    orders = keyed.group_by("member_number", "order").agg(
        net=keyed.net.sum(), visit=keyed.visit.min(where=keyed.net > 0)
    )
    occasions = orders.filter(orders.net > 0).select("member_number", "visit")
    return occasions.group_by("member_number", "visit").agg(orders=occasions.count())


def store_ranks(engine: Engine, lines: ir.Table) -> ir.Table:
    """Each store that occurs (`ranked_store`) and its rank from 1 by id, in code points whatever the engine."""
    found = engine.to_arrow(lines.select("store_id").distinct())["store_id"].to_pylist()
    names = sorted(name for name in found if name is not None)
    table = pa.table(
        {"ranked_store": pa.array(names, pa.string()), "store_rank": pa.array(range(1, len(names) + 1), pa.int64())}
    )
    return engine.from_arrow(table, "stores")


def activity(visits: ir.Table, start: date | None) -> ir.Table:
    """Count by customer: orders and purchase days in the window (local_date > `start`) and for life; first and last."""
    days = visits.mutate(day=visits.visit // _STORES)
    days = days.group_by("member_number", "day").agg(orders=days.orders.sum().cast("int64"))
    within = ibis.literal(True) if start is None else days.day > (start - date(1970, 1, 1)).days  # noqa: FBT003 - Ibis
    return days.group_by("member_number").agg(
        orders=days.orders.sum(where=within).fill_null(0).cast("int64"),
        frequency=days.count(where=within),
        lifetime_orders=days.orders.sum().cast("int64"),
        lifetime_frequency=days.count(),
        first_day=days.day.min(),
        last_day=days.day.max(),
    )


def home_stores(visits: ir.Table, ranks: ir.Table) -> ir.Table:
    """The store with most purchase days of each customer, ties by the latest visit, then by id: `usual_store`.

    The three are packed into one number, whose maximum is half the CPU of a window over each customer's stores.
    """
    stays = visits.mutate(day=visits.visit // _STORES, store_rank=visits.visit % _STORES)
    stays = stays.filter(stays.store_rank > 0, stays.member_number.notnull())
    days = stays.group_by("member_number", "store_rank").agg(days=stays.count(), latest=stays.day.max())
    stay = (days.days * _DAYS + days.latest + _EPOCH) * _STORES + (_STORES - days.store_rank)
    best = days.group_by("member_number").agg(best=stay.max())
    best = best.select("member_number", store_rank=_STORES - best.best % _STORES)
    return best.join(ranks, "store_rank").select("member_number", usual_store="ranked_store")
