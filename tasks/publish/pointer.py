"""current.json: which publication of a market counts, and how it came to that. Pure functions, and the one swap."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, NamedTuple, Self

from pydantic import JsonValue, model_validator

from tasks.errors import StoreUnavailable
from tasks.objects import ObjectStore, PointerMode
from tasks.publish.manifest import Country, Manifest, PublicationId, Record, Sha256

#: Swaps to try before giving up; each failure means that another writer succeeded.
ATTEMPTS = 30
LONGEST_PAUSE_SECONDS = 1.0


class Event(Record):
    """Something that happened to a publication. `when` is UTC.

    `customers` and `previous` are those of its manifest, so that stale successors show without reading any. `team` and
    `means` are those of a delivery or a recall; `delivering` claims one until it is `delivered`, which takes its place.
    """

    event: Literal[
        "published", "held", "approved", "superseded", "withdrawn", "erased", "delivering", "delivered", "recalled"
    ]
    as_of: date
    publication: PublicationId
    who: str
    when: datetime
    why: str | None = None
    gate: dict[str, JsonValue] | None = None
    customers: Sha256 | None = None
    previous: Sha256 | None = None
    team: str | None = None
    means: str | None = None


class Pointer(Record):
    """A market's state.

    `selected`: the publication that counts for each as-of date. `current`: the date, of those, that readers use.
    `renamed`: old ids to those that an erasure put in their place. `events`: all that happened, oldest first.
    """

    country: Country
    revision: int
    current: date | None
    selected: dict[date, PublicationId]
    renamed: dict[PublicationId, PublicationId]
    events: tuple[Event, ...]

    @model_validator(mode="after")
    def _current_is_selected(self) -> Self:
        if self.current is not None and self.current not in self.selected:
            raise ValueError("the current date has no publication")
        return self

    @property
    def publication(self) -> str | None:
        """The id of the current publication."""
        return None if self.current is None else self.selected[self.current]

    def name(self, publication: str) -> str:
        """The id under which a publication goes today."""
        while publication in self.renamed:
            publication = self.renamed[publication]
        return publication


class Versioned(NamedTuple):
    """A pointer and the etag for replacing it."""

    pointer: Pointer
    etag: str


def pointer_key(country: str) -> str:
    """Key of a market's pointer below the publish root."""
    return f"country={country}/current.json"


def read_pointer(store: ObjectStore, country: str) -> Versioned | None:
    """The market's pointer; None before its first publication."""
    found = store.read_versioned(pointer_key(country))
    if found is None:
        return None
    return Versioned(Pointer.from_bytes(found[0], f"{store.uri}/{pointer_key(country)}"), found[1])


def selecting(
    pointer: Pointer | None,
    manifest: Manifest,
    *,
    who: str,
    when: datetime,
    why: str | None = None,
    gate: dict[str, JsonValue] | None = None,
    changed: str | None = None,
) -> Pointer | None:
    """The pointer after a publication is selected for its as-of date; None if it is already.

    `current` moves to an equal or a later as-of date only: a backfilled month never hides a newer one. `why` is a
    person's reason; without one the new event says what is `changed` since the publication that it supersedes.
    """
    before = pointer or Pointer(country=manifest.country, revision=0, current=None, selected={}, renamed={}, events=())
    as_of, publication = manifest.as_of, manifest.publication
    old = before.selected.get(as_of)
    if old == before.name(publication):
        return None
    event = Event(
        event="published",
        as_of=as_of,
        publication=publication,
        who=who,
        when=when,
        why=why or (changed if old else None),
        gate=gate,
        customers=manifest.customers,
        previous=manifest.previous,
    )
    left = [] if old is None else [Event(event="superseded", as_of=as_of, publication=old, who=who, when=when, why=why)]
    return before.model_copy(
        update={
            "revision": before.revision + 1,
            "current": max(as_of, before.current or as_of),
            "selected": {**before.selected, as_of: publication},
            "events": (*before.events, *left, event),
        }
    )


def stale_successors(pointer: Pointer) -> tuple[date, ...]:
    """As-of dates, oldest first, built upon another predecessor than the one selected now, and all later ones.

    They arise when an earlier date is published or republished; `backfill` redoes them oldest first. A date whose
    predecessor comes out the same again is fresh again.
    """
    facts = {event.publication: event for event in pointer.events if event.customers}
    stale: list[date] = []
    predecessor = None
    for as_of, publication in sorted(pointer.selected.items()):
        known = facts.get(publication)
        if stale or known is None or known.previous != predecessor:
            stale.append(as_of)
        predecessor = known.customers if known else None
    return tuple(stale)


def update_pointer(
    store: ObjectStore, country: str, change: Callable[[Pointer | None], Pointer | None], mode: PointerMode
) -> tuple[Pointer | None, Pointer | None]:
    """Apply a change to whatever pointer there is, until no other writer comes in between.

    `change` gets the pointer of the day (None: there is none) and returns its successor, or None to leave it. Returns
    the pointer before and after. StoreUnavailable if others keep winning.
    """
    key = pointer_key(country)
    for attempt in range(ATTEMPTS):
        found = read_pointer(store, country)
        before, etag = found or (None, None)
        after = change(before)
        if after is None:
            return before, before
        if mode == "single_writer":
            store.replace(key, after.to_bytes(), "application/json")
            return before, after
        if store.compare_and_swap(key, after.to_bytes(), etag):
            return before, after
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.01 * 2**attempt)))  # noqa: S311 - not a secret
    raise StoreUnavailable("other writers keep changing the pointer", market=country, path=f"{store.uri}/{key}")
