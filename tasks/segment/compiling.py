"""Typed rules to Ibis expressions, with equal results on both engines."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from tasks.segment.tree import Always, And, Coalesce, Compare, Condition, Constant, IsNull, Kind, Named, Not, Value

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: Of money and of constants with up to two places; wider ones make every comparison a 128-bit one.
_MONEY, _WIDE, _PLACES = "decimal(18, 2)", "decimal(38, 6)", Decimal("0.01")
_MONEY_LIMIT = Decimal(10) ** 16


def compiled(condition: Condition, table: ir.Table) -> ir.BooleanValue:
    """The condition over a table of traits: true, false or null by SQL's three-valued logic."""
    match condition:
        case Always(value):
            return ibis.literal(value)
        case IsNull(value):
            return _value(value, table, _own_kind(value)).isnull()
        case Not(inner):
            return ~compiled(inner, table)
        case Compare(sign, left, right, kind):
            return cast("ir.BooleanValue", _SIGNS[sign](_value(left, table, kind), _value(right, table, kind)))
        case _:
            parts = [compiled(part, table) for part in condition.conditions]
            return reduce(operator.and_ if isinstance(condition, And) else operator.or_, parts)


def _own_kind(value: Value) -> Kind:
    kinds: dict[str, Kind] = {"money": "decimal", "number": "decimal"}
    return kinds.get(value.type, cast("Kind", value.type))


def _value(value: Value, table: ir.Table, kind: Kind) -> ir.Value:
    """A value in the form that its comparison asks for."""
    match value:
        case Named(name, type_):
            return _as(table[name], type_, kind)
        case Constant(constant):
            return _constant(constant, kind)
        case Coalesce(values, type_):
            return ibis.coalesce(*(_value(one, table, kind) for one in values))
        case _:
            left, right = _value(value.left, table, "double"), _value(value.right, table, "double")
            if value.sign == "/":
                return left / right.nullif(0.0)  # DuckDB calls 1/0 infinite, Spark an error
            return {"+": left + right, "-": left - right, "*": left * right}[value.sign]


def _as(column: ir.Value, type_: str, kind: Kind) -> ir.Value:
    if kind == "double" and type_ != "double":
        return column.cast("float64")
    if kind == "decimal" and type_ == "integer":
        return column.cast(_WIDE)
    return column


def _constant(value: object, kind: Kind) -> ir.Value:
    match kind:
        case "double":
            return ibis.literal(float(cast("Decimal", value)), "float64")
        case "integer":
            return ibis.literal(int(cast("Decimal", value)), "int64")
        case "decimal":
            number = cast("Decimal", value)
            narrow = abs(number) < _MONEY_LIMIT and number == number.quantize(_PLACES)
            return ibis.literal(number, _MONEY if narrow else _WIDE)
        case _:
            return ibis.literal(value)
