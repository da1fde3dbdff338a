"""What a look at a market reads: its pointer, one manifest, and its newest attempts, however many years there are."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tasks.errors import StrataError
from tasks.objects import ObjectStore
from tasks.publish.deciding import waiting
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer, read_pointer
from tasks.publish.reading import read_manifest
from tasks.publish.root_page import NAME as INDEX
from tasks.publish.runs import Attempt

#: Attempts that are read: enough for a trend, few enough for a look at forty markets.
ATTEMPTS = 10
#: Requests at a time: a look at forty markets is then a second or two on a store that answers in 30 ms.
PARALLEL = 16
#: Outcomes that an attempt has once the pointer tells of its publication.
_AFTER = frozenset({"published", "unchanged", "held"})


@dataclass(frozen=True, slots=True)
class Looked:
    """What a market's part of the store says; `attempts` newest first, `faults` what cannot be read.

    `manifest` is of the current publication; of the last one that is held where there is no current one. `lost`: there
    is no pointer, though there was one.
    """

    market: str
    pointer: Pointer | None = None
    manifest: Manifest | None = None
    attempts: tuple[Attempt, ...] = ()
    faults: tuple[str, ...] = ()
    lost: bool = False


def markets_of(store: ObjectStore) -> list[str]:
    """Markets that the publish root knows, published or only tried."""
    return sorted(name.removeprefix("country=") for name in store.folders("country="))


def look_at_all(store: ObjectStore, markets: Iterable[str], now: datetime) -> list[Looked]:
    """`look` at these markets, several at a time."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(partial(look, store, now=now), markets))


def look(store: ObjectStore, market: str, now: datetime) -> Looked:
    """One market: at most 2 + ATTEMPTS objects and three listings; what cannot be read hides nothing else.

    Where there is no pointer, one object and a listing more say whether it was lost.
    """
    faults: list[str] = []
    pointer, manifest, absent = None, None, False
    try:
        found = read_pointer(store, market)
        absent = found is None
        pointer = found.pointer if found else None
        manifest = None if pointer is None else _manifest(store, pointer)
    except StrataError as error:
        faults.append(str(error))
    attempts: list[Attempt] = []
    try:
        keys = newest_keys(store, market, now, ATTEMPTS)
    except StrataError as error:
        faults.append(str(error))
        keys = []
    for key in keys:
        try:
            attempts.append(Attempt.from_bytes(store.read(key), f"{store.uri}/{key}"))
        except StrataError as error:
            faults.append(str(error))
    lost = absent and _lost(store, market, attempts)
    return Looked(market, pointer, manifest, tuple(attempts), tuple(faults), lost)


def _lost(store: ObjectStore, market: str, attempts: Iterable[Attempt]) -> bool:
    """Whether a pointer that is not there was there: what is written only after it stands beside a publication.

    A first attempt that died before the pointer leaves a publication and neither page nor a record of its success.
    """
    own = f"country={market}/"
    once = any(one.outcome in _AFTER for one in attempts) or store.exists(own + INDEX)
    return once and any(info.key.endswith("/manifest.json") for info in store.list(f"{own}as_of="))


def newest_keys(store: ObjectStore, market: str, now: datetime, most: int) -> list[str]:
    """Keys of the newest records of attempts, newest first.

    Keys begin with the moment, so this year's and the last one's are listed apart: a market that runs each day fills a
    page of a listing in three years.
    """
    folder = f"country={market}/runs/"
    found: list[str] = []
    for prefix in (f"{now.year}", f"{now.year - 1}", ""):  # all of them only where two years hold none
        if len(found) < most and (prefix or not found):
            found += sorted((info.key for info in store.list(folder + prefix)), reverse=True)
    return found[:most]


def _manifest(store: ObjectStore, pointer: Pointer) -> Manifest | None:
    if pointer.current is not None:
        return read_manifest(store, pointer.country, pointer.current, pointer.selected[pointer.current])
    held = waiting(pointer)
    return read_manifest(store, pointer.country, held[-1].as_of, pointer.name(held[-1].publication)) if held else None
