"""Customers' messages: who wrote when, by which way. The text is read for its language and written nowhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.contract import FEEDBACK, INPUT_ONLY, SQL_TYPES
from tasks.files import PUBLISHED
from tasks.normalize.duplicates import find_doubles, repeated_files
from tasks.normalize.ledger import count_staged, move
from tasks.normalize.mapping import Mapped
from tasks.normalize.tables import Derived, Staged, stage_table
from tasks.records import InputFile, TableLedger
from tasks.sql import literal, name

#: The messages that count, with their texts; there once it is known who is excluded.
KEPT = "strata_messages"
_DOUBLES = "strata_feedback_doubles"


def stage_feedback(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped, inputs: tuple[InputFile, ...], as_of: date
) -> Staged:
    """Read the messages into `strata_feedback`, and find those that came twice: by number, else by whole files."""
    staged = stage_table(
        con,
        profile,
        mapped,
        derive=lambda values: Derived({"local_date": values["date"]}),
        later=("date", as_of),
    )
    find_doubles(
        con,
        f"(SELECT * FROM {staged.relation} WHERE row_faults = 0 AND aside = 0)",
        FEEDBACK.key if mapped.has("feedback_id") else (),
        [column.name for column in FEEDBACK.mapped],
        repeated_files(inputs, mapped.driving.name),
        _DOUBLES,
    )
    return staged


def write_feedback(con: duckdb.DuckDBPyConnection, staged: Staged, target: Path) -> TableLedger:
    """Write feedback.parquet without what `INPUT_ONLY` names, and the table KEPT with the texts; return the ledger.

    A merged customer's messages are the survivor's. Those of an excluded customer are filtered as the lines are.
    """
    ledger = count_staged(con, staged.relation, staged.faults, staged.mapped.where)
    count = "NULL, NULL, count(*), NULL"
    move(con, ledger, "duplicate", f"SELECT reason, {count} FROM {_DOUBLES} GROUP BY reason ORDER BY reason")
    single = (
        "SELECT f.* REPLACE (coalesce(s.survivor, f.member_number) AS member_number) FROM "
        f"(SELECT * FROM {staged.relation} ANTI JOIN {_DOUBLES} USING (file, record) "
        "WHERE row_faults = 0 AND aside = 0) f LEFT JOIN strata_survivors s ON f.member_number = s.member_number"
    )
    filtered = f"SELECT 'customer:' || x.kind, {count} FROM ({single}) m JOIN strata_excluded x USING (member_number)"
    move(con, ledger, "filtered", f"{filtered} GROUP BY ALL ORDER BY ALL")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {KEPT} AS SELECT m.* FROM ({single}) m "
        "ANTI JOIN strata_excluded x ON m.member_number = x.member_number"
    ).fetchall()
    columns = ", ".join(
        f"CAST({name(c.name)} AS {SQL_TYPES[c.type]}) AS {name(c.name)}"
        for c in FEEDBACK.columns
        if c.name not in INPUT_ONLY["feedback"]
    )
    query = f"SELECT {columns} FROM {KEPT} ORDER BY file, record"
    rows = int(
        con.execute(f"COPY ({query}) TO {literal(str(target))} ({PUBLISHED})").fetchall()[0][0]
    )  # counted independently of the rows that went elsewhere
    ledger.kept = rows
    return ledger
