"""The chain's publication: its manifest, its pointer, and how it becomes the one that counts."""

from __future__ import annotations

import getpass
import hashlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tasks.errors import PublicationError, StoreUnavailable
from tasks.objects import ObjectStore, PointerMode, require
from tasks.objects.store import sha256_of
from tasks.publish.manifest import ID_DIGITS, Export, PublicationId, Record, Sha256, canonical_json
from tasks.publish.publication import CONTENT_TYPES

#: Raised whenever the bytes of a chain publication change for the same markets.
OUTPUT_VERSION = 1
POINTER = "chain/current.json"
#: Swaps to try before giving up, as for a market's pointer.
ATTEMPTS = 30

Market = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class MarketEntry(Record):
    """A market that is in: its publication, and what was taken from its profile and from reference tables.

    `days`: its as-of date lies so many days before the chain's; `stale` where they are more than allowed. `lenses_off`:
    lens and reason, as the market's manifest says. `stores`: whether it publishes months of stores.
    """

    country: Market
    as_of: date
    publication: PublicationId
    manifest: Sha256
    days: int
    stale: bool
    previous_as_of: date | None
    minimum_count: int
    currency: str
    reference_currency: str
    income_group: str | None
    income_year: int | None
    development: Literal["developed", "developing", "unknown"]
    lenses_off: dict[str, str] = Field(default_factory=dict)
    stores: bool = False


class AbsentEntry(Record):
    """A market without figures: see `tasks.chain.reading.Absent`."""

    country: Market
    reason: Literal["nothing", "later", "small", "profile"]
    first: date | None = None


class DimensionEntry(Record):
    """A dimension: the digest of the definition that `compared` share; `apart`: in what others differ."""

    definition: Sha256 | None
    compared: tuple[str, ...]
    apart: dict[str, tuple[str, ...]]


class ChainManifest(Record):
    """What a chain publication is made of and made from; it follows from its id alone.

    The id digests everything but itself and the exports. `words`: digests of the catalogs and of the profile whose
    order and names of segments the workbook and the report follow.
    """

    format: Literal[1] = 1
    as_of: date
    publication: str
    output_version: int
    locales: tuple[str, ...]
    stale_days: int
    markets: tuple[MarketEntry, ...]
    absent: tuple[AbsentEntry, ...]
    dimensions: dict[str, DimensionEntry]
    words: dict[str, Sha256]
    exports: tuple[Export, ...] = ()

    def derived_id(self) -> str:
        """The id that the manifest's own fields give."""
        identity = self.model_dump(mode="json", exclude={"publication", "exports"})
        return hashlib.sha256(canonical_json(identity)).hexdigest()[:ID_DIGITS]


class ChainEvent(Record):
    """Something that happened to a chain publication; `when` is UTC."""

    event: Literal["published", "superseded"]
    as_of: date
    publication: str
    who: str
    when: datetime


class ChainPointer(Record):
    """Which chain publication counts for each date; `current` is the date, of those, that readers use."""

    revision: int
    current: date
    selected: dict[date, str]
    events: tuple[ChainEvent, ...]


@dataclass(frozen=True, slots=True)
class PublishedChain:
    """What became of an attempt: `unchanged` where this publication counted already."""

    id: str
    state: Literal["published", "unchanged"]
    as_of: date
    current: bool
    superseded: str | None = None


def prefix(as_of: date, publication: str) -> str:
    """Where a chain publication's objects lie, with a closing slash.

    >>> prefix(date(2021, 2, 20), "9be0fee97a5b2ab3a2a0a3a5")
    'chain/as_of=2021-02-20/publication=9be0fee97a5b2ab3a2a0a3a5/'
    """
    return f"chain/as_of={as_of.isoformat()}/publication={publication}/"


def read_chain_pointer(store: ObjectStore) -> tuple[ChainPointer, str] | None:
    """The pointer and the etag for replacing it; null before the first publication."""
    found = store.read_versioned(POINTER)
    return None if found is None else (ChainPointer.from_bytes(found[0], f"{store.uri}/{POINTER}"), found[1])


