"""Facts about a market that stand in its pointer, manifest and attempts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

from tasks.gate.verdict import Check, Verdict
from tasks.publish.deciding import waiting
from tasks.publish.manifest import Manifest
from tasks.publish.operations.due import Plan
from tasks.publish.operations.records import Counts, Handed, Judged, Rates, Tried, listed
from tasks.publish.pointer import Event, Pointer
from tasks.publish.runs import Attempt, died

#: An attempt without an end after this long has died: the largest markets take minutes.
DEAD_AFTER = timedelta(hours=6)
#: Steps of an attempt that are no work.
WAITING = "arrival"


def selected(pointer: Pointer) -> Event | None:
    """The event by which the current publication became what counts."""
    found = (
        event
        for event in reversed(pointer.events)
        if event.event in {"published", "approved"} and pointer.name(event.publication) == pointer.publication
    )
    return next(found, None)


def handed_over(pointer: Pointer, plan: Plan | None) -> Iterator[Handed]:
    """What became of the current publication at each team that is to get it, or has got it."""
    last: dict[tuple[str, str], Event] = {}
    for event in pointer.events:
        if event.team and event.means and pointer.name(event.publication) == pointer.publication:
            last[event.team, event.means] = event
    asked = dict.fromkeys(plan.deliveries if plan and pointer.current else ())
    for team, means in {**asked, **dict.fromkeys(last)}:
        known = last.get((team, means))
        if known is None or known.event == "recalled":
            yield Handed(team=team, means=means, state="missing")
        else:
            state: Literal["delivered", "open"] = "delivered" if known.event == "delivered" else "open"
            yield Handed(team=team, means=means, state=state, when=known.when)


def gate_of(pointer: Pointer) -> tuple[Judged | None, tuple[str, ...]]:
    """The verdict on the current publication, and what it warns of."""
    own = [event for event in pointer.events if pointer.name(event.publication) == pointer.publication]
    found = next((Verdict.from_json(event.gate) for event in reversed(own) if event.gate is not None), None)
    if pointer.current is None:
        return "held" if waiting(pointer) else None, ()
    if found is None:
        return None, ()
    warnings = tuple(check_of(check) for check in found.checks if check.outcome == "warn")
    approved = any(event.event == "approved" for event in own)
    return "approved" if approved else "warned" if warnings else "passed", warnings


def ledger_of(manifest: Manifest) -> Iterator[Counts]:
    """Each table of the ledger as the manifest has it."""
    for table, entry in sorted(manifest.ledger.items()):
        if isinstance(entry, dict):
            names = ("read", "kept", "duplicate", "filtered", "quarantined")
            read, *rest = (int(str(entry.get(name, 0))) for name in names)
            kept, duplicate, filtered, quarantined = rest
            yield Counts(
                table=table, read=read, kept=kept, duplicate=duplicate, filtered=filtered, quarantined=quarantined,
                balanced=read == sum(rest),
            )  # fmt: skip


def newest_purchase(manifest: Manifest) -> date | None:
    """The last day of purchases in any currency."""
    days = [str(note["last"]) for note in _rate_notes(manifest).values() if "last" in note]
    return max(map(date.fromisoformat, days), default=None)


def rates_of(manifest: Manifest) -> Rates:
    """What the rates of the purchases rest on."""
    notes = _rate_notes(manifest)
    kinds = sorted({kind for note in notes.values() for kind in note.get("quality", {})})
    without = {currency: note["without_rate"]["days"] for currency, note in notes.items() if "without_rate" in note}
    return Rates(without=without, kinds=tuple(kinds))


def _rate_notes(manifest: Manifest) -> Mapping[str, dict[str, Any]]:
    money: Any = manifest.notes.get("money") or {}
    return money.get("rates") or {}


def tried(attempt: Attempt, now: datetime) -> Tried:
    """An attempt, with the seconds that it worked."""
    work = sum(seconds for step, seconds in attempt.timings.items() if step != WAITING)
    outcome = "died" if died(attempt, now, DEAD_AFTER) else attempt.outcome
    says = error_of(attempt) if attempt.error else None
    return Tried(
        run=attempt.run, as_of=attempt.as_of, started=attempt.started, outcome=outcome, step=attempt.step, says=says,
        seconds=round(work, 1) if attempt.ended else None,
    )  # fmt: skip


def runs(attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt is under way."""
    return attempt.outcome in {"running", "waiting"} and not died(attempt, now, DEAD_AFTER)


def doing_of(attempt: Attempt) -> str:
    """An attempt that is under way, and what it waits for, in words."""
    missing = attempt.facts.get("missing") if attempt.outcome == "waiting" else None
    what = f": {listed(map(str, missing))}" if isinstance(missing, list) and missing else ""
    return f"{attempt.outcome} since {attempt.started:%Y-%m-%d %H:%M} UTC, for {attempt.as_of}{what}"


def error_of(attempt: Attempt) -> str:
    """Why an attempt ended; of an error of nobody's making only the type is known."""
    error = attempt.error or {}
    told = error.get("message") or f"{error.get('type', 'unknown error')}: the log of the run says more"
    return str(told).removeprefix(f"{attempt.country}: ")


def schedule_of(plan: Plan) -> str:
    """In words: `day 03:10`, `week, monday 03:00`, `month, 1. 03:00`, `never`."""
    one = plan.schedule
    if one.every == "never":
        return "never"
    on = {"week": f", {one.weekday}", "month": f", {one.day}."}.get(one.every, "")
    minutes = one.at.hour * 60 + one.at.minute + plan.late_by
    return f"{one.every}{on} {minutes // 60 % 24:02}:{minutes % 60:02}"


def check_of(check: Check) -> str:
    """A check by its code and what it is of."""
    return check.check + (f" of {check.subject}" if check.subject else "")
