"""The interface of a store, its records, and what every store shares: safe keys and sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from tasks.errors import PublicationError, Terminal

PointerMode = Literal["cas", "single_writer"]

#: Keys under it are the program's own: probes, a folder's locks and temporary files.
RESERVED = ".strata"

#: Objects are hashed and copied in pieces of this many bytes.
PIECE = 1 << 20


class Put(StrEnum):
    """What became of `put_new`: the object is new, or an equal one was there already."""

    CREATED = "created"
    IDENTICAL = "identical"


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object of a listing.

    `size` is in bytes, `modified` in UTC. `etag` changes whenever the object does; on a folder it is not the etag that
    `read_versioned` gives, which is made from the content. `sha256`: where the store keeps it (S3, `head` only).
    """

    key: str
    size: int
    modified: datetime
    etag: str
    sha256: str | None = None


class ObjectStore(Protocol):
    """Objects under keys such as `country=DE/current.json`, below one root; a key never leads out of the root.

    Every method raises StoreUnavailable where a retry may help and Terminal where it cannot.
    """

    @property
    def uri(self) -> str:
        """The root, without a closing slash and without credentials."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects whose key starts with `prefix`, in the byte order of their keys; RESERVED ones only if it says so."""

    def folders(self, prefix: str = "") -> Iterator[str]:
        """First names below the root that start with `prefix` and have keys below them, sorted, in one look.

        `country=` gives the markets. RESERVED is none of them.
        """

    def head(self, key: str) -> ObjectInfo | None:
        """The object without its content, or None."""

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""

    def read(self, key: str) -> bytes:
        """The whole content; ObjectMissing if there is none."""

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The content and the etag for `compare_and_swap`, or None if there is no such object."""

    def download(self, key: str, path: Path) -> None:
        """Copy the object to `path`, whole or not at all; ObjectMissing if there is none."""

    def local_path(self, key: str) -> Path | None:
        """The file itself where the store is a folder (nothing needs copying), else None."""

    def put_new(self, key: str, content: Path | bytes, content_type: str | None = None) -> Put:
        """Create the object, or find an equal one there; PublicationError if it is there with other content."""

    def compare_and_swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace the version `etag` (None: create); False if another version is there. One of several writers wins."""

    def replace(self, key: str, data: bytes, content_type: str | None = None) -> None:
        """Write whatever is there: for derived pages, attempts and the pointer of a single writer, nothing else."""

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""

    def presign(self, key: str, seconds: int) -> str:
        """A link with which anyone may read the object for so long; Terminal where the store has no such links."""


def checked_key(key: str, *, root: str) -> str:
    """The key itself, or Terminal where it is no plain relative path.

    >>> checked_key("country=DE/current.json", root="s3://b")
    'country=DE/current.json'
    >>> checked_key("country=DE/../../secret", root="s3://b")
    Traceback (most recent call last):
        ...
    tasks.errors.Terminal: s3://b: key leads out of the store or is no plain path; found 'country=DE/../../secret'; \
expected names joined by single slashes
    """
    parts = key.split("/")
    unsafe = any(part in {"", ".", ".."} for part in parts) or "\0" in key
    if unsafe or (parts[0] == RESERVED and parts[1:2] != ["probe"]):
        raise Terminal(
            "key leads out of the store or is no plain path",
            path=root,
            value=key,
            expected="names joined by single slashes",
        )
    return key


def sha256_of(content: Path | bytes) -> str:
    """Hex sha256 of bytes or of a file, which is read in pieces.

    >>> sha256_of(b"abc")[:16]
    'ba7816bf8f01cfea'
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_or_defect(uri: str, found: str, wanted: str) -> Put:
    """IDENTICAL if the sha256 found under `uri` is the one wanted, else the determinism defect as an error."""
    if found == wanted:
        return Put.IDENTICAL
    raise PublicationError(
        "an object with other content is already there",
        path=uri,
        value=f"sha256 {found}",
        expected=f"sha256 {wanted}",
        hint="determinism defect: the same publication was built with different bytes; keep both and report it",
    )
