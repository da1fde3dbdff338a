"""What dead attempts left is collected, on a folder and on a real S3 server; what anything names never is."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks.errors import PublicationError
from tasks.gate.verdict import Check, Verdict
from tasks.objects import open_store
from tasks.objects.store import sha256_of
from tasks.publish.deciding import withdrawing
from tasks.publish.leftovers import leftovers, remove
from tasks.publish.pointer import read_pointer, update_pointer
from tasks.publish.publication import publish
from tasks.publish.reading import verify
from tasks.publish.runs import record_end, record_start
from tasks.scratch import scraps

AS_OF = date(2021, 2, 20)
WEEK = timedelta(days=7)
#: Everything in these tests was written just now; they look at it from later on.
LATER = datetime.now(UTC) + timedelta(days=8)


def put(store, staged, manifest, *, whole):
    """What an attempt leaves that dies while it puts files, or, where `whole`, before it moves the pointer."""
    prefix = f"country=DE/as_of={manifest.as_of}/publication={manifest.publication}/"
    for export in manifest.exports:
        store.put_new(prefix + export.path, staged / export.path)
    if whole:
        store.put_new(f"{prefix}manifest.json", manifest.to_bytes())
    return manifest.publication


def ids(found):
    return [one.publication for one in found]


def test_what_no_pointer_names_is_found_and_removed_and_the_rest_stays(place, made):
    store, mode = place
    kept = publish(store, *made("kept"), pointer_mode=mode, who="test")
    half, whole = put(store, *made("half"), whole=False), put(store, *made("whole"), whole=True)
    found = leftovers(store, "DE", LATER, WEEK)
    assert {one.publication: (one.complete, len(one.keys)) for one in found} == {half: (False, 4), whole: (True, 5)}
    assert all(remove(store, one, LATER) for one in found)
    assert leftovers(store, "DE", LATER, WEEK) == ()
    assert {info.key.split("/")[2] for info in store.list("country=DE/as_of=")} == {f"publication={kept.id}"}
    assert verify(store, "DE") == ()


def test_what_is_superseded_held_or_withdrawn_is_named_and_stays(place, made):
    store, mode = place
    for seed in ("superseded", "withdrawn"):
        last = publish(store, *made(seed), pointer_mode=mode, who="test")
    now = datetime.now(UTC).replace(microsecond=0)
    update_pointer(
        store, "DE", lambda found: withdrawing(found, AS_OF, last.id, who="test", when=now, why="wrong"), mode
    )
    verdict = Verdict(holds=True, checks=(Check(check="rows_read", subject="transactions", value=1, outcome="hold"),))
    held = publish(store, *made("held"), pointer_mode=mode, who="test", verdict=verdict)
    assert held.state == "held"
    assert leftovers(store, "DE", LATER, WEEK) == ()


def test_nothing_younger_than_the_age_and_nothing_younger_than_a_day(place, made):
    store, _ = place
    put(store, *made("half"), whole=False)
    now = datetime.now(UTC)
    assert leftovers(store, "DE", now + timedelta(days=6), WEEK) == ()
    assert leftovers(store, "DE", now + timedelta(hours=23), timedelta(0)) == ()
    assert len(leftovers(store, "DE", now + timedelta(hours=25), timedelta(0))) == 1


def test_dates_that_a_run_is_at_are_left_alone_and_dead_runs_protect_nothing(tmp_path, made):
    store = open_store(tmp_path)
    left = put(store, *made("half"), whole=False)
    other = put(store, *made("half", as_of="2021-02-21"), whole=False)
    (before, _) = leftovers(store, "DE", LATER, WEEK)
    running = record_start(store, "DE", AS_OF, "run", started=LATER - timedelta(hours=1))
    assert ids(leftovers(store, "DE", LATER, WEEK)) == [other]
    assert not remove(store, before, LATER)
    assert ids(leftovers(store, "DE", LATER + timedelta(days=2), WEEK)) == [left, other]
    record_end(store, running, outcome="failed")
    assert ids(leftovers(store, "DE", LATER, WEEK)) == [left, other]


def test_a_publication_that_came_to_count_since_it_was_found_is_not_removed(tmp_path, made):
    store = open_store(tmp_path)
    staged, manifest = made("half")
    put(store, staged, manifest, whole=True)
    put(store, *made("another"), whole=False)
    publish(store, *made("kept"), who="test")
    found = {one.publication: one for one in leftovers(store, "DE", LATER, WEEK)}
    publish(store, staged, manifest, who="test")
    assert not remove(store, found[manifest.publication], LATER)
    assert verify(store, "DE") == ()


def test_a_run_that_publishes_in_the_moment_of_deletion_is_told_of(tmp_path, made):
    store = open_store(tmp_path)
    publish(store, *made("kept"), who="test")
    staged, manifest = made("half")
    put(store, staged, manifest, whole=True)
    (found,) = leftovers(store, "DE", LATER, WEEK)

    class Overtaken:
        """A store in which a run publishes before the first object goes."""

        def __getattr__(self, name):
            return getattr(store, name)

        def delete(self, key):
            publish(store, staged, manifest, who="test")
            store.delete(key)

    with pytest.raises(PublicationError, match=r"published what was being deleted.*strata withdraw"):
        remove(Overtaken(), found, LATER)


def test_where_the_pointer_is_lost_complete_publications_stay(tmp_path, made):
    store = open_store(tmp_path)
    publish(store, *made("kept"), who="test")
    half = put(store, *made("half"), whole=False)
    store.delete("country=DE/current.json")
    assert ids(leftovers(store, "DE", LATER, WEEK)) == [half]


# --- the work folder --------------------------------------------------------------------------------------------------

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def work(tmp_path):
    """A work folder with one of each, and files that nobody of this program made."""
    names = {
        "unfinished": [f"DE/.traits-{KEY}-ab12_xyz/traits.parquet", "DE/.broken-ab12_xyz/was/ref.json"],
        "unpacked": [f"drops/utf8/{KEY}-cp1252.0a1b2c3d.utf8"],
        "spilled": ["spill/duckdb_temp_storage_DEFAULT-0.tmp"],
        "step": [f"DE/traits-{KEY}/traits.parquet"],
        "foreign": ["DE/notes.txt", "DE/.git/config", f"drops/utf8/{KEY}-cp1252.utf8", "spill/mine.tmp", "traits-1/a"],
    }
    for path in (tmp_path / "work" / name for group in names.values() for name in group):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 10)
    return tmp_path / "work"


def told(work, found):
    return {(one.path.relative_to(work).as_posix(), one.kind) for one in found}


UNFINISHED = {
    (f"DE/.traits-{KEY}-ab12_xyz", "unfinished"),
    ("DE/.broken-ab12_xyz", "unfinished"),
    (f"drops/utf8/{KEY}-cp1252.0a1b2c3d.utf8", "unfinished"),
    ("spill/duckdb_temp_storage_DEFAULT-0.tmp", "spilled"),
}


def test_unfinished_steps_and_spilled_files_are_found_by_the_names_that_the_program_gives_them(work):
    assert told(work, scraps(work, LATER, WEEK)) == UNFINISHED
    assert scraps(work, datetime.now(UTC), timedelta(0)) == ()
    assert scraps(work / "absent", LATER, WEEK) == ()


def test_finished_steps_go_only_where_it_is_asked_and_not_what_a_run_found_lately(work):
    step = (f"DE/traits-{KEY}", "step")
    assert told(work, scraps(work, LATER, WEEK, WEEK)) == UNFINISHED | {step}
    lately = LATER.timestamp()
    os.utime(work / step[0], (lately, lately))
    assert told(work, scraps(work, LATER, WEEK, WEEK)) == UNFINISHED


def test_links_are_left_alone_and_not_followed(work, tmp_path):
    (tmp_path / "elsewhere" / f".traits-{KEY}-ab12_xyz").mkdir(parents=True)
    (work / "JP").symlink_to(tmp_path / "elsewhere")
    (work / "DE" / f".traits-{KEY}-zz12_xyz").symlink_to(tmp_path / "elsewhere")
    assert told(work, scraps(work, LATER, WEEK)) == UNFINISHED


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_lists_and_deletes_only_with_yes(tmp_path, made, work, monkeypatch):
    root = tmp_path / "published"
    store = open_store(root)
    kept = publish(store, *made("kept"), who="test")
    half = put(store, *made("half"), whole=False)
    old = time.time() - 8 * 86_400
    for path in [*root.rglob("*"), *work.rglob("*")]:
        os.utime(path, (old, old))
    digest = sha256_of((root / "country=DE/current.json").read_bytes())
    monkeypatch.setenv("STRATA_WORK", str(work))

    def tidy(*options):
        ended = CliRunner().invoke(app, ["tidy", "--publish", str(root), *options])
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert "5 left over" in tidy()
    assert "nothing is left over" in tidy("JP")
    assert "nothing is left over" in tidy("--days", "9")
    found = json.loads(tidy("--json"))
    assert not found["deleted"]
    assert half in next(one["where"] for one in found["found"] if one["kind"] == "publication without a manifest")
    assert len(leftovers(store, "DE", datetime.now(UTC), WEEK)) == 1
    assert "deleted 5 of 5" in tidy("--yes")
    assert "nothing is left over" in tidy("--yes")
    assert verify(store, "DE") == ()
    assert read_pointer(store, "DE").pointer.publication == kept.id
    assert sha256_of((root / "country=DE/current.json").read_bytes()) == digest
    assert (work / "DE" / f"traits-{KEY}" / "traits.parquet").exists()
    assert "deleted 1 of 1" in tidy("--steps", "7", "--yes")
    assert not (work / "DE" / f"traits-{KEY}").exists()
    assert (work / "DE" / "notes.txt").exists()
