"""The figures of a publication that later ones are judged by: they stand in its manifest, as `notes.measures`.

They follow from what the publication's id follows from, and from nothing else. None is of a single person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.files import parquet
from tasks.gate.files import WITHOUT, files_without, refused_files
from tasks.normalize.task import Normalized
from tasks.records import Sources
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.segment.task import Segments

#: Not mapped from the drop: where a row came from.
_PLACE = frozenset({"file", "record"})
_LINES = "lines.parquet"


def measure(
    run: MarketRun,
    sources: Sources,
    normalized: Normalized,
    money: Factors,
    segments: Segments,
    days: Mapping[date, Decimal],
    since: date | None,
) -> dict[str, Any]:
    """What there is to compare with other publications of the market, as JSON has it.

    `days` is the revenue by local day in the market's currency, `since` the as-of date of the publication before: `new`
    is of the local days after it, and is null for a first publication. `segments` counts customers by dimension and
    segment, `nulls` the share of nulls by canonical table and column, `columns` the headers of the raw tables, `stores`
    how many are open, and which are closed; `unconverted` the share of purchases without a rate. `refused`, where more
    rows than the gate's bound are, names the files by canonical table; `without`, where files of a table differ in
    their columns, those that have nothing in a column, by canonical table and column.
    """
    con = run.cursor()
    try:
        lines = normalized.transactions.relation
        nulls = _nulls(normalized)
        return {
            **_files(con, run, sources, normalized, nulls),
            "new": None if since is None else _new(con, lines, days, since, run.as_of),
            "revenue": str(sum(days.values(), Decimal(0))),
            "currency": money.notes["local_currency"],
            "customers": segments.customers,
            "segments": _segments(segments.folder / "segments.parquet", set(segments.profile.dimensions)),
            "nulls": nulls,
            "columns": {name: list(raw.columns) for name, raw in sorted(sources.tables.items())},
            "stores": _stores(con, normalized.file("stores"), run.as_of),
            "unconverted": _unconverted(con, lines, money.table, "reference" in run.profile.money.lenses),
        }
    finally:
        con.close()


def _new(
    con: duckdb.DuckDBPyConnection, lines: str, days: Mapping[date, Decimal], since: date, as_of: date
) -> dict[str, Any]:
    """Lines by store and revenue of the days after `since`; lines of no store stand under ''."""
    found = con.execute(
        f"SELECT coalesce(store_id, ''), count(*) FROM {lines} WHERE local_date > ? AND local_date <= ? "
        "GROUP BY ALL ORDER BY ALL",
        [since, as_of],
    ).fetchall()
    revenue = sum((amount for day, amount in days.items() if since < day <= as_of), Decimal(0))
    return {
        "days": (as_of - since).days,
        "lines": sum(count for _, count in found),
        "revenue": str(revenue),
        "stores": dict(found),
    }


def _files(
    con: duckdb.DuckDBPyConnection,
    run: MarketRun,
    sources: Sources,
    normalized: Normalized,
    nulls: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    """What is wrong with single files of the drop; one that is as it should be is neither read again nor told of."""
    bound = run.profile.gate.quarantined_share
    refused = refused_files(con, normalized.file("quarantine"), normalized.ledger, sources.inputs, bound)
    without: dict[str, dict[str, list[str]]] = {}
    if any(note.startswith("columns:") for note in sources.notes):
        for table, shares in nulls.items():
            path = _path(normalized, table)
            columns = [column for column, share in shares.items() if WITHOUT <= share < 1]
            if columns and path is not None and "file" in pq.read_schema(path).names:
                without[table] = files_without(con, path, columns, sources.inputs)
    found = {"refused": refused, "without": {table: told for table, told in without.items() if told}}
    return {name: told for name, told in found.items() if told}


def _path(normalized: Normalized, table: str) -> Path | None:
    return normalized.folder / _LINES if table == "transactions" else normalized.file(table)


def _segments(path: Path, on: set[str]) -> dict[str, dict[str, int]]:
    rows = pq.read_table(path, columns=["dimension", "segment", "customers"]).to_pylist()
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["dimension"] in on and row["segment"] != "guest":
            found.setdefault(row["dimension"], {})[row["segment"]] = row["customers"]
    return found


def _nulls(normalized: Normalized) -> dict[str, dict[str, float]]:
    """By the files' own statistics: nothing is read. Of purchases all rows that the drop has, kept or not."""
    found = {}
    for table in sorted(normalized.ledger):
        path = _path(normalized, table)
        shares = _null_shares(path) if path is not None and path.exists() else {}
        if shares:
            found[table] = shares
    return found


def _null_shares(path: Path) -> dict[str, float]:
    metadata = pq.read_metadata(path)
    if not metadata.num_rows:
        return {}
    nulls: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            name, statistics = column.path_in_schema, column.statistics
            if "." not in name and name not in _PLACE and statistics is not None and statistics.has_null_count:
                nulls[name] = nulls.get(name, 0) + statistics.null_count
    return {name: round(count / metadata.num_rows, 6) for name, count in sorted(nulls.items())}


def _stores(con: duckdb.DuckDBPyConnection, path: Path | None, as_of: date) -> dict[str, Any] | None:
    """How many stores the shop names as open, and the numbers of those it has closed; null without a table of them."""
    if path is None:
        return None
    found = con.execute(
        f"SELECT store_id, closed <= $as_of FROM {parquet(path)} WHERE coalesce(opened, $as_of) <= $as_of ORDER BY ALL",
        {"as_of": as_of},
    ).fetchall()
    shut = [store for store, closed in found if closed]
    return {"open": len(found) - len(shut), "shut": shut}


def _unconverted(con: duckdb.DuckDBPyConnection, lines: str, rates: pa.Table, wanted: bool) -> float:
    lacking = rates.filter(pc.is_null(rates["to_reference"])).select(["currency", "date"])
    if not lacking.num_rows or not wanted:
        return 0.0
    con.register("lacking", lacking)
    ((share,),) = con.execute(
        "SELECT count(*) FILTER (l.date IS NOT NULL) / count(*) "
        f"FROM {lines} t LEFT JOIN lacking l ON t.currency = l.currency AND t.rate_date = l.date"
    ).fetchall()
    con.unregister("lacking")
    return round(float(share or 0), 6)
