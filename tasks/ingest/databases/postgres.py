"""PostgreSQL through psycopg: a cursor of the server, in a repeatable-read transaction that is read only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import conninfo

from tasks.errors import DropError, StrataError
from tasks.ingest.databases.place import Place, missing
from tasks.ingest.databases.statement import Field, Kind, Statement

#: The kinds of types, and the SQL that gives their text; arrays, composites and enumerations are known by pg_type.
_TYPES: dict[str, tuple[Kind, str]] = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric"), ("number", "{}::text")),
    **dict.fromkeys(("float4", "float8"), ("double", "{}::text")),
    **dict.fromkeys(
        ("text", "varchar", "bpchar", "name", "char", "citext", "uuid", "inet", "cidr", "macaddr", "xml"),
        ("text", "{}::text"),
    ),
    **dict.fromkeys(("json", "jsonb"), ("json", "{}::text")),
    "money": ("number", "{}::numeric::text"),
    "bool": ("boolean", "{}::text"),
    "date": ("date", "{}::text"),
    "time": ("time", "{}::text"),
    "timestamp": ("timestamp", "{}::text"),
    "timestamptz": ("instant", "({} AT TIME ZONE 'UTC')::text"),
    "bytea": ("bytes", "encode({}, 'hex')"),
}
#: By pg_type.typcategory: arrays and composites are JSON, enumerations are words.
_FAMILIES: dict[str, tuple[Kind, str]] = {
    "A": ("json", "to_json({})::text"),
    "C": ("json", "to_json({})::text"),
    "E": ("text", "{}::text"),
}
_TYPE_FACTS = "SELECT oid::int8, typname, typcategory::text FROM pg_type WHERE oid = ANY(%(oids)s)"
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
}
#: Seconds to wait for a connection, and for signs of life of a silent one.
_CONNECT = {
    "connect_timeout": "15",
    "application_name": "strata",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
#: Classes of SQLSTATE that a retry may mend: connection, resources, operator, system; rollback by a conflict.
_PASSING = ("08", "53", "57P", "58", "40")
_SOURCE_WRONG = ("42703", "42P01", "42883", "42P02", "3F000", "42702", "42601", "42803", "42804", "42P10")
#: What libpq says where a server gave no SQLSTATE to it.
_LOGIN = ("password authentication failed", "no password supplied", "authentication failed")


class Postgres:
    """A session; see statement.Server."""

    def __init__(self, place: Place, timeout: int) -> None:
        """Connect and begin. StrataError says what is wrong with address, login or server, without telling them."""
        self.place = place
        address = place.address().get_secret_value()
        try:
            own = conninfo.conninfo_to_dict(address)
        except psycopg.Error:
            raise place.refused_address() from None
        try:
            given = {name: value for name, value in _CONNECT.items() if name not in own}
            self._connection = psycopg.connect(conninfo.make_conninfo(address, client_encoding="UTF8", **given))
        except (psycopg.Error, UnicodeError) as error:
            raise _not_connected(place, str(error)) from None
        try:
            self._begin(timeout)
        except BaseException:
            self.close()
            raise

    def _begin(self, timeout: int) -> None:
        self._connection.prepare_threshold = None  # poolers hand each transaction to another session
        self._connection.read_only = True
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with translated(self.place):
            for name, value in {**_SESSION, "statement_timeout": f"{timeout}s"}.items():
                self._connection.execute("SELECT set_config(%s, %s, true)", (name, value))

    @property
    def version(self) -> str:
        """Such as `PostgreSQL 15.3`."""
        number = self._connection.info.server_version
        return f"PostgreSQL {number // 10000}.{number % 10000}"

    def at(self, place: Place) -> None:
        """Say which table is being read."""
        self.place = place

    def fields(self, statement: Statement) -> tuple[Field, ...]:
        """Columns by their types; DropError for a type without an agreed text."""
        with translated(self.place):
            described = self._connection.execute(statement.columns, statement.values).description or []
            oids = sorted({column.type_code for column in described})
            facts = {oid: told for oid, *told in self._connection.execute(_TYPE_FACTS, {"oids": oids}).fetchall()}
        return tuple(self._field(column.name, *facts[column.type_code]) for column in described)

    def _field(self, name: str, type_name: str, category: str) -> Field:
        found = _TYPES.get(type_name) or _FAMILIES.get(category)
        if found is None:
            raise self.place.not_text(name, type_name)
        quoted = 'q."' + name.replace('"', '""').replace("%", "%%") + '"'
        return Field(name, found[0], found[1].replace("{}", quoted))

    def count(self, statement: Statement) -> int:
        """How many there are in the snapshot that the rows are read from."""
        with translated(self.place):
            return int(self._connection.execute(statement.count, statement.values).fetchall()[0][0])

    def batches(self, statement: Statement, fields: tuple[Field, ...], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """FETCH by FETCH, through a cursor that the server keeps."""
        with translated(self.place), self._connection.cursor(name="strata") as cursor:
            cursor.execute(statement.rows(fields), statement.values)
            while rows := cursor.fetchmany(size):
                yield rows

    def may_write(self) -> bool:
        """Whether the role is a superuser, or may write to some table."""
        asked = (
            "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
            "AND NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema' "
            "AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))"
        )
        with translated(self.place):
            return bool(self._connection.execute(asked).fetchall()[0][0])

    def close(self) -> None:
        """Roll back and close."""
        self._connection.close()


def connect(place: Place, timeout: int) -> Postgres:
    """A session of that database; see `Postgres`."""
    return Postgres(place, timeout)


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Errors of the driver as ours: a server's message is told only where it is about the SELECT's own words."""
    try:
        yield
    except psycopg.Error as error:
        raise _fault(place, error) from None
    except UnicodeDecodeError:
        raise _not_utf8(place) from None


