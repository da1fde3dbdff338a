"""The door of the gate: a publication's figures against the profile's bounds and the market's own past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.door import door
from tasks.gate.against import against
from tasks.gate.bounds import bounded
from tasks.gate.drift import drifted
from tasks.gate.history import Past
from tasks.gate.identity import same_key
from tasks.gate.verdict import Check, Verdict
from tasks.normalize.task import Normalized
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.run import MarketRun


@door("gate")
def judge(
    run: MarketRun,
    normalized: Normalized,
    measures: Mapping[str, Any],
    definitions: Mapping[str, Any],
    past: Sequence[Past],
) -> Verdict:
    """The verdict on a publication that is staged.

    `measures` and `definitions` are its own, as `Past` has those of earlier ones; `past` is sorted by date, as
    `tasks.gate.history.wanted` asks. Counts below the profile's minimum are not told.

    Raises:
        LedgerError: a ledger is not balanced.
    """
    ledger = {name: entry.as_dict() for name, entry in normalized.ledger.items()}
    now = Past(run.as_of, ledger, measures, definitions, key_fingerprint(run.pseudonym_key))
    controls = [one for one in normalized.evidence.get("controls", ()) if one["until"] <= run.as_of.isoformat()]
    drift = drifted(now, past)
    checks = [
        *same_key(now, past),
        *bounded(run.profile.gate, normalized.ledger, measures, controls),
        *against(run.profile, now, past, drift),
        *drift.checks,
    ]
    minimum = run.profile.privacy.minimum_count
    return Verdict.of(_told(check, minimum) for check in checks)


def _told(check: Check, minimum: int) -> Check:
    """A count too small to tell becomes null; none at all tells of nobody."""
    if check.unit == "count" and check.value is not None and 0 < check.value < minimum:
        return check.model_copy(update={"value": None})
    return check
