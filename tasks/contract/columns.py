"""What a canonical table and its columns are, and the columns that many tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "code", "integer", "decimal", "rate", "date", "timestamp", "boolean"]

#: How each type is stored by DuckDB, Spark and Parquet.
SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "rate": "DECIMAL(19,12)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table; `codes` is the closed set of a `code` column, if it has one."""

    name: str
    type: Type
    about: str
    personal: bool = False
    required: bool = False
    mapped: bool = True
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table: what a row is, its key, its columns in their published order."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        """The column of that name; KeyError names the table."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def mapped(self) -> tuple[Column, ...]:
        """The columns that a profile's mapping may supply."""
        return tuple(column for column in self.columns if column.mapped)

    @property
    def personal(self) -> frozenset[str]:
        """Names of the columns whose values never reach a log, error, artifact or manifest."""
        return frozenset(column.name for column in self.columns if column.personal)


def derived(name: str, type_: Type, about: str, *, personal: bool = False, codes: tuple[str, ...] = ()) -> Column:
    """A column that `normalize` computes."""
    return Column(name, type_, about, personal=personal, mapped=False, codes=codes)


#: Where a row came from; every canonical table ends with these two.
PROVENANCE = (
    derived("file", "integer", "index of the input file in the manifest's `inputs`, from 0"),
    derived("record", "integer", "record number in that file, from 1, header not counted"),
)

#: Columns that most tables of what customers did or said begin with.
MEMBER = Column("member_number", "text", "whom it concerns; null is nobody known", personal=True)
DATED = Column("date", "date", "local date (input only: becomes local_date)", required=True)
LOCAL = derived("local_date", "date", "local date")
WHOSE = Column("member_number", "text", "whom it concerns", personal=True, required=True)
