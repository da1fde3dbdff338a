"""Which store stands for one that closed: whoever called a moved store home goes on in the one it moved to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from tasks.engine import Engine
from tasks.errors import DropError


def standing_in(stores: Iterable[Mapping[str, Any]], as_of: date) -> dict[str, str | None]:
    """For each store whose last day lies not after `as_of`: the store it moved to, by any number of moves, else null.

    `stores` are rows with store_id, closed (local date) and relocated_to. Raises DropError for moves in a circle.

    >>> day = date(2024, 1, 31)
    >>> rows = [("A", day, "B"), ("B", day, "C"), ("C", None, None), ("D", day, None)]
    >>> standing_in([dict(zip(("store_id", "closed", "relocated_to"), row)) for row in rows], day)
    {'A': 'C', 'B': 'C', 'D': None}
    """
    moved = {row["store_id"]: row["relocated_to"] for row in stores if row["closed"] and row["closed"] <= as_of}
    return {store: _last(store, moved) for store in moved}


def _last(store: str, moved: Mapping[str, str | None]) -> str | None:
    seen = [store]
    while (following := moved.get(seen[-1])) is not None:
        if following in seen:
            raise DropError(
                "stores moved in a circle",
                column="relocated_to",
                value=" to ".join([*seen, following]),
                expected="one of them that is open, or none",
                hint="clear relocated_to or closed of the store that is open",
            )
        seen.append(following)
    return None if seen[-1] in moved else seen[-1]


def with_open_home(engine: Engine, customers: ir.Table, stands_in: Mapping[str, str | None]) -> ir.Table:
    """Customers with the home store that stands for the stated one, null where that closed for good."""
    if not stands_in:
        return customers
    table = pa.table(
        {
            "closed_store": pa.array(stands_in.keys(), pa.string()),
            "open_store": pa.array(stands_in.values(), pa.string()),
        }
    )
    moved = engine.from_arrow(table, "moved")
    joined = customers.left_join(moved, customers.home_store == moved.closed_store)
    home = joined.closed_store.notnull().ifelse(joined.open_store, joined.home_store)
    return joined.mutate(home_store=home).drop("closed_store", "open_store")
