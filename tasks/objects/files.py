"""Temporary files and locks that need no hand when their process dies.

Each temporary file is locked by the process that writes it, and the kernel drops the lock with the process: the next
writer removes what the dead left behind.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tasks.errors import StoreUnavailable
from tasks.objects.store import PIECE

#: Seconds to wait for another writer of the same key; a swap takes milliseconds.
LOCK_SECONDS = 30.0


def make_folder(folder: Path) -> None:
    """Create the folders that lack, durable from the top."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    sync_folder(folder.parent)


@contextmanager
def temporary_file(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file in `folder`, locked while its writer lives; the dead writers' files are removed on the way."""
    make_folder(folder)
    _sweep(folder)
    path, file = _locked_new(folder)
    with file:
        try:
            yield path, file
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold a lock among processes and threads; StoreUnavailable if another one sits on it.

    The file stays: removing it would let two hold locks of the same name.
    """
    make_folder(path.parent)
    with path.open("ab") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"another process has held the lock for {LOCK_SECONDS:g} s", path=str(path))
            time.sleep(0.001 + secrets.randbelow(10) / 1000)
        yield


def _locked_new(folder: Path) -> tuple[Path, IO[bytes]]:
    """Create and lock a file.

    A sweep may take it for a dead one between the two; then another name, for the sweep removes it by its name.
    """
    while True:
        path = folder / secrets.token_hex(16)
        file = path.open("xb")
        if _try_lock(file) and os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()


def _sweep(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError), path.open("rb") as file:
            if _try_lock(file):
                path.unlink(missing_ok=True)


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def fill(file: IO[bytes], content: Path | bytes) -> None:
    """Write the content and make it durable."""
    if isinstance(content, bytes):
        file.write(content)
    else:
        with content.open("rb") as source:
            shutil.copyfileobj(source, file, PIECE)
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
