"""Whole runs in residency zones, and workers on two machines that share a zone's work root."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.ingest.task import ingest
from tasks.normalize.task import normalize
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify

AS_OF = date(2026, 6, 30)


def test_each_zone_has_a_flow_run_of_its_own(strata, prefect_server, drops, tmp_path):
    environ = {"PREFECT_API_URL": prefect_server.url}
    for zone, markets in (("eu", ("BG", "DE")), ("jp", ("JP",))):
        for market in markets:
            shutil.copytree(drops / market, tmp_path / zone / "landing" / market)
        environ[f"STRATA_ZONES__{zone.upper()}__LANDING"] = str(tmp_path / zone / "landing")
        environ[f"STRATA_ZONES__{zone.upper()}__PUBLISH"] = str(tmp_path / zone / "published")
    ended = strata("run", "--as-of", str(AS_OF), **environ)
    assert ended.code == 0, ended.said
    assert "3 of 3 markets in" in ended.out
    names = ["stratify BG, DE as of 2026-06-30", "stratify JP as of 2026-06-30"]
    found = prefect_server.ask("/flow_runs/filter", flow_runs={"name": {"any_": names}})
    assert sorted((run["name"], run["state_type"]) for run in found) == [(name, "COMPLETED") for name in names]
    for zone, markets in (("eu", {"BG", "DE"}), ("jp", {"JP"})):
        store = open_store(tmp_path / zone / "published")
        assert {info.key.split("/")[0] for info in store.list("")} - {"index.html", "operations.html"} == {
            f"country={market}" for market in markets
        }
        for market in markets:
            assert verify(store, market) == ()


@pytest.fixture
def machine(s3_root, drops, tmp_path, monkeypatch):
    """A function from a machine's name to DE's run there, with all roots in one zone's bucket."""
    landing = open_store(f"{s3_root}/landing")
    for path in (drops / "DE").iterdir():
        landing.put_new(f"DE/{path.name}", path)
    for root in ("landing", "publish", "work"):
        monkeypatch.setenv(f"STRATA_ZONES__EU__{root.upper()}", f"{s3_root}/{root}")
    monkeypatch.setenv("STRATA_ZONES__EU__POINTER", "single_writer")

    def at(name):
        monkeypatch.setenv("STRATA_SCRATCH", str(tmp_path / name))
        (run,) = plan(["DE"], as_of=AS_OF)
        return run

    return at


def test_a_second_machine_computes_nothing_that_the_first_has_computed(machine, s3_root, monkeypatch):
    first = machine("one")
    assert stratify_market(first).state == "published"
    steps = {info.key.split("/")[1].rsplit("-", 1)[0] for info in open_store(f"{s3_root}/work").list("DE/")}
    assert steps >= {"canonical", "traits", "segments", "staged"}

    second = machine("two")
    assert second.work != first.work
    before = read_pointer(open_store(first.publish), "DE")
    for info in list(open_store(first.publish).list("country=DE/")):
        open_store(first.publish).delete(info.key)  # so that the second machine has to stage it all again
    monkeypatch.setattr("tasks.memo._computed", None)
    assert stratify_market(second).state == "published"
    after = read_pointer(open_store(first.publish), "DE")
    assert after.pointer.publication == before.pointer.publication
    assert verify(open_store(first.publish), "DE") == ()


def test_what_is_shared_is_found_by_content_and_another_drop_is_computed(machine, s3_root, drops):
    first = machine("one")
    canonical = normalize(first, ingest(first))
    assert not canonical.reused
    assert normalize(machine("two"), ingest(machine("two"))).reused
    landing = open_store(f"{s3_root}/landing")
    newest = next(path for path in (drops / "DE").iterdir() if path.name == "umsaetze_2026.csv")
    landing.replace(f"DE/{newest.name}", b"".join(newest.read_bytes().splitlines(keepends=True)[:-5]))
    assert not normalize(machine("two"), ingest(machine("two"))).reused
