"""Tables other than transactions: read as a whole into a temporary table, then decided.

A required column that is missing or unreadable quarantines its row; an optional one becomes null and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import INPUT_ONLY, SQL_TYPES
from tasks.errors import LedgerError
from tasks.files import parquet
from tasks.normalize.checks import Derived, assumed, dated, derived
from tasks.normalize.faults import Fault, Faults, aside_sql, faults_of
from tasks.normalize.fields import ACT, Field, clean, parsed, stacked
from tasks.normalize.mapping import Mapped
from tasks.normalize.rules import Rule, rules_of
from tasks.normalize.sql import bits, record_sql
from tasks.sql import literal, name

#: Of files that the next steps read and nobody else: dictionaries of numbers would be built only to be thrown away.
#: LZ4 costs little and spares the disk half the bytes; Spark, which refuses some of DuckDB's LZ4_RAW pages, never
#: reads them.
PASSED_ON = "FORMAT parquet, COMPRESSION lz4, DICTIONARY_SIZE_LIMIT 2000"
_NULLS = frozenset(f"NULL::{type_}" for type_ in SQL_TYPES.values())


@dataclass(frozen=True, slots=True)
class Staged:
    """A table as read: `relation` has file, record, the canonical columns, row_faults, aside, bad_value."""

    mapped: Mapped
    relation: str
    faults: Faults
    field_faults: Mapping[str, int]
    """How many values of optional columns were made null, by `column:reason`."""
    evidence: Mapping[str, Any]
    rules: Mapping[str, Rule]


def stage_table(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    mapped: Mapped,
    as_of: date,
    *,
    derive: Callable[[Mapping[str, str]], Derived] = lambda _: Derived(),
    path: Path | None = None,
) -> Staged:
    """Read a table into the temporary table or view `strata_<name>`, with what `checks` says of it.

    `derive` says, given the expression of each canonical column, what else follows. With a `path` the rows are passed
    on in a file there, because some tables have more of them than memory; the caller takes it away.
    """
    rules, evidence = rules_of(con, profile, mapped)
    languages = ",".join(profile.market.languages)
    zone = profile.market.time_zone if ACT in INPUT_ONLY.get(mapped.table.name, ()) else None
    layers, parsed_ = parsed(rules, languages, profile.market.country, zone)
    row, optional = _split(mapped, parsed_)
    values = {column.name: _value(column.name, column.type, parsed_) for column in mapped.table.mapped}
    for column, value in assumed(profile, mapped.table, values, as_of).items():
        absent = _missing(column, parsed_[column]) if column in parsed_ else "true"
        values[column] = f"CASE WHEN {absent} THEN {value} ELSE {values[column]} END"
    always, own = derived(profile, mapped, values), derive(values)
    faults = faults_of(mapped, [*row, *always.rows, *own.rows])
    optional += [*always.fields, *own.fields]
    decided = {
        "row_faults": faults.mask_sql(),
        "field_bits": bits(fault.condition for fault in optional),
        "aside": aside_sql(_beyond(values, dated(mapped.table), as_of)),
    }
    inner = stacked(mapped.query, [*clean(rules), *layers, decided])
    values |= {**always.columns, **own.columns}
    for fault in (*always.fields, *own.fields):
        values[str(fault.column)] = f"CASE WHEN {fault.condition} THEN NULL ELSE {values[str(fault.column)]} END"
    empty = {column: value for column, value in values.items() if value in _NULLS}
    columns = [f"{value} AS {name(column)}" for column, value in values.items() if column not in empty]
    columns.append(f"{faults.value_sql('row_faults', mapped.columns)} AS bad_value")
    relation = f"strata_{mapped.table.name}"
    decisions = ["file", *([] if mapped.numbered else ["record"]), "row_faults", "field_bits", "aside"]
    query = f"SELECT {', '.join([*decisions, *columns])} FROM ({inner})"
    _hold(con, relation, query, path, empty, numbered=mapped.numbered)
    return Staged(mapped, relation, faults, _count(con, relation, optional), evidence, rules)


def _hold(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    query: str,
    path: Path | None,
    empty: Mapping[str, str],
    *,
    numbered: bool,
) -> None:
    """The rows as a table or file, and over it the view `relation` with `record` and the `empty` columns.

    What is not mapped is null in the view only: customers have dozens of such columns, which would cost as others do.
    Where the raw relation is numbered, that follows from the row's place, so the file is read on all cores: a
    row_number() over a CSV is one thread.
    """
    check_order_setting(con)
    if path is None:
        held, place, rows = f"{relation}_rows", "rowid", "*"
        con.execute(f"CREATE OR REPLACE TEMP TABLE {held} AS {query}").fetchall()
    else:
        held, place, rows = parquet(path, "file_row_number = true"), "file_row_number", "* EXCLUDE (file_row_number)"
        con.execute(f"COPY ({query}) TO {literal(str(path))} ({PASSED_ON})").fetchall()
    record = ""
    if numbered:
        starts = dict(con.execute(f"SELECT file, min({place}) FROM {held} GROUP BY file ORDER BY file").fetchall())
        record = f"{record_sql(place, starts)} AS record, "
    nulls = "".join(f", {value} AS {name(column)}" for column, value in empty.items())
    con.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT {record}{rows}{nulls} FROM {held}").fetchall()


def check_order_setting(con: duckdb.DuckDBPyConnection) -> None:
    """LedgerError where DuckDB is set not to keep the order of rows, from which record numbers follow."""
    if not con.execute("SELECT current_setting('preserve_insertion_order')").fetchall()[0][0]:
        raise LedgerError(
            "DuckDB is set not to keep the order of rows, so record numbers would be wrong",
            hint="SET preserve_insertion_order = true",
        )


def _split(mapped: Mapped, fields: Mapping[str, Field]) -> tuple[list[Fault], list[Fault]]:
    """Faults that refuse the row, and faults that only make a field null."""
    row, optional = [], []
    for column in mapped.table.mapped:
        parsed_ = fields.get(column.name)
        if parsed_ is None:
            continue
        found = [Fault(reason, condition, column.name) for reason, condition in parsed_.faults]
        if column.required:
            row.append(Fault(f"{column.name}:missing", _missing(column.name, parsed_), column.name))
            row += found
        else:
            optional += found
    return row, optional


def _missing(column: str, field: Field) -> str:
    """No text, and none that the profile's values fail to name: that is another fault."""
    unnamed = [
        f"coalesce({condition}, false)" for reason, condition in field.faults if reason.endswith("unknown_value")
    ]
    return " AND NOT ".join([f"text_{column} IS NULL", *unnamed])


def _value(column: str, type_: Any, fields: Mapping[str, Field]) -> str:
    if column in fields:
        return f"CAST({fields[column].value} AS {SQL_TYPES[type_]})"
    return f"NULL::{SQL_TYPES[type_]}"


def _beyond(values: Mapping[str, str], day: str | None, as_of: date) -> str:
    """Whether the row's date lies after the as-of date; in the layer below, the canonical columns have no names yet."""
    return "false" if day is None else f"coalesce({values[day]} > DATE '{as_of}', false)"


def _count(con: duckdb.DuckDBPyConnection, relation: str, optional: list[Fault]) -> dict[str, int]:
    if not optional:
        return {}
    sums = ", ".join(f"count(*) FILTER (field_bits & {1 << bit} <> 0)" for bit in range(len(optional)))
    where = "row_faults = 0 AND aside = 0"
    counts = con.execute(f"SELECT {sums} FROM {relation} WHERE {where}").fetchall()[0]
    return {fault.reason: int(count) for fault, count in zip(optional, counts, strict=True) if count}
