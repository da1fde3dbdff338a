"""What every store promises, whatever it is made of."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tasks.errors import ObjectMissing, PublicationError, Terminal
from tasks.objects import Put

UNSAFE = ["", "/etc/passwd", "../secret", "a/../../secret", "a//b", "a/", "./a", "a\0b", ".strata/locks/x"]


def test_a_new_object_is_created_and_an_equal_one_is_reused(store):
    assert store.put_new("a/b.csv", b"1;2\n", "text/csv") is Put.CREATED
    assert store.put_new("a/b.csv", b"1;2\n", "text/csv") is Put.IDENTICAL
    assert store.read("a/b.csv") == b"1;2\n"


def test_other_content_under_a_taken_key_is_a_determinism_defect_and_changes_nothing(store):
    store.put_new("a", b"old")
    with pytest.raises(PublicationError, match="determinism defect") as caught:
        store.put_new("a", b"new")
    assert caught.value.value == f"sha256 {hashlib.sha256(b'old').hexdigest()}"
    assert caught.value.expected == f"sha256 {hashlib.sha256(b'new').hexdigest()}"
    assert store.read("a") == b"old"


def test_a_leftover_whose_writer_said_no_digest_is_compared_by_content(store):
    store.replace("a", b"same")
    assert store.put_new("a", b"same") is Put.IDENTICAL


def test_files_are_put_and_downloaded_whole(store, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 5000)
    assert store.put_new("a/file.parquet", source) is Put.CREATED
    store.download("a/file.parquet", target)
    assert target.read_bytes() == source.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} <= {"source", "target", "root"}


def test_a_file_that_is_not_there_cannot_be_put(store, tmp_path):
    with pytest.raises(Terminal, match="not there"):
        store.put_new("a", tmp_path / "absent")


def test_a_failed_download_leaves_nothing(store, tmp_path):
    with pytest.raises(ObjectMissing):
        store.download("absent", tmp_path / "target")
    assert {path.name for path in tmp_path.iterdir()} <= {"root"}


def test_listing_is_in_byte_order_of_keys_and_takes_any_prefix(store):
    keys = ["a.csv", "a/b.csv", "a0.csv", "country=DE/x", "ä b[1].txt", "日本/顧客 %2F.csv"]
    for key in reversed(keys):
        store.put_new(key, key.encode())
    assert [info.key for info in store.list()] == keys == sorted(keys, key=str.encode)
    assert [info.key for info in store.list("a")] == ["a.csv", "a/b.csv", "a0.csv"]
    assert [info.key for info in store.list("日本/顧")] == ["日本/顧客 %2F.csv"]
    assert list(store.list("nothing/here")) == []
    assert all(store.read(key) == key.encode() for key in keys)


def test_listing_says_size_and_time_in_utc_and_the_etag_changes_with_the_object(store):
    store.replace("a", b"12345")
    (first,) = store.list()
    assert first.size == 5
    assert first.modified.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - first.modified) < timedelta(minutes=1)
    store.replace("a", b"54321")
    (second,) = store.list()
    assert second.etag != first.etag
    head = store.head("a")
    assert (head.size, head.etag) == (5, second.etag)


def test_absent_objects(store):
    assert not store.exists("absent")
    assert store.head("absent") is None
    assert store.read_versioned("absent") is None
    with pytest.raises(ObjectMissing, match="absent"):
        store.read("absent")


def test_a_folder_of_objects_is_no_object(store):
    store.put_new("a/b", b"1")
    assert not store.exists("a")
    with pytest.raises(ObjectMissing):
        store.read("a")
    with pytest.raises(ObjectMissing):
        store.read("a/b/c")


def test_delete_may_be_repeated(store):
    store.put_new("a/b", b"1")
    store.delete("a/b")
    store.delete("a/b")
    assert not store.exists("a/b")
    assert store.put_new("a/b", b"2") is Put.CREATED


@pytest.mark.parametrize("key", UNSAFE)
def test_no_key_leads_out_of_the_root(store, key, tmp_path):
    for call in (
        lambda: store.read(key),
        lambda: store.read_versioned(key),
        lambda: store.head(key),
        lambda: store.download(key, tmp_path / "copy"),
        lambda: store.local_path(key),
        lambda: store.put_new(key, b"1"),
        lambda: store.compare_and_swap(key, b"1", None),
        lambda: store.replace(key, b"1"),
        lambda: store.delete(key),
    ):
        with pytest.raises(Terminal, match="leads out of the store"):
            call()


def test_a_local_path_is_the_file_itself_or_nothing(store):
    store.put_new("a/b", b"1")
    path = store.local_path("a/b")
    assert path is None or path.read_bytes() == b"1"
    assert (path is None) == store.uri.startswith("s3://")
