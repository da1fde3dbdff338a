"""Control totals from finance, and what the drop's lines come to over the same days, stores and currencies."""

from __future__ import annotations

from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.normalize.ledger import till_sql
from tasks.normalize.money import currency_sql
from tasks.normalize.transactions import STAGED


def compare(con: duckdb.DuckDBPyConnection, profile: Profile) -> list[dict[str, Any]]:
    """Each control total of `strata_controls` with the till's amount and the difference (till less finance).

    The till's amount is that of all lines of the drop, on its tax basis, whatever becomes of them afterwards: kept,
    refused (where date and amount can be read) or of an excluded customer; without duplicates and without what the
    mapping's WHERE leaves out. Days after the as-of date are in none: a total that reaches beyond it is of lines up to
    that date.
    """
    lines = (
        f"SELECT s.local_date, s.store_id, s.currency, sum({till_sql('s')}) AS amount FROM {STAGED} s "
        "ANTI JOIN strata_doubles d ON s.place = d.place WHERE s.aside = 0 GROUP BY ALL"
    )
    totals = (
        "SELECT file, record, since, until, store_id, amount, "
        f"coalesce(currency, {currency_sql(profile.market.currencies, 'until')}) AS currency FROM strata_controls "
        "ANTI JOIN strata_controls_doubles USING (file, record) WHERE row_faults = 0 AND aside = 0"
    )
    rows = con.execute(
        "SELECT c.since, c.until, c.store_id, c.currency, c.amount, coalesce(sum(l.amount), 0) "
        f"FROM ({totals}) c LEFT JOIN ({lines}) l ON l.currency = c.currency "
        "AND l.local_date BETWEEN c.since AND c.until AND (c.store_id IS NULL OR l.store_id = c.store_id) "
        "GROUP BY ALL ORDER BY c.since, c.until, c.store_id, c.currency"
    ).fetchall()
    return [
        {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "store_id": store,
            "currency": currency,
            "finance": str(finance),
            "till": str(till),
            "difference": str(till - finance),
        }
        for since, until, store, currency, finance, till in rows
    ]
