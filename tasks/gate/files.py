"""Which files of a drop a fault comes from: those that most refused rows are of, those in which a column is never."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from tasks.files import parquet
from tasks.records import InputFile, Ledger
from tasks.sql import name

#: Files that a check names; of more nobody would ask the shop one by one.
LISTED = 3
#: So much of the refused rows is most of them.
MOST = 0.8
#: Files without a column are told where they are so much of a table's rows; fewer hold nothing (`tasks.gate.shape`).
WITHOUT = 0.2


def refused_files(
    con: duckdb.DuckDBPyConnection, quarantine: Path | None, ledger: Ledger, inputs: Sequence[InputFile], bound: Decimal
) -> dict[str, list[str]]:
    """The few files that most refused rows come from, of each table that is refused beyond the bound.

    None are named where nearly every file has some: then it is no matter of files.
    """
    found = {}
    for table, entry in sorted(ledger.items()):
        if quarantine is None or not entry.read or Decimal(entry.quarantined) / entry.read <= bound:
            continue
        rows = con.execute(
            f'SELECT file, count(*) FROM {parquet(quarantine)} WHERE "table" = ? GROUP BY file ORDER BY 2 DESC, 1',
            [table],
        ).fetchall()
        named, covered, total = [], 0, sum(count for _, count in rows)
        for file, count in rows:
            if covered < MOST * total:
                named.append(file)
                covered += count
        raw = {inputs[file].table for file in named}
        if len(named) <= LISTED and len(named) < sum(one.table in raw for one in inputs):
            found[table] = _names(named, inputs)
    return found


def files_without(
    con: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str], inputs: Sequence[InputFile]
) -> dict[str, list[str]]:
    """The files in which a column has no value at all, though it has in others; by column, where it has such files.

    `path` is a canonical table with the column `file`. For drops whose files differ in their columns.
    """
    asked = [column for column in columns if column not in {"file", "record"}]
    query = f"SELECT file, count(*), {', '.join(f'count({name(column)})' for column in asked)} "
    rows = con.execute(f"{query} FROM {parquet(path)} WHERE file IS NOT NULL GROUP BY file ORDER BY file").fetchall()
    total = sum(row[1] for row in rows)
    found = {}
    for place, column in enumerate(asked, start=2):
        empty = [row[0] for row in rows if not row[place]]
        if len(empty) < len(rows) and sum(row[1] for row in rows if not row[place]) >= WITHOUT * total:
            found[column] = _names(empty, inputs)
    return found


def _names(files: Sequence[int], inputs: Sequence[InputFile]) -> list[str]:
    more = ["\N{HORIZONTAL ELLIPSIS}"] if len(files) > LISTED else []
    return [inputs[file].uri for file in files[:LISTED]] + more
