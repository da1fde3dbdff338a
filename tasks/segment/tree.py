"""A checked rule as a typed tree: language.py makes it, compiling.py runs it on an engine, evaluate.py by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

#: Types of values: those of traits, and numbers as they are written.
Type = Literal["text", "integer", "money", "double", "date", "number"]
#: How two values are compared. Money with a number is decimal; whatever arithmetic made is double.
Kind = Literal["text", "integer", "decimal", "double", "date"]
Sign = Literal["=", "<>", "<", "<=", ">", ">="]
Operator = Literal["+", "-", "*", "/"]

#: A comparison read from its other side.
MIRRORED: Mapping[Sign, Sign] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Named:
    """A trait, the segment of a dimension, or the date of the run."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A written value."""

    value: str | Decimal | date
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """On doubles; division by zero is null."""

    sign: Operator
    left: Value
    right: Value
    type: Type = "double"


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is not null."""

    values: tuple[Value, ...]
    type: Type


Value = Named | Constant | Arithmetic | Coalesce


@dataclass(frozen=True, slots=True)
class Compare:
    """Null where either side is null."""

    sign: Sign
    left: Value
    right: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class IsNull:
    """Never null itself."""

    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    """Null stays null."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    """False where any is false, else null where any is null."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where any is true, else null where any is null."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Always:
    """TRUE or FALSE as written."""

    value: bool


Condition = Compare | IsNull | Not | And | Or | Always
