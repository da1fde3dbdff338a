"""purchase_models.json: the models of regions, pinned like other reference figures, for markets too small for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from tasks.errors import Terminal
from tasks.files import parquet
from tasks.memo import digest_of
from tasks.predict.histories import NO_CONTRACT
from tasks.predict.region import POPULATION, Region, pool
from tasks.sql import literal

FILE = "purchase_models.json"
_HINT = "make it anew: strata reference pool"


def read_region(reference: Path | None, region: str) -> tuple[Region, str] | None:
    """A region's model and its digest from a folder of reference figures; None where there is none.

    Raises Terminal for a file that is none of `write_regions`.
    """
    path = None if reference is None else reference / FILE
    if path is None or not path.is_file():
        return None
    try:
        told = json.loads(path.read_bytes())["regions"].get(region)
        return None if told is None else (Region.from_notes(told), digest_of(told))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Terminal("no file of pooled purchase models", file=path.name, hint=_HINT) from error


def write_regions(path: Path, regions: Mapping[str, Region], as_of: date) -> None:
    """Write the models of regions and their date: parameters alone, nothing of any customer."""
    told = {"as_of": as_of.isoformat(), "regions": {name: one.as_notes() for name, one in sorted(regions.items())}}
    path.write_text(json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def histories(con: duckdb.DuckDBPyConnection, customers: Path, as_of: date) -> pa.Table:
    """repeats, span, age and deflated spend of a purchase day, of a published customers.parquet.

    Of persons without a contract, as a market's own model is. Who has no deflated money has no spend, local money of
    several years being none: they count in the model of purchases alone.
    """
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(customers)}").fetchall()}
    free = f"AND {NO_CONTRACT}" if "contract" in there else ""
    worth = "lifetime_ppp" if "lifetime_ppp" in there else "CAST(NULL AS DOUBLE)"
    return con.sql(
        "SELECT lifetime_frequency - 1 AS repeats, last_order_date - first_order_date AS span, "
        f"DATE {literal(as_of.isoformat())} - first_order_date AS age, "
        f"CASE WHEN lifetime_frequency > 1 AND {worth} > 0 THEN CAST({worth} AS DOUBLE) / lifetime_frequency END "
        "AS spend, lifetime_frequency AS spend_days "
        f"FROM {parquet(customers)} WHERE lifetime_frequency > 0 AND type = {literal(POPULATION)} {free} "
        "ORDER BY customer_id"
    ).to_arrow_table()


def pooled(of: Mapping[str, Mapping[str, pa.Table]]) -> dict[str, Region]:
    """A model for each region from the histories of its markets; regions without one are left out."""
    found = {name: pool(name, markets) for name, markets in sorted(of.items())}
    return {name: region for name, region in found.items() if region is not None}
