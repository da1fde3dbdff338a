"""What attempts that died left in a publish root: folders of publications that no pointer names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from tasks.errors import PublicationError
from tasks.objects import ObjectStore
from tasks.objects.store import ObjectInfo
from tasks.publish.pointer import Pointer, read_pointer
from tasks.publish.reading import publication_prefix
from tasks.publish.runs import attempts, died

#: The youngest that may be collected: no run takes a day, so what is older is nobody's.
SHORTEST = timedelta(days=1)
_FOLDER = re.compile(r"country=[A-Z]{2}/as_of=(\d{4}-\d{2}-\d{2})/publication=([0-9a-f]{24})/")


@dataclass(frozen=True, slots=True)
class Leftover:
    """One folder of a publication that does not count and never did. `newest` is UTC; `complete`: it has a manifest."""

    country: str
    as_of: date
    publication: str
    keys: tuple[str, ...]
    size: int
    newest: datetime
    complete: bool

    @property
    def prefix(self) -> str:
        """Where it lies below the publish root."""
        return publication_prefix(self.country, self.as_of, self.publication)


def leftovers(store: ObjectStore, country: str, now: datetime, age: timedelta) -> tuple[Leftover, ...]:
    """The folders of a market that no pointer names and that nobody has written to for so long, by date and id.

    Never one that is or was selected, held, approved, withdrawn, delivered or renamed: an event names it. Nothing of a
    date for which an attempt is under way, for it may complete what another one began. Without a pointer nothing that
    has a manifest: the pointer may be what was lost. `age` is at least a day; `now` is UTC.
    """
    age = max(age, SHORTEST)
    found = read_pointer(store, country)
    pointer = found and found.pointer
    named = _named(pointer)
    busy = _under_way(store, country, now)
    return tuple(
        one
        for one in _folders(store, country)
        if one.publication not in named
        and one.as_of not in busy
        and now - one.newest > age
        and not (pointer is None and one.complete)
    )


def remove(store: ObjectStore, leftover: Leftover, now: datetime) -> bool:
    """Delete a leftover, its manifest first; False where it is named, or its date worked at, by now.

    Raises:
        PublicationError: it was published in the moment of deletion, by a run that began after it.
    """
    if leftover.publication in _now_named(store, leftover) or leftover.as_of in _under_way(
        store, leftover.country, now
    ):
        return False
    for key in sorted(leftover.keys, key=lambda key: not key.endswith("/manifest.json")):
        store.delete(key)
    if leftover.publication in _now_named(store, leftover):
        raise PublicationError(
            "a run published what was being deleted",
            market=leftover.country,
            path=f"{store.uri}/{leftover.prefix}",
            hint="`strata withdraw` it, run the market again, and approve it",
        )
    return True


def _now_named(store: ObjectStore, leftover: Leftover) -> frozenset[str]:
    found = read_pointer(store, leftover.country)
    return _named(found and found.pointer)


def _named(pointer: Pointer | None) -> frozenset[str]:
    """Every id that the pointer knows of, in whatever way."""
    if pointer is None:
        return frozenset()
    told = {event.publication for event in pointer.events} | set(pointer.selected.values())
    return frozenset(told | pointer.renamed.keys() | set(pointer.renamed.values()))


def _under_way(store: ObjectStore, country: str, now: datetime) -> frozenset[date]:
    """As-of dates with an attempt that has neither ended nor died."""
    running = (one for one in attempts(store, country) if one.outcome in {"running", "waiting"})
    return frozenset(one.as_of for one in running if not died(one, now, SHORTEST))


def _folders(store: ObjectStore, country: str) -> Iterator[Leftover]:
    """Every folder of a publication; what lies beside them is nobody's business here."""
    listed = store.list(f"country={country}/as_of=")
    for prefix, group in groupby(listed, key=lambda info: _prefix(info.key)):
        if prefix is None:
            continue
        objects: list[ObjectInfo] = list(group)
        as_of, publication = prefix
        yield Leftover(
            country,
            as_of,
            publication,
            tuple(info.key for info in objects),
            sum(info.size for info in objects),
            max(info.modified for info in objects),
            any(info.key == f"{publication_prefix(country, as_of, publication)}manifest.json" for info in objects),
        )


def _prefix(key: str) -> tuple[date, str] | None:
    matched = _FOLDER.match(key)
    return None if matched is None else (date.fromisoformat(matched[1]), matched[2])
