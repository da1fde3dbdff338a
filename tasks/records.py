"""The small records that stages hand to each other: references, inputs, raw tables, the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tasks.errors import LedgerError

Outcome = Literal["duplicate", "filtered", "quarantined"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A finished result of a door: where it lies and what it is. No frame crosses a task boundary."""

    uri: str
    sha256: str
    rows: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file of a drop as it was read. `inferred` says what the profile left open and what was found."""

    index: int
    table: str
    uri: str
    sha256: str
    bytes: int
    rows: int | None
    encoding: str | None
    dialect: Mapping[str, str]
    inferred: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawRelation:
    """A raw table as DuckDB reads it, all text.

    `relation` goes after FROM. Its columns: `file` INTEGER (InputFile.index), `record` BIGINT (from 1, in file order),
    `fault` VARCHAR (null, or why the record cannot be read: too_few_fields, too_many_fields, encoding, syntax), then
    `columns` as VARCHAR under the header's own names; absent fields are null, empty fields ''.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    numbered: bool = False
    """Whether rows come in the order of `file, record` and records run 1, 2, 3 ... without gaps in each file. Then
    normalize need not read `record`, and DuckDB drops the row_number() that would make the read single-threaded."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What ingest found: the files, and a relation for each raw table. `notes` go into the manifest."""

    drop: str
    inputs: tuple[InputFile, ...]
    tables: Mapping[str, RawRelation]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TableLedger:
    """`read = kept + duplicate + filtered + quarantined` of one canonical table.

    The totals count rows once; `reasons` count each reason that applies, so a row with two faults stands in both.
    `derived` are rows that no input row carries (a customer known only from purchases). `amounts` are sums of the
    line amounts as delivered, by outcome, reason and currency, for the reconciliation with the till.
    """

    table: str
    read: int = 0
    kept: int = 0
    duplicate: int = 0
    filtered: int = 0
    quarantined: int = 0
    derived: int = 0
    reasons: dict[Outcome, Counter[str]] = field(default_factory=dict)
    amounts: dict[str, dict[str, dict[str, Decimal]]] = field(default_factory=dict)

    def check(self, market: str | None = None) -> None:
        """Raise LedgerError unless every row read is accounted for."""
        accounted = self.kept + self.duplicate + self.filtered + self.quarantined
        if self.read != accounted:
            raise LedgerError(
                f"{self.table}: {self.read} rows read, {accounted} accounted for",
                market=market,
                expected="read = kept + duplicate + filtered + quarantined",
                hint="this is a defect of the program: keep the drop and report it",
            )

    def as_dict(self) -> dict[str, object]:
        """For the manifest: sorted, without zero reasons."""
        return {
            "read": self.read,
            "kept": self.kept,
            "duplicate": self.duplicate,
            "filtered": self.filtered,
            "quarantined": self.quarantined,
            "derived": self.derived,
            "reasons": {o: dict(sorted(c.items())) for o, c in sorted(self.reasons.items()) if c},
            "amounts": {
                o: {r: {c: str(a) for c, a in sorted(by.items())} for r, by in sorted(reasons.items())}
                for o, reasons in sorted(self.amounts.items())
            },
        }


Ledger = dict[str, TableLedger]


def differences(controls: Iterable[Mapping[str, str | None]]) -> list[str]:
    """Sentences on the control totals of a market's evidence that the drop does not come to.

    >>> days = {"since": "2024-01-01", "until": "2024-01-31", "store_id": None, "currency": "EUR"}
    >>> differences([{**days, "finance": "5.00", "till": "7.50", "difference": "2.50"}])
    ['finance has 5.00 EUR from 2024-01-01 to 2024-01-31; the drop has 7.50']
    """
    return [
        f"finance has {one['finance']} {one['currency']} from {one['since']} to {one['until']}"
        f"{'' if one['store_id'] is None else ' in ' + one['store_id']}; the drop has {one['till']}"
        for one in controls
        if Decimal(one["difference"] or 0)
    ]
