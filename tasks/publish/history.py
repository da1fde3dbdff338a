"""What the gate asks about a market's past, read from the manifests of its earlier publications that count."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from tasks.errors import ObjectMissing
from tasks.gate.history import Past, wanted
from tasks.objects import ObjectStore
from tasks.publish.pointer import Pointer, read_pointer
from tasks.publish.publication import PARALLEL
from tasks.publish.reading import read_manifest


def read_history(store: ObjectStore, country: str, as_of: date) -> tuple[Past, ...]:
    """The earlier publications that a verdict reads, sorted by date; empty before the first one.

    Only selected ones: what is held or withdrawn says nothing of what is usual.
    """
    found = read_pointer(store, country)
    if found is None:
        return ()
    with ThreadPoolExecutor(PARALLEL) as pool:
        past = pool.map(_reading(store, found.pointer), wanted(as_of, found.pointer.selected))
        return tuple(one for one in past if one is not None)


def _reading(store: ObjectStore, pointer: Pointer) -> Callable[[date], Past | None]:
    def read(as_of: date) -> Past | None:
        try:
            manifest = read_manifest(store, pointer.country, as_of, pointer.selected[as_of])
        except ObjectMissing:  # an erasure has just taken it away
            return None
        return Past.of(as_of, manifest.ledger, manifest.notes, manifest.pseudonym_key)

    return read
