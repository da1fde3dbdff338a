"""Transactions: one pass over the raw text into a staged Parquet file, narrow looks at that file, one final copy.

The staged file has every row of the market, parsed, with its faults. If the raw relation is numbered, `record` is the
row's place in the staged file, which lets DuckDB read the CSV on all cores (a row_number() over a CSV is one thread).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import INPUT_ONLY, SQL_TYPES, TRANSACTIONS
from tasks.errors import LedgerError
from tasks.files import parquet
from tasks.normalize.faults import Faults, aside_sql, faults_of
from tasks.normalize.fields import stacked
from tasks.normalize.lines import line_faults, line_layers, line_values
from tasks.normalize.mapping import Mapped
from tasks.normalize.rules import Rule, rules_of
from tasks.normalize.sql import literal, name
from tasks.normalize.stores import zone_sql
from tasks.normalize.zones import utc_sql

STAGED = "strata_lines"
#: The file is read at most a few times and then goes: not compressing it saves a tenth of the pass.
_STAGE_FORMAT = "FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 2000"
#: Dictionaries of order numbers are built only to be thrown away: a quarter of the copy.
# Snappy, not lz4: Spark 4.0 refuses some of DuckDB's LZ4_RAW pages ("all input must be consumed").
PARQUET = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 2000"
#: Up to here sorting costs less than it takes to say; beyond, order follows from the reader and is checked.
_SORTED_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Lines:
    """The staged lines: view `strata_lines` with file, record, canonical columns, row_faults, aside, bad_value.

    `delivered` is the amount as delivered where it is not `gross`.
    """

    mapped: Mapped
    faults: Faults
    rules: Mapping[str, Rule]
    evidence: Mapping[str, Any]
    staged: Path


def stage_lines(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped, stores: str | None, staged: Path, as_of: date
) -> Lines:
    """The pass over the raw relation; `stores` is the staged stores table."""
    rules, evidence = rules_of(con, profile, mapped)
    zone = zone_sql(con, profile.market.time_zone, stores, "text_store_id" if "store_id" in rules else None)
    written = rules["date"].zone
    utc = utc_sql(con, zone if written is None else literal(written), "moment", as_of)
    faults = faults_of(mapped, line_faults(profile, rules))
    decided = {"row_faults": faults.mask_sql(), "aside": aside_sql(f"coalesce(local_date > DATE '{as_of}', false)")}
    inner = stacked(mapped.query, [*line_layers(profile, rules, zone, utc), decided])
    values = {"file": "file", "record": "record", **line_values(profile, rules)}
    if mapped.numbered:
        del values["record"]
    values |= {
        "row_faults": "row_faults",
        "aside": "aside",
        "delivered": "CASE WHEN delivered <> line_gross OR line_gross IS NULL THEN delivered END",
        "bad_value": faults.value_sql("row_faults", mapped.columns),
    }
    columns = ", ".join(f"{value} AS {name(column)}" for column, value in values.items())
    _check_order_setting(con)
    con.execute(f"COPY (SELECT {columns} FROM ({inner})) TO {literal(str(staged))} ({_STAGE_FORMAT})").fetchall()
    return Lines(mapped, faults, rules, evidence, staged)


def show_lines(con: duckdb.DuckDBPyConnection, lines: Lines, row_faults: str = "", joined: str = "") -> None:
    """Make the view `strata_lines`: record numbers, and each member's surviving number (from strata_survivors).

    `row_faults` is another expression for that column, over the relation `s` and what `joined` joins to it.
    """
    query = _staged_query(con, lines.mapped, lines.staged)
    if row_faults:
        query = f"SELECT s.* REPLACE ({row_faults} AS row_faults) FROM ({query}) s {joined}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {STAGED} AS {query}").fetchall()


def _check_order_setting(con: duckdb.DuckDBPyConnection) -> None:
    if not con.execute("SELECT current_setting('preserve_insertion_order')").fetchall()[0][0]:
        raise LedgerError(
            "DuckDB is set not to keep the order of rows, so record numbers would be wrong",
            hint="SET preserve_insertion_order = true",
        )


def _staged_query(con: duckdb.DuckDBPyConnection, mapped: Mapped, staged: Path) -> str:
    """The staged lines with their record numbers and each member's surviving number."""
    relation = parquet(staged)
    replaced, joined = [], ""
    record = ""
    if mapped.numbered:
        relation = parquet(staged, "file_row_number = true")
        starts = con.execute(
            f"SELECT file, min(file_row_number) FROM {relation} GROUP BY file ORDER BY file"
        ).fetchall()
        start = f"CASE s.file {' '.join(f'WHEN {file} THEN {first}' for file, first in starts)} END" if starts else "0"
        record = (
            f", s.file_row_number - {start} + 1 AS record" if len(starts) > 1 else ", s.file_row_number + 1 AS record"
        )
    if con.execute("SELECT count(*) FROM strata_survivors").fetchall()[0][0]:
        replaced.append("coalesce(m.survivor, s.member_number) AS member_number")
        joined = " LEFT JOIN strata_survivors m ON s.member_number = m.member_number"
    star = "s.*" + (f" REPLACE ({', '.join(replaced)})" if replaced else "")
    return f"SELECT {star}{record} FROM {relation} s{joined}"


