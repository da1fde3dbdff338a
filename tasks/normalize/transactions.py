"""Transactions: one pass over the raw text into `lines.parquet`, and narrow looks at that file.

It has every row of the market, parsed, with its faults. What the looks find out (duplicates, exclusions, merged
members, the orders of returns) is written beside it, a row for each line that changes: copying all lines without the
few that go would cost as much as half the pass. The canonical transactions are the two files together, a relation.

If the raw relation is numbered, `record` follows from the row's place in the file, which lets DuckDB read the CSV on
all cores (a row_number() over a CSV is one thread).
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
from tasks.files import parquet
from tasks.normalize.faults import Faults, aside_sql, faults_of
from tasks.normalize.fields import stacked
from tasks.normalize.lines import line_faults, line_layers, line_values
from tasks.normalize.mapping import Mapped
from tasks.normalize.rules import Rule, rules_of
from tasks.normalize.sql import record_sql
from tasks.normalize.stores import zone_sql
from tasks.normalize.tables import PASSED_ON, check_order_setting
from tasks.normalize.zones import utc_sql
from tasks.sql import literal, name

STAGED = "strata_lines"
LINES, CHANGES = "lines.parquet", "changes.parquet"
_KEPT = "row_faults = 0 AND aside = 0"


@dataclass(frozen=True, slots=True)
class CanonicalLines:
    """The canonical transactions of a market: every row of the drop, and what later looks changed of which.

    `starts` is the place of each file's first row where `record` follows from it, None where the lines hold it.
    """

    lines: Path
    changes: Path | None
    starts: Mapping[int, int] | None

    @property
    def relation(self) -> str:
        """For FROM: the columns of the contract, one row a line that counts, in no promised order."""
        columns = ", ".join(
            _canonical(column, changed=self.changes is not None)
            for column in output_columns()
            if column != "record"  # the relation of all lines already has it as a number
        )
        joined = where = ""
        if self.changes is not None:
            joined = f" LEFT JOIN {parquet(self.changes)} c ON s.place = c.place"
            where = " AND coalesce(c.kept, true)"
        lines = _numbered(self.lines, self.starts)
        return f"(SELECT {columns}, CAST(s.record AS BIGINT) AS record FROM ({lines}) s{joined} WHERE s.{_KEPT}{where})"


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines: view `strata_lines` with file, record, place, canonical columns, row_faults, aside, bad_value.

    `place` is the row's in `path`, from 0; `delivered` is the amount as delivered where it is not `gross`.
    """

    mapped: Mapped
    faults: Faults
    rules: Mapping[str, Rule]
    evidence: Mapping[str, Any]
    path: Path
    starts: Mapping[int, int] | None


def stage_lines(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped, stores: str | None, path: Path, as_of: date
) -> Lines:
    """The pass over the raw relation into `path`; `stores` is the staged stores table."""
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
    check_order_setting(con)
    # The rows of a join come in no promised order.
    order = " ORDER BY file, record" if mapped.has_joins else ""
    con.execute(f"COPY (SELECT {columns} FROM ({inner}){order}) TO {literal(str(path))} ({PASSED_ON})").fetchall()
    starts = None
    if mapped.numbered:
        first = f"SELECT file, min(file_row_number) FROM {_placed(path)} GROUP BY file ORDER BY file"
        starts = dict(con.execute(first).fetchall())
    elif not order:
        _put_in_order(con, path)
    return Lines(mapped, faults, rules, evidence, path, starts)


def show_lines(con: duckdb.DuckDBPyConnection, lines: Lines, row_faults: str = "", joined: str = "") -> None:
    """Make the view `strata_lines`: record numbers, and each member's surviving number (from strata_survivors).

    `row_faults` is another expression for that column, over the relation `s` and what `joined` joins to it.
    """
    query = _numbered(lines.path, lines.starts)
    if con.execute("SELECT count(*) FROM strata_survivors").fetchall()[0][0]:
        query = (
            "SELECT s.* REPLACE (coalesce(m.survivor, s.member_number) AS member_number), m.survivor "
            f"FROM ({query}) s LEFT JOIN strata_survivors m ON s.member_number = m.member_number"
        )
    else:
        query = f"SELECT *, NULL::VARCHAR AS survivor FROM ({query})"
    if row_faults:
        query = f"SELECT s.* REPLACE ({row_faults} AS row_faults) FROM ({query}) s {joined}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {STAGED} AS {query}").fetchall()


