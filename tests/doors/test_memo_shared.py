"""tasks.shelf: workers on several machines share finished steps through an object store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from tasks.memo import REF, remember
from tasks.objects import open_store
from tasks.shelf import shelf


@pytest.fixture(params=["folder", "swift"])
def uri(request, tmp_path):
    """A shared work root: a folder of its own, and a bucket of a real server."""
    return str(tmp_path / "shared") if request.param == "folder" else request.getfixturevalue("s3_root") + "/work"


class Machine:
    """A worker: its own scratch folder, and how often it had to compute."""

    def __init__(self, root, uri):
        self.root, self.uri, self.computed = root, uri, 0

    def run(self, text="bytes", fault=None):
        def compute(folder):
            self.computed += 1
            (folder / "publication" / "日本").mkdir(parents=True)
            (folder / "publication" / "日本" / "a.csv").write_text(text)
            (folder / "empty.parquet").write_text("")
            if fault:
                raise fault
            return {"rows": 1, "author": text}

        with shelf(self.root, self.uri):
            return remember(self.root / "DE", "traits", {"input": "x"}, compute)


@pytest.fixture
def machines(tmp_path, uri):
    return Machine(tmp_path / "one", uri), Machine(tmp_path / "two", uri)


def objects(uri):
    return [info.key for info in open_store(uri).list("")]


def test_a_second_worker_fetches_what_the_first_computed(machines):
    one, two = machines
    first, second = one.run(), two.run()
    assert (first.reused, second.reused) == (False, True)
    assert two.computed == 0
    assert second.digest == first.digest
    assert second.notes == first.notes
    assert second.folder == two.root / "DE" / first.folder.name
    assert (second.folder / "publication" / "日本" / "a.csv").read_text() == "bytes"
    assert [path.name for path in (two.root / "DE").iterdir()] == [second.folder.name]


def test_a_step_that_one_machine_remembers_alone_is_shared_when_it_is_met_again(machines, uri):
    one, two = machines
    one.uri = None
    one.run()
    one.uri = uri
    assert objects(uri) == []
    assert one.run().reused
    assert two.run().reused
    assert (one.computed, two.computed) == (1, 0)


def test_without_its_record_a_step_is_not_there(machines, uri):
    one, two = machines
    first = one.run()
    open_store(uri).delete(f"DE/{first.folder.name}/{REF}")  # as if the upload had died before its end
    assert not two.run().reused
    assert two.computed == 1
    assert objects(uri)[-1].endswith(REF)


def test_a_step_whose_file_is_gone_is_computed_and_put_again(machines, uri):
    one, two = machines
    one.run()
    lost = objects(uri)[0]
    open_store(uri).delete(lost)
    assert not two.run().reused
    assert lost in objects(uri)


def test_of_two_workers_with_other_bytes_the_first_record_holds_for_both(machines, uri):
    one, two = machines
    one.uri = two.uri = None
    mine, theirs = one.run("first"), two.run("second")
    assert mine.digest != theirs.digest
    one.uri = two.uri = uri
    one.run("first")
    again = two.run("second")
    assert again.digest == mine.digest
    assert again.notes["author"] == "first"
    assert (again.folder / "publication" / "日本" / "a.csv").read_text() == "first"


def test_workers_that_compute_at_once_end_with_the_same_bytes(tmp_path, uri):
    crowd = [Machine(tmp_path / str(number), uri) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: copy_context().run(one.run, f"by {one.root.name}"), crowd))
    again = [one.run() for one in crowd]
    records = {(one.folder / REF).read_text() for one in again}
    assert len(records) == 1
    assert sum(info.endswith(REF) for info in objects(uri)) == 1
    if "://" not in uri:  # Swift may let several win a race for the record: they agree from the next run on
        assert {one.digest for one in found} == {one.digest for one in again}


def test_a_step_that_fails_shares_nothing(machines, uri):
    with pytest.raises(ValueError, match="died"):
        machines[0].run(fault=ValueError("died"))
    assert objects(uri) == []


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt"])
def test_a_record_that_leads_out_of_its_folder_is_not_followed(machines, uri, name):
    one, two = machines
    first = one.run()
    key = f"DE/{first.folder.name}/{REF}"
    record = json.loads(open_store(uri).read(key))
    record["files"] = {name: next(iter(record["files"].values()))}
    open_store(uri).replace(key, json.dumps(record).encode())
    assert not two.run().reused
    assert not list(two.root.rglob("outside.txt"))


def test_what_lies_outside_of_the_scratch_folder_is_not_shared(tmp_path, uri):
    with shelf(tmp_path / "one", uri):
        remember(tmp_path / "elsewhere", "traits", 1, lambda _: {})
    assert objects(uri) == []
