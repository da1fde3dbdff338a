"""Publish a staged folder: every file, then the manifest, then the pointer. Whatever dies when, readers see a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from tasks.errors import PublicationError
from tasks.objects import ObjectStore, PointerMode, require
from tasks.objects.store import sha256_of
from tasks.publish.index import refresh_index
from tasks.publish.manifest import CUSTOMERS, Export, Manifest, Sha256
from tasks.publish.pointer import Pointer, read_pointer, selecting, stale_successors, update_pointer
from tasks.publish.reading import publication_prefix, read_manifest

#: Files in flight at once: a publication has dozens of small ones, and each costs a round trip or two.
PARALLEL = 4

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Previous:
    """The publication that this one is compared with. `key` is its canonical/customers.parquet, `sha256` of that."""

    as_of: date
    publication: str
    key: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class Published:
    """What became of an attempt to publish.

    `unchanged`: this publication counted already. `current`: readers use it now (a backfilled date is not current).
    `superseded`: the publication that counted for this date before. `stale`: dates to redo, see `stale_successors`.
    """

    id: str
    state: Literal["published", "unchanged"]
    as_of: date
    current: bool
    revision: int
    superseded: str | None = None
    stale: tuple[date, ...] = ()


def find_previous(store: ObjectStore, country: str, as_of: date) -> Previous | None:
    """The publication selected for the greatest as-of date before this one, or None."""
    found = read_pointer(store, country)
    earlier = [date_ for date_ in found.pointer.selected if date_ < as_of] if found else []
    if found is None or not earlier:
        return None
    date_ = max(earlier)
    manifest = read_manifest(store, country, date_, found.pointer.selected[date_])
    if manifest.customers is None:
        raise PublicationError("a publication without customers", market=country, path=manifest.publication)
    prefix = publication_prefix(country, date_, manifest.publication)
    return Previous(date_, manifest.publication, prefix + CUSTOMERS, manifest.customers)


def already_published(store: ObjectStore, country: str, as_of: date, publication: str) -> bool:
    """Whether this very publication counts for its date already, so that a run may stop before it computes."""
    found = read_pointer(store, country)
    return found is not None and found.pointer.selected.get(as_of) == found.pointer.name(publication)


def publish(
    store: ObjectStore,
    staged: Path,
    manifest: Manifest,
    *,
    pointer_mode: PointerMode = "cas",
    who: str,
    why: str | None = None,
    gate: dict[str, JsonValue] | None = None,
    when: datetime | None = None,
) -> Published:
    """Put the staged files and the manifest where no reader looks yet, then select the publication by one swap.

    `staged` holds exactly the manifest's exports. `when` is UTC, now where it is not given, and stands in the pointer's
    event alone. PublicationError: the store cannot do what `pointer_mode` asks, the folder and the manifest disagree,
    or an object of this id has other bytes. Running again after any failure completes or repeats nothing.
    """
    require(store, pointer_mode)
    _check(staged, manifest)
    prefix = publication_prefix(manifest.country, manifest.as_of, manifest.publication)

    def put(export: Export) -> None:
        store.put_new(prefix + export.path, staged / export.path, CONTENT_TYPES.get(Path(export.path).suffix))

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(put, manifest.exports))
    store.put_new(f"{prefix}manifest.json", manifest.to_bytes(), CONTENT_TYPES[".json"])
    moment = (when or datetime.now(UTC)).replace(microsecond=0)
    before, after = update_pointer(
        store,
        manifest.country,
        lambda pointer: selecting(pointer, manifest, who=who, when=moment, why=why, gate=gate),
        pointer_mode,
    )
    if after is None:
        raise AssertionError("a pointer that needs no change exists")
    refresh_index(store, after, manifest)
    return _published(manifest, before, after)


def _check(staged: Path, manifest: Manifest) -> None:
    """The folder holds what the manifest names, byte for byte, and nothing else; the id is the manifest's own."""
    if manifest.publication != manifest.derived_id():
        raise PublicationError(
            "the publication's id does not follow from its manifest",
            market=manifest.country,
            value=manifest.publication,
            expected=manifest.derived_id(),
        )
    found = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
    named = {export.path for export in manifest.exports}
    wrong = found ^ named or {
        export.path for export in manifest.exports if sha256_of(staged / export.path) != export.sha256
    }
    if CUSTOMERS not in named:
        wrong.add(CUSTOMERS)
    if wrong or len(named) != len(manifest.exports):
        raise PublicationError(
            "staged files and manifest disagree", market=manifest.country, path=str(staged), value=sorted(wrong)
        )


def _published(manifest: Manifest, before: Pointer | None, after: Pointer) -> Published:
    unchanged = before is after
    publication = after.name(manifest.publication)
    return Published(
        id=publication,
        state="unchanged" if unchanged else "published",
        as_of=manifest.as_of,
        current=after.publication == publication,
        revision=after.revision,
        superseded=None if unchanged or before is None else before.selected.get(manifest.as_of),
        stale=stale_successors(after),
    )
