"""The profile's own bounds: they hold a first publication, too."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from region_profiles.operation_models import Gate
from tasks.errors import LedgerError
from tasks.gate.bounds import bounded
from tasks.gate.verdict import MOST, Check, Verdict
from tasks.records import TableLedger

DAYS = {"since": "2024-01-01", "until": "2024-01-31", "store_id": None, "currency": "EUR"}


def ledger(read=100, **reasons):
    """Purchases: rows that were read, and reasons of those that are not kept, by outcome."""
    lost = {outcome: sum(told.values()) for outcome, told in reasons.items()}
    told = {outcome: Counter(counts) for outcome, counts in reasons.items()}
    return {
        "transactions": TableLedger("transactions", read=read, kept=read - sum(lost.values()), **lost, reasons=told)
    }


def found(entries, controls=(), gate=None, unconverted=0.0):
    gate = gate or Gate()
    checks = bounded(gate, entries, {"unconverted": unconverted}, list(controls))
    return {check.check: (check.value, check.outcome, check.detail) for check in checks}


@pytest.mark.parametrize(("refused", "outcome"), [(20, "ok"), (21, "hold")])
def test_a_share_of_refused_rows_beyond_the_bound_holds_and_names_the_reasons(refused, outcome):
    entries = ledger(quarantined={"date:unreadable": refused - 1, "amount:missing": 1})
    assert found(entries)["quarantined"] == (refused / 100, outcome, "date:unreadable, amount:missing")


def test_the_profile_says_the_bound():
    entries = ledger(quarantined={"date:unreadable": 21})
    assert found(entries, gate=Gate(quarantined_share=Decimal("0.3")))["quarantined"][1] == "ok"


@pytest.mark.parametrize(("reason", "outcome"), [("file", "hold"), ("content", "hold"), ("superseded", "ok")])
def test_purchases_that_came_twice_hold_and_what_an_increment_supersedes_does_not(reason, outcome):
    assert found(ledger(duplicate={reason: 50}))["duplicates"][1] == outcome


@pytest.mark.parametrize(("till", "outcome"), [("1000.00", "ok"), ("1009.99", "warn"), ("1010.01", "hold")])
def test_a_control_total_of_finance_is_met_to_a_hundredth(till, outcome):
    control = {**DAYS, "finance": "1000.00", "till": till, "difference": str(Decimal(till) - 1000)}
    assert found(ledger(), [control])["reconciled"][1] == outcome


def test_purchases_without_a_rate_are_bounded():
    assert found(ledger(), unconverted=0.02)["unconverted"][1] == "hold"


def test_a_ledger_that_does_not_balance_is_an_error_and_no_verdict():
    entries = ledger()
    entries["transactions"].kept -= 1
    with pytest.raises(LedgerError):
        found(entries)


def test_the_pointer_gets_what_is_not_ok_first_what_holds_and_never_more_than_a_page():
    checks = [Check(check="rows_read", outcome="warn")] * 50 + [
        Check(check="revenue", outcome="hold"),
        Check(check="nulls"),
    ]
    brief = Verdict.of(checks).brief()
    assert (brief.holds, brief.passed, len(brief.checks), brief.checks[0].check) == (True, 1, MOST, "revenue")
    assert Verdict.from_json(brief.as_json()) == brief
    assert Verdict.from_json({"of": "a newer program"}) is None
