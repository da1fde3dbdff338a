"""What only a folder can get wrong: links, locks, dying writers, full disks."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.errors import StoreUnavailable, Terminal
from tasks.objects import Put, files, open_store

HERE = Path(__file__).parent


def test_a_link_out_of_the_root_is_refused_by_every_call(tmp_path):
    store = open_store(tmp_path / "root")
    store.put_new("a", b"1")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "root" / "file").symlink_to(tmp_path / "secret")
    (tmp_path / "root" / "folder").symlink_to(tmp_path)
    for call in (
        lambda: store.read("file"),
        lambda: store.read("folder/secret"),
        lambda: store.replace("folder/secret", b"2"),
        lambda: store.put_new("folder/new", b"2"),
        lambda: store.delete("folder/secret"),
        lambda: list(store.list()),
    ):
        with pytest.raises(Terminal, match="link leads out of the store"):
            call()
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_links_inside_the_root_are_followed_and_their_files_listed_once(tmp_path):
    store = open_store(tmp_path / "root")
    store.put_new("2021/a", b"1")
    (tmp_path / "root" / "newest").symlink_to(tmp_path / "root" / "2021")
    assert [info.key for info in store.list()] == ["2021/a"]
    assert store.read("newest/a") == b"1"


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path):
    (tmp_path / "drop.csv").symlink_to(tmp_path / "absent.csv")
    with pytest.raises(Terminal, match="leads nowhere"):
        list(open_store(tmp_path).list())


def test_the_root_itself_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "disk")
    store = open_store(tmp_path / "root")
    store.put_new("a", b"1")
    assert (tmp_path / "disk" / "a").read_bytes() == b"1"


def test_a_relative_root_and_a_file_uri_with_blanks_are_the_same_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("a b").put_new("key", b"1")
    assert open_store(f"file://{tmp_path}/a%20b").read("key") == b"1"
    assert open_store("a b").uri == f"file://{tmp_path}/a%20b"


def test_reading_creates_nothing(tmp_path):
    store = open_store(tmp_path / "root")
    assert list(store.list()) == []
    assert store.read_versioned("a") is None
    assert not (tmp_path / "root").exists()


def test_a_swap_needs_the_version_that_is_there(tmp_path):
    store = open_store(tmp_path)
    assert store.compare_and_swap("pointer", b"1", None)
    assert not store.compare_and_swap("pointer", b"2", None)
    _, etag = store.read_versioned("pointer")
    assert store.compare_and_swap("pointer", b"2", etag)
    assert not store.compare_and_swap("pointer", b"3", etag)
    assert store.read("pointer") == b"2"


def test_who_sits_on_a_lock_makes_the_others_give_up_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.1)
    store = open_store(tmp_path)
    store.compare_and_swap("pointer", b"1", None)
    (lock,) = (tmp_path / ".strata" / "locks").iterdir()
    with files.lock_file(lock), pytest.raises(StoreUnavailable, match="lock"):
        store.compare_and_swap("pointer", b"2", None)


def test_eight_processes_race_for_one_object_two_of_them_are_killed_and_each_version_has_one_winner(tmp_path):
    wins = [tmp_path / f"wins{number}" for number in range(8)]
    processes = [
        subprocess.Popen([sys.executable, str(HERE / "counter.py"), str(tmp_path / "root"), str(path)])  # noqa: S603
        for path in wins
    ]
    while not all(path.exists() for path in wins):
        time.sleep(0.005)
    (tmp_path / "go").touch()
    store = open_store(tmp_path / "root")
    for victim, value in zip(processes[:2], (50, 100), strict=True):
        while int((store.read_versioned("counter") or (b"0", ""))[0]) < value:
            time.sleep(0.005)
        victim.send_signal(signal.SIGKILL)
    assert [process.wait(60) for process in processes] == [-9, -9, 0, 0, 0, 0, 0, 0]
    won = sorted(int(line) for path in wins for line in path.read_text().split())
    assert len(won) == len(set(won)), "two winners of one version"
    # A victim may have won and died before it could say so.
    assert store.read("counter") == b"300"
    assert 298 <= len(won) <= 300


@pytest.mark.parametrize("call", ["put_new", "replace", "compare_and_swap"])
def test_a_writer_killed_at_any_touch_of_the_file_system_leaves_the_old_or_the_new_and_no_work(tmp_path, call):
    key = "deep/folder/new" if call == "put_new" else "there"
    old = None if call == "put_new" else b"old"
    died, outcomes = 0, set()
    for moment in range(1, 100):
        root = tmp_path / str(moment)
        store = open_store(root)
        if old is not None:
            store.replace("there", old)
        ended = subprocess.run(  # noqa: S603
            [sys.executable, str(HERE / "dying_writer.py"), str(root), call, str(moment)], check=False
        )
        found = store.read_versioned(key)
        outcomes.add(found and found[0])
        assert (found and found[0]) in {old, b"new"}
        assert [info.key for info in store.list()] in ([], [key])
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        died += 1
        # Whoever comes next needs no hand, and leaves nothing of the dead behind.
        assert found is None or store.compare_and_swap(key, b"next", found[1])
        store.put_new("another", b"1")
        assert list((root / ".strata" / "writing").iterdir()) == []
    assert died >= 5
    assert outcomes == {old, b"new"}


def test_a_sweep_that_takes_a_new_file_for_a_dead_one_does_no_harm(tmp_path, monkeypatch):
    taken = []

    def late(file):
        if not taken:
            taken.append(Path(file.name))
            return False  # the sweep of another writer was quicker to lock it
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        taken[0].unlink(missing_ok=True)  # and comes to removing it only now
        return True

    monkeypatch.setattr(files, "_try_lock", late)
    store = open_store(tmp_path)
    assert store.put_new("a", b"1") is Put.CREATED
    assert store.read("a") == b"1"


def test_threads_that_put_at_once_do_not_sweep_each_other_away(tmp_path):
    store = open_store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        put = list(pool.map(lambda number: store.put_new(f"folder/{number}", b"x"), range(400)))
    assert put == [Put.CREATED] * 400
    assert len(list(store.list())) == 400


def test_a_disk_that_fills_up_in_the_middle_ends_in_a_terminal_error_and_leaves_nothing(tmp_path):
    store = open_store(tmp_path / "root")
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    store.put_new("small", b"1")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(Terminal, match="the file system refused: File too large"):
            store.put_new("big", source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [info.key for info in store.list()] == ["small"]
    assert list((tmp_path / "root" / ".strata" / "writing").iterdir()) == []


def test_published_files_have_the_permissions_that_the_umask_grants(tmp_path):
    before = os.umask(0o027)
    try:
        store = open_store(tmp_path)
        store.put_new("a", b"1")
        store.compare_and_swap("b", b"1", None)
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in "ab"} == {0o640}
