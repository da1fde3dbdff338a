"""Checks of raw tables that come from databases: each is one SELECT that changes nothing and gives the same again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from region_profiles.findings import Fault, Steps, nearest
from region_profiles.source_models import RawTable, Source

if TYPE_CHECKING:
    from sqlglot import exp

#: What is wrong with a SELECT: problem, value, what was expected, hint.
Wrong = tuple[str, object, str | None, str | None]
#: sqlglot's names of the kinds.
DIALECTS = {"postgresql": "postgres", "mysql": "mysql"}
PARAMETERS = ("as_of", "since")
#: What a table of a database may declare; all else is about files.
_OF_DATABASES = frozenset({"database", "select", "since", "mode", "key", "later_by"})
#: Functions that read files, wait, lock, write, reach other servers: some of it a read-only transaction allows.
_EFFECTS = ("pg_", "lo_", "dblink", "query_to_xml", "cursor_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml")
_EFFECT = frozenset(
    {
        "benchmark",
        "get_lock",
        "is_free_lock",
        "load_file",
        "master_pos_wait",
        "nextval",
        "release_all_locks",
        "release_lock",
        "set_config",
        "setseed",
        "setval",
        "sleep",
        "source_pos_wait",
        "sys_eval",
        "sys_exec",
        "txid_current",
        "wait_for_executed_gtid_set",
    }
)
#: Functions that answer otherwise at another moment: the same rows would be another publication.
_MOMENT = frozenset(
    {
        "clock_timestamp",
        "curdate",
        "currentdate",
        "currentdatetime",
        "currenttime",
        "currenttimestamp",
        "curtime",
        "gen_random_uuid",
        "localtime",
        "localtimestamp",
        "now",
        "rand",
        "random",
        "random_normal",
        "statement_timestamp",
        "sysdate",
        "timeofday",
        "transaction_timestamp",
        "utcdate",
        "utctime",
        "utctimestamp",
        "uuid",
        "uuid_generate_v1",
        "uuid_generate_v4",
        "uuid_short",
        "uuidv4",
        "uuidv7",
    }
)


def check_databases(source: Source) -> Iterator[Fault]:
    """Every fault of the tables that databases give; needs no database."""
    for name in source.databases:
        if name not in source.asked:
            yield Fault(("source", "databases", name), "no table of source.tables comes from it", None, warning=True)
    for database, tables in source.asked.items():
        declared = source.databases.get(database)
        path: Steps = ("source", "tables")
        if declared is None and source.databases:
            expected = "one of " + ", ".join(source.databases)
            at = (*path, next(iter(tables)), "database")
            yield Fault(at, "unknown database", database, expected, nearest(database, source.databases))
            continue
        dialect = DIALECTS[declared.kind if declared else "postgresql"]
        for name, table in tables.items():
            yield from _table(table, dialect, (*path, name))


def _table(table: RawTable, dialect: str, path: Steps) -> Iterator[Fault]:
    for field in sorted(table.model_fields_set - _OF_DATABASES):
        if getattr(table, field) not in ((), None):
            yield Fault(
                (*path, field), "is of files, and stands beside database", None, "files, or database and select"
            )
    if table.mode == "increment":
        expected = "snapshot: one SELECT gives all rows; `key` and `later_by` say which of several counts"
        yield Fault((*path, "mode"), "has no meaning for a database", table.mode, expected)
    if table.later_by is not None and not table.key:
        yield Fault((*path, "key"), "is missing beside later_by", None, "columns that tell which rows are of one thing")
    if not (table.select or "").strip():
        yield Fault((*path, "select"), "is missing", None, "one SELECT in the database's own SQL")
        return
    faults = list(_select(table, dialect))
    yield from (Fault((*path, "select"), *fault) for fault in faults)
    if table.since is not None and not faults and ":since" not in (table.select or ""):
        yield Fault((*path, "since"), "is not used", table.since, "`:since` in select, or no since")


def _select(table: RawTable, dialect: str) -> Iterator[Wrong]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        statements = [one for one in sqlglot.parse(table.select or "", dialect=dialect) if one is not None]
    except SqlglotError as error:
        told = str(error).splitlines()[0].rstrip(". ")
        yield f"is no SQL of {dialect}: {told}", None, "one SELECT", None
        return
    if len(statements) != 1:
        yield f"holds {len(statements)} statements", None, "one SELECT", None
        return
    (query,) = statements
    if not isinstance(query, exp.Select | exp.SetOperation):
        yield "is no SELECT", query.key.upper(), "one SELECT: a source is only read", None
        return
    yield from _reads_only(query, dialect)
    for part, meaning in (("order", "ORDER BY"), ("limit", "LIMIT"), ("offset", "OFFSET")):
        if query.args.get(part) is not None:
            yield _outermost(meaning)
    for parameter in query.find_all(exp.Parameter, exp.Placeholder):
        if isinstance(parameter, exp.Parameter) or parameter.name not in PARAMETERS:
            yield "unknown parameter", parameter.sql(dialect="mysql"), "`:as_of` or `:since`", None
        elif parameter.name == "since" and table.since is None:
            yield "has `:since`", None, "since: the day that it stands for, beside select", None


def _reads_only(query: exp.Expression, dialect: str) -> Iterator[Wrong]:
    from sqlglot import exp

    for node in query.find_all(exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command):
        if not isinstance(node, exp.Query):
            yield "does more than read", node.sql(dialect=dialect)[:80], "no INTO, FOR UPDATE, INSERT, DELETE", None
    for function in query.find_all(exp.Func):
        name = (function.name if isinstance(function, exp.Anonymous) else function.key).lower()
        if name in _EFFECT or name.startswith(_EFFECTS):
            yield "calls a function that does more than read", name, "functions of values", None
        elif name in _MOMENT:
            shown = function.sql(dialect=dialect).lower()
            yield "calls a function that answers otherwise each time", shown, "functions of values", "use `:as_of`"


def _outermost(clause: str) -> Wrong:
    if clause == "ORDER BY":
        hint = "leave it out; where several rows are of one thing, `key` and `later_by` say which counts"
        return "orders its rows, and they are put in the order of their columns", None, "no ORDER BY at the end", hint
    return "leaves rows out by their place", None, f"no {clause} at the end", "leave rows out by a WHERE"
