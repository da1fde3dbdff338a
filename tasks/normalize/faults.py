"""Faults as bits: all that is wrong with a row is found in the pass that reads it, in one integer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tasks.contract import Table
from tasks.normalize.mapping import RAW, Mapped
from tasks.normalize.sql import bits
from tasks.sql import literal, literals, name

#: Why ingest could not read a record.
RECORD_FAULTS = ("too_few_fields", "too_many_fields", "encoding", "syntax")
#: A row that a later increment replaces: a duplicate, not a fault.
SUPERSEDED = "superseded"


class Fault(NamedTuple):
    """A reason, the condition under which it holds, and the column whose value quarantine shows."""

    reason: str
    condition: str
    column: str | None


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults that rows of one table can have; bit i of a row's mask is fault i."""

    table: Table
    faults: tuple[Fault, ...]
    own: int
    """How many of them, from the first, are of columns; the rest are of the record and of joins."""

    def decode(self, mask: int) -> tuple[str, ...]:
        """The reasons of a mask, in the faults' order."""
        return tuple(fault.reason for bit, fault in enumerate(self.faults) if mask >> bit & 1)

    def bit(self, reason: str) -> int:
        """The mask of one reason."""
        return 1 << [fault.reason for fault in self.faults].index(reason)

    def mask_sql(self) -> str:
        """The row's mask. In a record that could not be read the columns are not to be trusted: only that counts."""
        conditions = [fault.condition for fault in self.faults]
        readable = ["false"] * self.own + conditions[self.own :]
        # Nearly all rows have no fault: asking once whether any holds costs half of counting up the bits.
        asked = conditions[: self.own] + conditions[self.own + len(RECORD_FAULTS) + 1 :]  # `fault` was asked before
        any_fault = " OR ".join(f"({condition})" for condition in asked)
        return (
            f"CASE WHEN fault IS NOT NULL THEN {bits(readable)} WHEN {any_fault} THEN {bits(conditions)} "
            "ELSE 0::BIGINT END"
        )

    def value_sql(self, mask: str, columns: tuple[str, ...]) -> str:
        """The raw text of the first column at fault; null for good rows."""
        whens = [
            f"WHEN {mask} & {1 << bit} <> 0 THEN {name(RAW + fault.column)}"
            for bit, fault in enumerate(self.faults)
            if fault.column in columns and fault.column is not None
        ]
        return f"CASE WHEN {mask} = 0 THEN NULL {' '.join(whens)} END" if whens else "NULL::VARCHAR"

    def first_column_sql(self, mask: str) -> str:
        """The name of the first column at fault."""
        whens = [
            f"WHEN {mask} & {1 << bit} <> 0 THEN {literal(fault.column)}"
            for bit, fault in enumerate(self.faults)
            if fault.column
        ]
        return f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"

    def reasons_sql(self, mask: str) -> str:
        """All reasons of a mask, joined by ';'."""
        parts = [
            f"CASE WHEN {mask} & {1 << bit} <> 0 THEN {literal(fault.reason)} END"
            for bit, fault in enumerate(self.faults)
        ]
        return f"concat_ws(';', {', '.join(parts)})"


def faults_of(mapped: Mapped, columns: list[Fault]) -> Faults:
    """The faults of a mapped table: of its columns, then of the record and of required joins."""
    record = [Fault(reason, f"fault = {literal(reason)}", None) for reason in RECORD_FAULTS]
    other = f"fault IS NOT NULL AND fault NOT IN ({literals((*RECORD_FAULTS, SUPERSEDED))})"
    record.append(Fault("unreadable", other, None))
    record += [
        Fault(f"unmatched:{table}", f"unmatched = {literal(table)}", column)
        for table, column in mapped.required.items()
    ]
    return Faults(mapped.table, (*columns, *record), len(columns))


def aside_sql(after: str = "false") -> str:
    """What a row is besides its faults: 1 superseded, 2 left out by WHERE, 3 dated after as_of; 0 otherwise."""
    return (
        f"CASE WHEN fault = '{SUPERSEDED}' THEN 1 WHEN fault IS NULL AND unmatched IS NULL AND NOT passes THEN 2 "
        f"WHEN fault IS NULL AND {after} THEN 3 ELSE 0 END::TINYINT"
    )
