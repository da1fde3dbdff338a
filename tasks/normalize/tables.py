"""The small tables (customers, stores, corrections, rates): read as a whole into a temporary table, then decided.

A required column that is missing or unreadable quarantines its row; an optional one becomes null and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import SQL_TYPES
from tasks.normalize.faults import Fault, Faults, aside_sql, faults_of
from tasks.normalize.fields import Field, clean, parsed, stacked
from tasks.normalize.mapping import Mapped
from tasks.normalize.rules import Rule, rules_of
from tasks.normalize.sql import bits, name


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
    *,
    extra: Mapping[str, str] | None = None,
    more_faults: tuple[Fault, ...] = (),
    later: tuple[str, date] | None = None,
) -> Staged:
    """Read a small table into the temporary table `strata_<name>`.

    `extra` are derived canonical columns over the parsed ones; `more_faults` are checks of rows besides types, `later`
    says that a row is dated after as_of.
    """
    rules, evidence = rules_of(con, profile, mapped)
    languages = ",".join(profile.market.languages)
    layers, fields = parsed(rules, languages, profile.market.country)
    row, optional = _split(mapped, fields)
    faults = faults_of(mapped, [*row, *more_faults])
    values = {column.name: _value(column.name, column.type, fields) for column in mapped.table.mapped}
    decided = {
        "row_faults": faults.mask_sql(),
        "field_bits": bits(fault.condition for fault in optional),
        "aside": aside_sql(_beyond(values, later)),
    }
    inner = stacked(mapped.query, [*clean(rules), *layers, decided])
    columns = [f"{value} AS {name(column)}" for column, value in {**values, **(extra or {})}.items()]
    columns.append(f"{faults.value_sql('row_faults', mapped.columns)} AS bad_value")
    relation = name(f"strata_{mapped.table.name}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS "
        f"SELECT file, record, row_faults, field_bits, aside, {', '.join(columns)} FROM ({inner})"
    ).fetchall()
    return Staged(mapped, relation, faults, _count(con, relation, optional), evidence, rules)


def _split(mapped: Mapped, fields: Mapping[str, Field]) -> tuple[list[Fault], list[Fault]]:
    """Faults that refuse the row, and faults that only make a field null."""
    row, optional = [], []
    for column in mapped.table.mapped:
        field = fields.get(column.name)
        if field is None:
            continue
        found = [Fault(reason, condition, column.name) for reason, condition in field.faults]
        if column.required:
            row.append(Fault(f"{column.name}:missing", _missing(column.name, field), column.name))
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
