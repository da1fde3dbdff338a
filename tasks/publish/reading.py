"""The reference reader: pointer, manifest, objects, in that order, each checked."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tasks.errors import ObjectMissing, PublicationError
from tasks.objects import ObjectStore
from tasks.objects.store import sha256_of
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer, read_pointer

#: How often the pointer may move away from under a reader (an erasure deletes what it renamed).
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """An object that is not what the manifest says. `found` is its sha256, or None if there is none."""

    path: str
    expected: str
    found: str | None


def publication_prefix(country: str, as_of: date, publication: str) -> str:
    """Where a publication's objects lie, with a closing slash.

    >>> publication_prefix("DE", date(2021, 2, 20), "9be0fee97a5b2ab3a2a0a3a5")
    'country=DE/as_of=2021-02-20/publication=9be0fee97a5b2ab3a2a0a3a5/'
    """
    return f"country={country}/as_of={as_of.isoformat()}/publication={publication}/"


def bundles_prefix(country: str, publication: str) -> str:
    """Where what was packed of a publication for teams lies in the publish root, with a closing slash.

    >>> bundles_prefix("DE", "9be0fee97a5b2ab3a2a0a3a5")
    'country=DE/deliveries/9be0fee97a5b2ab3a2a0a3a5/'
    """
    return f"country={country}/deliveries/{publication}/"


def read_manifest(store: ObjectStore, country: str, as_of: date, publication: str) -> Manifest:
    """A publication's manifest; ObjectMissing if it is not complete, PublicationError if it is another's."""
    key = f"{publication_prefix(country, as_of, publication)}manifest.json"
    manifest = Manifest.from_bytes(store.read(key), f"{store.uri}/{key}")
    if (manifest.country, manifest.as_of, manifest.publication) != (country, as_of, publication):
        raise PublicationError("the manifest is of another publication", market=country, path=f"{store.uri}/{key}")
    return manifest


def read_current(store: ObjectStore, country: str) -> tuple[Pointer, Manifest] | None:
    """The pointer and the manifest of the current publication; None before the first one.

    What the manifest names may be read at leisure: nothing of it changes. Erasure alone deletes, and moves the pointer
    before: who finds an object gone asks again.
    """
    for _ in range(ATTEMPTS):
        found = read_pointer(store, country)
        if found is None or found.pointer.current is None:
            return None
        as_of, publication = found.pointer.current, found.pointer.selected[found.pointer.current]
        try:
            return found.pointer, read_manifest(store, country, as_of, publication)
        except ObjectMissing:
            again = read_pointer(store, country)
            if again is not None and again.etag == found.etag:
                raise PublicationError(
                    "the pointer names a publication without a manifest",
                    market=country,
                    path=f"{store.uri}/{publication_prefix(country, as_of, publication)}",
                    hint="restore the object, or withdraw the publication",
                ) from None
    raise PublicationError("the pointer moves faster than it can be read", market=country, path=store.uri)


def verify(store: ObjectStore, country: str, as_of: date | None = None) -> tuple[Fault, ...]:
    """Read every object of the current publication, or of the one selected for a date; empty if all is whole.

    Reads every byte: as slow as the publication is large.
    """
    found = read_current(store, country)
    if found is None:
        raise PublicationError("nothing is published", market=country, path=store.uri)
    pointer, manifest = found
    if as_of is not None and as_of != manifest.as_of:
        if as_of not in pointer.selected:
            raise PublicationError("nothing is published for that date", market=country, value=as_of.isoformat())
        manifest = read_manifest(store, country, as_of, pointer.selected[as_of])
    prefix = publication_prefix(country, manifest.as_of, manifest.publication)
    faults = []
    for export in manifest.exports:
        sha256 = _sha256(store, prefix + export.path)
        if sha256 != export.sha256:
            faults.append(Fault(export.path, export.sha256, sha256))
    return tuple(faults)


def _sha256(store: ObjectStore, key: str) -> str | None:
    try:
        path = store.local_path(key)
        if path is not None:
            return sha256_of(path) if path.is_file() else None
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy")
            store.download(key, copy)
            return sha256_of(copy)
    except ObjectMissing:
        return None
