"""Evidence for a reading of a column: forms of its values, what each of them allows, how many speak for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tasks.errors import DropError
from tasks.ingest.shape import shape

#: Share of a column's values that may speak for another reading before the column counts as contradictory.
BOUND = Decimal("0.001")
#: Examples in a message or in evidence.
EXAMPLES = 3
#: Digits and separators of other scripts and of full width, and their Latin twins.
NATIVE = "".join(chr(zero + n) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10) for n in range(10)) + "．，／－"
LATIN = "0123456789" * 6 + ".,/-"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reading of a column: how many values prove it, how many exclude it, and (record, value) of some of these.

    Where nothing contradicts, the examples are of what proves it.
    """

    value: str
    supports: int
    contradicts: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Values of one form: the readings that it allows, how many there are, record and text of the first."""

    family: str
    readings: frozenset[str]
    count: int
    record: int
    text: str


def total(forms: Iterable[Form]) -> int:
    """How many values the forms stand for."""
    return sum(form.count for form in forms)


def weigh(value: str, forms: Iterable[Form], *, personal: bool) -> Evidence:
    """What the forms say about one reading; values of a personal column are shown by their shape."""
    known = [form for form in forms if form.readings]
    against = [form for form in known if value not in form.readings]
    proofs = [form for form in known if form.readings == {value}]
    return Evidence(value, total(proofs), total(against), examples(against or proofs, personal=personal))


def examples(forms: Iterable[Form], *, personal: bool) -> tuple[tuple[int, str], ...]:
    """Record and value of the first few."""
    first = sorted(forms, key=lambda form: form.record)[:EXAMPLES]
    return tuple((form.record, shape(form.text) if personal else form.text) for form in first)


def undecided(problem: str, column: str, forms: Iterable[Form], declare: str, *, personal: bool) -> DropError:
    """The error that asks for a declaration and shows why."""
    shown = examples(forms, personal=personal)
    return DropError(
        problem,
        column=column,
        record=shown[0][0] if shown else None,
        value=", ".join(text for _, text in shown),
        hint=f"declare {declare} for this column or the source",
    )
