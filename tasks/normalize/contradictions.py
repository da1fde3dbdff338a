"""Evidence against a declaration: values that can only be read in another order of date, or with another decimal sign.

A few are typing errors and are quarantined; more than the profile's bound means that the declaration is wrong, and
reading on would be silently wrong for all the values that both readings allow (07-03 is a date either way). Only values
that could not be read as declared are looked at, so a sound drop costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from region_profiles.models import Profile
from tasks.contract import TABLES
from tasks.errors import DropError
from tasks.normalize.fields import clean, stacked
from tasks.normalize.mapping import RAW, Mapped
from tasks.normalize.rules import Rule
from tasks.normalize.tables import Staged
from tasks.normalize.transactions import STAGED, Lines, show_lines
from tasks.privacy.mask import mask
from tasks.records import InputFile
from tasks.sql import literal, name

_EXAMPLES = 5
_NUMBERS = ("quantity", "unit_price", "amount", "tax", "discount")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Another reading of a column: a condition over its cleaned text `text`, and both readings in words."""

    condition: str
    declared: str
    other: str
    setting: str


def _reading(rule: Rule) -> _Reading | None:
    """The reading that would contradict the rule, if there is one."""
    if rule.typed:
        return None
    if rule.numeric:
        other = {".": ",", ",": "."}.get(rule.decimal)
        if other is None:
            return None
        # A number that is too large for its column is one under either sign, and contradicts nothing.
        mine, others = (f"strata_number(text, {literal(sign)}, 'any', '')" for sign in (rule.decimal, other))
        condition = f"{others} IS NOT NULL AND {mine} IS NULL"
        return _Reading(condition, f"decimal sign {rule.decimal}", other, "decimal_sign")
    form = rule.dates
    if form.swapped == form:
        return None
    condition = f"strata_stamp(text, {literal(form.swapped.code())}) IS NOT NULL"
    swapped = form.swapped.declared or form.swapped.order
    return _Reading(condition, f"order {form.declared or form.order}", swapped, "date_order or dates")


def check_lines(con: duckdb.DuckDBPyConnection, profile: Profile, lines: Lines, inputs: Sequence[InputFile]) -> None:
    """Rows whose date is only readable with day and month the other way round become `date:order` in `strata_lines`.

    Raises DropError with file, records and values where the share of a column exceeds the profile's bound.
    """
    total = int(con.execute(f"SELECT count(*) FROM {STAGED} WHERE aside = 0").fetchall()[0][0])
    for column in ("date", *_NUMBERS):
        reading = _reading(lines.rules[column]) if column in lines.rules else None
        if reading is None:
            continue
        bit = lines.faults.bit(f"{column}:unreadable")
        # The staged file keeps the first value at fault: of rows with an earlier fault this column's is not known.
        candidates = (
            f"SELECT file, record, bad_value AS value, strata_code(bad_value) AS text FROM {STAGED} "
            f"WHERE row_faults & {bit} <> 0 AND row_faults & {bit - 1} = 0 AND aside = 0"
        )
        found = _found(con, candidates, reading)
        if found > profile.source.contradiction_bound * total:
            _refuse(con, profile, lines.mapped, column, reading, inputs, found, total)
        if column == "date" and found:
            _mark(con, lines)


def check_table(con: duckdb.DuckDBPyConnection, profile: Profile, staged: Staged, inputs: Sequence[InputFile]) -> None:
    """The same for the dates and numbers of a small table. Raises DropError."""
    total = int(con.execute(f"SELECT count(*) FROM {staged.relation} WHERE aside = 0").fetchall()[0][0])
    for column, rule in staged.rules.items():
        reading = _reading(rule) if rule.numeric or rule.column.type == "date" else None
        if reading is None or _unreadable(con, staged, column) <= profile.source.contradiction_bound * total:
            continue
        text = stacked(staged.mapped.query, clean({column: rule}))
        raw = name(RAW + column)
        candidates = f"SELECT file, record, {raw} AS value, text_{column} AS text FROM ({text}) WHERE fault IS NULL"
        readable = f"SELECT file, record FROM {staged.relation} WHERE {name(column)} IS NOT NULL"
        found = _found(con, f"SELECT * FROM ({candidates}) ANTI JOIN ({readable}) USING (file, record)", reading)
        if found > profile.source.contradiction_bound * total:
            _refuse(con, profile, staged.mapped, column, reading, inputs, found, total)


def _unreadable(con: duckdb.DuckDBPyConnection, staged: Staged, column: str) -> int:
    """How many values of a column were read neither as declared nor at all."""
    reason = f"{column}:unreadable"
    if not staged.rules[column].column.required:
        return staged.field_faults.get(reason, 0)
    where = f"row_faults & {staged.faults.bit(reason)} <> 0 AND aside = 0"
    return int(con.execute(f"SELECT count(*) FROM {staged.relation} WHERE {where}").fetchall()[0][0])


def _found(con: duckdb.DuckDBPyConnection, candidates: str, reading: _Reading) -> int:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_contradictions AS "
        f"SELECT file, record, value FROM ({candidates}) WHERE text IS NOT NULL AND {reading.condition}"
    ).fetchall()
    return int(con.execute("SELECT count(*) FROM strata_contradictions").fetchall()[0][0])


def _mark(con: duckdb.DuckDBPyConnection, lines: Lines) -> None:
    change = lines.faults.bit("date:order") - lines.faults.bit("date:unreadable")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_misordered AS SELECT file, record FROM strata_contradictions"
    ).fetchall()
    show_lines(
        con,
        lines,
        row_faults=f"CASE WHEN k.record IS NULL THEN s.row_faults ELSE s.row_faults + {change} END",
        joined="LEFT JOIN strata_misordered k ON s.file = k.file AND s.record = k.record",
    )


def _refuse(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    mapped: Mapped,
    column: str,
    reading: _Reading,
    inputs: Sequence[InputFile],
    found: int,
    total: int,
) -> None:
    rows = con.execute(
        f"SELECT file, record, value FROM strata_contradictions ORDER BY file, record LIMIT {_EXAMPLES}"
    ).fetchall()
    personal = column in TABLES[mapped.table.name].personal
    examples = ", ".join(f"{mask(value) if personal else value} (record {record})" for _, record, value in rows)
    raise DropError(
        f"{found} of {total} values contradict the declared {reading.declared}",
        market=profile.market.country,
        file=next((file.uri for file in inputs if file.index == rows[0][0]), mapped.driving.name),
        record=int(rows[0][1]),
        column=column,
        value=examples,
        expected=f"values in the declared {reading.declared}",
        hint=f"if the drop is right, declare {reading.other} (source.formats.{reading.setting})",
    )
