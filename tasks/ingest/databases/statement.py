"""A profile's SELECT made ready for a driver: parameters bound, and asked about from outside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from region_profiles.database_checks import DIALECTS, PARAMETERS
from region_profiles.models import RawTable
from tasks.ingest.databases.place import Place

#: What a column's text is: the same forms as of typed files, all but `text` being typed.
Kind = Literal["text", "number", "double", "boolean", "date", "time", "timestamp", "instant", "bytes", "json"]

#: Rows as a driver gives them: texts, and bytes where MySQL says so.
Rows = Sequence[tuple[str | bytes | None, ...]]


@dataclass(frozen=True, slots=True)
class Field:
    """A column as the server names it, what its values are, and the SQL that gives their text."""

    name: str
    kind: Kind
    expression: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT in a driver's form (`%(as_of)s`, a sign % doubled) and the values of its parameters."""

    text: str
    values: dict[str, date]

    @property
    def columns(self) -> str:
        """Its columns, and no row."""
        return f"SELECT * FROM (\n{self.text}\n) AS q LIMIT 0"

    @property
    def count(self) -> str:
        """How many rows it has."""
        return f"SELECT count(*) FROM (\n{self.text}\n) AS q"

    def rows(self, fields: tuple[Field, ...]) -> str:
        """Its rows, each value as its expression says."""
        return f"SELECT {', '.join(field.expression for field in fields)} FROM (\n{self.text}\n) AS q"


class Server(Protocol):
    """A session in one transaction that is read only and sees one moment; values are in UTC."""

    @property
    def version(self) -> str:
        """The server's own name for its release."""

    def at(self, place: Place) -> None:
        """Say which table is being read, for errors."""

    def fields(self, statement: Statement) -> tuple[Field, ...]:
        """The columns of a SELECT, their names as they are."""

    def count(self, statement: Statement) -> int:
        """The number of its rows."""

    def batches(self, statement: Statement, fields: tuple[Field, ...], size: int) -> Iterator[Rows]:
        """Its rows, `size` at most in memory."""

    def may_write(self) -> bool:
        """Whether the role may do more than it needs to."""

    def close(self) -> None:
        """End transaction and connection; what broke before breaks nothing more."""


def statement(raw: RawTable, kind: str, as_of: date) -> Statement:
    """The SELECT of a raw table for psycopg and pymysql; a colon in strings and comments is no parameter.

    >>> asked = "SELECT a::int, ':as_of' FROM t WHERE d <= :as_of AND n % 2 = 0;"
    >>> statement(RawTable(database="crm", select=asked), "postgresql", date(2024, 3, 31)).text
    "SELECT a::int, ':as_of' FROM t WHERE d <= %(as_of)s AND n %% 2 = 0"
    """
    import sqlglot
    from sqlglot import TokenType

    text = raw.select or ""
    tokens = sqlglot.tokenize(text, dialect=DIALECTS[kind])
    pieces, start, used = [], 0, set()
    for colon, word in itertools.pairwise([token for token in tokens if token.token_type != TokenType.SEMICOLON]):
        parameter = word.text if word.text in PARAMETERS else None
        if colon.token_type == TokenType.COLON and word.start == colon.end + 1 and parameter:
            pieces += [text[start : colon.start].replace("%", "%%"), f"%({parameter})s"]
            start = word.end + 1
            used.add(parameter)
    ends = [token.start for token in tokens if token.token_type == TokenType.SEMICOLON]
    pieces.append(text[start : ends[0] if ends else len(text)].replace("%", "%%"))
    days = {"as_of": as_of, "since": raw.since}
    values = {parameter: day for parameter, day in days.items() if parameter in used and day is not None}
    return Statement("".join(pieces), values)
