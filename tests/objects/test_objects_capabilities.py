"""The probe tells what a store can do by doing it, on real servers and on the faults of those that are not here."""

from __future__ import annotations

import pytest

from tasks.errors import PublicationError
from tasks.objects import Capabilities, open_store, probe, require


class Bent:
    """A sound store with one method bent."""

    def __init__(self, store, **bent):
        self.store, self.bent = store, bent

    def __getattr__(self, name):
        return self.bent.get(name) or getattr(self.store, name)


def test_a_folder_can_do_both_and_keeps_nothing_of_the_probe(tmp_path):
    store = open_store(tmp_path)
    assert probe(store) == Capabilities(conditional_put=True, compare_and_swap=True)
    assert list(store.list(".strata/probe/")) == []
    require(store, "cas")


def test_swift_lets_several_racing_writers_win_and_has_no_if_match(s3_root):
    store = open_store(s3_root)
    found = probe(store)
    assert (found.conditional_put, found.compare_and_swap) == (False, False)
    assert "racing writers won with If-None-Match" in found.notes[0]
    assert found.notes[1] == "If-Match is not implemented"
    assert list(store.list(".strata/probe/")) == []


def test_cas_is_refused_by_name_where_the_store_cannot_do_it(s3_root):
    store = open_store(s3_root)
    with pytest.raises(PublicationError, match=r"pointer: cas is refused.*If-Match is not implemented") as caught:
        require(store, "cas")
    assert "single_writer" in caught.value.hint
    require(store, "single_writer")


def test_a_swap_on_swift_is_an_error_not_a_lost_race(s3_root):
    store = open_store(s3_root)
    store.replace("pointer", b"1")
    _, etag = store.read_versioned("pointer")
    with pytest.raises(PublicationError, match="no such conditional write"):
        store.compare_and_swap("pointer", b"2", etag)


def test_if_match_that_is_always_refused_as_by_ceph_16_is_seen(tmp_path):
    store = open_store(tmp_path)
    bent = Bent(
        store, compare_and_swap=lambda key, data, etag: etag is None and store.compare_and_swap(key, data, etag)
    )
    assert probe(bent, rounds=0).notes == ("If-Match is refused though the ETag is right",)


def ignoring(store, condition):
    """A swap that does not look at one of the two conditions."""

    def swap(key, data, etag):
        if (etag is None) != (condition == "If-None-Match"):
            return store.compare_and_swap(key, data, etag)
        store.replace(key, data)
        return True

    return Bent(store, compare_and_swap=swap)


def test_if_match_that_is_ignored_is_seen(tmp_path):
    found = probe(ignoring(open_store(tmp_path), "If-Match"), rounds=0)
    assert found == Capabilities(
        conditional_put=True, compare_and_swap=False, notes=("If-Match overwrote another version",)
    )


def test_if_none_match_that_is_ignored_is_seen_and_rules_out_swaps(tmp_path):
    found = probe(ignoring(open_store(tmp_path), "If-None-Match"), rounds=0)
    assert found == Capabilities(
        conditional_put=False, compare_and_swap=False, notes=("If-None-Match: * overwrote an object",)
    )
