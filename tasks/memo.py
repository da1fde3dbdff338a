"""What the doors remember: finished results under `<work>/<step>-<key>/`, found again by key and by content.

A key digests the step, OUTPUT_VERSION and everything the step depends on. A folder holds the step's files and
`ref.json` with the sha256 of each; it is reused only while every file still has its digest. Folders appear by rename,
so a reader never sees half of one, and two runs that compute the same key end with one folder. Where workers share an
object store (tasks.shelf), a step that is not here is looked for there, and one that is computed here goes there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.contract import OUTPUT_VERSION
from tasks.objects.store import sha256_of as file_digest
from tasks.shelf import REF, Shelf, shelf_of

#: Raised when steps change what they note: an older work folder is then computed anew instead of misread.
NOTES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """A finished folder, what its step noted, and whether it was found instead of computed."""

    folder: Path
    notes: Mapping[str, Any]
    reused: bool
    digest: str
    """sha256 over the names and sha256 of its files: what later keys depend on."""


def digest_of(parts: object) -> str:
    """sha256 of the canonical JSON of `parts`.

    >>> digest_of({"b": 1, "a": [2]}) == digest_of({"a": [2], "b": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def remember(work: Path, step: str, depends_on: object, compute: Callable[[Path], Mapping[str, Any]]) -> Remembered:
    """Return the step's folder for these dependencies, computing it where it is not there whole.

    `compute` fills an empty folder and returns notes (JSON) to keep beside the files.
    """
    key = digest_of([step, OUTPUT_VERSION, NOTES_VERSION, depends_on])[:32]
    final = work / f"{step}-{key}"
    shared = shelf_of(final)
    found = _read(final)
    if shared is None:
        return found or _computed(final, compute)
    if found is not None and shared.holds(final):
        return found
    there = _fetched(final, shared)
    if there is not None:
        return there
    found = found or _computed(final, compute)
    if not shared.put(final):  # another worker was quicker, with other bytes
        return _fetched(final, shared) or found
    return found


def recall(work: Path, step: str, depends_on: object) -> Remembered | None:
    """The step's folder for these dependencies where this machine remembers it whole; nothing is computed."""
    return _read(work / f"{step}-{digest_of([step, OUTPUT_VERSION, NOTES_VERSION, depends_on])[:32]}")


def _computed(final: Path, compute: Callable[[Path], Mapping[str, Any]]) -> Remembered:
    final.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        notes = compute(building)
        files = {str(p.relative_to(building)): file_digest(p) for p in sorted(building.rglob("*")) if p.is_file()}
        ref = json.dumps({"files": files, "notes": notes}, sort_keys=True, ensure_ascii=False, indent=1, default=str)
        (building / REF).write_text(ref, encoding="utf-8")
        first = _settle(building, final)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return first or Remembered(final, json.loads(ref)["notes"], reused=False, digest=digest_of(files))


def _fetched(final: Path, shared: Shelf) -> Remembered | None:
    """The step as another worker left it in the shared store, in place of what may lie here."""
    building = shared.fetch(final)
    if building is None:
        return None
    try:
        if final.exists():
            _replace(building, final)
        else:
            _settle(building, final)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return _read(final)


def _settle(building: Path, final: Path) -> Remembered | None:
    """Rename; what is there already, if another run was first."""
    try:
        building.rename(final)
    except OSError:  # another run was first, or a broken folder lies there
        first = _read(final)
        if first is not None:
            return first
        _replace(building, final)
    return None


def _replace(building: Path, final: Path) -> None:
    broken = Path(tempfile.mkdtemp(prefix=".broken-", dir=final.parent))
    final.rename(broken / "was")
    building.rename(final)
    shutil.rmtree(broken, ignore_errors=True)


def _read(folder: Path) -> Remembered | None:
    try:
        ref = json.loads((folder / REF).read_text(encoding="utf-8"))
        whole = all(file_digest(folder / name) == sha256 for name, sha256 in ref["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    if not whole:
        return None
    os.utime(folder)  # lets a clean-up keep what is in use
    return Remembered(folder, ref["notes"], reused=True, digest=digest_of(ref["files"]))
