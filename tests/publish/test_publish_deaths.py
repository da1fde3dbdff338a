"""Whatever dies when, a reader sees one whole publication, and running again completes."""

from __future__ import annotations

import random
import signal
from itertools import pairwise

import pytest

from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_current, verify
from tests.deaths import reader

pytestmark = pytest.mark.slow


def completes(worker, store, root, seed, mode):
    """Running again selects the publication, once, and whole."""
    again = worker.publish(root, seed, mode)
    assert again["status"] == 0
    pointer, manifest = read_current(store, "DE")
    assert verify(store, "DE") == ()
    assert pointer.publication == manifest.publication
    published = [event for event in pointer.events if event.event == "published"]
    assert [event.publication for event in published].count(manifest.publication) == 1
    assert len(published) == pointer.revision
    return manifest.publication


@pytest.mark.parametrize("kind", ["folder", "swift"])
def test_killed_at_each_call_of_the_store(kind, request, tmp_path, workers):
    root, mode = (str(tmp_path / "root"), "cas")
    if kind == "swift":
        root, mode = request.getfixturevalue("s3_root") + "/published", "single_writer"
    store = open_store(root)
    (worker,) = workers(1)
    known = {completes(worker, store, root, "first", mode)}
    deaths = 0
    with reader(store, pause=0.01, at_least=5) as (seen, complaints):
        for call in range(1, 100):
            seed = f"seed{call}"
            ended = worker.publish(root, seed, mode, call=call)
            known.add(completes(worker, store, root, seed, mode))
            assert complaints == []
            if ended["status"] == 0:
                break
            assert ended["status"] == -signal.SIGKILL
            deaths += 1
    # Three files, the manifest, the pointer read and written, two pages read and written.
    assert deaths >= 8
    assert complaints == []
    assert seen <= known


@pytest.mark.parametrize(("kind", "kills"), [("folder", 50), ("swift", 6)])
def test_killed_at_random_instants(kind, kills, request, tmp_path, workers):
    root, mode = (str(tmp_path / "root"), "cas")
    if kind == "swift":
        root, mode = request.getfixturevalue("s3_root") + "/published", "single_writer"
    store = open_store(root)
    (worker,) = workers(1)
    known = {completes(worker, store, root, "first", mode)}
    usual = min(worker.publish(root, f"usual{number}", mode)["seconds"] for number in range(3))
    known.add(completes(worker, store, root, "usual2", mode))
    chance = random.Random(7)  # noqa: S311 - instants, not secrets
    died = 0
    with reader(store, pause=0.01, at_least=5) as (seen, complaints):
        for number in range(4 * kills):
            seed = f"seed{number}"
            ended = worker.publish(root, seed, mode, seconds=chance.uniform(0, usual))
            died += ended["status"] == -signal.SIGKILL
            known.add(completes(worker, store, root, seed, mode))
            assert complaints == []
            if died == kills:
                break
    assert died == kills
    assert seen <= known


def test_two_runs_of_one_market_at_once_end_in_one_publication(tmp_path, workers):
    root = str(tmp_path / "root")
    store = open_store(root)
    pair = workers(2)
    for number in range(15):
        for worker in pair:
            worker.order(root, f"seed{number}")
        assert sorted(worker.answer()["state"] for worker in pair) == ["published", "unchanged"]
        assert verify(store, "DE") == ()
        assert read_pointer(store, "DE").pointer.revision == number + 1


def test_eight_writers_of_different_publications_all_complete_and_none_is_lost(tmp_path, workers):
    root = str(tmp_path / "root")
    crowd = workers(8)
    for round_ in range(4):
        for number, worker in enumerate(crowd):
            worker.order(root, f"seed{round_}", as_of=f"2021-02-{number + 1:02}")
        assert [worker.answer()["status"] for worker in crowd] == [0] * 8
    pointer = read_pointer(open_store(root), "DE").pointer
    assert pointer.revision == 32
    assert [date.day for date in sorted(pointer.selected)] == list(range(1, 9))
    assert pointer.current.day == 8
    assert [event.event for event in pointer.events].count("superseded") == 24


def test_four_writers_of_one_date_all_complete_and_each_event_follows_from_the_one_before(tmp_path, workers):
    root = str(tmp_path / "root")
    crowd = workers(4)
    for number, worker in enumerate(crowd):
        worker.order(root, f"seed{number}")
    assert [worker.answer()["state"] for worker in crowd] == ["published"] * 4
    pointer = read_pointer(open_store(root), "DE").pointer
    told = [(event.event, event.publication) for event in pointer.events]
    published = [publication for event, publication in told if event == "published"]
    assert len(set(published)) == pointer.revision == 4
    chain = [("published", published[0])]
    for old, new in pairwise(published):
        chain += [("superseded", old), ("published", new)]
    assert told == chain
    assert pointer.publication == published[-1]
    assert verify(open_store(root), "DE") == ()
