"""Pieces of SQL that several modules of this stage put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from tasks.sql import literal, name


def case(value: str, cases: Mapping[str, str | None], otherwise: str) -> str:
    """CASE over equal strings.

    >>> case("x", {"○": "yes"}, "NULL")
    "CASE x WHEN '○' THEN 'yes' ELSE NULL END"
    """
    if not cases:
        return otherwise
    whens = " ".join(f"WHEN {literal(key)} THEN {literal(code)}" for key, code in cases.items())
    return f"CASE {value} {whens} ELSE {otherwise} END"


def bits(conditions: Iterable[str]) -> str:
    """A BIGINT whose bit i says whether condition i holds; a condition that is null does not.

    >>> bits(["a IS NULL", "b < 0"])
    '(CASE WHEN a IS NULL THEN 1 ELSE 0 END + CASE WHEN b < 0 THEN 2 ELSE 0 END)::BIGINT'
    """
    terms = [f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END" for bit, condition in enumerate(conditions)]
    return f"({' + '.join(terms) or '0'})::BIGINT"


def record_sql(place: str, starts: Mapping[int, int]) -> str:
    """The record number of a row from its `place` in a table in the order of files, and each file's first place.

    >>> record_sql("rowid", {0: 0}), record_sql("rowid", {0: 0, 1: 7})
    ('rowid + 1', 'rowid - CASE file WHEN 0 THEN 0 WHEN 1 THEN 7 END + 1')
    """
    if len(starts) <= 1:
        return f"{place} + 1"
    return f"{place} - CASE file {' '.join(f'WHEN {file} THEN {starts[file]}' for file in sorted(starts))} END + 1"


def create(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """A temporary table of Arrow rows, in place of one of that name."""
    con.register("strata_arrow", rows)
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM strata_arrow").fetchall()
    finally:
        con.unregister("strata_arrow")


def select(relation: str, columns: Mapping[str, str], where: str | None = None) -> str:
    """All of a relation's columns and more.

    >>> select("t", {"b": "a + 1"})
    'SELECT *, a + 1 AS "b" FROM t'
    """
    more = "".join(f", {expression} AS {name(column)}" for column, expression in columns.items())
    return f"SELECT *{more} FROM {relation}" + (f" WHERE {where}" if where else "")
