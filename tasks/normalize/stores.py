"""Time zones by store: a handful of CASE branches instead of a join in the pass over all sales."""

from __future__ import annotations

import duckdb

from tasks.normalize.sql import literal, literals


def zone_sql(con: duckdb.DuckDBPyConnection, market_zone: str, stores: str | None, store: str | None) -> str:
    """The IANA zone of a row: its store's own where the stores table names one, else the market's.

    `stores` is the staged table, `store` the expression of the row's store_id; either may be absent.
    """
    if stores is None or store is None:
        return literal(market_zone)
    rows = con.execute(
        f"SELECT time_zone, list(DISTINCT store_id ORDER BY store_id) FROM {stores} "
        f"WHERE row_faults = 0 AND aside = 0 AND time_zone IS NOT NULL AND time_zone <> {literal(market_zone)} "
        "GROUP BY time_zone ORDER BY time_zone"
    ).fetchall()
    whens = " ".join(f"WHEN {store} IN ({literals(ids)}) THEN {literal(zone)}" for zone, ids in rows)
    return f"CASE {whens} ELSE {literal(market_zone)} END" if rows else literal(market_zone)
