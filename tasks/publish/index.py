"""When the pages for people are written: a market's (`market_page`) and the list of all markets (`root_page`).

Both are derived from the pointers and manifests and may lag; whoever writes them last, writes the same or newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from tasks.errors import (
    DropError,
    LedgerError,
    ObjectMissing,
    ProfileError,
    ProfileErrors,
    PublicationError,
    ReferenceDataError,
    StrataError,
    Transient,
)
from tasks.objects import ObjectStore
from tasks.publish.deciding import taken_back, waiting
from tasks.publish.gate_page import NAME as GATE
from tasks.publish.gate_page import has_gate, render_gate
from tasks.publish.manifest import Manifest
from tasks.publish.market_page import Late, locales_of, render_index
from tasks.publish.operations.page import NAME as OPERATIONS
from tasks.publish.operations.page import TITLE
from tasks.publish.pointer import Pointer, read_pointer
from tasks.publish.reading import read_manifest
from tasks.publish.root_page import NAME, render_root

#: Earlier dates whose reports are linked; the pointer has them all.
EARLIER = 12
_HTML = "text/html; charset=utf-8"


#: The first that an error is one of says it to the teams; what nobody foresaw is `other`.
_WORDS: Sequence[tuple[type[StrataError], str]] = (
    (DropError, "drop"),
    (ProfileError, "profile"),
    (ProfileErrors, "profile"),
    (ReferenceDataError, "reference"),
    (LedgerError, "ledger"),
    (PublicationError, "publication"),
    (Transient, "unavailable"),
)


def tell_failure(store: ObjectStore, country: str, as_of: date, error: BaseException) -> None:
    """Say on the market's page, in its teams' words, that the report of a date is late and why.

    A market without a publication has no page. The next run that ends well takes the line away.
    """
    refresh_market(
        store, country, Late(as_of, next((code for kind, code in _WORDS if isinstance(error, kind)), "other"))
    )


def refresh_market(store: ObjectStore, country: str, late: Late | None = None) -> None:
    """Write the pages of a market as its pointer has them now."""
    found = read_pointer(store, country)
    if found is None:
        return None
    pointer = found.pointer
    if pointer.current is not None:
        manifest = read_manifest(store, country, pointer.current, pointer.selected[pointer.current])
        return refresh_index(store, pointer, manifest, late)
    waits = waiting(pointer) or taken_back(pointer)
    held = _read(store, pointer, waits[-1].as_of, waits[-1].publication) if waits else None
    return None if held is None else refresh_index(store, pointer, held)


def refresh_index(store: ObjectStore, pointer: Pointer, manifest: Manifest, late: Late | None = None) -> None:
    """Write the market's page, and the gate's, where they say something else than the pointer does.

    `manifest` is that of the publication that was just selected or held, current or not. Without a current one the
    gate's page stands for both: the market's may still show what was withdrawn.
    """
    own = f"country={pointer.country}/"
    if pointer.current is not None and pointer.publication != manifest.publication:
        manifest = read_manifest(store, pointer.country, pointer.current, pointer.selected[pointer.current])
    gate = render_gate(pointer, locales_of(manifest)) if has_gate(pointer) else None
    if pointer.current is not None:
        dates = [as_of for as_of in sorted(pointer.selected, reverse=True) if as_of != manifest.as_of][:EARLIER]
        earlier = {
            as_of: found
            for as_of in dates
            if (found := _read(store, pointer, as_of, pointer.selected[as_of])) is not None
        }
        _write(store, own + NAME, render_index(pointer, manifest, earlier, late))
    elif gate is not None:
        _write(store, own + NAME, gate)
    if gate is not None:
        _write(store, own + GATE, gate)


def refresh_root(store: ObjectStore) -> None:
    """Write the list of all markets below a publish root where it says something else than their pointers do.

    It reads each market's pointer: once at the end of a run, not once for each of its markets. The page for data ops is
    linked where it is there.
    """
    operations = (OPERATIONS, TITLE) if store.exists(OPERATIONS) else None
    _write(store, NAME, render_root(_pointers(store), operations))


def _read(store: ObjectStore, pointer: Pointer, as_of: date, publication: str) -> Manifest | None:
    """Another manifest; None where an erasure has just taken it away."""
    try:
        return read_manifest(store, pointer.country, as_of, pointer.name(publication))
    except ObjectMissing:
        return None


def _pointers(store: ObjectStore) -> Iterator[Pointer]:
    """The pointer of each market; one that this program cannot read is left to who reads that market."""
    for name in store.folders("country="):
        try:
            found = read_pointer(store, name.removeprefix("country="))
        except PublicationError:
            continue
        if found is not None:
            yield found.pointer


def _write(store: ObjectStore, key: str, page: bytes) -> None:
    there = store.read_versioned(key)
    if there is None or there[0] != page:
        store.replace(key, page, _HTML)
