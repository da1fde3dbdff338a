"""Upload of a large file in parts: boto3's own takes no condition, so a second writer could overwrite the first."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tasks.objects.s3_errors import TakenError, code, is_conflict

#: Parts in flight at once; each is held in memory.
PARALLEL = 4
MAXIMUM_PARTS = 10_000


def upload(client: Any, target: Mapping[str, str], path: Path, part_size: int, facts: Mapping[str, Any]) -> None:
    """Put the file at `target` (Bucket, Key) unless something is there: then TakenError, and nothing changes.

    An upload that fails is given up on the server too. One whose process dies leaves invisible parts, which the
    bucket's lifecycle rule removes.
    """
    size = path.stat().st_size
    part_size = max(part_size, -(-size // MAXIMUM_PARTS))
    upload_id = client.create_multipart_upload(**target, **facts)["UploadId"]

    def send(number: int) -> dict[str, Any]:
        with path.open("rb") as file:
            file.seek((number - 1) * part_size)
            data = file.read(part_size)
        sent = client.upload_part(
            **target, UploadId=upload_id, PartNumber=number, Body=data, ContentMD5=content_md5(data)
        )
        return {"ETag": sent["ETag"], "PartNumber": number}

    try:
        with ThreadPoolExecutor(PARALLEL) as pool:
            parts = list(pool.map(send, range(1, -(-size // part_size) + 1)))
        _complete(client, target, upload_id, parts)
    except BaseException:
        with suppress(BotoCoreError, ClientError):  # the first error is the one to tell
            client.abort_multipart_upload(**target, UploadId=upload_id)
        raise


def _complete(client: Any, target: Mapping[str, str], upload_id: str, parts: list[dict[str, Any]]) -> None:
    try:
        client.complete_multipart_upload(
            **target, UploadId=upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except ClientError as error:
        # No such upload: an earlier try of this request was answered, but the answer was lost.
        if is_conflict(error) or code(error) == "NoSuchUpload":
            raise TakenError from error
        raise


def content_md5(data: bytes) -> str:
    """The Content-MD5 header: the server refuses what was damaged on the way."""
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
