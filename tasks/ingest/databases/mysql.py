"""MySQL and MariaDB through pymysql: rows as they come, in a repeatable-read transaction that is read only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql import converters
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor

from tasks.errors import StrataError
from tasks.ingest.databases.place import Place, missing
from tasks.ingest.databases.statement import Field, Kind, Statement

#: What may stand behind the `?` of an address, as pymysql names it.
_OPTIONS = ("ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "unix_socket")
_CONNECT_SECONDS = 15
#: A server waits so long for a reader that is busy writing.
_NET_SECONDS = 600
#: Errors that a retry may mend: connections, shutdowns, locks.
_PASSING = frozenset({1040, 1053, 1077, 1152, 1159, 1161, 1205, 1213, 1927, 2002, 2003, 2005, 2006, 2013, 2055, 4031})
_LOGIN = frozenset({1045, 1698, 1251, 2059})
_TIMEOUT = frozenset({1969, 3024, 1317})
_DENIED = frozenset({1142, 1143, 1044, 1370, 1227})
_SOURCE_WRONG = frozenset({1146, 1054, 1064, 1305, 1052, 1060, 1055, 1109, 1222, 1248, 1356})


def _types() -> dict[int, Kind]:
    numbers = ("TINY", "SHORT", "LONG", "LONGLONG", "INT24", "DECIMAL", "NEWDECIMAL", "YEAR", "BIT")
    texts = ("VARCHAR", "VAR_STRING", "STRING", "ENUM", "SET", "TINY_BLOB", "MEDIUM_BLOB", "LONG_BLOB", "BLOB", "NULL")
    kinds: dict[str, Kind] = {
        **dict.fromkeys(numbers, "number"),
        **dict.fromkeys(texts, "text"),
        "FLOAT": "double",
        "DOUBLE": "double",
        "DATE": "date",
        "NEWDATE": "date",
        "TIME": "time",
        "DATETIME": "timestamp",
        "TIMESTAMP": "instant",
        "JSON": "json",
    }
    return {getattr(FIELD_TYPE, name): kind for name, kind in kinds.items()}


class MySQL:
    """A session; see statement.Server."""

    def __init__(self, place: Place, timeout: int) -> None:
        """Connect and begin. StrataError says what is wrong with address, login or server, without telling them."""
        self.place = place
        self._unread: SSCursor | None = None
        given = _arguments(place)
        conv = converters.encoders  # no decoders: values stay the text that the server sends
        try:
            self._connection = pymysql.connect(
                **given, conv=conv, charset="utf8mb4", connect_timeout=_CONNECT_SECONDS, read_timeout=timeout + 60
            )
        except (pymysql.MySQLError, OSError, ValueError) as error:
            raise _not_connected(place, error) from None
        except RuntimeError:  # passwords of MySQL 8 go through TLS, or need the package cryptography
            hint = f"let {place.variable} say ssl_ca, and the server offer TLS"
            raise place.fault("the server's kind of login needs an encrypted connection", hint=hint) from None
        try:
            self._begin(timeout)
        except BaseException:
            self.close()
            raise

    def _begin(self, timeout: int) -> None:
        maria = "mariadb" in self.version.lower()
        limit = f"max_statement_time = {timeout}" if maria else f"max_execution_time = {timeout * 1000}"
        self._do(f"SET SESSION {limit}, time_zone = '+00:00', net_write_timeout = {_NET_SECONDS}")
        self._do("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._do("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    @property
    def version(self) -> str:
        """As the server says it."""
        told = str(self._connection.get_server_info())
        return told if "mariadb" in told.lower() else f"MySQL {told}"

    def at(self, place: Place) -> None:
        """Say which table is being read."""
        self.place = place

    def fields(self, statement: Statement) -> tuple[Field, ...]:
        """Columns by their types; DropError for a type without an agreed text."""
        types = _types()
        found = []
        with translated(self.place), self._connection.cursor() as cursor:
            cursor.execute(statement.columns, statement.values)
            described = cursor.description or ()
        for name, code, *_ in described:
            if code not in types:
                raise self.place.not_text(name, "geometry" if code == FIELD_TYPE.GEOMETRY else str(code))
            quoted = "q.`" + name.replace("`", "``").replace("%", "%%") + "`"
            found.append(Field(name, types[code], f"{quoted} + 0" if code == FIELD_TYPE.BIT else quoted))
        return tuple(found)

    def count(self, statement: Statement) -> int:
        """How many there are in the snapshot that the rows are read from."""
        with translated(self.place), self._connection.cursor() as cursor:
            cursor.execute(statement.count, statement.values)
            return int(cursor.fetchone()[0])

    def batches(self, statement: Statement, fields: tuple[Field, ...], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Row by row as they come, nothing kept on this side."""
        with translated(self.place):
            cursor = self._unread = self._connection.cursor(SSCursor)
            cursor.execute(statement.rows(fields), statement.values)
            while rows := cursor.fetchmany(size):
                yield rows
            cursor.close()

    def may_write(self) -> bool:
        """Whether the role is granted more than to read."""
        with translated(self.place), self._connection.cursor() as cursor:
            cursor.execute("SHOW GRANTS")
            grants = [str(row[0]) for row in cursor.fetchall()]
        words = ("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "SUPER", "FILE")
        return any(word in grant.split(" ON ")[0] for grant in grants for word in words)

    def close(self) -> None:
        """Close without waiting for rows that nobody reads: the driver would, cursor and result even when collected."""
        if self._unread is not None:
            self._unread.connection = None
        result = self._connection._result  # noqa: SLF001 - no other way to give up a result
        if result is not None:
            result.unbuffered_active = False
        with suppress(Exception):
            self._connection._force_close()  # noqa: SLF001 - close() waits for the server

    def _do(self, text: str) -> None:
        with translated(self.place), self._connection.cursor() as cursor:
            cursor.execute(text)


def _arguments(place: Place) -> dict[str, Any]:
    """The parts of an address as pymysql takes them."""
    try:
        parts = urlsplit(place.address().get_secret_value())
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        port = parts.port or 3306
    except ValueError:
        raise place.refused_address() from None
    strange = sorted(set(options) - set(_OPTIONS))
    if strange:
        raise place.fault(f"{place.variable} has unknown options: {', '.join(strange)}", expected=", ".join(_OPTIONS))
    flags = {name: value.lower() in {"1", "true", "yes"} for name, value in options.items() if "verify" in name}
    return {
        "host": unquote(parts.hostname or "localhost"),
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.lstrip("/")) or None,
        **options,
        **flags,
    }


