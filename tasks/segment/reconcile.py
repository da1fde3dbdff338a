"""From the till's total to the segments': where every amount of the drop went, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tasks.errors import LedgerError
from tasks.records import TableLedger

ZERO = Decimal(0)


def reconcile(
    ledger: TableLedger,
    gross: Mapping[str, Decimal],
    segments: Iterable[Mapping[str, Any]],
    local: str,
    market: str | None = None,
) -> dict[str, Any]:
    """The two steps of a market's reconciliation, for the manifest.

    `till`: amounts as delivered, by currency (XXX where the row's currency could not be read): total of all rows read
    = kept (by kind of line) + duplicate + filtered (customers excluded by kind among them) + quarantined. Returns
    stand with the sign that the drop gives them.

    `revenue`: gross of the kept lines (`gross`, by currency; with tax, returns negative, gift card sales 0) and, in the
    market's currency at the as-of date, what each dimension's segments and guests add up to over the whole history.

    Raises:
        LedgerError: if a dimension's segments and guests do not add up to the lines, where all are in one currency.
    """
    till: dict[str, dict[str, Any]] = {}
    for outcome, reasons in ledger.amounts.items():
        for reason, by_currency in reasons.items():
            for currency, amount in by_currency.items():
                entry = till.setdefault(currency, {"total": ZERO})
                entry["total"] += amount
                entry.setdefault(outcome, {})[reason] = str(amount)
    for entry in till.values():
        entry["total"] = str(entry["total"])
    sums: dict[str, dict[str, Decimal]] = {}
    for row in segments:
        part = "guests" if row["segment"] == "guest" else "segmented"
        dimension = sums.setdefault(row["dimension"], {"segmented": ZERO, "guests": ZERO})
        dimension[part] += row["lifetime_local"] or ZERO
    if set(gross) == {local}:
        for name, parts in sums.items():
            if parts["segmented"] + parts["guests"] != gross[local]:
                raise LedgerError(
                    f"segments of {name} and guests add up to {parts['segmented'] + parts['guests']} {local}",
                    market=market,
                    expected=f"{gross[local]} {local}, the gross of the kept lines",
                    hint="this is a defect of the program: keep the drop and report it",
                )
    return {
        "till": till,
        "revenue": {
            "gross": {currency: str(amount) for currency, amount in gross.items()},
            "currency": local,
            "dimensions": {name: {part: str(sum_) for part, sum_ in parts.items()} for name, parts in sums.items()},
        },
    }
