"""Which publication of each market the chain takes, and its files, each checked against the manifest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from tasks.errors import ObjectMissing, PublicationError
from tasks.objects import ObjectStore
from tasks.objects.store import sha256_of
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer, read_pointer
from tasks.publish.reading import publication_prefix

#: Of a market's publication; `stores.parquet` came later than the others and may be missing.
SEGMENTS, CUSTOMERS, MEMBERSHIP, STORES = (
    f"canonical/{name}.parquet" for name in ("segments", "customers", "membership", "stores")
)


@dataclass(frozen=True, slots=True)
class Book:
    """The publication of a market that counts for the chain's date, and where it lies.

    `sha256` is that of its manifest. `previous_as_of`: the date that its membership is compared with, null without one.
    """

    store: ObjectStore
    manifest: Manifest
    sha256: str
    previous_as_of: date | None

    @property
    def country(self) -> str:
        """The market."""
        return self.manifest.country

    @property
    def as_of(self) -> date:
        """The market's own as-of date: the greatest that is not after the chain's."""
        return self.manifest.as_of

    def has(self, path: str) -> bool:
        """Whether the manifest names a file."""
        return any(export.path == path for export in self.manifest.exports)

    def file(self, path: str, folder: Path) -> Path:
        """A file of the publication on this machine: where it lies, or a copy in `folder`.

        Raises:
            PublicationError: it is not there, or not what the manifest says.
        """
        wanted = next((export.sha256 for export in self.manifest.exports if export.path == path), None)
        key = publication_prefix(self.country, self.as_of, self.manifest.publication) + path
        found = self.store.local_path(key)
        try:
            if found is None:
                found = folder / f"{self.country}_{Path(path).name}"
                self.store.download(key, found)
            digest = sha256_of(found) if found.is_file() else None
        except ObjectMissing:
            digest = None
        if wanted is None or digest != wanted or found is None:
            raise PublicationError(
                "an object is not what its manifest says" if digest else "an object of a publication is missing",
                market=self.country,
                path=f"{self.store.uri}/{key}",
                hint="restore the object, or withdraw the publication",
            )
        return found

    def note(self, *path: str) -> Any:
        """A note of the manifest, null where there is none."""
        found: Any = self.manifest.notes
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found


@dataclass(frozen=True, slots=True)
class Absent:
    """A market without figures: `nothing` is published or only `later` dates; it is too `small` or has no `profile`."""

    country: str
    reason: Literal["nothing", "later", "small", "profile"]
    first: date | None = None
    """The first date that is published, where all are later."""


def find(store: ObjectStore, country: str, as_of: date) -> Book | Absent:
    """The publication that is selected for the greatest date not after `as_of`.

    Raises:
        PublicationError: the pointer or the manifest cannot be read, or the manifest is not there.
    """
    found = read_pointer(store, country)
    if found is None or not found.pointer.selected:
        return Absent(country, "nothing")
    dates = [day for day in found.pointer.selected if day <= as_of]
    if not dates:
        return Absent(country, "later", min(found.pointer.selected))
    day = max(dates)
    publication = found.pointer.selected[day]
    key = f"{publication_prefix(country, day, publication)}manifest.json"
    try:
        data = store.read(key)
    except ObjectMissing:
        raise PublicationError(
            "the pointer names a publication without a manifest",
            market=country,
            path=f"{store.uri}/{key}",
            hint="restore the object, or withdraw the publication",
        ) from None
    manifest = Manifest.from_bytes(data, f"{store.uri}/{key}")
    if (manifest.country, manifest.as_of, manifest.publication) != (country, day, publication):
        raise PublicationError("the manifest is of another publication", market=country, path=f"{store.uri}/{key}")
    return Book(store, manifest, sha256_of(data), _previous(found.pointer, manifest))


def _previous(pointer: Pointer, manifest: Manifest) -> date | None:
    """The date of the publication whose customers this one was compared with."""
    if manifest.previous is None:
        return None
    days = [event.as_of for event in pointer.events if event.customers == manifest.previous]
    return max((day for day in days if day < manifest.as_of), default=None)
