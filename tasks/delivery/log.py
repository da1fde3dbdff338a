"""What the pointer says of deliveries: who has got what, and one writer's claim before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from tasks.publish.deciding import standing
from tasks.publish.pointer import Event, Pointer

#: A claim so old is of a process that died; sending takes minutes at most.
DEAD_AFTER = timedelta(hours=1)
_KINDS = ("delivering", "delivered", "recalled")


@dataclass(frozen=True, slots=True)
class Slot:
    """One delivery: a team, and a means of it (a second one of a kind is numbered: `folder-2`)."""

    team: str
    means: str

    @property
    def kind(self) -> str:
        """The means without its number."""
        return self.means.partition("-")[0]

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is no worse than once: files are replaced by the same ones, messages pile up."""
        return self.kind != "email"


def last(pointer: Pointer, as_of: date, publication: str, slot: Slot) -> Event | None:
    """The last event of a delivery; None too where another publication of that date came to the same place since."""
    for event in reversed(pointer.events):
        if event.as_of == as_of and _of(event, slot):
            own = pointer.name(event.publication) == publication
            if own or event.event != "recalled":  # a late recall of another one has left this one alone
                return event if own else None
    return None


def _of(event: Event, slot: Slot) -> bool:
    return event.event in _KINDS and (event.team, event.means) == (slot.team, slot.means)


def _is(pointer: Pointer, event: Event, publication: str, slot: Slot) -> bool:
    return _of(event, slot) and pointer.name(event.publication) == publication


def dead(event: Event, slot: Slot, now: datetime) -> bool:
    """Whether a claim may be taken over without asking anybody: its writer died, and doing it again does no harm."""
    return slot.repeatable and now - event.when > DEAD_AFTER


def is_due(
    pointer: Pointer, as_of: date, publication: str, slot: Slot, now: datetime, again: Collection[str] = ()
) -> bool:
    """Whether to make a delivery: never made, recalled since, asked for once more, or claimed by one who died."""
    event = last(pointer, as_of, publication, slot)
    if event is None or event.event == "recalled" or slot.team in again:
        return True
    return event.event == "delivering" and dead(event, slot, now)


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened to a delivery."""

    event: Literal["delivering", "delivered", "recalled"]
    as_of: date
    publication: str
    slot: Slot
    who: str
    when: datetime
    why: str | None = None


def recording(pointer: Pointer, fact: Fact) -> Pointer:
    """The pointer with a claim, or with what came of it in its place."""
    event = Event(
        event=fact.event,
        as_of=fact.as_of,
        publication=fact.publication,
        who=fact.who,
        when=fact.when.replace(microsecond=0),
        why=fact.why,
        team=fact.slot.team,
        means=fact.slot.means,
    )
    return _with(pointer, (*_without_claim(pointer, fact.publication, fact.slot), event))


def releasing(pointer: Pointer, publication: str, slot: Slot) -> Pointer | None:
    """The pointer without the claim: nothing was sent, and the next one may try."""
    kept = _without_claim(pointer, publication, slot)
    return None if len(kept) == len(pointer.events) else _with(pointer, kept)


def reached(pointer: Pointer, publication: str) -> Iterator[tuple[Slot, Event]]:
    """Who has got a publication, or may have, and was not told that it is withdrawn."""
    slots = dict.fromkeys(
        Slot(event.team, event.means)
        for event in pointer.events
        if event.event in _KINDS and event.team and event.means and pointer.name(event.publication) == publication
    )
    for slot in slots:
        event = next(one for one in reversed(pointer.events) if _is(pointer, one, publication, slot))
        if event.event != "recalled":
            yield slot, event


def withdrawn(pointer: Pointer) -> tuple[str, ...]:
    """Publications that are withdrawn now and that somebody has got who was not told so."""
    sent = {(event.as_of, pointer.name(event.publication)) for event in pointer.events if event.event in _KINDS}
    return tuple(
        publication
        for as_of, publication in sorted(sent)
        if standing(pointer, as_of, publication) == "withdrawn"
        and next(reached(pointer, publication), None) is not None
    )


def recalls(pointer: Pointer, as_of: date, slot: Slot) -> int:
    """How often reports of a date were recalled from here: a message after that is another one."""
    return sum(event.event == "recalled" and event.as_of == as_of and _of(event, slot) for event in pointer.events)


def replaces(pointer: Pointer, as_of: date, publication: str, slot: Slot) -> bool:
    """Whether another report of the same date came here before, which nobody has recalled."""
    before = next((one for one in reversed(pointer.events) if one.as_of == as_of and _of(one, slot)), None)
    return before is not None and before.event == "delivered" and pointer.name(before.publication) != publication


def _without_claim(pointer: Pointer, publication: str, slot: Slot) -> tuple[Event, ...]:
    return tuple(
        event for event in pointer.events if event.event != "delivering" or not _is(pointer, event, publication, slot)
    )


def _with(pointer: Pointer, events: tuple[Event, ...]) -> Pointer:
    return pointer.model_copy(update={"revision": pointer.revision + 1, "events": events})
