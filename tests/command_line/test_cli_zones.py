"""Residency zones: a market is read, computed and published in its own zone, or not at all."""

from __future__ import annotations

import sys

import pytest

from flows.planning.runs import plan
from tasks.errors import DropError, Terminal


@pytest.fixture
def zones(strata, monkeypatch, tmp_path):
    """Zones eu (DE, BG) and jp (JP) with a folder each, drops in them; the folder of both."""
    assert strata, "it clears the environment"
    monkeypatch.chdir(tmp_path)
    for zone, markets in (("eu", ("DE", "BG")), ("jp", ("JP",))):
        monkeypatch.setenv(f"STRATA_ZONES__{zone.upper()}__LANDING", str(tmp_path / zone / "landing"))
        monkeypatch.setenv(f"STRATA_ZONES__{zone.upper()}__PUBLISH", str(tmp_path / zone / "published"))
        for market in markets:
            drop = tmp_path / zone / "landing" / market
            drop.mkdir(parents=True)
            (drop / "any.csv").write_text("a\n1\n")
    return tmp_path


def test_each_market_gets_the_roots_of_its_zone(zones):
    runs = {run.market: run for run in plan()}
    assert set(runs) == {"BG", "DE", "JP"}
    for market, zone in (("BG", "eu"), ("DE", "eu"), ("JP", "jp")):
        assert runs[market].zone == zone
        assert runs[market].landing == str(zones / zone / "landing")
        assert runs[market].publish == str(zones / zone / "published")
    assert [run.market for run in plan(zone="jp")] == ["JP"]


def test_the_shared_work_root_is_the_zones_and_the_scratch_folder_this_machines(zones, monkeypatch):
    monkeypatch.setenv("STRATA_ZONES__EU__WORK", "s3://strata-eu/work")
    monkeypatch.setenv("STRATA_ZONES__JP__POINTER", "single_writer")
    eu, jp = (plan([market])[0] for market in ("DE", "JP"))
    assert (eu.shared, jp.shared) == ("s3://strata-eu/work", None)
    assert eu.work == jp.work == zones / ".strata" / "work"
    assert (eu.pointer, jp.pointer) == ("cas", "single_writer")


@pytest.mark.usefixtures("strata")
@pytest.mark.parametrize(
    ("work", "scratch", "expected"),
    [
        (None, None, (".strata/work", None)),
        ("here", None, ("here", None)),
        ("s3://b/work", None, (".strata/work", "s3://b/work")),
        ("s3://b/work", "fast", ("fast", "s3://b/work")),
        ("network-folder", "fast", ("fast", "network-folder")),
    ],
)
def test_work_is_a_folder_of_this_machine_or_what_workers_share(monkeypatch, tmp_path, work, scratch, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drops" / "DE").mkdir(parents=True)
    (tmp_path / "drops" / "DE" / "any.csv").write_text("a\n")
    for name, value in (("WORK", work), ("SCRATCH", scratch)):
        if value:
            monkeypatch.setenv(f"STRATA_{name}", value)
    (run,) = plan(["DE"], landing="drops", publish="published")
    assert (run.work, run.shared) == (tmp_path / expected[0], expected[1])


@pytest.mark.parametrize(
    ("market", "option", "place", "told"),
    [
        ("JP", "--publish", "eu/published", "a market of zone jp must stay there, and this place is zone eu's"),
        ("DE", "--landing", "jp/landing", "a market of zone eu must stay there, and this place is zone jp's"),
        ("DE", "--publish", "s3://somewhere", "a market of zone eu must stay there, and this place is no zone's"),
        ("KR", "--publish", "published", "zone kr has no roots; expected one of eu, jp"),
    ],
)
def test_another_zones_place_is_refused_before_anything_is_read(strata, zones, market, option, place, told):
    before = sorted(zones.rglob("*"))
    prefect = "prefect" in sys.modules
    found = strata("run", market, option, place)
    assert (found.code, found.out) == (2, "")
    assert told in found.err
    assert ("prefect" in sys.modules) == prefect
    assert sorted(zones.rglob("*")) == before


def test_the_general_roots_are_those_of_the_zone_default_and_no_other_zones(strata, zones, monkeypatch):
    monkeypatch.setenv("STRATA_PUBLISH", str(zones / "general"))
    found = strata("run", "DE", "--publish", zones / "general")
    assert found.code == 2
    assert "this place is zone default's" in found.err


def test_a_drop_in_the_landing_of_another_zone_is_told(strata, zones):
    (zones / "eu" / "landing" / "JP").mkdir()
    (zones / "eu" / "landing" / "JP" / "any.csv").write_text("a\n")
    found = strata("run")
    assert found.code == 2
    assert "the landing of zone eu has drops of other zones: JP" in found.err


def test_a_zone_without_drops_does_not_stop_the_others(zones):
    (zones / "jp" / "landing" / "JP" / "any.csv").unlink()
    assert [run.market for run in plan()] == ["BG", "DE"]
    with pytest.raises(DropError, match="no drop of any known market"):
        plan(zone="jp")


@pytest.mark.usefixtures("zones")
def test_a_deployment_keeps_to_the_markets_of_its_zone():
    with pytest.raises(Terminal, match="no market of zone jp; found 'DE'"):
        plan(["DE"], zone="jp")
    with pytest.raises(Terminal, match="zone kr has no landing"):
        plan(zone="kr")


@pytest.mark.usefixtures("zones")
def test_doctor_looks_at_each_zone(strata):
    found = strata("doctor")
    told = {line.split(None, 1)[1].split("  ")[0] for line in found.out.splitlines()}
    assert {"zone eu: landing", "zone eu: publish root", "zone jp: compare-and-swap"} <= told
    assert "drops BG, DE" in found.out
    assert "landing" not in told  # the general roots are none of this installation's


def test_what_is_published_is_looked_for_in_every_zone(strata, zones):
    found = strata("status")
    assert found.code == 0
    assert found.out.startswith(f"nothing is published at {zones}/eu/published, {zones}/jp/published: ")
    assert f"{zones}/jp/published" in strata("explain", "JP", "1").err
    assert f"{zones}/jp/published" in strata("diff", "JP", "2026-05-31", "2026-06-30").err
