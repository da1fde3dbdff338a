"""An S3 bucket, or a prefix of one, as an object store: AWS, Ceph RGW, OpenStack Swift and the like.

Writes carry the content's sha256 as metadata and a Content-MD5 for the way. A request that is lost may have arrived,
so a retried conditional write can meet its own first attempt: `put_new` compares sha256, `compare_and_swap` leaves a
mark of its own in the metadata.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tasks.errors import ObjectMissing, PublicationError, StoreUnavailable, Terminal
from tasks.objects.s3_errors import TakenError, code, failures, is_conflict, status
from tasks.objects.s3_multipart import content_md5, upload
from tasks.objects.s3_settings import S3Settings
from tasks.objects.store import PIECE, RESERVED, ObjectInfo, Put, checked_key, same_or_defect, sha256_of

NOT_IMPLEMENTED = 501
#: Seconds that a signature of version 4 may be good for: a week.
LONGEST_LINK = 604_800

#: Clients are safe to share between threads, making them is not.
_making = threading.Lock()


def client(settings: S3Settings) -> Any:
    """A boto3 client for these settings and the credentials of the environment, made once (it takes 0.1 s)."""
    environment = frozenset((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))
    with _making:
        return _client(settings, environment)


@lru_cache(maxsize=16)
def _client(settings: S3Settings, _environment: frozenset[tuple[str, str]]) -> Any:
    config = Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.attempts},
        signature_version="s3v4",  # as every request has it: botocore would sign links by the old one in some regions
        request_checksum_calculation=settings.checksums,
        response_checksum_validation=settings.checksums,
        s3={"addressing_style": settings.addressing},
        tcp_keepalive=True,
        max_pool_connections=16,
    )
    try:
        with failures(settings.endpoint or "s3://"):
            key, secret, token = settings.keys or (None, None, None)
            return boto3.session.Session().client(
                "s3",
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                endpoint_url=settings.endpoint,
                region_name=settings.region,
                verify=settings.ca_bundle,
                config=config,
            )
    except ValueError as error:  # botocore's word on a malformed endpoint
        raise Terminal(str(error), expected="STRATA_S3_ENDPOINT such as https://s3.example.org") from error


# Two processes must not talk through one connection.
os.register_at_fork(after_in_child=_client.cache_clear)


class S3Store:
    """Objects below `s3://bucket/prefix`; see `tasks.objects.store.ObjectStore` for what each method promises."""

    def __init__(self, bucket: str, prefix: str, settings: S3Settings) -> None:
        self.bucket = bucket
        self.uri = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
        if not bucket:
            raise Terminal("no bucket", value=self.uri, expected="s3://bucket/prefix")
        self._base = f"{checked_key(prefix, root=self.uri)}/" if prefix else ""
        self._settings = settings
        self._client = client(settings)

    def __repr__(self) -> str:
        return f"S3Store({self.uri!r}, endpoint={self._settings.endpoint!r})"

    # --- reading ------------------------------------------------------------------------------------------------------

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """In byte order of the keys. The empty `folder/` objects that consoles make are no objects of ours."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._base + prefix)
        own = f"{RESERVED}/"
        with failures(self.uri):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self._base)
                    if key.endswith("/") or not key or (key.startswith(own) and not prefix.startswith(own)):
                        continue
                    checked_key(key, root=self.uri)
                    yield ObjectInfo(key, found["Size"], found["LastModified"].astimezone(UTC), found["ETag"])

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Common prefixes up to the first slash."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._base + prefix, Delimiter="/"
        )
        with failures(self.uri):
            for page in pages:
                for found in page.get("CommonPrefixes", ()):
                    name = found["Prefix"].removeprefix(self._base).rstrip("/")
                    if name and name != RESERVED:
                        yield name

    def head(self, key: str) -> ObjectInfo | None:
        """Size, time and our sha256 metadata, or None."""
        found = self._head(key)
        if found is None:
            return None
        sha256 = found["Metadata"].get("sha256")
        modified = found["LastModified"].astimezone(UTC)
        return ObjectInfo(key, found["ContentLength"], modified, found["ETag"], sha256)

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return self._head(key) is not None

    def read(self, key: str) -> bytes:
        """The whole content."""
        pieces: list[bytes] = []
        self._fetch(key, pieces.append, pieces.clear)
        return b"".join(pieces)

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The content and the server's ETag, of one version."""
        pieces: list[bytes] = []
        try:
            etag = self._fetch(key, pieces.append, pieces.clear)
        except ObjectMissing:
            return None
        return b"".join(pieces), etag

    def download(self, key: str, path: Path) -> None:
        """Stream to a temporary file beside `path`, then rename."""
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                self._fetch(key, file.write, lambda: _empty(file))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def local_path(self, key: str) -> None:
        """Nothing of S3 is a local file."""
        checked_key(key, root=self.uri)

    # --- writing ------------------------------------------------------------------------------------------------------

    def put_new(self, key: str, content: Path | bytes, content_type: str | None = None) -> Put:
        """PUT with If-None-Match, or an upload in parts that is completed with it."""
        if isinstance(content, Path) and not content.is_file():
            raise Terminal("the file to put is not there", path=str(content))
        sha256 = sha256_of(content)
        for pause in self._pauses():
            there = self._sha256(key)
            if there is not None:
                return same_or_defect(self._uri(key), there, sha256)
            try:
                self._create(key, content, _facts(sha256, content_type))
            except TakenError:
                pause()  # then look who was quicker
            else:
                return Put.CREATED
        raise StoreUnavailable("other writers keep coming in between", path=self._uri(key))

    def _create(self, key: str, content: Path | bytes, facts: dict[str, Any]) -> None:
        with failures(self._uri(key)):
            if isinstance(content, Path) and content.stat().st_size > self._settings.part_size:
                upload(self._client, self._target(key), content, self._settings.part_size, facts)
            else:
                data = content if isinstance(content, bytes) else content.read_bytes()
                self._put(key, data, facts, IfNoneMatch="*")

    def compare_and_swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """PUT with If-Match, or If-None-Match where nothing is expected; PublicationError if the server has neither."""
        mark = secrets.token_hex(16)
        facts = _facts(sha256_of(data), "application/json", swap=mark)
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            with failures(self._uri(key)):
                self._put(key, data, facts, **condition)
        except TakenError:
            found = self._head(key)
            return found is not None and found["Metadata"].get("swap") == mark
        return True

    def replace(self, key: str, data: bytes, content_type: str | None = None) -> None:
        """PUT without a condition."""
        with failures(self._uri(key)):
            self._put(key, data, _facts(sha256_of(data), content_type))

    def delete(self, key: str) -> None:
        """DELETE; a bucket with versions keeps the old one."""
        with failures(self._uri(key)):
            self._client.delete_object(**self._target(key))

    def presign(self, key: str, seconds: int) -> str:
        """A signed GET (Signature Version 4). Nothing is asked of the server: the object need not be there yet.

        With temporary credentials the link ends when they do, however long it was meant to last.
        """
        if not 1 <= seconds <= LONGEST_LINK:
            raise Terminal("no link lasts so long", value=seconds, expected=f"1 to {LONGEST_LINK} seconds")
        with failures(self._uri(key)):
            url: str = self._client.generate_presigned_url("get_object", Params=self._target(key), ExpiresIn=seconds)
        return url

    # --- requests -----------------------------------------------------------------------------------------------------

    def _uri(self, key: str) -> str:
        return f"{self.uri}/{key}"

    def _target(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self._base + checked_key(key, root=self.uri)}

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            with failures(self._uri(key)):
                found: dict[str, Any] = self._client.head_object(**self._target(key))
                return found
        except ObjectMissing:
            return None

    def _sha256(self, key: str) -> str | None:
        """The sha256 of an object's content, read from it where its writer left none; None if there is no object."""
        found = self._head(key)
        if found is None:
            return None
        return found["Metadata"].get("sha256") or sha256_of(self.read(key))

    def _put(self, key: str, data: bytes, facts: dict[str, Any], **condition: str) -> None:
        try:
            self._client.put_object(**self._target(key), Body=data, ContentMD5=content_md5(data), **condition, **facts)
        except ClientError as error:
            if condition and (is_conflict(error) or code(error) == "NoSuchKey"):
                raise TakenError from error
            if condition and status(error) == NOT_IMPLEMENTED:
                raise PublicationError(
                    "this object store has no such conditional write",
                    path=self._uri(key),
                    value=", ".join(condition),
                    hint="set pointer: single_writer, and let one process at a time publish a market",
                ) from error
            raise

    def _fetch(self, key: str, write: Callable[[bytes], object], again: Callable[[], object]) -> str:
        """GET to `write`, piece by piece; `again` forgets what came before a body broke off. Returns the ETag."""
        for pause in self._pauses():
            with failures(self._uri(key)):
                found = self._client.get_object(**self._target(key))  # botocore retries this, but not the body
            digest = hashlib.sha256()
            with suppress(StoreUnavailable), failures(self._uri(key)):
                for piece in found["Body"].iter_chunks(PIECE):
                    digest.update(piece)
                    write(piece)
                if digest.hexdigest() == found["Metadata"].get("sha256", digest.hexdigest()):
                    return str(found["ETag"])
            pause()
            again()
        raise StoreUnavailable("the content breaks off or is not what its sha256 says", path=self._uri(key))

    def _pauses(self) -> Iterator[Callable[[], None]]:
        """As many attempts as set, each with the pause to make if it fails: growing, and different for each writer."""
        for attempt in range(self._settings.attempts):
            longest = min(5.0, 0.1 * 2**attempt)
            yield lambda longest=longest: time.sleep(random.uniform(0, longest))  # type: ignore[misc]  # noqa: S311


def _facts(sha256: str, content_type: str | None, **metadata: str) -> dict[str, Any]:
    return {
        "Metadata": {"sha256": sha256, **metadata},
        "ContentType": content_type or "application/octet-stream",
    }


def _empty(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()