def _fault(place: Place, error: Any) -> StrataError:
    state = error.sqlstate or ""
    told = (error.diag.message_primary or "").strip()
    if not state or state.startswith(_PASSING):
        return place.unavailable(f"the connection broke off ({state or type(error).__name__})")
    if state == "57014":
        hint = f"raise source.databases.{place.database}.timeout, or ask for an index"
        return place.fault("the statement took longer than the time that it has, or was cancelled", hint=hint)
    if state == "42501":
        return place.fault(told, expected="a role with SELECT on what is read", hint="ask for GRANT SELECT")
    if state in _SOURCE_WRONG:
        return missing(place, told)
    if state.startswith("22") and state in {"22021", "22P05"}:
        return _not_utf8(place)
    name = type(error).__name__
    return place.fault(f"the server refuses the SELECT: {name} ({state})", hint="try it with psql as the same role")


def _not_utf8(place: Place) -> DropError:
    return place.fault("a text cannot be told in UTF-8", hint="convert it in select, or mend it in the database")


def _not_connected(place: Place, told: str) -> StrataError:
    """Why there is no connection; the driver's words name host and user."""
    if any(sign in told for sign in _LOGIN):
        return place.refused_login()
    if "pg_hba.conf" in told:
        hint = f"ask its operator, or say sslmode=require in {place.variable}"
        return place.fault("the server's rules let neither this machine nor user in, or only with TLS", hint=hint)
    if "does not exist" in told and "FATAL" in told:
        return place.fault("the server has no such database or role", hint=f"mend {place.variable}")
    if "certificate" in told or "SSL" in told:
        return place.fault("no TLS connection that is trusted", hint=f"mend sslmode or sslrootcert in {place.variable}")
    if "invalid" in told and "option" in told:
        return place.refused_address()
    reason = "refused" if "refused" in told else "timed out" if "timeout" in told else "failed"
    return place.unavailable(
        f"the connection {reason}", f"does the server run, and do host, port and user in {place.variable} hold?"
    )