def connect(place: Place, timeout: int) -> MySQL:
    """A session of that database; see `MySQL`."""
    return MySQL(place, timeout)


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Errors of the driver as ours: a server's message is told only where it is about the SELECT's own words."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise _fault(place, error) from None
    except UnicodeDecodeError:
        hint = "convert it in select, or mend it in the database"
        raise place.fault("a text cannot be told in UTF-8", hint=hint) from None
    except OSError:
        raise place.unavailable("the connection broke off") from None


def _fault(place: Place, error: Any) -> StrataError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    told = str(error.args[1]) if len(error.args) > 1 else ""
    if code in _PASSING or isinstance(error, pymysql.InterfaceError) or not code:
        return place.unavailable(f"the connection broke off ({code})")
    if code in _TIMEOUT:
        hint = f"raise source.databases.{place.database}.timeout, or ask for an index"
        return place.fault("the statement took longer than the time that it has, or was cancelled", hint=hint)
    if code in _DENIED:
        expected = "a role with SELECT on what is read"
        return place.fault("permission denied", expected=expected, hint="ask for GRANT SELECT")
    if code in _SOURCE_WRONG:
        return missing(place, told)
    return place.fault(
        f"the server refuses the SELECT: error {code}", hint="try it with its own client as the same role"
    )


def _not_connected(place: Place, error: BaseException) -> StrataError:
    """Why there is no connection; the driver's words name host and user."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in _LOGIN:
        return place.refused_login()
    if code in {1044, 1049}:
        return place.fault("the server has no such database, or not for this user", hint=f"mend {place.variable}")
    if isinstance(error, ValueError):
        return place.refused_address()
    if "SSL" in str(error) or "certificate" in str(error):
        return place.fault("no TLS connection that is trusted", hint=f"mend ssl_ca in {place.variable}")
    reason = "refused" if "refused" in str(error) else "timed out" if "timed out" in str(error) else "failed"
    return place.unavailable(
        f"the connection {reason}", f"does the server run, and do host, port and user in {place.variable} hold?"
    )
