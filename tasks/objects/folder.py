"""A folder as an object store.

Content appears under its key by one `link` or `rename`, so a reader sees a whole object or none. Temporary files and
locks lie in `.strata/` below the root (`tasks.objects.files`).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tasks.errors import ObjectMissing, StoreUnavailable, Terminal
from tasks.objects.files import fill, lock_file, make_folder, sync_folder, temporary_file
from tasks.objects.store import RESERVED, ObjectInfo, Put, checked_key, same_or_defect, sha256_of

#: Network file systems and a failing disk may recover; a full disk, a missing permission or a loop of links will not.
PASSING = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR, errno.EMFILE, errno.ENFILE})
HINTS = {
    errno.ENOSPC: "the disk is full: make room and run again",
    errno.EDQUOT: "the quota is used up: make room and run again",
    errno.EACCES: "give this user the right to that folder",
    errno.EPERM: "give this user the right to that folder; its file system must have hard links",
    errno.EROFS: "the file system is read-only",
    errno.EOPNOTSUPP: "the file system must have hard links and file locks",
}


class FolderStore:
    """Objects as files below a root; see `tasks.objects.store.ObjectStore` for what each method promises."""

    def __init__(self, root: Path) -> None:
        # Resolved once, so that a root which is itself a link works and every key is checked against one real path.
        self.root = Path(os.path.realpath(root))
        self._own = self.root / RESERVED

    def __repr__(self) -> str:
        return f"FolderStore({self.uri!r})"

    @property
    def uri(self) -> str:
        """`file:///...`."""
        return self.root.as_uri()

    # --- reading ------------------------------------------------------------------------------------------------------

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """In byte order of the keys, as S3 does. Links that lead out of the root are an error.

        A link to a folder inside the root is passed over: its files are listed where they lie.
        """
        folder = prefix.rpartition("/")[0]
        if folder:
            checked_key(folder, root=self.uri)
        with _failures(self.uri):
            for key, found in self._walk(folder):
                if key.startswith(prefix) and (folder or not key.startswith(f"{RESERVED}/")):
                    yield _info(key, found)

    def _walk(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self.root / folder) as scan:
                entries = [(entry.name, self._is_folder(entry), entry.is_symlink()) for entry in scan]
        except (FileNotFoundError, NotADirectoryError):
            return
        # "a.csv" sorts before "a/b.csv" in byte order of keys, hence the slash.
        entries.sort(key=lambda entry: os.fsencode(entry[0] + "/" * entry[1]))
        for name, is_folder, is_link in entries:
            key = f"{folder}/{name}" if folder else name
            if is_link:
                self._inside(self.root / key, key)
            if not is_folder:
                try:
                    found = (self.root / key).stat()
                except FileNotFoundError:
                    if is_link:
                        raise Terminal("a link leads nowhere", path=self.uri, value=key) from None
                    continue  # deleted since the scan
                yield key, found
            elif not is_link:
                yield from self._walk(key)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Folders of the root; a link to a folder is passed over, as in `list`."""
        with _failures(self.uri):
            try:
                with os.scandir(self.root) as scan:
                    names = [entry.name for entry in scan if entry.is_dir(follow_symlinks=False)]
            except FileNotFoundError:
                names = []
        yield from sorted(name for name in names if name.startswith(prefix) and name != RESERVED)

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            key = Path(entry.path).relative_to(self.root).as_posix()
            raise Terminal("a link leads back to itself", path=self.uri, value=key, hint="remove it") from None

    def head(self, key: str) -> ObjectInfo | None:
        """The file's size and time, or None."""
        with _failures(self._uri(key)):
            try:
                found = self._path(key).stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return _info(key, found) if stat.S_ISREG(found.st_mode) else None

    def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return self.head(key) is not None

    def read(self, key: str) -> bytes:
        """The whole file, of one version."""
        with _failures(self._uri(key)):
            return self._path(key).read_bytes()

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The content and its sha256."""
        try:
            data = self.read(key)
        except ObjectMissing:
            return None
        return data, sha256_of(data)

    def download(self, key: str, path: Path) -> None:
        """Copy the file."""
        part = path.with_name(f"{path.name}.part")
        with _failures(self._uri(key)):
            shutil.copyfile(self._path(key), part)
            part.replace(path)

    def local_path(self, key: str) -> Path:
        """The file itself; it may be absent."""
        return self._path(key)

    # --- writing ------------------------------------------------------------------------------------------------------

    def put_new(self, key: str, content: Path | bytes, content_type: str | None = None) -> Put:
        """Copy to a temporary file, fsync, then link under the key, which fails if it is taken."""
        del content_type  # a file has none
        with _failures(self._uri(key)):
            path = self._path(key)
            if isinstance(content, Path) and not content.is_file():
                raise Terminal("the file to put is not there", path=str(content))
            if not path.exists():
                make_folder(path.parent)
                with temporary_file(self._own / "writing") as (temporary, file):
                    fill(file, content)
                    try:
                        os.link(temporary, path)
                    except FileExistsError:
                        pass  # another writer was quicker: compare below
                    else:
                        sync_folder(path.parent)
                        return Put.CREATED
            sync_folder(path.parent)  # its writer may have died before
            return same_or_defect(self._uri(key), sha256_of(path), sha256_of(content))

    def compare_and_swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Under the key's lock: compare the content's sha256, write a temporary file, fsync, rename."""
        with _failures(self._uri(key)), lock_file(self._own / "locks" / sha256_of(key.encode())[:32]):
            version = self.read_versioned(key)
            if (version[1] if version else None) != etag:
                return False
            self._write(self._path(key), data)
            return True

    def replace(self, key: str, data: bytes, content_type: str | None = None) -> None:
        """Write a temporary file, fsync, rename."""
        del content_type
        with _failures(self._uri(key)):
            self._write(self._path(key), data)

    def delete(self, key: str) -> None:
        """Remove the file if it is there; its folder stays."""
        with _failures(self._uri(key)):
            self._path(key).unlink(missing_ok=True)

    def presign(self, key: str, seconds: int) -> str:
        """Terminal: files have no links that expire."""
        del seconds
        raise Terminal(
            "a folder has no links that expire",
            path=self._uri(key),
            hint="publish to an S3 bucket, or give the team a folder, an SFTP server or an e-mail in teams.deliver",
        )

    # --- paths, temporary files, locks --------------------------------------------------------------------------------

    def _uri(self, key: str) -> str:
        return f"{self.uri}/{key}"

    def _path(self, key: str) -> Path:
        path = self.root / checked_key(key, root=self.uri)
        self._inside(path, key)
        return path

    def _inside(self, path: Path, key: str) -> None:
        if not Path(os.path.realpath(path)).is_relative_to(self.root):
            raise Terminal("a link leads out of the store", path=self.uri, value=key, hint="replace it by its target")

    def _write(self, path: Path, data: bytes) -> None:
        make_folder(path.parent)
        with temporary_file(self._own / "writing") as (temporary, file):
            fill(file, data)
            temporary.replace(path)
            sync_folder(path.parent)


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    etag = f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), etag)


@contextmanager
def _failures(uri: str) -> Iterator[None]:
    """Operating system errors as errors of the house."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing("no such object", path=uri) from error
    except (IsADirectoryError, NotADirectoryError) as error:
        raise ObjectMissing("a folder is no object", path=uri) from error
    except OSError as error:
        if error.errno in PASSING:
            raise StoreUnavailable(f"the file system failed: {error.strerror}", path=uri) from error
        hint = HINTS.get(error.errno or 0)
        raise Terminal(f"the file system refused: {error.strerror}", path=uri, hint=hint) from error
