"""Finished steps in an object store, for workers on other machines: what one has computed, the others fetch.

A step's files lie under `<market>/<step>-<key>/<sha256>`, its record `ref.json` is put last. Nothing is ever changed:
every put is If-None-Match, and where two workers come to different bytes the first record holds for both.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from tasks.errors import ObjectMissing, PublicationError
from tasks.objects import ObjectStore, open_store
from tasks.objects.store import sha256_of

T = TypeVar("T")
REF = "ref.json"
#: Requests at once: a step of many small files waits for answers, not for bytes.
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shared store, and the local folder that it mirrors."""

    root: Path
    store: ObjectStore

    def key(self, folder: Path) -> str:
        """Where a step's folder lies in the store."""
        return folder.relative_to(self.root).as_posix()

    def holds(self, folder: Path) -> bool:
        """Whether the store has this very step, file by file; not that all the files are still there."""
        record = self.store.read_versioned(f"{self.key(folder)}/{REF}")
        return record is not None and record[0] == (folder / REF).read_bytes()

    def fetch(self, folder: Path) -> Path | None:
        """The step as a new folder beside `folder`, whole and checked; None where the store has none that is whole."""
        record = self.store.read_versioned(f"{self.key(folder)}/{REF}")
        if record is None:
            return None
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            files: dict[str, str] = json.loads(record[0])["files"]
            whole = all(_each(lambda entry: self._download(folder, building, *entry), files.items()))
        except (ValueError, KeyError, TypeError):  # no record of ours
            whole = False
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        if not whole:
            shutil.rmtree(building, ignore_errors=True)
            return None
        (building / REF).write_bytes(record[0])
        return building

    def _download(self, folder: Path, building: Path, name: str, sha256: str) -> bool:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            return False
        path = building / parts
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.store.download(f"{self.key(folder)}/{sha256}", path)
        except ObjectMissing:  # a lifecycle rule of the bucket was quicker
            return False
        return sha256_of(path) == sha256

    def put(self, folder: Path) -> bool:
        """Put a finished step, its record last; False if another worker's record is there, with other files."""
        key = self.key(folder)
        record = (folder / REF).read_bytes()
        files: dict[str, str] = json.loads(record)["files"]
        _each(lambda entry: self.store.put_new(f"{key}/{entry[1]}", folder / entry[0]), files.items())
        try:
            self.store.put_new(f"{key}/{REF}", record, "application/json")
        except PublicationError:
            return False
        return True


def _each(do: Callable[[tuple[str, str]], T], entries: Iterable[tuple[str, str]]) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(do, entries))


_open: ContextVar[Shelf | None] = ContextVar("shelf", default=None)


@contextmanager
def shelf(root: Path, uri: str | None) -> Iterator[None]:
    """While it is open, what is remembered below `root` is shared under `uri`; None shares nothing."""
    token = _open.set(None if uri is None else Shelf(root, open_store(uri)))
    try:
        yield
    finally:
        _open.reset(token)


def shelf_of(folder: Path) -> Shelf | None:
    """The open shelf, if the folder is below its root."""
    found = _open.get()
    return found if found is not None and folder.is_relative_to(found.root) else None
