"""The small tables (customers, stores, corrections, rates): read as a whole into a temporary table, then decided.

A required column that is missing or unreadable quarantines its row; an optional one becomes null and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import SQL_TYPES
from tasks.errors import LedgerError
from tasks.normalize.faults import Fault, Faults, aside_sql, faults_of
from tasks.normalize.fields import Field, clean, parsed, stacked
from tasks.normalize.mapping import Mapped
from tasks.normalize.rules import Rule, rules_of
from tasks.normalize.sql import bits, record_sql
from tasks.sql import name


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


@dataclass(frozen=True, slots=True)
class Derived:
    """Columns beside the mapped ones or in their place, and faults that make a field null and are counted."""

    columns: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def stage_table(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    mapped: Mapped,
    *,
    derive: Callable[[Mapping[str, str]], Derived] = lambda _: Derived(),
    more_faults: tuple[Fault, ...] = (),
    later: tuple[str, date] | None = None,
) -> Staged:
    """Read a small table into the temporary table or view `strata_<name>`.

    `derive` says, given the expression of each canonical column, what else follows; `more_faults` are checks of rows
    besides types, `later` says that a row is dated after as_of.
    """
    rules, evidence = rules_of(con, profile, mapped)
    languages = ",".join(profile.market.languages)
    layers, fields = parsed(rules, languages, profile.market.country)
    row, optional = _split(mapped, fields)
    faults = faults_of(mapped, [*row, *more_faults])
    values = {column.name: _value(column.name, column.type, fields) for column in mapped.table.mapped}
    derived = derive(values)
    optional += derived.faults
    decided = {
        "row_faults": faults.mask_sql(),
        "field_bits": bits(fault.condition for fault in optional),
        "aside": aside_sql(_beyond(values, later)),
    }
    inner = stacked(mapped.query, [*clean(rules), *layers, decided])
    columns = [f"{value} AS {name(column)}" for column, value in {**values, **derived.columns}.items()]
    columns.append(f"{faults.value_sql('row_faults', mapped.columns)} AS bad_value")
    relation = f"strata_{mapped.table.name}"
    own = ["file", *([] if mapped.numbered else ["record"]), "row_faults", "field_bits", "aside"]
    query = f"SELECT {', '.join([*own, *columns])} FROM ({inner})"
    if mapped.numbered:
        _show_numbered(con, relation, query)
    else:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {query}").fetchall()
    return Staged(mapped, relation, faults, _count(con, relation, optional), evidence, rules)


def _show_numbered(con: duckdb.DuckDBPyConnection, relation: str, query: str) -> None:
    """The rows as a table, and over it a view with `record`, which follows from the row's place.

    So the file is read on all cores: a row_number() over a CSV is one thread.
    """
    check_order_setting(con)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation}_rows AS {query}").fetchall()
    starts = dict(con.execute(f"SELECT file, min(rowid) FROM {relation}_rows GROUP BY file ORDER BY file").fetchall())
    numbered = f"SELECT {record_sql('rowid', starts)} AS record, * FROM {relation}_rows"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS {numbered}").fetchall()


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


def _beyond(values: Mapping[str, str], later: tuple[str, date] | None) -> str:
    """Whether the row's date lies after the as-of date; in the layer below, the canonical columns have no names yet."""
    return "false" if later is None else f"coalesce({values[later[0]]} > DATE '{later[1]}', false)"


def _count(con: duckdb.DuckDBPyConnection, relation: str, optional: list[Fault]) -> dict[str, int]:
    if not optional:
        return {}
    sums = ", ".join(f"count(*) FILTER (field_bits & {1 << bit} <> 0)" for bit in range(len(optional)))
    where = "row_faults = 0 AND aside = 0"
    counts = con.execute(f"SELECT {sums} FROM {relation} WHERE {where}").fetchall()[0]
    return {fault.reason: int(count) for fault, count in zip(optional, counts, strict=True) if count}
