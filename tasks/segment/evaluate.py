"""A rule on one customer, by hand: the same three-valued logic as on the engines, with every comparison shown."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from tasks.segment.tree import (
    Always,
    And,
    Arithmetic,
    Coalesce,
    Compare,
    Condition,
    Constant,
    IsNull,
    Kind,
    Named,
    Not,
    Or,
    Value,
)

_SIGNS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part of a rule: as written, with the customer's values, and whether it holds (None: null)."""

    condition: str
    values: Mapping[str, Any]
    holds: bool | None


def holds(condition: Condition, row: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds for a customer's traits; None where that is null.

    >>> from tasks.segment.language import parse
    >>> rule = parse("orders = 0 OR monetary_ppp / orders > 100")
    >>> [holds(rule, {"orders": n, "monetary_ppp": Decimal(250)}) for n in (0, 1, 3)]
    [True, True, False]
    """
    match condition:
        case Always(value):
            return value
        case IsNull(value):
            return _value(value, row, "double" if value.type in {"double", "number"} else "decimal") is None
        case Not(inner):
            found = holds(inner, row)
            return None if found is None else not found
        case Compare(sign, left, right, kind):
            one, two = _value(left, row, kind), _value(right, row, kind)
            return None if one is None or two is None else bool(_SIGNS[sign](one, two))
        case _:
            decided = isinstance(condition, And)
            parts = [holds(part, row) for part in condition.conditions]
            if (not decided) in parts:
                return not decided
            return None if None in parts else decided


def _value(value: Value, row: Mapping[str, Any], kind: Kind) -> Any:
    match value:
        case Named(name):
            found = row[name]
            return found if found is None or kind != "double" else float(found)
        case Constant(constant):
            return float(cast("Decimal", constant)) if kind == "double" else constant
        case Coalesce(values):
            return next((v for one in values if (v := _value(one, row, kind)) is not None), None)
        case _:
            left, right = _value(value.left, row, "double"), _value(value.right, row, "double")
            if left is None or right is None or (value.sign == "/" and right == 0):
                return None
            return {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[value.sign](
                left, right
            )


def evaluated(value: Value, row: Mapping[str, Any]) -> Any:
    """A value for a customer's traits, in its own kind; None where that is null."""
    return _value(value, row, "double" if value.type == "double" else "decimal")


def parts(condition: Condition) -> tuple[Condition, ...]:
    """What a rule joins by AND, each part whole: what has to hold.

    >>> from tasks.segment.language import parse
    >>> [words(part) for part in parts(parse("orders between 1 and 3 and (r_score = 1 or f_score = 1)"))]
    ['orders >= 1', 'orders <= 3', 'r_score = 1 OR f_score = 1']
    """
    if isinstance(condition, And):
        return tuple(one for part in condition.conditions for one in parts(part))
    return (condition,)


def leaf(condition: Condition, row: Mapping[str, Any]) -> Leaf:
    """A part of a rule on a customer."""
    return Leaf(words(condition), {name: row[name] for name in sorted(traits(condition))}, holds(condition, row))


def traits(part: Condition | Value) -> frozenset[str]:
    """Names of the traits in a rule.

    >>> from tasks.segment.language import parse
    >>> sorted(traits(parse("orders > 1 AND NOT (language IN ('de', 'fr') OR effort IS NULL)")))
    ['effort', 'language', 'orders']
    """
    if isinstance(part, Named):
        return frozenset({part.name})
    return frozenset[str]().union(*(traits(one) for one in _inside(part)))


def _inside(part: Condition | Value) -> tuple[Condition | Value, ...]:
    match part:
        case Coalesce():
            return part.values
        case IsNull():
            return (part.value,)
        case Not():
            return (part.condition,)
        case Compare() | Arithmetic():
            return (part.left, part.right)
        case And() | Or():
            return part.conditions
        case _:
            return ()


def words(part: Condition | Value) -> str:
    """A part of a rule as SQL.

    >>> from tasks.segment.language import parse
    >>> words(parse("not (orders between 1 and 3 or language is null)"))
    'NOT ((orders >= 1 AND orders <= 3) OR language IS NULL)'
    """
    inside = [f"({words(one)})" if isinstance(one, And | Or | Arithmetic) else words(one) for one in _inside(part)]
    match part:
        case Compare() | Arithmetic():
            text = f"{inside[0]} {part.sign} {inside[1]}"
        case And():
            text = " AND ".join(inside)
        case Or():
            text = " OR ".join(inside)
        case Not():
            text = f"NOT {inside[0] if isinstance(part.condition, And | Or) else f'({inside[0]})'}"
        case IsNull():
            text = f"{inside[0]} IS NULL"
        case Coalesce():
            text = f"COALESCE({', '.join(inside)})"
        case Named():
            text = part.name
        case _:
            text = _constant(part.value)
    return text


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    quoted = str(value).replace("'", "''")
    return quoted if isinstance(value, Decimal) else f"'{quoted}'"