def already_published(store: ObjectStore, manifest: ChainManifest) -> bool:
    """Whether this very publication counts for its date."""
    found = read_chain_pointer(store)
    return found is not None and found[0].selected.get(manifest.as_of) == manifest.publication


def publish_chain(
    store: ObjectStore,
    staged: Path,
    manifest: ChainManifest,
    *,
    pointer_mode: PointerMode = "cas",
    when: datetime | None = None,
) -> PublishedChain:
    """Put the staged files, then the manifest, then move the pointer: readers see a whole publication or none.

    `staged` holds exactly the manifest's exports. `when` is UTC, now where it is not given.

    Raises:
        PublicationError: the store cannot do what `pointer_mode` asks, the folder and the manifest disagree, or an
            object of this id has other bytes.
    """
    require(store, pointer_mode)
    _check(staged, manifest)
    place = prefix(manifest.as_of, manifest.publication)
    for export in manifest.exports:
        store.put_new(place + export.path, staged / export.path, CONTENT_TYPES.get(Path(export.path).suffix))
    store.put_new(f"{place}manifest.json", manifest.to_bytes(), CONTENT_TYPES[".json"])
    moment = (when or datetime.now(UTC)).replace(microsecond=0)
    before, after = _update(store, lambda pointer: _selecting(pointer, manifest, _user(), moment), pointer_mode)
    return PublishedChain(
        id=manifest.publication,
        state="unchanged" if before is after else "published",
        as_of=manifest.as_of,
        current=after.current == manifest.as_of,
        superseded=None if before is None or before is after else before.selected.get(manifest.as_of),
    )


def _check(staged: Path, manifest: ChainManifest) -> None:
    if manifest.publication != manifest.derived_id():
        raise PublicationError(
            "the publication's id does not follow from its manifest",
            value=manifest.publication,
            expected=manifest.derived_id(),
        )
    found = {path.relative_to(staged).as_posix(): sha256_of(path) for path in staged.rglob("*") if path.is_file()}
    if found != {export.path: export.sha256 for export in manifest.exports}:
        raise PublicationError("staged files and manifest disagree", path=str(staged), value=sorted(found))


def _selecting(pointer: ChainPointer | None, manifest: ChainManifest, who: str, when: datetime) -> ChainPointer | None:
    """The pointer after the publication is selected for its date; null if it is. `current` never moves back."""
    as_of, publication = manifest.as_of, manifest.publication
    old = pointer.selected.get(as_of) if pointer else None
    if old == publication:
        return None
    event = ChainEvent(event="published", as_of=as_of, publication=publication, who=who, when=when)
    left = [] if old is None else [event.model_copy(update={"event": "superseded", "publication": old})]
    return ChainPointer(
        revision=pointer.revision + 1 if pointer else 1,
        current=max(as_of, pointer.current) if pointer else as_of,
        selected={**(pointer.selected if pointer else {}), as_of: publication},
        events=(*(pointer.events if pointer else ()), *left, event),
    )


def _update(
    store: ObjectStore, change: Callable[[ChainPointer | None], ChainPointer | None], mode: PointerMode
) -> tuple[ChainPointer | None, ChainPointer]:
    """Apply a change to whatever pointer there is, until no other writer comes in between: before and after."""
    for attempt in range(ATTEMPTS):
        before, etag = read_chain_pointer(store) or (None, None)
        after = change(before)
        if after is None:
            if before is None:
                raise AssertionError("a pointer that needs no change exists")
            return before, before
        if mode == "single_writer":
            store.replace(POINTER, after.to_bytes(), CONTENT_TYPES[".json"])
            return before, after
        if store.compare_and_swap(POINTER, after.to_bytes(), etag):
            return before, after
        time.sleep(random.uniform(0, min(1.0, 0.01 * 2**attempt)))  # noqa: S311 - not a secret
    raise StoreUnavailable("other writers keep changing the pointer", path=f"{store.uri}/{POINTER}")


def _user() -> str:
    """Who runs this; a container's user may have a number and no name."""
    try:
        return f"strata ({getpass.getuser()})"
    except (KeyError, OSError):
        return f"strata (uid {os.getuid()})"