def write_lines(
    con: duckdb.DuckDBPyConnection,
    lines: Lines,
    target: Path,
    *,
    doubles: int,
    excluded: int,
    rate_dates: int,
    taxed: bool,
) -> int:
    """Copy the lines that count to their canonical file, in input order; return how many."""
    tables = f"{STAGED} s"
    if doubles:
        tables += " ANTI JOIN strata_doubles d ON s.file = d.file AND s.record = d.record"
    if excluded:
        tables += " ANTI JOIN strata_excluded x ON s.member_number = x.member_number"
    rate_date = "s.local_date"
    if rate_dates:
        tables += " LEFT JOIN strata_rate_dates r ON s.file = r.file AND s.record = r.record"
        rate_date = "coalesce(r.rate_date, s.local_date)"
    columns = ", ".join(_output(column, rate_date, taxed=taxed) for column in output_columns())
    query = f"SELECT {columns} FROM {tables} WHERE s.row_faults = 0 AND s.aside = 0"
    rows = int(con.execute(f"SELECT count(*) FROM {STAGED}").fetchall()[0][0])
    sort = " ORDER BY s.file, s.record" if lines.mapped.has_joins or rows <= _SORTED_ROWS else ""
    written = _copy(con, f"{query}{sort}", target)
    if not sort and not _in_order(con, target):
        written = _copy(con, f"{query} ORDER BY s.file, s.record", target)
    return written


def output_columns() -> tuple[str, ...]:
    """Columns of transactions.parquet."""
    return tuple(c.name for c in TRANSACTIONS.columns if c.name not in INPUT_ONLY["transactions"])


def _output(column: str, rate_date: str, *, taxed: bool) -> str:
    type_ = SQL_TYPES[TRANSACTIONS[column].type]
    if column == "order_id":
        member = "coalesce(s.member_number || '@' || s.local_date, '@' || s.file || ':' || s.record)"
        return f"CASE WHEN s.order_id IS NOT NULL THEN s.order_id ELSE {member} END AS order_id"
    if column == "tax":
        return f"CAST(coalesce(s.tax, s.gross - s.net) AS {type_}) AS tax" if taxed else "s.tax"
    if column == "rate_date":
        return f"{rate_date} AS rate_date"
    if column in {"file", "record", "net", "gross", "quantity", "tax", "discount"}:
        return f"CAST(s.{column} AS {type_}) AS {name(column)}"
    return f"s.{column}"


def _copy(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    return int(con.execute(f"COPY ({query}) TO {literal(str(target))} ({PARQUET})").fetchall()[0][0])


def _in_order(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    place = "CAST(file AS HUGEINT) * 1000000000000 + record"
    disorder = (
        f"SELECT 1 FROM (SELECT {place} AS place, lag({place}) OVER () AS previous "
        f"FROM {parquet(path)}) WHERE place <= previous LIMIT 1"
    )
    return not con.execute(disorder).fetchall()


def content_columns() -> tuple[str, ...]:
    """Canonical columns by which two lines are compared: what the drop delivered."""
    return tuple(column for column in output_columns() if column not in {"rate_date", "file", "record"})
