"""What is read from where: names that may be told, and the connection string that may not."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pydantic import SecretStr

from tasks.errors import DatabaseUnavailable, DropError, StrataError

VARIABLE = "STRATA_DATABASE_"
SCHEMES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


@dataclass(frozen=True, slots=True)
class Place:
    """A database by the profile's name for it, and the raw table that is being read."""

    database: str
    kind: str
    table: str | None = None

    @property
    def uri(self) -> str:
        """How manifests and messages name it: neither host nor user.

        >>> Place("crm", "postgresql", "orders").uri
        'postgresql:crm/orders'
        """
        return f"{self.kind}:{self.database}" + ("" if self.table is None else f"/{self.table}")

    @property
    def variable(self) -> str:
        """The environment variable that says where it is.

        >>> Place("crm", "mysql").variable
        'STRATA_DATABASE_CRM'
        """
        return VARIABLE + self.database.upper()

    def fault(self, problem: str, *, expected: str | None = None, hint: str | None = None) -> DropError:
        """An error that no retry mends; of a table's SELECT, where one is being read."""
        path = None if self.table is None else f"source.tables.{self.table}.select"
        return DropError(problem, file=self.uri, path=path, expected=expected, hint=hint)

    def unavailable(self, problem: str, hint: str | None = None) -> DatabaseUnavailable:
        """An error that a retry may mend."""
        return DatabaseUnavailable(problem, file=self.uri, hint=hint or "it is tried again; nothing half is left")

    def address(self) -> SecretStr:
        """The connection string of the environment. DropError where it is missing, or of another kind of database."""
        text = os.environ.get(self.variable, "").strip()
        form = f"{self.kind}://user:password@host/database"
        if not text:
            hint = f"set {self.variable} in the environment of whoever runs this; it belongs in no file of a profile"
            raise self.fault(f"{self.variable} is not set", expected=form, hint=hint)
        if kind_of(text) != self.kind:
            hint = f"mend {self.variable}, or source.databases.{self.database}.kind"
            raise self.fault(f"{self.variable} is no address of {self.kind}", expected=form, hint=hint)
        return SecretStr(text)

    def refused_address(self) -> DropError:
        """The error of a connection string that cannot be read; not in the driver's words, which quote it."""
        return self.fault(f"{self.variable} cannot be read", expected=f"{self.kind}://user:password@host/database")

    def refused_login(self) -> DropError:
        """The error of a wrong user or password."""
        return self.fault(
            "the server refuses user or password", hint=f"mend {self.variable}; the role needs LOGIN and SELECT alone"
        )

    def no_driver(self, package: str) -> DropError:
        """The error of a driver that is not installed."""
        return self.fault(f"the driver {package} is not installed", hint=f"install {package}, then run again")

    def not_text(self, column: str, kind: str) -> DropError:
        """The error of a column whose type has no agreed text."""
        error = self.fault(
            f"type {kind} is no text, number, date, boolean, JSON or bytes",
            hint="say in select how it is meant, as CAST(... AS CHAR(40)), or leave it out",
        )
        error.column = column
        return error


def kind_of(address: str) -> str | None:
    """The kind of database that an address leads to, if it is one that can be read.

    >>> kind_of("mariadb://reader:secret@db.example/shop"), kind_of("sqlite:///shop.db")
    ('mysql', None)
    """
    scheme, found, _ = address.strip().partition("://")
    return SCHEMES.get(scheme) if found else None


def missing(place: Place, told: str) -> StrataError:
    """The error of a relation, column or function that the database does not have."""
    return place.fault(
        told, expected="what the SELECT names", hint="correct the SELECT; a role sees only schemas it may use"
    )
