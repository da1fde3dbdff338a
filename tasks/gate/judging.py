"""One figure against its band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tasks.gate.expected import Band
from tasks.gate.explain import Explained
from tasks.gate.history import Past
from tasks.gate.verdict import Check

TRANSACTIONS = "transactions"
#: Tables whose figures hold a publication; of the others they only tell.
CORE = frozenset({TRANSACTIONS, "customers"})


def judged(
    check: str,
    subject: str | None,
    unit: Literal["count", "money", "share", "index"],
    value: float,
    band: Band,
    why: Explained,
    *,
    core: bool = True,
) -> Check:
    """In its band a value is ok; beyond it, a warning as far as something explains it or the table is no core one."""
    outcome: Literal["ok", "warn", "hold"] = "ok"
    if not band.holds(value):
        outcome = "warn" if not core or band.widened(why.down, why.up).holds(value) else "hold"
    return Check(
        check=check,
        subject=subject,
        unit=unit,
        value=_rounded(value),
        expected=(_rounded(band.low), _rounded(band.high)),
        past=band.past,
        outcome=outcome,
        why=why.why if outcome != "ok" else (),
        detail=why.detail if outcome != "ok" else None,
    )


def _rounded(value: float) -> float:
    """To what a person reads."""
    return round(value) if abs(value) >= 100 else float(f"{value:.4g}")  # noqa: PLR2004 - then decimals say nothing


def new_days(one: Past) -> Mapping[str, Any] | None:
    """What is new of a publication; None for a first one, and where an older program did not measure it."""
    new = one.measures.get("new")
    return new if new and new["days"] else None
