"""Whether a file's first line is a header of its profile, or somebody's record: then none of its words is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from region_profiles.models import Profile
from tasks.errors import DropError
from tasks.ingest.part import column_names
from tasks.ingest.shape import shape

#: Rows in which a header below titles is sought.
TITLES = 20
#: Names in a message.
LISTED = 20


def named_columns(profile: Profile, table: str) -> frozenset[str]:
    """The columns of a raw table that the profile names: in mappings, in their SELECTs, in the key of an increment.

    A SELECT that cannot be read names none: it is an error of its own when it is planned.
    """
    source = profile.source
    raw = source.tables[table]
    named = {*raw.key, *([raw.later_by] if raw.later_by else [])}
    for mapping in source.mapping.values():
        if mapping.select is not None:
            named |= _of_select(mapping.select, table)
        elif table == (mapping.source or next(iter(source.tables))):
            named |= set(mapping.columns.values())
    return frozenset(named)


def unused_tables(profile: Profile) -> tuple[str, ...]:
    """The raw tables that no mapping reads: their rows stand in no ledger."""
    source = profile.source
    used: set[str] = set()
    for canonical, mapping in source.mapping.items():
        if mapping.select is not None:
            try:
                query = sqlglot.parse_one(mapping.select, dialect="duckdb")
            except SqlglotError:
                return ()
            used |= {found.name for found in query.find_all(exp.Table)}
        else:
            used.add(mapping.source or (canonical if len(source.tables) > 1 else next(iter(source.tables), canonical)))
    return tuple(table for table in source.tables if table not in used) if used else ()


def _of_select(text: str, table: str) -> set[str]:
    try:
        query = sqlglot.parse_one(text, dialect="duckdb")
    except SqlglotError:
        return set()
    tables = {found.alias_or_name: found.name for found in query.find_all(exp.Table)}
    alone = len(tables) == 1
    return {
        column.name
        for column in query.find_all(exp.Column)
        if tables.get(column.table, next(iter(tables.values()), None) if alone else None) == table
    }


def believed(columns: Iterable[str], named: frozenset[str]) -> bool:
    """Whether a header has at least half of the columns that the profile names.

    >>> named = frozenset({"Datum", "Betrag", "Menge"})
    >>> believed(["Nr", "Datum", "Betrag"], named), believed(["Datum", "KD7"], named), believed(["Nr"], frozenset())
    (True, False, False)
    """
    return bool(named) and 2 * len(named & set(columns)) >= len(named)


def header_row(rows: Sequence[Sequence[str | None]], named: frozenset[str]) -> int:
    """The place of the header: of the first rows the one with all the names that the profile reads, else the first.

    Titles fill less than half of its width; a row above it that fills more may be somebody's record, and stays one.

    >>> header_row([["Sales of May"], [], ["Date", "Amount", "Till"]], frozenset({"Date", "Amount"}))
    2
    """
    if named:
        widest = max(rows[:TITLES], key=len, default=())
        for place, row in enumerate(rows[:TITLES]):
            if row and named <= set(column_names(row)):
                return place
            if 2 * sum(bool(cell and cell.strip()) for cell in row) >= len(widest):
                return 0
    return 0


def told(columns: Sequence[str], named: frozenset[str]) -> dict[str, str]:
    """Each column as a message may show it: by its name, or by its shape where the header is not believed."""
    sure = believed(columns, named)
    return {column: column if sure or column in named else shape(column) for column in columns}


def check(table: str, headers: Sequence[tuple[str, Sequence[str]]], named: frozenset[str]) -> None:
    """DropError for a file, (name, columns), without any column that the profile names, where another file has some.

    All its rows would be refused one by one, each as if this and that were missing from it.
    """
    without = [(file, columns) for file, columns in headers if not named & set(columns)]
    if not without or len(without) == len(headers):
        return
    file, columns = without[0]
    raise DropError(
        f"its first line is no header of the table {table}, whose other files have one",
        file=file,
        value=" | ".join(map(shape, columns[:LISTED])),
        expected=", ".join(sorted(named)[:LISTED]),
        hint="ask for the file with its header, or declare a table of its own with header: false",
    )