def write_changes(
    con: duckdb.DuckDBPyConnection, lines: Lines, target: Path, *, doubles: int, excluded: int, rate_dates: int
) -> CanonicalLines:
    """Write what the looks found to `target`, sorted by place, and return the canonical lines.

    Columns: place BIGINT, kept BOOLEAN, member_number VARCHAR (survivor of a merge), rate_date DATE; null says
    nothing. Where nothing changed there is no file.
    """
    parts = [f"SELECT place, NULL AS kept, survivor, NULL AS rate_date FROM {STAGED} WHERE survivor IS NOT NULL"]
    if doubles:
        parts.append("SELECT place, false, NULL, NULL FROM strata_doubles")
    if excluded:
        parts.append(f"SELECT place, false, NULL, NULL FROM {STAGED} SEMI JOIN strata_excluded USING (member_number)")
    if rate_dates:
        parts.append("SELECT place, NULL, NULL, rate_date FROM strata_rate_dates")
    merged = (
        "SELECT place, bool_and(kept) AS kept, max(survivor) AS member_number, max(rate_date) AS rate_date "
        f"FROM ({' UNION ALL '.join(parts)}) t(place, kept, survivor, rate_date) GROUP BY place ORDER BY place"
    )
    changed = con.execute(f"COPY ({merged}) TO {literal(str(target))} ({PASSED_ON})").fetchall()[0][0]
    if not changed:
        target.unlink()
    return CanonicalLines(lines.path, target if changed else None, lines.starts)


def _placed(path: Path) -> str:
    return parquet(path, "file_row_number = true")


def _numbered(path: Path, starts: Mapping[int, int] | None) -> str:
    """All lines with `place` and `record`."""
    if starts is None:
        return f"SELECT * EXCLUDE (file_row_number), file_row_number AS place FROM {_placed(path)}"
    columns = (
        f"* EXCLUDE (file_row_number), file_row_number AS place, {record_sql('file_row_number', starts)} AS record"
    )
    return f"SELECT {columns} FROM {_placed(path)}"


def _put_in_order(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Order follows from the reader and is checked: sorting millions of rows that are in order costs too much."""
    place = "CAST(file AS HUGEINT) * 1000000000000 + record"
    disorder = (
        f"SELECT 1 FROM (SELECT {place} AS place, lag({place}) OVER () AS previous "
        f"FROM {parquet(path)}) WHERE place <= previous LIMIT 1"
    )
    if con.execute(disorder).fetchall():
        found = path.rename(path.with_suffix(".unordered"))
        query = f"SELECT * FROM {parquet(found)} ORDER BY file, record"
        con.execute(f"COPY ({query}) TO {literal(str(path))} ({PASSED_ON})").fetchall()
        found.unlink()


def output_columns() -> tuple[str, ...]:
    """Columns of the canonical transactions."""
    return tuple(c.name for c in TRANSACTIONS.columns if c.name not in INPUT_ONLY["transactions"])


def _canonical(column: str, *, changed: bool) -> str:
    """A column of the contract over all lines `s` and, where something `changed`, their changes `c`."""
    member = "coalesce(c.member_number, s.member_number)" if changed else "s.member_number"
    if column == "member_number":
        return f"{member} AS member_number"
    if column == "order_id":
        made = f"coalesce({member} || '@' || s.local_date, '@' || s.file || ':' || s.record)"
        return f"CASE WHEN s.order_id IS NOT NULL THEN s.order_id ELSE {made} END AS order_id"
    if column == "rate_date":
        return f"{'coalesce(c.rate_date, s.local_date)' if changed else 's.local_date'} AS rate_date"
    return f"CAST(s.{column} AS {SQL_TYPES[TRANSACTIONS[column].type]}) AS {name(column)}"


def content_columns() -> tuple[str, ...]:
    """Canonical columns by which two lines are compared: what the drop delivered."""
    return tuple(column for column in output_columns() if column not in {"rate_date", "file", "record"})
