"""Evidence against a declaration: values that can only be read in another order of date, or with another decimal sign.

A few are typing errors and are quarantined; more than the profile's bound means that the declaration is wrong, and
reading on would be silently wrong for all the values that both readings allow (07-03 is a date either way).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from region_profiles.models import Profile
from tasks.errors import DropError
from tasks.normalize.sql import literal
from tasks.normalize.transactions import STAGED, Lines
from tasks.records import InputFile

_EXAMPLES = 5


def contradicting_dates(
    con: duckdb.DuckDBPyConnection, profile: Profile, lines: Lines, inputs: Sequence[InputFile]
) -> str | None:
    """Rows whose date is only readable with day and month the other way round become `date:order`.

    Writes them to `strata_contradictions` (file, record) and returns that relation, or None where there are none.
    Raises DropError with file, records and values where their share of the rows exceeds the profile's bound.
    """
    unreadable = lines.faults.bit("date:unreadable")
    form = lines.rules["date"].dates
    if form.swapped == form:
        return None
    candidates = f"FROM {STAGED} WHERE row_faults & {unreadable} <> 0 AND aside = 0"
    other = f"strata_stamp(text, {literal(form.swapped.code())}) IS NOT NULL"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE strata_contradictions AS SELECT file, record, bad_value FROM ("
        f"SELECT file, record, bad_value, strata_code(bad_value) AS text {candidates}) WHERE {other}"
    ).fetchall()
    count = int(con.execute("SELECT count(*) FROM strata_contradictions").fetchall()[0][0])
    if count == 0:
        return None
    total = int(con.execute(f"SELECT count(*) FROM {STAGED} WHERE aside = 0").fetchall()[0][0])
    if count > profile.source.contradiction_bound * total:
        _refuse(con, profile, lines, inputs, count, total)
    return "strata_contradictions"


def _refuse(
    con: duckdb.DuckDBPyConnection, profile: Profile, lines: Lines, inputs: Sequence[InputFile], count: int, total: int
) -> None:
    rows = con.execute(
        f"SELECT file, record, bad_value FROM strata_contradictions ORDER BY file, record LIMIT {_EXAMPLES}"
    ).fetchall()
    form = lines.rules["date"].dates
    examples = ", ".join(f"{value} (record {record})" for _, record, value in rows)
    raise DropError(
        f"{count} of {total} dates contradict the declared order {form.declared or form.order}",
        market=profile.market.country,
        file=next((file.uri for file in inputs if file.index == rows[0][0]), None),
        record=int(rows[0][1]),
        column="date",
        value=examples,
        expected=f"dates in the order {form.declared or form.order}",
        hint=f"if the drop is right, declare {form.swapped.declared or form.swapped.order} "
        "(source.formats.date_order or dates)",
    )
