"""What the gate found: a verdict and its checks, as they stand in the pointer's events and on the market's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

#: Of a verdict that goes into the pointer: it is read often, and a drop with a new layout may fail a hundred checks.
MOST = 40

Outcome = Literal["ok", "warn", "hold"]


class Finding(BaseModel):
    """A part of a verdict. An unknown key is an error: a newer program wrote it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(Finding):
    """One figure against what was expected of it.

    `check` and `why` are words of the catalogs (contexts `gate` and `gate why`), `subject` says of what: a table, a
    column, a segment, a store, a currency. `expected` holds the lowest and the highest value that pass, null where
    there is no such bound; `past` how many earlier publications it follows from, null where the profile says it.
    `value` is null where a count is too small to tell. `detail` holds codes that say more, never a value of a row.
    """

    check: str
    subject: str | None = None
    unit: Literal["count", "money", "share", "index"] = "share"
    value: float | None = None
    expected: tuple[float | None, float | None] = (None, None)
    past: int | None = None
    outcome: Outcome = "ok"
    why: tuple[str, ...] = ()
    detail: str | None = None


class Verdict(Finding):
    """Whether a publication is held, by which checks; `passed` counts checks that are left out because they are ok."""

    holds: bool
    checks: tuple[Check, ...]
    passed: int = 0

    @classmethod
    def of(cls, checks: Iterable[Check]) -> Verdict:
        """The verdict of these checks: one that holds is enough.

        >>> Verdict.of([Check(check="rows", outcome="warn"), Check(check="revenue")]).holds
        False
        """
        found = tuple(checks)
        return cls(holds=any(check.outcome == "hold" for check in found), checks=found)

    @property
    def holding(self) -> tuple[Check, ...]:
        """The checks that hold it."""
        return tuple(check for check in self.checks if check.outcome == "hold")

    def brief(self) -> Verdict:
        """Without the checks that are ok, those that hold it first, at most `MOST`: for the pointer."""
        told = sorted((check for check in self.checks if check.outcome != "ok"), key=lambda check: check.outcome)
        passed = self.passed + sum(check.outcome == "ok" for check in self.checks)
        return Verdict(holds=self.holds, checks=tuple(told[:MOST]), passed=passed)

    def as_json(self) -> dict[str, JsonValue]:
        """For an event or an attempt."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, told: JsonValue) -> Verdict | None:
        """The verdict of an event; None where it has none, or one that this program cannot read."""
        try:
            return None if told is None else cls.model_validate(told)
        except ValueError:  # a page for people must not fail over it
            return None
