"""What a store can do, found out by doing it: servers accept conditions that they then do not keep.

Measured: Swift 2.38 takes If-None-Match but several of the writers who race may win, and answers 501 to If-Match; Ceph
RGW 16 answers 412 to every If-Match, also a right one; RGW 20 and AWS keep both.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier

from tasks.errors import PublicationError, Terminal
from tasks.objects.store import RESERVED, ObjectStore, PointerMode

PROBES = f"{RESERVED}/probe/"
#: With Swift's share of races that end in one winner (a quarter), 8 rounds miss the fault once in 65,000 probes.
ROUNDS = 8
WRITERS = 4


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What held in the probe; `notes` say what did not, for `strata doctor`.

    `conditional_put`: of several who create one object, one wins. `compare_and_swap`: of several who replace one
    version, one wins, and nobody replaces a version that is gone.
    """

    conditional_put: bool
    compare_and_swap: bool
    notes: tuple[str, ...] = ()


def probe(store: ObjectStore, *, rounds: int = ROUNDS) -> Capabilities:
    """Try conditional writes under a key of its own, in turn and racing; leaves nothing behind.

    `rounds=0` skips the races: quick, and enough to refuse a server without If-Match.
    """
    _forget_dead_probes(store)
    key = f"{PROBES}{secrets.token_hex(8)}"
    keys: list[str] = []

    def fresh(name: str) -> str:
        keys.append(f"{key}-{name}")
        return keys[-1]

    try:
        put = _put_fault(store, fresh("put")) or _race(
            (_creator(store, fresh(f"put{n}")) for n in range(rounds)), "If-None-Match: *"
        )
        swap = _swap_fault(store, fresh("swap")) or _race(
            (_swapper(store, fresh(f"swap{n}")) for n in range(rounds)), "If-Match"
        )
    finally:
        for made in keys:
            with suppress(Terminal):  # no right to delete: it is a few bytes
                store.delete(made)
    return Capabilities(put is None, swap is None and put is None, tuple(filter(None, (put, swap))))


def require(store: ObjectStore, mode: PointerMode) -> None:
    """PublicationError if the pointer mode is `cas` and the store has no compare-and-swap; looks once a process."""
    if mode == "single_writer" or repr(store) in _sound:
        return
    found = probe(store, rounds=0)
    if not found.compare_and_swap:
        raise PublicationError(
            f"pointer: cas is refused, for the store cannot do it ({'; '.join(found.notes)})",
            path=store.uri,
            hint="set pointer: single_writer, and let one process at a time publish a market",
        )
    _sound.add(repr(store))


#: By `repr`, which names the root and the server.
_sound: set[str] = set()


def _put_fault(store: ObjectStore, key: str) -> str | None:
    try:
        if not store.compare_and_swap(key, b"1", None):
            return "If-None-Match: * is refused though there is no object"
        return "If-None-Match: * overwrote an object" if store.compare_and_swap(key, b"2", None) else None
    except PublicationError:
        return "If-None-Match is not implemented"


def _swap_fault(store: ObjectStore, key: str) -> str | None:
    store.replace(key, b"1")
    first = store.read_versioned(key)
    etag = first[1] if first else ""
    try:
        if not store.compare_and_swap(key, b"2", etag):
            return "If-Match is refused though the ETag is right"
        return "If-Match overwrote another version" if store.compare_and_swap(key, b"3", etag) else None
    except PublicationError:
        return "If-Match is not implemented"


def _race(writers: Iterable[Callable[[int], bool]], name: str) -> str | None:
    """None, or what happened if a race had more or fewer winners than one."""
    for write in writers:
        gate = Barrier(WRITERS)

        def run(number: int, gate: Barrier = gate, write: Callable[[int], bool] = write) -> bool:
            gate.wait()
            return write(number)

        with ThreadPoolExecutor(WRITERS) as pool:
            winners = sum(pool.map(run, range(WRITERS)))
        if winners != 1:
            return f"{winners} of {WRITERS} racing writers won with {name}"
    return None


def _creator(store: ObjectStore, key: str) -> Callable[[int], bool]:
    return lambda number: store.compare_and_swap(key, b"%d" % number, None)


def _swapper(store: ObjectStore, key: str) -> Callable[[int], bool]:
    store.replace(key, b"-")
    version = store.read_versioned(key)
    etag = version[1] if version else None
    return lambda number: store.compare_and_swap(key, b"%d" % number, etag)


def _forget_dead_probes(store: ObjectStore) -> None:
    """What probes that died left behind an hour ago or earlier."""
    for found in list(store.list(PROBES)):
        if found.modified < datetime.now(UTC) - timedelta(hours=1):
            with suppress(Terminal):  # no right to delete: it is a few bytes
                store.delete(found.key)
