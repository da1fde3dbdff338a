"""The ledger of one table, counted from its staged rows: each row once, each reason as often as it applies."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import duckdb

from tasks.normalize.faults import SUPERSEDED, Faults
from tasks.records import Outcome, TableLedger

#: Currency of amounts whose own is unknown.
NO_CURRENCY = "XXX"


def till_sql(line: str) -> str:
    """What a line of the relation `line` adds to the till's total: a return takes away, however its sign came."""
    amount = f"coalesce({line}.delivered, {line}.gross)"
    return f"CASE WHEN {line}.kind = 'return' THEN -abs({amount}) ELSE {amount} END"


def count_staged(
    con: duckdb.DuckDBPyConnection, relation: str, faults: Faults, where: str | None, *, amounts: bool = False
) -> TableLedger:
    """The ledger of staged rows by faults and `aside`; rows that pass count as kept until `move` says otherwise."""
    ledger = TableLedger(faults.table.name)
    money = f"currency, kind, sum({till_sql('s')})" if amounts else "NULL, NULL, NULL"
    rows = con.execute(
        f"SELECT aside, row_faults, count(*), {money} FROM {relation} s GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for aside, mask, count, currency, kind, amount in rows:
        ledger.read += count
        outcome, reasons = _outcome(aside, mask, faults, where)
        if outcome is None:
            ledger.kept += count
            _add_amount(ledger, "kept", str(kind), currency, amount)
            continue
        _add(ledger, outcome, reasons, count)
        _add_amount(ledger, outcome, ";".join(reasons), currency, amount)
    return ledger


def _outcome(aside: int, mask: int, faults: Faults, where: str | None) -> tuple[Outcome | None, tuple[str, ...]]:
    if aside == 1:
        return "duplicate", (SUPERSEDED,)
    if aside:
        return "filtered", (f"where: {where}" if aside == 2 else "after_as_of",)  # noqa: PLR2004 - aside_sql's codes
    if mask:
        return "quarantined", faults.decode(mask)
    return None, ()


def move(
    con: duckdb.DuckDBPyConnection, ledger: TableLedger, outcome: Outcome, query: str, *, amounts: bool = False
) -> None:
    """Take rows that counted as kept out again: `query` gives (reasons joined by ';', currency, kind, count, sum)."""
    for joined, currency, kind, count, amount in con.execute(query).fetchall():
        ledger.kept -= count
        _add(ledger, outcome, tuple(joined.split(";")), count)
        if amounts and amount is not None:
            _add_amount(ledger, "kept", str(kind), currency, -amount)
            _add_amount(ledger, outcome, joined, currency, amount)


def _add(ledger: TableLedger, outcome: Outcome, reasons: tuple[str, ...], count: int) -> None:
    setattr(ledger, outcome, getattr(ledger, outcome) + count)
    counter = ledger.reasons.setdefault(outcome, Counter())
    for reason in reasons:
        counter[reason] += count


def _add_amount(ledger: TableLedger, outcome: str, reason: str, currency: str | None, amount: Any) -> None:
    if amount is None:
        return
    by = ledger.amounts.setdefault(outcome, {}).setdefault(reason, {})
    code = currency or NO_CURRENCY
    by[code] = by.get(code, Decimal(0)) + Decimal(amount)
