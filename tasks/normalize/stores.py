"""Time zones by store: a handful of CASE branches instead of a join in the pass over all sales."""

from __future__ import annotations

import duckdb

from tasks.sql import literal, literals

#: Store numbers in the evidence; more of them are a stores table that was not delivered.
_NAMED = 20


def unknown_stores(con: duckdb.DuckDBPyConnection, stores: str, lines: str) -> list[str]:
    """Stores that sold something (relation `lines`) and are not in the staged table `stores`; at most twenty."""
    rows = con.execute(
        f"SELECT DISTINCT store_id FROM {lines} WHERE store_id IS NOT NULL AND row_faults = 0 AND aside = 0 "
        f"AND store_id NOT IN (SELECT store_id FROM {stores} WHERE row_faults = 0 AND aside = 0) "
        f"ORDER BY store_id LIMIT {_NAMED}"
    ).fetchall()
    return [row[0] for row in rows]


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
