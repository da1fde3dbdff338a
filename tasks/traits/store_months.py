"""What each store took in each month, and which of them may be compared with the year before."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tasks.engine import Engine

#: As `segments.parquet` keeps money: sums of unrounded products.
MONEY = "decimal(38, 6)"
_PRODUCT = "decimal(38, 16)"

COLUMNS = ("store_id", "month", "orders", "net_local", "net_reference", "unconverted", "opened", "closed",
           "like_for_like")  # fmt: skip


def store_months(engine: Engine, lines: ir.Table, stores: ir.Table, factors: ir.Table, as_of: date) -> ir.Table:
    """One row per store that sold and month in which the market did, from the store's first month to its last.

    `lines` are the canonical lines that count (dated to `as_of`), `stores` the canonical stores, `factors` as
    `Factors.table`. Columns: `store_id` (null: lines without a store, most of them from a distance), `month` (its first
    day), `orders` whose lines of the month come to more than zero, `net_local` and `net_reference` without tax at the
    rates of each line's day, DECIMAL(38,6), `unconverted` lines that have no rate to the reporting currency and are not
    in it, `opened` and `closed` as the stores' table has them, `like_for_like`.

    A month of a store is like for like where the store was open on every day of it and of the same month a year
    before, and the market's lines reach back to then; a month that is not over on `as_of` is not. A store without
    `opened` counts from its first sale. Returns count in the month of their own date. Write it in the order of
    `store_id, month`.
    """
    sold = _sold(lines, factors)
    first = engine.to_arrow(lines.agg(first=lines.local_date.min()))["first"][0].as_py() or as_of
    months = sold.select("month").distinct()
    grid = _spans(lines, stores).cross_join(months)
    known = grid.filter(
        grid.month >= grid.since.truncate("M"), grid.until.isnull() | (grid.month <= grid.until.truncate("M"))
    )
    # A missing store has one key in both: a join never matches nulls.
    known = known.mutate(key=known.store_id.fill_null(""))
    joined = known.join(sold.drop("store_id"), ["key", "month"], how="left")
    begins_before = joined.month - ibis.interval(years=1)
    ends = joined.month + ibis.interval(months=1)
    whole = (joined.since <= begins_before) & (joined.until.isnull() | (joined.until >= ends - ibis.interval(days=1)))
    reached = (begins_before >= ibis.literal(first)) & (ends <= ibis.literal(as_of) + ibis.interval(days=1))
    zero = ibis.literal(0, MONEY)
    found = joined.mutate(
        orders=joined.orders.fill_null(0).cast("int64"),
        net_local=joined.net_local.fill_null(zero),
        net_reference=joined.net_reference.fill_null(zero),
        unconverted=joined.unconverted.fill_null(0).cast("int64"),
        like_for_like=(joined.store_id.notnull() & whole & reached).fill_null(ibis.literal(value=False)),
    )
    return found.select(*COLUMNS)


def _spans(lines: ir.Table, stores: ir.Table) -> ir.Table:
    """Each store of the lines: `opened`, `closed` as stated, `since` and `until` that hold; until null is open."""
    seen = lines.group_by("store_id").agg(first_sale=lines.local_date.min(), last_sale=lines.local_date.max())
    seen = seen.mutate(key=seen.store_id.fill_null(""))
    stated = stores.select("store_id", "opened", "closed")
    joined = seen.left_join(stated, seen.store_id == stated.store_id)
    # Goods come back to a store before it opens or after it closed, too: their months are shown.
    since = ibis.least(joined.opened.fill_null(joined.first_sale), joined.first_sale)
    until = ibis.ifelse(joined.closed.isnull(), None, ibis.greatest(joined.closed, joined.last_sale))
    return joined.select("store_id", "opened", "closed", since=since, until=until)


def _sold(lines: ir.Table, factors: ir.Table) -> ir.Table:
    """By `store_id` (and `key`, '' for none) and `month`: orders above zero, money, lines without a rate."""
    rates = factors.select("to_local", "to_reference", rate_currency="currency", rate_day="date")
    joined = lines.left_join(rates, [lines.currency == rates.rate_currency, lines.rate_date == rates.rate_day])
    converted = joined.select(
        "store_id",
        "order_id",
        month=joined.local_date.truncate("M"),
        net=joined.net,
        local=(joined.net * joined.to_local).cast(_PRODUCT),
        reference=(joined.net * joined.to_reference).cast(_PRODUCT),
    )
    lacking = (converted.net != 0) & converted.reference.isnull()
    orders = converted.group_by("store_id", "month", "order_id").agg(
        net=converted.net.sum(),
        local=converted.local.sum().cast(_PRODUCT),
        reference=converted.reference.sum().cast(_PRODUCT),
        unconverted=lacking.cast("int64").sum(),
    )
    sums = orders.group_by("store_id", "month").agg(
        orders=(orders.net > 0).cast("int64").sum(),
        net_local=orders.local.sum().cast(MONEY),
        net_reference=orders.reference.sum().cast(MONEY),
        unconverted=orders.unconverted.sum(),
    )
    return sums.mutate(key=sums.store_id.fill_null(""))
