"""What would have to differ for a rule to hold: trait, value, what is needed, and how far that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

from tasks.catalogue import CATALOGUE, SCORES
from tasks.segment.evaluate import evaluated, words
from tasks.segment.evaluate import holds as holding
from tasks.segment.tree import (
    MIRRORED,
    Always,
    And,
    Compare,
    Condition,
    Constant,
    IsNull,
    Named,
    Not,
    Or,
    Sign,
    Value,
)

Need = Literal["at_least", "at_most", "more_than", "less_than", "equal", "other", "one_of", "known", "unknown"]
#: A difference of days is set beside a year, since dates have no zero of their own.
_YEAR = 365
NEEDS: Mapping[Sign, Need] = {
    ">=": "at_least", "<=": "at_most", ">": "more_than", "<": "less_than", "=": "equal", "<>": "other",
}  # fmt: skip
_NEGATED: Mapping[Sign, Sign] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Wish:
    """One trait that would have to differ.

    `trait` is a name, or a computed value as SQL. `distance` is relative, from 0 to 1: the difference over the larger
    of value and need; 1 where there is nothing to subtract. `basis`: of a score, what it takes in the trait it ranks.
    """

    trait: str
    value: Any
    need: Need
    needed: Any
    distance: float
    basis: Wish | None = None


#: Cuts of scores as `Cuts.as_dict` tells them, of one population.
Scores = Sequence[Mapping[str, Any]]


def step(trait: str) -> Decimal | None:
    """The grid of a trait's values: whole numbers, cents; None where values lie as close as they like.

    >>> step("recency_days"), step("monetary_ppp"), step("effort")
    (Decimal('1'), Decimal('0.01'), None)
    """
    kinds = {"integer": Decimal(1), "money": Decimal("0.01")}
    return kinds.get(CATALOGUE[trait].type) if trait in CATALOGUE else None


def distance(value: Any, needed: Any) -> float:
    """How far a value is from what is needed, relative to the larger of the two.

    >>> distance(75, Decimal(61)), distance(None, 3), distance("de", "fr"), distance(Decimal(0), Decimal(0))
    (0.18666666666666668, 1.0, 1.0, 0.0)
    """
    if isinstance(value, date) and isinstance(needed, date):
        return min(1.0, abs((value - needed).days) / _YEAR)
    if isinstance(value, int | float | Decimal) and isinstance(needed, int | float | Decimal):
        one, two = float(value), float(needed)
        largest = max(abs(one), abs(two))
        return min(1.0, abs(one - two) / largest) if largest else 0.0
    return 1.0


def on_grid(trait: str, need: Need, needed: Any) -> tuple[Need, Any]:
    """More than 4 orders are at least 5; more than 200.00 is at least 200.01.

    >>> on_grid("orders", "more_than", Decimal(4)), on_grid("monetary_ppp", "less_than", Decimal(200))
    (('at_least', Decimal('5')), ('at_most', Decimal('199.99')))
    """
    grid = step(trait)
    if grid is None or not isinstance(needed, Decimal):
        return need, needed
    steps = needed / grid
    match need:
        case "more_than":
            return "at_least", (steps.to_integral_value(ROUND_FLOOR) + 1) * grid
        case "less_than":
            return "at_most", (steps.to_integral_value(ROUND_CEILING) - 1) * grid
        case "at_least":
            return need, steps.to_integral_value(ROUND_CEILING) * grid
        case "at_most":
            return need, steps.to_integral_value(ROUND_FLOOR) * grid
    return need, needed


def wishes(
    condition: Condition, row: Mapping[str, Any], scores: Scores = (), *, holds: bool = True
) -> tuple[Wish, ...]:
    """What would have to differ, all of it, for a condition to hold (or not to); of several ways the nearest.

    Empty where nothing would have to, or nothing can.
    """
    match condition:
        case Always():
            return ()
        case Not(inner):
            return wishes(inner, row, scores, holds=not holds)
        case IsNull(value):
            return _of_null(value, row, holds=holds)
        case Compare():
            return tuple(with_basis(one, row, scores) for one in _compared(condition, row, holds=holds))
    return _joined(condition, row, scores, holds=holds)


def _joined(condition: And | Or, row: Mapping[str, Any], scores: Scores, *, holds: bool) -> tuple[Wish, ...]:
    """All that AND asks for; of OR the nearest way."""
    if isinstance(condition, Or) and holds and (listed := _one_of(condition, row)) is not None:
        return listed
    parts = [wishes(part, row, scores, holds=holds) for part in condition.conditions]
    if isinstance(condition, And) == holds:
        return tuple(dict.fromkeys(one for part in parts for one in part))
    return min(parts, key=far) if all(parts) else ()


def far(found: Iterable[Wish]) -> float:
    """How far several differences are together: the farthest counts."""
    return max((one.basis.distance if one.basis is not None else one.distance for one in found), default=0.0)


def _of_null(value: Value, row: Mapping[str, Any], *, holds: bool) -> tuple[Wish, ...]:
    found = evaluated(value, row)
    if (found is None) == holds:
        return ()
    return (Wish(words(value), found, "unknown" if holds else "known", None, 1.0),)


def _compared(condition: Compare, row: Mapping[str, Any], *, holds: bool) -> tuple[Wish, ...]:
    """The wish of a comparison; the side that is a trait is what differs."""
    if holding(condition, row) is holds:
        return ()
    sign, left, right = condition.sign, condition.left, condition.right
    if isinstance(left, Constant) and not isinstance(right, Constant):
        sign, left, right = MIRRORED[sign], right, left
    needed = right.value if isinstance(right, Constant) else evaluated(right, row)
    trait = words(left)
    need = NEEDS[sign if holds else _NEGATED[sign]]
    if isinstance(left, Named):
        need, needed = on_grid(left.name, need, needed)
    value = evaluated(left, row)
    return (Wish(trait, value, need, needed, 1.0 if need == "other" else distance(value, needed)),)


def _one_of(condition: Or, row: Mapping[str, Any]) -> tuple[Wish, ...] | None:
    """IN over a list of texts is one wish, not several ways."""
    values, names = [], set()
    for part in condition.conditions:
        match part:
            case Compare("=", Named(name), Constant(str() as value)):
                values.append(value)
                names.add(name)
            case _:
                return None
    if len(names) != 1:
        return None
    name = names.pop()
    return () if row[name] in values else (Wish(name, row[name], "one_of", tuple(values), 1.0),)


# --- scores -----------------------------------------------------------------------------------------------------------


def with_basis(wish: Wish, row: Mapping[str, Any], scores: Scores) -> Wish:
    """Of a score also what it takes in days or money, by the cuts; as it is where they do not say."""
    if wish.trait not in SCORES or wish.need not in {"at_least", "at_most", "equal"} or wish.value is None:
        return wish
    cuts = next((one for one in scores if one["score"] == wish.trait), None)
    if cuts is None:
        return wish
    found = basis(cuts, wish, row)
    return wish if found is None else replace(wish, basis=found)


def basis(cuts: Mapping[str, Any], wish: Wish, row: Mapping[str, Any]) -> Wish | None:
    """What a score takes in the trait it ranks; None where no value of it would do (an empty bin at the end)."""
    group = "0" if not cuts["within"] else str(row[cuts["within"]])
    borders = [Decimal(cut) for cut in cuts["cuts"].get(group, ())]
    score = int(wish.needed)
    upwards = wish.need == "at_least" or (wish.need == "equal" and wish.value < score)
    place = score - 2 if upwards else score - 1
    if not 0 <= place < len(borders):
        return None
    reached = bool(cuts.get("reached", cuts["method"] == "thresholds"))
    if upwards:
        need: Need = "at_least" if reached else "more_than"
    else:
        need = "less_than" if reached else "at_most"
    name, needed = str(cuts["of"]), borders[place]
    if name == "recency_days":
        turned: Mapping[Need, Need] = {
            "at_least": "at_most", "more_than": "less_than", "less_than": "more_than", "at_most": "at_least",
        }  # fmt: skip
        need, needed = turned[need], -needed
    need, needed = on_grid(name, need, needed)
    value = row.get(name)
    return Wish(name, value, need, needed, distance(value, needed))
