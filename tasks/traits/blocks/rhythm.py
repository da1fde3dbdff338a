"""The rhythm of purchase days: how far apart, how evenly, and whether the next one is overdue."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

#: Up to this variation the intervals count as regular: their standard deviation is half their mean.
_REGULAR = 0.5
#: Fewer purchase days have at most one interval, and nothing to vary.
_DAYS = 3


def rhythm(seen: ir.Table, as_of: date) -> ir.Table:
    """By `customer` interval_days, interval_variation, regularity and overdue, of occasions with `customer` and `day`.

    The standard deviation is that of a sample (n - 1). Of n intervals with sum s and sum of squares q it is over their
    mean sqrt(n (n q - s^2) / (n - 1)) / s: integers up to the root, so that every engine makes the same double.
    """
    days = seen.select("customer", "day").distinct()
    before = days.day.lag().over(ibis.window(group_by=days.customer, order_by=days.day))
    gaps = days.mutate(gap=(days.day - before).cast("int64"))
    told = gaps.group_by("customer").agg(
        days=gaps.count(), n=gaps.gap.count(), s=gaps.gap.sum(), q=(gaps.gap * gaps.gap).sum(), last=gaps.day.max()
    )
    n, s = told.n.cast("int64"), told.s.cast("int64")
    mean = ibis.ifelse(n > 0, s, None).cast("float64") / n.nullif(0).cast("float64")
    spread = (n * (n * told.q.cast("int64") - s * s)).cast("float64") / (n - 1).nullif(0).cast("float64")
    variation = ibis.ifelse(n > 1, spread, None).sqrt() / s.cast("float64")
    regularity = ibis.cases((told.days < _DAYS, "rare"), (variation <= _REGULAR, "regular"), else_="irregular")
    since = ibis.literal((as_of - date(1970, 1, 1)).days, "int64") - told["last"]
    overdue = (since * n).cast("float64") / s.nullif(0).cast("float64")
    return told.select(
        "customer", interval_days=mean, interval_variation=variation, regularity=regularity, overdue=overdue
    )
