"""A team's bundle: which files of a publication it may have, and the ZIP they travel in."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from region_profiles.models import Team
from tasks.delivery.names import checked_members
from tasks.errors import PublicationError, Terminal
from tasks.objects import ObjectStore
from tasks.objects.store import PIECE
from tasks.publish.manifest import Export, Manifest
from tasks.publish.market_page import kind_of
from tasks.publish.reading import publication_prefix

#: Everything that a team may be granted: whoever has all of it can be shown nothing too much.
EVERY_GRANT = frozenset({"customers", "names", "emails", "phones", "addresses"})
#: Folders of a bundle, by what lies in them; the rest lies on top.
_FOLDERS = {"store": "stores", "tags": "tags"}
#: What the read-me lists first; then in the order of their names.
_FIRST = ("report", "workbook", "segments", "customers", "contacts", "roles", "audience", "store", "tags")
_UNIX, _FILE = 3, 0o644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a bundle: its name there, and what the manifest says of it."""

    name: str
    export: Export
    kind: str | None

    @property
    def personal(self) -> bool:
        """Whether it has rows of customers."""
        return row_level(self.export)


def row_level(export: Export) -> bool:
    """Whether a file has rows of customers: all but those of a locale's summary.

    >>> def told(path: str) -> bool: return row_level(Export(path=path, locale=None, bytes=0, sha256="0" * 64, rows=1))
    >>> told("de-DE/summary/x_report.html"), told("de-DE/customers/x.csv"), told("tags/x_tags.csv")
    (False, True, True)
    """
    return export.path.split("/")[1:-1] != ["summary"]


def entries(manifest: Manifest, team: Team, locale: str, profile: str) -> tuple[Entry, ...]:
    """The files that a team gets in one locale: those it was a reader of, and still may read.

    `profile` is the digest of today's profile. Terminal where the team's grants may have become fewer since the
    publication was made, so that nobody can say whether its lists hold too much.
    """
    readers = _readers(manifest)
    found = []
    for export in manifest.exports:
        if export.locale not in {locale, None} or team.name not in readers.get(export.path, ()):
            continue
        if row_level(export) and "customers" not in team.grants:
            continue
        kind = kind_of(export.path)
        found.append(Entry(_name(export, kind), export, kind))
    lists = any(entry.personal for entry in found)
    if lists and profile != manifest.profile and not set(team.grants) >= EVERY_GRANT:
        raise Terminal(
            f"the profile has changed since: the lists may hold what team {team.name} may no longer see",
            market=manifest.country,
            hint="run the market again; what comes of it is delivered",
        )
    rank = {kind: place for place, kind in enumerate(_FIRST)}
    found.sort(key=lambda entry: (rank.get(entry.kind or "", len(rank)), entry.name))
    checked_members(entry.name for entry in found)
    return tuple(found)


def _readers(manifest: Manifest) -> dict[str, Any]:
    """Teams by path, as the export noted them; a file of which it says nothing is nobody's."""
    notes: Any = manifest.notes.get("exports") or {}
    return dict(notes.get("readers") or {})


def _name(export: Export, kind: str | None) -> str:
    base = PurePosixPath(export.path).name
    folder = _FOLDERS.get(kind or "", "customers" if row_level(export) else "")
    return f"{folder}/{base}" if folder else base


def write_bundle(
    store: ObjectStore,
    manifest: Manifest,
    found: Sequence[Entry],
    texts: Sequence[tuple[str, bytes]],
    target: Path,
) -> None:
    """Write the ZIP: first `texts` (name, content), then the files, each checked against the manifest on its way.

    Nothing in it depends on when or where: dates are the as-of date, so the same files give the same bytes. One file
    at a time is on this machine, a piece of it in memory.

    Raises:
        PublicationError: a name that is not safe, or a file that is not what the manifest says.
    """
    checked_members([*(name for name, _ in texts), *(entry.name for entry in found)])
    prefix = publication_prefix(manifest.country, manifest.as_of, manifest.publication)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in texts:
            made.writestr(_member(name, manifest.as_of, len(content)), content)
        for entry in found:
            with (
                _local(store, prefix + entry.export.path, target.with_suffix(".part")) as path,
                made.open(_member(entry.name, manifest.as_of, entry.export.bytes), "w") as out,
                path.open("rb") as source,
            ):
                digest = hashlib.sha256()
                while piece := source.read(PIECE):
                    digest.update(piece)
                    out.write(piece)
            if digest.hexdigest() != entry.export.sha256:
                raise PublicationError(
                    "a file is not what the manifest says",
                    market=manifest.country,
                    path=f"{store.uri}/{prefix}{entry.export.path}",
                    expected=f"sha256 {entry.export.sha256}",
                    hint="restore the object; nothing was delivered",
                )


@contextmanager
def _local(store: ObjectStore, key: str, copy: Path) -> Iterator[Path]:
    """The object as a file: where it lies, or a copy that goes away again."""
    path = store.local_path(key)
    if path is not None:
        yield path
        return
    store.download(key, copy)
    try:
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _member(name: str, as_of: date, size: int) -> zipfile.ZipInfo:
    """A file of the ZIP, as if made on the as-of date; Python writes names that are not ASCII as UTF-8 and says so."""
    made = zipfile.ZipInfo(name, (as_of.year, as_of.month, as_of.day, 0, 0, 0))
    made.compress_type, made.create_system, made.external_attr, made.file_size = (
        zipfile.ZIP_DEFLATED, _UNIX, _FILE, size,
    )  # fmt: skip
    return made
