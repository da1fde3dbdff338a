"""Why a date's publication is made anew: which of the facts that its id digests differ; and drops that came twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tasks.objects import ObjectStore
from tasks.publish.manifest import OF_BEFORE, Manifest, publication_id
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_manifest

#: Names of files in one reason.
LISTED = 3
#: Table, key below the landing, sha256; in the order in which tables number them.
Inputs = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the id of a market's publication for a date follows from; `references` None: not known yet."""

    inputs: Inputs
    profile: str
    tombstones: str | None
    pseudonym_key: str
    output_version: int
    previous: str | None
    references: Mapping[str, str] | None = None

    @classmethod
    def of(cls, manifest: Manifest) -> Facts:
        """The facts of a publication that is there."""
        return cls(
            tuple((entry.table, entry.uri, entry.sha256) for entry in manifest.inputs),
            manifest.profile,
            manifest.tombstones,
            manifest.pseudonym_key,
            manifest.output_version,
            manifest.previous,
            manifest.references,
        )

    def publication(self, country: str, as_of: date) -> str:
        """The id that follows; `references` must be known."""
        return publication_id(
            country=country,
            as_of=as_of,
            inputs=self.inputs,
            profile=self.profile,
            references=self.references or {},
            tombstones=self.tombstones,
            pseudonym_key=self.pseudonym_key,
            output_version=self.output_version,
            previous=self.previous,
        )


def came_twice(store: ObjectStore, country: str, as_of: date, now: Facts) -> str | None:
    """The publication that counts for a date, where it was made of the same bytes under other names; None otherwise."""
    found = read_pointer(store, country)
    selected = found.pointer.selected.get(as_of) if found else None
    if selected is None or selected == now.publication(country, as_of):
        return None
    before = Facts.of(read_manifest(store, country, as_of, selected))
    alike = (before.references or {}).keys() == (now.references or {}).keys()
    return selected if alike and not changes(before, now) else None


def changes(before: Facts, now: Facts) -> tuple[str, ...]:
    """What differs, in words for operators; empty where the same publication would come out.

    Reference figures and catalogs are compared as far as `now` names them. Files of the same bytes under other names
    are no change: a drop that came twice.

    >>> a = Facts((("sales", "DE/a.csv", "1" * 64),), "p", None, "k", 4, None)
    >>> b = Facts((("sales", "DE/a.csv", "2" * 64), ("sales", "DE/b.csv", "3" * 64)), "q", None, "k", 4, "c")
    >>> changes(a, b)
    ('files: DE/a.csv changed, DE/b.csv new', 'profile', 'the publication before')
    >>> changes(a, a)
    ()
    """
    found = [] if same_drop(before.inputs, now.inputs) else [f"files: {_files(before.inputs, now.inputs)}"]
    if before.profile != now.profile:
        found.append("profile")
    if now.references is not None:
        known = before.references or {}
        names = {name for name, digest in now.references.items() if known.get(name) != digest} - OF_BEFORE
        if names:
            found.append(f"reference figures or words: {_listed(sorted(names))}")
    if before.previous != now.previous or _other_before(before, now):
        found.append("the publication before")
    if before.tombstones != now.tombstones:
        found.append("list of erased customers")
    if before.pseudonym_key != now.pseudonym_key:
        found.append("key of the pseudonyms")
    if before.output_version != now.output_version:
        found.append("program (output_version)")
    return tuple(found)


def _other_before(before: Facts, now: Facts) -> bool:
    """Whether the publication before has other audiences, whose results the report tells, or used up other codes."""
    if now.references is None:
        return False
    known = before.references or {}
    return any(known.get(name) != now.references.get(name) for name in OF_BEFORE)


def same_drop(before: Iterable[tuple[str, str, str]], now: Iterable[tuple[str, str, str]]) -> bool:
    """Whether two lists of inputs are the same bytes, table by table: a file right after its equal adds nothing.

    Only right after: an older increment that comes once more, after a newer one, wins over that one's rows.

    >>> a, b = ("sales", "DE/a.csv", "1" * 64), ("sales", "DE/b.csv", "2" * 64)
    >>> copy = ("sales", "DE/copy.csv", "2" * 64)
    >>> same_drop([a, b], [a, b, copy]), same_drop([a, b], [a, copy]), same_drop([a, b], [a, b, a])
    (True, True, False)
    """
    return _by_table(before) == _by_table(now)


def _by_table(inputs: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for table, _, sha256 in inputs:
        tables.setdefault(table, []).append(sha256)
    return {table: [sha256 for sha256, _ in groupby(digests)] for table, digests in tables.items()}


def _files(before: Inputs, now: Inputs) -> str:
    old, new = ({uri: sha256 for _, uri, sha256 in inputs} for inputs in (before, now))
    told = [f"{uri} changed" for uri in new if old.get(uri, new[uri]) != new[uri]]
    told += [f"{uri} new" for uri in new if uri not in old]
    told += [f"{uri} gone" for uri in old if uri not in new]
    return _listed(told or ["in another order"])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
