"""How markets stand: one word each, what needs a hand and what to do, from what a look at each has read. Pure.

`strata status`, the page of operations and the Prefect artifact tell the same. Sizes and dates only, and the messages
of errors, which hold no personal value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from tasks.publish.operations.due import Plan, missed, next_due
from tasks.publish.operations.facts import (
    doing_of,
    gate_of,
    handed_over,
    ledger_of,
    newest_purchase,
    rates_of,
    runs,
    schedule_of,
    selected,
    tried,
)
from tasks.publish.operations.needs import needs_of
from tasks.publish.operations.reading import Looked
from tasks.publish.operations.records import URGENCY, Need, Standing, Word
from tasks.publish.pointer import stale_successors


def standings(looked: Iterable[Looked], plans: Mapping[str, Plan | str], now: datetime) -> tuple[Standing, ...]:
    """Each market's standing, those that need a hand first. A plan that is a text says why the profile gives none."""
    found = [standing_of(one, plans.get(one.market), now) for one in looked]
    return tuple(sorted(found, key=lambda one: (not one.needs, URGENCY.index(one.word), -one.missed, one.market)))


def standing_of(looked: Looked, plan: Plan | str | None, now: datetime) -> Standing:
    """How a market stands now (UTC)."""
    pointer, manifest = looked.pointer, looked.manifest
    own = plan if isinstance(plan, Plan) else None
    chosen = selected(pointer) if pointer else None
    handed = tuple(handed_over(pointer, own)) if pointer else ()
    needs = list(needs_of(looked, plan, handed, chosen, now))
    newest = next((one for one in looked.attempts[:1] if runs(one, now)), None)
    doing = doing_of(newest) if newest else None
    current = pointer.current if pointer else None
    if current is None and not needs and doing is None:
        needs.append(Need(word="never", says="nothing was ever published", todo=f"`strata run {looked.market}`"))
    calm: Word = "waiting" if newest and newest.outcome == "waiting" else "ok" if current else "never"
    word = min((need.word for need in needs), key=URGENCY.index, default=calm)
    clock = ZoneInfo(own.time_zone) if own else None
    due = next_due(own, now) if own else None
    ledger = tuple(ledger_of(manifest)) if manifest else ()
    gate, warnings = gate_of(pointer) if pointer else (None, ())
    read = sum(one.read for one in ledger)
    return Standing(
        market=looked.market,
        word=word,
        needs=tuple(sorted(needs, key=lambda need: URGENCY.index(need.word))),
        doing=doing,
        current=current,
        publication=pointer.publication if pointer else None,
        published=chosen.when if chosen else None,
        revision=pointer.revision if pointer else 0,
        age_days=None if current is None else (now.astimezone(clock).date() - current).days,
        missed=missed(own, current, now) if own else 0,
        schedule=schedule_of(own) if own else None,
        next_run=due.astimezone(clock) if due else None,
        time_zone=own.time_zone if own else None,
        stale=stale_successors(pointer) if pointer else (),
        balanced=all(one.balanced for one in ledger) if ledger else None,
        quarantined=sum(one.quarantined for one in ledger) / read if read else None,
        ledger=ledger,
        gate=gate,
        warnings=warnings,
        deliveries=handed,
        newest_purchase=newest_purchase(manifest) if manifest else None,
        rates=rates_of(manifest) if manifest else None,
        attempts=tuple(tried(one, now) for one in looked.attempts),
    )
