"""What of a market needs a hand, and the next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from tasks.gate.identity import KEY, MEANS
from tasks.gate.verdict import Verdict
from tasks.publish.deciding import taken_back, waiting
from tasks.publish.operations.due import Plan, expected, missed
from tasks.publish.operations.facts import DEAD_AFTER, check_of, error_of, ledger_of, runs
from tasks.publish.operations.reading import Looked
from tasks.publish.operations.records import Handed, Need, ago, listed
from tasks.publish.pointer import Event, Pointer, stale_successors
from tasks.publish.runs import died

#: A delivery follows its publication within minutes; a claim so old is of a process that died.
DELIVERED_AFTER = timedelta(hours=1)


def needs_of(
    looked: Looked, plan: Plan | str | None, handed: Iterable[Handed], selected: Event | None, now: datetime
) -> Iterator[Need]:
    """All that needs a hand; `selected` is the event by which the current publication became what counts."""
    pointer, market = looked.pointer, looked.market
    for fault in looked.faults:
        yield Need(
            word="failed", says=fault, todo="restore the object, or upgrade: a newer program may have written it"
        )
    if isinstance(plan, str):
        yield Need(word="failed", says=plan, todo=f"mend the profile: `strata validate {market}`")
    if looked.lost:
        says = "the pointer is lost: publications are there, and current.json, which says what of them counts, is not"
        todo = (
            f"restore `country={market}/current.json` from the bucket's versions or the backup and run nothing before, "
            "which would begin a new past (docs/runbook.md, Restore from the bucket alone)"
        )
        yield Need(word="failed", says=says, todo=todo)
    unended = list(_failed(looked, now))
    yield from unended
    held = list(_held(pointer)) if pointer else []
    yield from held
    if pointer is None:
        return
    if not unended and not held and isinstance(plan, Plan):
        yield from _late(looked, plan, now)
    if selected is not None and now - selected.when > DELIVERED_AFTER:
        yield from _undelivered(market, handed)
    stale = stale_successors(pointer)
    if stale:
        says = f"stale, because an earlier date was published again: {listed(map(str, stale))}"
        yield Need(word="stale", says=says, todo=f"`strata backfill {market} --rebuild`")
    unbalanced = [one.table for one in ledger_of(looked.manifest) if not one.balanced] if looked.manifest else []
    if unbalanced:
        says = f"the ledger is not balanced: {', '.join(unbalanced)}"
        yield Need(word="failed", says=says, todo="keep the drop and report it: a defect of the program")


def _failed(looked: Looked, now: datetime) -> Iterator[Need]:
    """The newest attempt, and the last one of each later date than the current one, where they did not end well."""
    current = looked.pointer.current if looked.pointer else None
    seen: set[date] = set()
    for number, attempt in enumerate(looked.attempts):
        if attempt.as_of in seen:
            continue
        seen.add(attempt.as_of)
        if number and current is not None and attempt.as_of <= current:
            continue
        again = f"`strata rerun --failed --market {looked.market}`"
        which = "the last attempt" if not number else f"the last attempt for {attempt.as_of}"
        if attempt.outcome in {"failed", "cancelled"}:
            how = "was cancelled" if attempt.outcome == "cancelled" else "failed"
            step = f" in {attempt.step}" if attempt.step else ""
            yield Need(word="failed", says=f"{which} {how}{step}: {error_of(attempt)}", todo=again)
        elif died(attempt, now, DEAD_AFTER):
            says = f"{which} began {ago(now - attempt.started)} ago and never ended: run it again"
            yield Need(word="failed", says=says, todo=again)


def _held(pointer: Pointer) -> Iterator[Need]:
    for event in waiting(pointer):
        verdict = Verdict.from_json(event.gate)
        by = f" by {listed(map(check_of, verdict.holding))}" if verdict and verdict.holding else ""
        name = pointer.name(event.publication)
        says = f"{event.as_of} is held{by} since {event.when:%Y-%m-%d %H:%M} UTC: {name}"
        approve = f'strata approve {pointer.country} --as-of {event.as_of} --why "..."'
        todo = f"look at the gate's page; have the drop mended and run again, or, if it can be explained, `{approve}`"
        if verdict and any(check.check == KEY for check in verdict.holding):
            todo = f"{MEANS}; else `{approve}`, after what docs/runbook.md says (Rotate keys)"
        yield Need(word="held", says=says, todo=todo)
    for event in taken_back(pointer):
        says = f"{event.as_of} was withdrawn by {event.who} on {event.when:%Y-%m-%d}, and nothing newer has come"
        yield Need(word="held", says=says, todo=f"mend its input or profile, then `strata run {pointer.country}`")


def _late(looked: Looked, plan: Plan, now: datetime) -> Iterator[Need]:
    """Nothing says why the date that must be there is not: nobody has begun, or a run was for another date."""
    wanted, pointer = expected(plan, now), looked.pointer
    if wanted is None or pointer is None or (pointer.current is not None and pointer.current >= wanted):
        return
    if any(attempt.as_of >= wanted and runs(attempt, now) for attempt in looked.attempts):
        return
    count = missed(plan, pointer.current, now)
    behind = f", {count} run{'s' if count > 1 else ''} missed" if count else ""
    has = "nothing is current" if pointer.current is None else f"current is {pointer.current}"
    todo = "look at the schedule and its worker; one that runs by hand alone: `schedule: {every: never}`"
    yield Need(word="late", says=f"{wanted} should be there{behind}; {has}", todo=todo)


def _undelivered(market: str, handed: Iterable[Handed]) -> Iterator[Need]:
    for state, says in (("missing", "not delivered to"), ("open", "begun and never ended: delivery to")):
        names = [f"{one.team} ({one.means})" for one in handed if one.state == state]
        if names:
            yield Need(word="failed", says=f"{says} {listed(names)}", todo=f"`strata deliver {market}`")
