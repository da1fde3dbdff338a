"""Which values of a trait a condition leaves: an interval or a set, and whether null is among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from tasks.segment.tree import Sign


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` to `high` (None: no end), less `without`; of a set of `values`, where there is one; and null.

    `whole` numbers have closed ends.

    >>> two = Span(whole=True).compared(">", Decimal(1)).compared("<", Decimal(3))
    >>> two.low, two.high, two.is_empty, two.compared("<>", Decimal(2)).is_empty
    (Decimal('2'), Decimal('2'), False, True)
    """

    low: Any = None
    high: Any = None
    above: bool = False
    """Whether `low` itself is left out; `below` whether `high` is."""
    below: bool = False
    values: frozenset[Any] | None = None
    without: frozenset[Any] = frozenset()
    null: bool = True
    whole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, null neither."""
        return not self.null and self._no_value

    @property
    def _no_value(self) -> bool:
        if self.values is not None:
            return not any(map(self._has, self.values))
        if self.low is None or self.high is None:
            return False
        if self.low > self.high or (self.low == self.high and (self.above or self.below)):
            return True
        if self.whole and self.high - self.low < len(self.without):
            return not any(self._has(self.low + n) for n in range(int(self.high - self.low) + 1))
        return self.low == self.high and self.low in self.without

    def _has(self, value: Any) -> bool:
        if value in self.without or (self.values is not None and value not in self.values):
            return False
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return False
        return not (self.high is not None and (value > self.high or (self.below and value == self.high)))

    def compared(self, sign: Sign, value: str | Decimal | date) -> Span:
        """What a comparison with a constant leaves: never null."""
        mine = replace(self, null=False)
        if sign == "=":
            if self.whole and isinstance(value, Decimal) and value % 1:
                return replace(mine, values=frozenset())
            return replace(mine, values=frozenset({value}) if self._has(value) else frozenset())
        if sign == "<>":
            return replace(mine, without=self.without | {value})
        if sign in {">", ">="}:
            low, open_ = self._end(value, open_=sign == ">", up=True)
            further = self.low is None or low > self.low or (low == self.low and open_)
            return replace(mine, low=low, above=open_) if further else mine
        high, open_ = self._end(value, open_=sign == "<", up=False)
        further = self.high is None or high < self.high or (high == self.high and open_)
        return replace(mine, high=high, below=open_) if further else mine

    def _end(self, value: Any, *, open_: bool, up: bool) -> tuple[Any, bool]:
        if not self.whole or not isinstance(value, Decimal):
            return value, open_
        if value % 1:
            return value.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR), False
        return value + (0 if not open_ else 1 if up else -1), False

    def meeting(self, other: Span) -> Span:
        """What is left here and there."""
        values = self.values if other.values is None else other.values
        if self.values is not None and other.values is not None:
            values = self.values & other.values
        met = replace(self, values=values, without=self.without | other.without, null=self.null and other.null)
        if other.low is not None and (met.low is None or (other.low, other.above) > (met.low, met.above)):
            met = replace(met, low=other.low, above=other.above)
        if other.high is not None and (met.high is None or (other.high, not other.below) < (met.high, not met.below)):
            met = replace(met, high=other.high, below=other.below)
        return met

    def is_null(self) -> Span:
        """Null alone."""
        return replace(self, values=frozenset())

    def not_null(self) -> Span:
        """Anything but null."""
        return replace(self, null=False)

    def lies_within(self, other: Span) -> bool:
        """Whether all that is left here is left there, too; False where that takes more than a look."""
        if self.null and not other.null:
            return False
        if self._no_value:
            return True
        if self.values is not None:
            return all(other._has(value) for value in self.values if self._has(value))
        if other.values is not None:
            return False
        low = other.low is None or (
            self.low is not None
            and (self.low > other.low or (self.low == other.low and (self.above or not other.above)))
        )
        high = other.high is None or (
            self.high is not None
            and (self.high < other.high or (self.high == other.high and (self.below or not other.below)))
        )
        return low and high and not any(map(self._has, other.without))
