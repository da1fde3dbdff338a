"""What processes that died left in a machine's work folder, and finished steps that nobody has used for long."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

Kind = Literal["unfinished", "spilled", "step"]
#: By the names alone that tasks.memo, tasks.shelf, ingest and DuckDB give: whatever else lies there is somebody's own.
_STEP = re.compile(r"[a-z]+-[0-9a-f]{32}")
_UNFINISHED = re.compile(r"\.[a-z]+-[0-9a-f]{32}-.{8}|\.broken-.{8}|\.read-.{8}")
_SPILLED = re.compile(r"duckdb_temp_.+")
#: A file of the drop that was being unpacked (tasks.ingest.part.once): its name, a random part, its suffix.
_UNPACKED = re.compile(r".+\.[0-9a-f]{8}(\.\w+)?")
#: The youngest that may be collected: no run takes a day.
SHORTEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scrap:
    """One file or folder of the work folder. `size` in bytes; `used` is when it was last written to or found, UTC."""

    path: Path
    kind: Kind
    size: int
    used: datetime

    def remove(self) -> None:
        """Delete it; another process may have done so."""
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def scraps(work: Path, now: datetime, age: timedelta, unused: timedelta | None = None) -> tuple[Scrap, ...]:
    """What of `work` may go, by path: unfinished steps and spill files older than `age` (a day at least).

    With `unused` also finished steps that no run has found for so long (a day at least): they would be computed anew.
    Links are left alone, and nothing is followed out of the folder. `now` is UTC.
    """
    bounds = {"unfinished": age, "spilled": age, "step": unused}
    found = []
    for path, kind in _named(work):
        bound = bounds[kind]
        with suppress(FileNotFoundError):  # its run has just ended
            scrap = _measured(path, kind)
            if bound is not None and now - scrap.used > max(bound, SHORTEST):
                found.append(scrap)
    return tuple(sorted(found, key=lambda scrap: scrap.path))


def _named(work: Path) -> Iterator[tuple[Path, Kind]]:
    for folder in _children(work):
        if folder.is_symlink() or not folder.is_dir():
            continue
        if folder.name == "drops":
            files = (path for kind in _children(folder) if not kind.is_symlink() for path in _children(kind))
            yield from ((path, "unfinished") for path in files if _UNPACKED.fullmatch(path.name))
        for path in _children(folder):
            if path.is_symlink():
                continue
            if folder.name == "spill" and _SPILLED.fullmatch(path.name):
                yield path, "spilled"
            elif _UNFINISHED.fullmatch(path.name):
                yield path, "unfinished"
            elif _STEP.fullmatch(path.name):
                yield path, "step"


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _measured(path: Path, kind: Kind) -> Scrap:
    """A finished step is touched whenever it is found; of the others the youngest file tells."""
    stats = [one.stat(follow_symlinks=False) for one in (path, *(path.rglob("*") if path.is_dir() else ()))]
    used = stats[0].st_mtime if kind == "step" else max(one.st_mtime for one in stats)
    return Scrap(path, kind, sum(one.st_size for one in stats[1:] or stats), datetime.fromtimestamp(used, UTC))
