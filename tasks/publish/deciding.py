"""Deciding what counts: holding, approving, withdrawing. Pure functions of the pointer, beside `selecting`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from pydantic import JsonValue

from tasks.errors import Terminal
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Event, Pointer

#: Who a publication waits for: `held` by the gate or `withdrawn` by a person until somebody approves it.
Standing = Literal["selected", "held", "withdrawn", "superseded", "unknown"]
_STANDING: dict[str, Standing] = {
    "published": "superseded",  # unless it is selected
    "approved": "superseded",
    "superseded": "superseded",
    "held": "held",
    "withdrawn": "withdrawn",
}


def standing(pointer: Pointer | None, as_of: date, publication: str) -> Standing:
    """How a publication of a date stands, by the last decision on it, under whatever id it goes today."""
    if pointer is None:
        return "unknown"
    name = pointer.name(publication)
    if pointer.selected.get(as_of) == name:
        return "selected"
    found: Standing = "unknown"
    for event in pointer.events:
        if event.as_of == as_of and pointer.name(event.publication) == name:
            found = _STANDING.get(event.event, found)
    return found


def waiting(pointer: Pointer) -> tuple[Event, ...]:
    """The events `held` that still wait for somebody, oldest first.

    A publication of the same or a later as-of date that was selected after it lifts a hold, and so does a withdrawal of
    it. It can still be approved, as long as its date has not been published since.
    """
    found: dict[str, Event] = {}
    for event in _decisions(pointer.events):
        if event.event == "held":
            found[event.publication] = event
        elif event.event in {"published", "approved"}:
            found = {name: held for name, held in found.items() if held.as_of > event.as_of}
    return tuple(found.values())


def taken_back(pointer: Pointer) -> tuple[Event, ...]:
    """The events `withdrawn` after which nothing new came for the same or a later date, oldest first."""
    found: dict[str, Event] = {}
    for event in _decisions(pointer.events):
        if event.event == "withdrawn":
            found[event.publication] = event
        elif event.event in {"published", "approved"}:
            found = {name: gone for name, gone in found.items() if gone.as_of > event.as_of}
    return tuple(found.values())


def _decisions(events: tuple[Event, ...]) -> Iterator[Event]:
    """The events without those that only bring back what was there before a withdrawn one: nothing new came."""
    for before, event in pairwise((None, *events)):
        brought_back = (
            event is not None
            and before is not None
            and (before.event, before.as_of, before.when) == ("withdrawn", event.as_of, event.when)
        )
        if event is not None and not brought_back:
            yield event


def holding(
    pointer: Pointer | None,
    manifest: Manifest,
    *,
    who: str,
    when: datetime,
    why: str | None = None,
    gate: dict[str, JsonValue] | None = None,
) -> Pointer | None:
    """The pointer after a complete publication is held: nothing is selected, the event alone says so.

    None where it is selected (somebody approved it meanwhile), held or withdrawn already.
    """
    before = pointer or Pointer(country=manifest.country, revision=0, current=None, selected={}, renamed={}, events=())
    if standing(before, manifest.as_of, manifest.publication) in {"selected", "held", "withdrawn"}:
        return None
    event = Event(
        event="held",
        as_of=manifest.as_of,
        publication=manifest.publication,
        who=who,
        when=when,
        why=why,
        gate=gate,
        customers=manifest.customers,
        previous=manifest.previous,
    )
    return _after(before, before.selected, event)


def to_approve(pointer: Pointer | None, as_of: date | None = None, publication: str | None = None) -> tuple[date, str]:
    """Which publication an approval means: its date, and its id as it goes today.

    The one that is named; else the last one that was held or withdrawn for the date, or, without a date, the last one
    that waits. One that is selected already is given too, so that approving it twice is no error.

    Raises:
        Terminal: nothing is held or withdrawn, or another publication of the date was selected since.
    """
    if pointer is None:
        raise Terminal("nothing was ever published or held here")
    events = [event for event in pointer.events if event.event in {"held", "withdrawn"}]
    if publication is not None:
        events = [event for event in events if pointer.name(publication) == pointer.name(event.publication)]
    if as_of is not None:
        events = [event for event in events if event.as_of == as_of]
    elif publication is None:
        waits = waiting(pointer)
        events = list(waits) or [event for event in events if _selected(pointer, event)]
    if not events and publication is not None:
        raise Terminal(
            "the publication is neither held nor withdrawn",
            market=pointer.country,
            value=publication,
            hint="`strata status` lists what is held",
        )
    if not events:
        hint = "`strata status` lists what is held; --as-of or --publication names another"
        raise Terminal("nothing is held", market=pointer.country, value=str(publication or as_of or ""), hint=hint)
    chosen = events[-1]
    _not_overtaken(pointer, chosen)
    return chosen.as_of, pointer.name(chosen.publication)


def approving(pointer: Pointer, as_of: date, publication: str, *, who: str, when: datetime, why: str) -> Pointer | None:
    """The pointer after a held or withdrawn publication is selected for its date; None if it is already.

    `current` moves to an equal or a later as-of date only, as when something is published.

    Raises:
        Terminal: it was neither held nor withdrawn, or another publication of its date was selected since.
    """
    name = pointer.name(publication)
    match standing(pointer, as_of, name):
        case "selected":
            return None
        case "held" | "withdrawn":
            decision = last_decision(pointer, as_of, name)
        case _:
            raise Terminal(
                "the publication waits for no approval",
                market=pointer.country,
                value=f"{as_of} {name}",
                hint="only what is held or withdrawn can be approved: `strata status`",
            )
    _not_overtaken(pointer, decision)
    old = pointer.selected.get(as_of)
    made_of = _made_of(pointer, name)
    update = {"customers": made_of.customers, "previous": made_of.previous} if made_of else {}
    event = Event(event="approved", as_of=as_of, publication=name, who=who, when=when, why=why).model_copy(
        update=update
    )
    left = [] if old is None else [Event(event="superseded", as_of=as_of, publication=old, who=who, when=when, why=why)]
    return _after(pointer, {**pointer.selected, as_of: name}, *left, event)


def withdrawing(
    pointer: Pointer, as_of: date, publication: str, *, who: str, when: datetime, why: str
) -> Pointer | None:
    """The pointer after the publication selected for a date is taken back; None if it was withdrawn already.

    The one that it superseded is selected again, if that was not withdrawn or held itself; else the date has no
    publication, and `current` falls to the greatest date that has one.

    Raises:
        Terminal: the publication is not the one that is selected for the date.
    """
    name = pointer.name(publication)
    if standing(pointer, as_of, name) == "withdrawn":
        return None
    if pointer.selected.get(as_of) != name:
        raise Terminal(
            "only what is selected can be withdrawn",
            market=pointer.country,
            value=f"{as_of} {name}",
            expected=pointer.selected.get(as_of) or "a date that has a publication",
        )
    gone = Event(event="withdrawn", as_of=as_of, publication=name, who=who, when=when, why=why)
    selected = {day: id_ for day, id_ in pointer.selected.items() if day != as_of}
    before = predecessor(pointer, as_of)
    if before is None:
        return _after(pointer, selected, gone)
    made_of = _made_of(pointer, before)
    again = Event(event="published", as_of=as_of, publication=before, who=who, when=when, why=why)
    if made_of is not None:
        again = again.model_copy(update={"customers": made_of.customers, "previous": made_of.previous})
    return _after(pointer, {**selected, as_of: before}, gone, again)


def predecessor(pointer: Pointer, as_of: date) -> str | None:
    """The publication of a date that a withdrawal of the selected one brings back, as it goes today."""
    line: list[str] = []
    for event in pointer.events:
        if event.as_of != as_of:
            continue
        name = pointer.name(event.publication)
        if event.event in {"published", "approved", "withdrawn"}:
            line = [one for one in line if one != name]
        if event.event in {"published", "approved"}:
            line.append(name)
    return next((one for one in reversed(line) if one != pointer.selected.get(as_of)), None)


def _after(before: Pointer, selected: dict[date, str], *events: Event) -> Pointer:
    """`current` is the greatest selected date: an approval moves it onwards, a withdrawal back."""
    return before.model_copy(
        update={
            "revision": before.revision + 1,
            "current": max(selected, default=None),
            "selected": selected,
            "events": (*before.events, *events),
        }
    )


def _not_overtaken(pointer: Pointer, decision: Event) -> None:
    """Terminal where another publication of the date was selected after it was held, and still is."""
    selected = pointer.selected.get(decision.as_of)
    if selected is None or selected == pointer.name(decision.publication):
        return
    later = pointer.events[pointer.events.index(decision) :]
    newer = [event for event in _decisions(later) if event.event in {"published", "approved"}]
    if any(event.as_of == decision.as_of and pointer.name(event.publication) == selected for event in newer):
        raise Terminal(
            "a newer publication of the date is selected",
            market=pointer.country,
            value=f"{decision.as_of} {decision.publication}",
            expected=selected,
            hint=f"`strata withdraw {pointer.country} --as-of {decision.as_of}` first, if the held one is right",
        )


def _selected(pointer: Pointer, event: Event) -> bool:
    return pointer.selected.get(event.as_of) == pointer.name(event.publication)


def last_decision(pointer: Pointer, as_of: date, name: str) -> Event:
    """The event by which a publication was last held or withdrawn."""
    return next(
        event
        for event in reversed(pointer.events)
        if event.event in {"held", "withdrawn"} and event.as_of == as_of and pointer.name(event.publication) == name
    )


def _made_of(pointer: Pointer, name: str) -> Event | None:
    """An event that knows the digests of a publication's customers and of its predecessor's."""
    known = [event for event in pointer.events if event.customers and pointer.name(event.publication) == name]
    return known[-1] if known else None
