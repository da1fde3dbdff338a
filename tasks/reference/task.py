"""The door of reference: what the market's purchases need to be converted."""

from __future__ import annotations

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.door import door
from tasks.errors import ReferenceDataError
from tasks.normalize.task import Normalized
from tasks.reference.factors import Factors, factors
from tasks.run import MarketRun


@door("reference")
def money(run: MarketRun, normalized: Normalized) -> Factors:
    """Factors for each currency and day of the market's purchases; its own rate table first, where it has one."""
    con, lines = run.cursor(), normalized.transactions.relation
    try:
        spans = con.execute(
            f"SELECT currency, min(rate_date), max(rate_date) FROM {lines} GROUP BY currency ORDER BY currency"
        ).fetchall()
        rates = normalized.file("rates")
        made = factors(run.profile, spans, run.as_of, None if rates is None else pq.read_table(rates))
        _gate(run, con, normalized, made)
    finally:
        con.close()
    return made


def _gate(run: MarketRun, con: duckdb.DuckDBPyConnection, normalized: Normalized, made: Factors) -> None:
    """Refuse a market of whose purchases more lack a rate than the profile's bound allows."""
    lacking = made.table.filter(pc.is_null(made.table["to_reference"])).select(["currency", "date"])
    if not lacking.num_rows or "reference" not in run.profile.money.lenses:
        return
    con.register("lacking", lacking)
    found = con.execute(
        "SELECT currency, count(*), min(rate_date), max(rate_date) "
        f"FROM {normalized.transactions.relation} t "
        "SEMI JOIN lacking l ON t.currency = l.currency AND t.rate_date = l.date "
        "GROUP BY currency ORDER BY count(*) DESC, currency"
    ).fetchall()
    con.unregister("lacking")
    kept, bound = normalized.ledger["transactions"].kept, run.profile.gate.unconverted_share
    if sum(row[1] for row in found) > bound * kept:
        currency, lines, first, last = found[0]
        raise ReferenceDataError(
            f"{lines:,} of {kept:,} purchases have no rate to {run.profile.money.reporting_currency}: "
            f"{currency}, {first} to {last}",
            value=currency,
            expected=f"a rate for all but {bound:.1%}, as gate.unconverted_share says",
            hint="deliver a rate table, refresh the reference rates (`strata reference refresh`), or raise the bound",
        )
