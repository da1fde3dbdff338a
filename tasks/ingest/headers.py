"""Whether a file's first line is a header of its profile, or somebody's record: then none of its words is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from region_profiles.models import Profile
from tasks.errors import DropError
from tasks.ingest.sql import shape

#: Names in a message.
LISTED = 20


def named_columns(profile: Profile, table: str) -> frozenset[str]:
    """The columns of a raw table that the profile names: in mappings, in their SELECTs, in the key of an increment.

    A SELECT that cannot be read names none: it is an error of its own when it is planned.
    """
    source = profile.source
    named = set(source.tables[table].key)
    for mapping in source.mapping.values():
        if mapping.select is not None:
            named |= _of_select(mapping.select, table)
        elif table == (mapping.source or next(iter(source.tables))):
            named |= set(mapping.columns.values())
    return frozenset(named)


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
