"""Whatever dies when, in any stage: a reader sees one whole publication, and running again completes."""

from __future__ import annotations

import random
import signal

import pytest

from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_current, verify
from tasks.publish.runs import attempts
from tests.deaths import reader

pytestmark = pytest.mark.slow

KILLS_REMEMBERING, KILLS_COMPUTING = 50, 10


def completes(worker, store, publish, work, number):
    """Running again selects the publication, once, and whole; the id that it has is returned."""
    again = worker.run(publish, work, number)
    assert again["status"] == 0
    assert again["state"] in {"published", "unchanged"}
    assert verify(store, "DE") == ()
    pointer, manifest = read_current(store, "DE")
    assert pointer.publication == manifest.publication == again["publication"]
    published = [event.publication for event in pointer.events if event.event == "published"]
    assert published.count(manifest.publication) == 1
    assert len(published) <= pointer.revision  # what is delivered is recorded there, too
    return manifest.publication


def test_killed_at_each_call_of_an_object_store(workers, warm, tmp_path):
    publish = str(tmp_path / "published")
    store = open_store(publish)
    (worker,) = workers(1)
    known = {completes(worker, store, publish, warm, 0)}
    with reader(store, pause=0.06, at_least=3) as (seen, complaints):
        for call in range(1, 200):
            ended = worker.run(publish, warm, call, call=call)
            known.add(completes(worker, store, publish, warm, call))
            assert complaints == []
            if ended["status"] == 0:
                break
            assert ended["status"] == -signal.SIGKILL
    # At least: the drop's seven files, a dozen exports, the attempt twice, the pointer, the manifest, the page.
    assert call > 25
    assert seen <= known
    told = [attempt.outcome for attempt in attempts(store, "DE")]
    assert told.count("running") == call - 2  # all deaths but the one at the first call, which writes the attempt


def test_killed_at_random_instants_of_steps_that_are_remembered(workers, warm, tmp_path):
    publish = str(tmp_path / "published")
    store = open_store(publish)
    (worker,) = workers(1)
    known = {completes(worker, store, publish, warm, 0)}
    usual = min(worker.run(publish, warm, number)["seconds"] for number in (1, 2, 3))
    known.add(completes(worker, store, publish, warm, 3))
    chance = random.Random(7)  # noqa: S311 - instants, not secrets
    died, number = 0, 3
    with reader(store, pause=0.06, at_least=3) as (seen, complaints):
        while died < KILLS_REMEMBERING and number < 4 * KILLS_REMEMBERING:
            number += 1
            for _ in range(2):  # the second finds what the first left behind
                ended = worker.run(publish, warm, number, seconds=chance.uniform(0, usual))
                died += ended["status"] == -signal.SIGKILL
            known.add(completes(worker, store, publish, warm, number))
            assert complaints == []
    assert died >= KILLS_REMEMBERING
    assert seen <= known


def test_killed_again_and_again_while_computing_from_an_empty_work_folder(workers, warm, tmp_path):
    publish = str(tmp_path / "published")
    store = open_store(publish)
    (worker,) = workers(1)
    known = {completes(worker, store, publish, warm, 0)}
    usual = worker.run(str(tmp_path / "elsewhere"), tmp_path / "cold", 1)["seconds"]
    chance = random.Random(11)  # noqa: S311 - instants, not secrets
    died = 0
    with reader(store, pause=0.06, at_least=3) as (seen, complaints):
        for chain in range(1, 100):
            work = tmp_path / f"work{chain}"
            for _ in range(5):
                died += worker.run(publish, work, chain, seconds=chance.uniform(0, usual))["status"] == -signal.SIGKILL
            known.add(completes(worker, store, publish, work, chain))
            assert complaints == []
            if died >= KILLS_COMPUTING:
                break
            assert len(list((work / "DE").glob("staged-*"))) == 1
    assert died >= KILLS_COMPUTING
    assert seen <= known


def test_two_runs_of_one_market_at_once_end_in_one_publication(workers, warm, tmp_path):
    publish = str(tmp_path / "published")
    store = open_store(publish)
    pair = workers(2)
    for number in range(4):
        work = tmp_path / "empty" if number == 0 else warm  # the first time both compute, and share what they make
        for worker in pair:
            worker.order(publish, work, number)
        ended = [worker.answer() for worker in pair]
        assert sorted(one["state"] for one in ended) == ["published", "unchanged"]
        assert len({one["publication"] for one in ended}) == 1
        assert verify(store, "DE") == ()
        events = [event.event for event in read_pointer(store, "DE").pointer.events]
        assert events.count("published") == number + 1
