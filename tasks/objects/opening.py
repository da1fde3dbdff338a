"""From a URI to a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tasks.errors import Terminal
from tasks.objects.folder import FolderStore
from tasks.objects.store import ObjectStore

if TYPE_CHECKING:
    from tasks.objects.s3_settings import S3Settings


def open_store(uri: str | Path, *, s3: S3Settings | None = None) -> ObjectStore:
    """The store at `file:///folder`, a plain path, or `s3://bucket/prefix`.

    Nothing is read or written yet: a folder need not exist until something is put into it. `s3` is from the
    environment where none is given: STRATA_S3_..., and what STRATA_ZONES says of the zone whose bucket it is.
    Credentials come from the usual chain of boto3, or are the zone's.

    >>> open_store("file:///srv/strata/landing").uri
    'file:///srv/strata/landing'
    >>> open_store("ftp://host/landing")
    Traceback (most recent call last):
        ...
    tasks.errors.Terminal: no such kind of store; found 'ftp://'; expected a folder, file:///folder or s3://bucket/prefix
    """
    text = str(uri)
    scheme = text.split("://", 1)[0] if "://" in text else ""
    if isinstance(uri, Path) or not scheme:
        return FolderStore(Path(text))
    if scheme == "file":
        parts = urlsplit(text)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise Terminal("file URI with a host", value=text, expected="file:///folder")
        return FolderStore(Path(unquote(text.split("://", 1)[1].removeprefix("localhost"))))
    if scheme == "s3":
        from tasks.objects.s3 import S3Store
        from tasks.objects.zones import server_of

        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        return S3Store(bucket, prefix.strip("/"), s3 or server_of(text))
    raise Terminal(
        "no such kind of store", value=f"{scheme}://", expected="a folder, file:///folder or s3://bucket/prefix"
    )
