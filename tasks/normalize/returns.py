"""Whose rate a return has: the day of the order that it undoes."""

from __future__ import annotations

import duckdb

from tasks.normalize.transactions import STAGED

_KEPT = "row_faults = 0 AND aside = 0"


def find_rate_dates(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write (place, rate_date) of returns that found their order to `strata_rate_dates`.

    By `returned_order_id`, else the latest day up to the return's on which the customer bought that product. Gives
    counts for the manifest, none without returns, where nothing is read twice: `lines`, `order_found`,
    `found_by_product` (of those found, the ones that name no order or one that is not there) and `order_not_there`
    (they name an order that is not there).
    """
    returns = (
        f"SELECT place, returned_order_id, member_number, product_id, local_date FROM {STAGED} "
        f"WHERE {_KEPT} AND kind = 'return'"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE strata_returns AS {returns}").fetchall()
    count = int(con.execute("SELECT count(*) FROM strata_returns").fetchall()[0][0])
    if count == 0:
        return {}
    bought = f"SELECT order_id, member_number, product_id, local_date FROM {STAGED} WHERE {_KEPT} AND kind <> 'return'"
    orders = (
        f"SELECT order_id, min(local_date) AS day FROM ({bought}) "
        "WHERE order_id IN (SELECT returned_order_id FROM strata_returns) GROUP BY order_id"
    )
    products = (
        "SELECT r.place, max(b.local_date) AS day FROM strata_returns r "
        f"JOIN ({bought}) b ON b.member_number = r.member_number AND b.product_id = r.product_id "
        "AND b.local_date <= r.local_date GROUP BY ALL"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_rate_dates AS "
        "SELECT r.place, r.returned_order_id, coalesce(o.day, p.day) AS rate_date, o.day IS NULL AS by_product "
        f"FROM strata_returns r LEFT JOIN ({orders}) o ON o.order_id = r.returned_order_id "
        f"LEFT JOIN ({products}) p ON p.place = r.place"
    ).fetchall()
    found, by_product, lost = con.execute(
        "SELECT count(rate_date), count(rate_date) FILTER (by_product), "
        "count(returned_order_id) FILTER (by_product) FROM strata_rate_dates"
    ).fetchall()[0]
    con.execute("DELETE FROM strata_rate_dates WHERE rate_date IS NULL").fetchall()
    return {"lines": count, "order_found": found, "found_by_product": by_product, "order_not_there": lost}
