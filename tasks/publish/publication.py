"""Publish a staged folder: every file, then the manifest, then the pointer. Whatever dies when, readers see a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from tasks.errors import ObjectMissing, PublicationError
from tasks.gate.verdict import Verdict
from tasks.memo import digest_of
from tasks.objects import ObjectStore, PointerMode, require
from tasks.objects.store import sha256_of
from tasks.publish.changes import Facts, changes
from tasks.publish.deciding import Standing, holding, standing
from tasks.publish.erased import forget_bundles
from tasks.publish.index import refresh_index
from tasks.publish.manifest import AUDIENCES, AUDIENCES_BEFORE, CLUSTERS_BEFORE, CUSTOMERS, Export, Manifest, Sha256
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
    """The publication that this one is compared with. `key` is its canonical/customers.parquet, `sha256` of that.

    `audiences`: key and sha256 of its canonical/audiences.parquet; None of a program so old that it wrote none.
    `pseudonym_key`: fingerprint of the key of its pseudonyms. `last_cluster`: the highest number that any code of a
    cluster had had by then, where its own clusters do not tell it; 0 where they do.
    """

    as_of: date
    publication: str
    key: str
    sha256: Sha256
    audiences: tuple[str, Sha256] | None = None
    pseudonym_key: str | None = None
    last_cluster: int = 0

    @property
    def references(self) -> dict[str, Sha256]:
        """What of it a successor's id digests beside `sha256`."""
        audiences = {} if self.audiences is None else {AUDIENCES_BEFORE: self.audiences[1]}
        return {**audiences, **({CLUSTERS_BEFORE: digest_of(self.last_cluster)} if self.last_cluster else {})}


@dataclass(frozen=True, slots=True)
class Published:
    """What became of an attempt to publish.

    `unchanged`: this publication counted already. `held`: it is complete, and waits for an approval. `current`: readers
    use it now (a backfilled date is not current).
    `superseded`: the publication that counted for this date before. `stale`: dates to redo, see `stale_successors`.
    """

    id: str
    state: Literal["published", "unchanged", "held"]
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
    listed = manifest.audiences
    audiences = None if listed is None else (prefix + AUDIENCES, listed)
    return Previous(
        date_,
        manifest.publication,
        prefix + CUSTOMERS,
        manifest.customers,
        audiences,
        manifest.pseudonym_key,
        _last_cluster(manifest),
    )


def _last_cluster(manifest: Manifest) -> int:
    """The highest number of a cluster's code so far, 0 where that cluster is there: with the customers it is known."""
    notes: Any = manifest.notes
    told = notes.get("predicted", {}).get("clusters", {})
    last = int(told.get("last", 0))
    return 0 if any(one["code"] == f"c{last}" for one in told.get("clusters", ())) else last


def already_published(store: ObjectStore, country: str, as_of: date, publication: str) -> bool:
    """Whether this very publication counts for its date already."""
    return standing_of(store, country, as_of, publication) == "selected"


def standing_of(store: ObjectStore, country: str, as_of: date, publication: str) -> Standing:
    """How this very publication stands: where it is `selected`, `held` or `withdrawn`, a run need not compute."""
    found = read_pointer(store, country)
    return standing(found and found.pointer, as_of, publication)


def publish(
    store: ObjectStore,
    staged: Path,
    manifest: Manifest,
    *,
    pointer_mode: PointerMode = "cas",
    who: str,
    why: str | None = None,
    verdict: Verdict | None = None,
    when: datetime | None = None,
) -> Published:
    """Put the staged files and the manifest where no reader looks yet, then select the publication by one swap.

    Where the verdict holds it, or somebody has withdrawn it, it is held instead: nothing that readers see moves.

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
    _put_manifest(store, f"{prefix}manifest.json", manifest)
    moment = (when or datetime.now(UTC)).replace(microsecond=0)
    gate = None if verdict is None else verdict.brief().as_json()

    def change(pointer: Pointer | None) -> Pointer | None:
        waits = standing(pointer, manifest.as_of, manifest.publication) in {"held", "withdrawn"}
        if waits or (verdict is not None and verdict.holds):
            return holding(pointer, manifest, who=who, when=moment, why=why, gate=gate)
        changed = _changed(store, pointer, manifest)
        return selecting(pointer, manifest, who=who, when=moment, why=why, gate=gate, changed=changed)

    before, after = update_pointer(store, manifest.country, change, pointer_mode)
    if after is None:
        raise AssertionError("a pointer that needs no change exists")
    forget_bundles(store, after, manifest)
    refresh_index(store, after, manifest)
    return _published(manifest, before, after)


def _changed(store: ObjectStore, pointer: Pointer | None, manifest: Manifest) -> str | None:
    """What differs from the publication that counts for the date now, in words for operators; None without one."""
    old = pointer.selected.get(manifest.as_of) if pointer else None
    if pointer is None or old is None or old == pointer.name(manifest.publication):
        return None
    try:
        before = read_manifest(store, manifest.country, manifest.as_of, old)
    except ObjectMissing:  # a lifecycle rule has taken it away
        return None
    return "; ".join(changes(Facts.of(before), Facts.of(manifest))) or None


def _put_manifest(store: ObjectStore, key: str, manifest: Manifest) -> None:
    """Put it, or find it there. What else lay in the landing the first to come has told: no file follows from it."""
    try:
        store.put_new(key, manifest.to_bytes(), CONTENT_TYPES[".json"])
    except PublicationError:
        there = Manifest.from_bytes(store.read(key), f"{store.uri}/{key}")
        pair = [one.model_copy(update={"notes": {**one.notes, "drop": None}}) for one in (there, manifest)]
        if pair[0] != pair[1]:
            raise


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
    publication = after.name(manifest.publication)
    selected = after.selected.get(manifest.as_of) == publication
    state: Literal["published", "unchanged"] = "unchanged" if before is after else "published"
    return Published(
        id=publication,
        state=state if selected else "held",
        as_of=manifest.as_of,
        current=after.publication == publication,
        revision=after.revision,
        superseded=before.selected.get(manifest.as_of) if before and selected and state == "published" else None,
        stale=stale_successors(after),
    )
