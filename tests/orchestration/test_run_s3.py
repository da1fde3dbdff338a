"""The whole run with landing and publish root on a real S3 server, which has no compare-and-swap."""

from __future__ import annotations

from datetime import date

import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.errors import PublicationError
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_current, verify
from tasks.publish.runs import attempts


@pytest.fixture
def planned(s3_root, drops, tmp_path, monkeypatch):
    """A function from the pointer mode to DE's run, its drop in the bucket."""
    landing, publish = f"{s3_root}/landing", f"{s3_root}/published"
    store = open_store(landing)
    for path in (drops / "DE").iterdir():
        store.put_new(f"DE/{path.name}", path)

    def make(pointer):
        monkeypatch.setenv("STRATA_POINTER", pointer)
        monkeypatch.setenv("STRATA_WORK", str(tmp_path / "work"))
        (run,) = plan(["DE"], as_of=date(2026, 6, 30), landing=landing, publish=publish)
        return run

    return make


def test_a_store_without_compare_and_swap_is_refused_by_name_and_publishes_as_single_writer(planned):
    run = planned("cas")
    store = open_store(run.publish)
    with pytest.raises(PublicationError, match=r"If-Match is not implemented.*single_writer"):
        stratify_market(run)
    assert read_pointer(store, "DE") is None
    assert [info.key for info in store.list("country=DE/as_of")] == []
    assert [(one.outcome, one.step) for one in attempts(store, "DE")] == [("failed", "start")]

    run = planned("single_writer")
    assert stratify_market(run).state == "published"
    assert verify(store, "DE") == ()
    _, manifest = read_current(store, "DE")
    assert {entry.uri for entry in manifest.inputs} >= {"DE/kunden.csv", "DE/umsaetze_2026.csv"}
    assert "test:tester" not in manifest.to_bytes().decode()
    assert stratify_market(run).state == "unchanged"
