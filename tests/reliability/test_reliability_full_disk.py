"""A full disk, where publications or steps are written, ends at once with what to do, and nothing half is left."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks import memo
from tasks.disk import disk_full
from tasks.errors import Terminal
from tasks.objects import folder, open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify
from tasks.publish.runs import attempts
from tasks.sample.generate import generate

FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    made = tmp_path_factory.mktemp("landing")
    generate(made, markets=("DE",), customers=60, seed=1)
    return made


@pytest.fixture
def run(landing, tmp_path, monkeypatch):
    """DE's run, with folders of its own."""
    monkeypatch.setenv("STRATA_WORK", str(tmp_path / "work"))
    (found,) = plan(["DE"], as_of=date(2026, 6, 30), landing=str(landing), publish=str(tmp_path / "published"))
    return found


def onto_a_full_disk(_file, content):
    """The kernel's own answer: /dev/full takes nothing."""
    with FULL.open("wb", buffering=0) as full:
        full.write(content if isinstance(content, bytes) else content.read_bytes())


@pytest.mark.parametrize("call", ["put_new", "replace", "compare_and_swap"])
def test_a_store_on_a_full_disk_says_so_and_keeps_nothing(call, tmp_path, monkeypatch):
    store = open_store(tmp_path)
    store.replace("there", b"old")
    monkeypatch.setattr(folder, "fill", onto_a_full_disk)
    key, etag = ("new", ()) if call == "put_new" else ("there", (store.read_versioned("there")[1],))
    with pytest.raises(Terminal, match=r"No space left on device; the disk is full: make room and run again"):
        getattr(store, call)(key, b"new", *(etag if call == "compare_and_swap" else ()))
    assert store.read("there") == b"old"
    assert [info.key for info in store.list()] == ["there"]
    assert list((tmp_path / ".strata" / "writing").iterdir()) == []


def test_a_run_whose_publish_root_fills_up_is_terminal_and_the_next_one_completes(run, monkeypatch):
    store, written, fill = open_store(run.publish), 0, folder.fill

    def filling(file, content):
        nonlocal written
        written += not isinstance(content, bytes)  # files of the publication
        (onto_a_full_disk if written > 5 else fill)(file, content)

    with monkeypatch.context() as patched:
        patched.setattr(folder, "fill", filling)
        with pytest.raises(Terminal, match="the disk is full: make room and run again"):
            stratify_market(run)
    assert read_pointer(store, "DE") is None
    assert stratify_market(run).state == "published"
    assert verify(store, "DE") == ()


def test_a_run_whose_work_folder_fills_up_is_terminal_and_the_next_one_completes(run, monkeypatch):
    store, digest, hashed = open_store(run.publish), memo.file_digest, 0

    def filling(path):
        nonlocal hashed
        hashed += 1
        if hashed > 12:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return digest(path)

    with monkeypatch.context() as patched:
        patched.setattr(memo, "file_digest", filling)
        with pytest.raises(Terminal, match=r"DE: .*the disk is full; make room or set STRATA_WORK") as caught:
            stratify_market(run)
    assert caught.value.market == "DE"
    (attempt,) = attempts(store, "DE")
    assert (attempt.outcome, attempt.error["type"], attempt.error["transient"]) == ("failed", "Terminal", False)
    assert [path.name for path in run.results.iterdir() if path.name.startswith(".")] == []
    assert stratify_market(run).state == "published"


def _by_python(path):
    path.write_bytes(b"x")


def _by_duckdb(path):
    duckdb.sql(f"COPY (SELECT * FROM range(100000)) TO '{path}' (FORMAT csv, USE_TMP_FILE false)")


def _by_arrow(path):
    pq.write_table(duckdb.sql("SELECT * FROM range(100000)").to_arrow_table(), path)


def _by_duckdb_spilling(path):
    config = {"memory_limit": "100MB", "temp_directory": str(path.with_name("spill")), "threads": 1}
    with duckdb.connect(config=config) as con:
        con.execute("SET max_temp_directory_size = '1MB'")  # its own default is what is free on the disk
        con.execute("CREATE TABLE big AS SELECT hash(range)::VARCHAR || hash(range + 7) AS b FROM range(3000000)")


@pytest.mark.parametrize("write", [_by_python, _by_duckdb, _by_arrow, _by_duckdb_spilling])
def test_whoever_meets_a_full_disk_it_is_told_as_one(write, tmp_path):
    # A link, for libraries remove the file that they could not write: never the device itself.
    (tmp_path / "full").symlink_to(FULL)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each library has its own
        write(tmp_path / "full")
    found = disk_full(caught.value, tmp_path)
    assert isinstance(found, Terminal), repr(caught.value)
    assert "make room" in found.hint
    assert FULL.is_char_device()


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "Permission denied"), ValueError("7 of 9"), KeyError("disk")])
def test_other_errors_are_left_as_they_are(error, tmp_path):
    assert disk_full(error, tmp_path) is None
