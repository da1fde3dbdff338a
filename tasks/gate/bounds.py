"""Checks against the profile's own bounds: they need no history, a first publication is held by them too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from region_profiles.operation_models import Gate
from tasks.gate.verdict import Check
from tasks.records import Ledger, TableLedger

#: Reasons that a check names, the most common first.
REASONS = 3
#: Rows that came twice; `superseded` ones are what increments are for.
_SUPERSEDED = "superseded"


def bounded(gate: Gate, ledger: Ledger, measures: Mapping[str, Any], controls: list[dict[str, Any]]) -> Iterator[Check]:
    """The checks that the profile's part `gate` bounds.

    `measures` as `tasks.gate.measures.measure`; `controls` as `tasks.normalize.controls.compare`, without those that
    reach beyond the as-of date.
    """
    for name, entry in sorted(ledger.items()):
        entry.check()
        if entry.read:
            yield _quarantined(name, entry, gate.quarantined_share, measures.get("refused", {}).get(name, ()))
    yield _duplicates(ledger["transactions"], gate.duplicate_share)
    yield _share("unconverted", None, Decimal(str(measures["unconverted"])), gate.unconverted_share)
    yield from _reconciled(controls, gate.control_difference)


def _share(check: str, subject: str | None, value: Decimal, bound: Decimal, detail: str | None = None) -> Check:
    return Check(
        check=check,
        subject=subject,
        value=round(float(value), 6),
        expected=(None, float(bound)),
        outcome="hold" if value > bound else "ok",
        detail=detail,
    )


def _quarantined(name: str, entry: TableLedger, bound: Decimal, files: Sequence[str]) -> Check:
    """Half a market must not look like the whole. `files` are those that most of the refused rows come from."""
    counted = entry.reasons.get("quarantined", Counter())
    reasons = [*(reason for reason, _ in counted.most_common(REASONS)), *files]
    return _share("quarantined", name, Decimal(entry.quarantined) / entry.read, bound, ", ".join(reasons) or None)


def _duplicates(entry: TableLedger, bound: Decimal) -> Check:
    """A file that came twice under two names: its rows are told apart, but somebody has to know."""
    reasons = entry.reasons.get("duplicate", Counter())
    twice = sum(count for reason, count in reasons.items() if reason != _SUPERSEDED)
    named = ", ".join(sorted(reason for reason in reasons if reason != _SUPERSEDED))
    return _share("duplicates", entry.table, Decimal(twice) / max(entry.read, 1), bound, named or None)


def _reconciled(controls: list[dict[str, Any]], bound: Decimal) -> Iterator[Check]:
    """What finance has against what the till has, each total on its own; any difference within the bound is told."""
    for one in controls:
        finance, till = Decimal(one["finance"]), Decimal(one["till"])
        slack = abs(finance) * bound
        off = abs(till - finance)
        where = "" if one["store_id"] is None else f" {one['store_id']}"
        yield Check(
            check="reconciled",
            subject=f"{one['currency']}{where} {one['since']}/{one['until']}",
            unit="money",
            value=float(till),
            expected=(float(finance - slack), float(finance + slack)),
            outcome="hold" if off > slack else "warn" if off else "ok",
        )
