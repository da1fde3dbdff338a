"""S3 against a real server: what a stand-in would only repeat."""

from __future__ import annotations

import hashlib
import os

import pytest

from tasks.errors import ObjectMissing, Terminal
from tasks.objects import Put, open_store
from tasks.objects.s3 import client
from tasks.objects.s3_errors import TakenError
from tasks.objects.s3_multipart import upload
from tasks.objects.s3_settings import S3Settings


def test_a_bucket_and_a_secret_that_a_real_server_does_not_know(s3_root, monkeypatch):
    with pytest.raises(Terminal, match=r"NoSuchBucket.*create the bucket"):
        list(open_store("s3://test-absent").list())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Terminal, match="SignatureDoesNotMatch"):
        open_store(s3_root).read("a")


def test_large_files_go_up_in_parts_only_if_nothing_is_there(s3_root, monkeypatch, tmp_path):
    monkeypatch.setenv("STRATA_S3_PART_SIZE", str(5 << 20))
    store = open_store(s3_root)
    large = tmp_path / "large"
    large.write_bytes(os.urandom(11 << 20))
    assert store.put_new("large", large, "text/csv") is Put.CREATED
    assert store.put_new("large", large) is Put.IDENTICAL
    assert store.head("large").sha256 == hashlib.sha256(large.read_bytes()).hexdigest()
    assert store.head("large").etag.endswith('-3"'), "three parts"
    store.download("large", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == large.read_bytes()


def test_an_upload_in_parts_that_comes_second_changes_nothing_and_is_given_up(s3_root, tmp_path):
    store = open_store(s3_root)
    store.put_new("large", b"first")
    large = tmp_path / "large"
    large.write_bytes(b"x" * (6 << 20))
    s3, bucket = client(S3Settings.from_env()), s3_root.removeprefix("s3://")
    with pytest.raises(TakenError):
        upload(s3, {"Bucket": bucket, "Key": "large"}, large, 5 << 20, {})
    assert store.read("large") == b"first"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("checksums", ["when_required", "when_supported"])
def test_over_tls_with_a_private_authority(s3_server, s3_root, monkeypatch, checksums, tmp_path):
    monkeypatch.setenv("STRATA_S3_ENDPOINT", s3_server.tls_endpoint)
    monkeypatch.setenv("STRATA_S3_CHECKSUMS", checksums)
    with pytest.raises(Terminal, match=r"certificate is not trusted.*STRATA_S3_CA_BUNDLE"):
        open_store(s3_root).read("a")
    monkeypatch.setenv("STRATA_S3_CA_BUNDLE", s3_server.ca_bundle)
    store = open_store(s3_root)
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100_000)
    assert store.put_new("a", file) is Put.CREATED
    assert store.read("a") == file.read_bytes()


def test_a_missing_key_of_a_real_server_is_no_other_error(s3_root):
    with pytest.raises(ObjectMissing, match=f"{s3_root}/absent"):
        open_store(s3_root).read("absent")
