"""The door of reference: what the market's purchases need to be converted."""

from __future__ import annotations

import pyarrow.parquet as pq

from tasks.door import door
from tasks.normalize.task import Normalized
from tasks.reference.factors import Factors, factors
from tasks.run import MarketRun


@door("reference")
def money(run: MarketRun, normalized: Normalized) -> Factors:
    """Factors for each currency and day of the market's purchases; its own rate table first, where it has one."""
    con = run.cursor()
    try:
        spans = con.execute(
            "SELECT currency, min(rate_date), max(rate_date) FROM read_parquet($1) GROUP BY currency ORDER BY currency",
            [str(normalized.folder / "transactions.parquet")],
        ).fetchall()
    finally:
        con.close()
    rates = normalized.file("rates")
    return factors(run.profile, spans, run.as_of, None if rates is None else pq.read_table(rates))
