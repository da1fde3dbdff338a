"""`strata status`, and what the end of a run writes: the page, and within a flow run the artifact."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta

import pytest

from flows.telling.operations import operations, plans_of, refresh_operations
from region_profiles.loader import load_profile
from tasks.errors import StoreUnavailable, Terminal
from tasks.publish.operations.due import Plan
from tests.command_line.conftest import strata  # noqa: F401 - a fixture
from tests.seen.conftest import NOW, YESTERDAY


class Frozen(datetime):
    """The clock of these tests."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)


@pytest.fixture
def status(strata, shop, monkeypatch):  # noqa: F811 - the fixture
    """`strata status` on the shop's root, at the moment of these tests."""
    monkeypatch.setattr("flows.commands.status.datetime", Frozen)
    return lambda *words: strata("status", *words, "--publish", shop.store.root)


# --- strata status ----------------------------------------------------------------------------------------------------


def test_nothing_to_do_is_exit_code_0(shop, status):
    shop.publish()
    found = status()
    assert (found.code, found.out.splitlines()[-1]) == (0, "1 market, none needs a hand")
    row = found.out.splitlines()[1].split()
    assert row[:9] == ["DE", "ok", "2026-06-30", "1", "d", "Thu", "02", "Jul", "03:00"]
    assert "0.50%" in row  # 5 of 1,000 rows


def test_something_to_do_is_exit_code_1_and_comes_first(shop, status):
    shop.publish("AT")
    shop.publish("DE", as_of=date(2026, 6, 28))
    shop.attempt("failed", "JP", error=Terminal("no drop", hint="upload it"), step="ingest")
    found = status()
    assert found.code == 1
    lines = found.out.splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [["JP", "failed"], ["DE", "late"], ["AT", "ok"]]
    assert lines[4] == (
        "JP: the last attempt failed in ingest: no drop; upload it; `strata rerun --failed --market JP`"
    )
    assert lines[-1] == "2 of 3 markets need a hand"


def test_json_is_for_programs_and_has_every_fact(shop, status):
    publication = shop.publish(as_of=date(2026, 6, 29))
    found = status("--json")
    (root,) = json.loads(found.out)
    (market,) = root["markets"]
    assert found.code == 1
    assert (market["word"], market["current"], market["publication"], market["missed"]) == (
        "late", "2026-06-29", publication, 1
    )  # fmt: skip
    assert market["next_run"] == "2026-07-02T03:00:00+02:00"
    assert market["ledger"][0]["quarantined"] == 5
    assert market["needs"][0]["word"] == "late"


def test_json_of_an_empty_root_is_json(status):
    found = status("--json")
    assert (found.code, json.loads(found.out)[0]["markets"]) == (0, [])


def test_a_market_that_is_asked_for_and_was_never_tried_is_told(shop, status):
    shop.publish()
    found = status("jp")
    assert found.code == 1
    assert "JP: nothing was ever published; `strata run JP`" in found.out
    assert "DE" not in found.out


# --- when markets are due, by their profiles --------------------------------------------------------------------------


def test_starts_are_moved_apart_as_they_are_deployed():
    plans = plans_of(["DE", "NL"], None, {})
    assert {market: plan.late_by for market, plan in plans.items()} == {"DE": 0, "NL": 5}
    assert plans["DE"].deliveries == (("germany_crm", "store"),)


def test_profiles_at_hand_are_not_read_again(monkeypatch):
    german = load_profile("DE")
    monkeypatch.setattr("flows.telling.operations.load_profile", lambda *_: pytest.fail("read"))
    assert isinstance(plans_of(["DE", "ZZ"], None, {"DE": german})["DE"], Plan)


def test_a_faulty_profile_is_told_and_stops_no_other(shop, tmp_path):
    folder = tmp_path / "profiles" / "markets"
    folder.mkdir(parents=True)
    (folder / "de.yaml").write_text("schedule: {every: fortnight}")
    (folder / "nl.yaml").write_text("schedule: {every: week}")
    shop.publish("DE")
    shop.publish("NL")
    found = {one.market: one for one in operations(shop.store, folder.parent, now=NOW).markets}
    assert found["NL"].schedule == "week, monday 03:00"
    assert found["DE"].word == "failed"
    assert "schedule.every" in found["DE"].needs[0].says


# --- the end of a run -------------------------------------------------------------------------------------------------


def test_the_page_is_written_beside_the_list_of_markets_and_again(shop):
    shop.publish()
    refresh_operations(shop.store, {"DE": load_profile("DE")}, NOW)
    assert b"1 market, none needs a hand" in shop.store.read("operations.html")
    refresh_operations(shop.store, {}, NOW + timedelta(days=3))
    assert b"1 of 1 market needs a hand" in shop.store.read("operations.html")


@pytest.mark.parametrize("error", [StoreUnavailable("no answer"), ValueError("Erika Mustermann")])
def test_a_page_that_cannot_be_written_fails_no_run(shop, monkeypatch, caplog, error):
    shop.publish()

    def broken(*_):
        raise error

    monkeypatch.setattr(type(shop.store), "replace", broken)
    with caplog.at_level(logging.WARNING, "strata"):
        assert refresh_operations(shop.store, {}, NOW) is None
    assert "the page of operations is not written" in caplog.text
    assert "Mustermann" not in caplog.text


def test_within_a_flow_run_an_artifact_says_the_same(shop, monkeypatch):
    import prefect.artifacts
    import prefect.context

    told = []
    monkeypatch.setattr(prefect.artifacts, "create_markdown_artifact", lambda **facts: told.append(facts))
    shop.publish(as_of=YESTERDAY - timedelta(days=1))
    refresh_operations(shop.store, {}, NOW)
    assert told == []  # no run, no artifact
    monkeypatch.setattr(prefect.context.FlowRunContext, "get", classmethod(lambda _: object()))
    refresh_operations(shop.store, {}, NOW)
    (artifact,) = told
    assert (artifact["key"], artifact["description"]) == ("operations", "1 of 1 market needs a hand")
    assert "| DE | late | 2026-06-29 |" in artifact["markdown"]
    assert "- **DE** late: 2026-06-30 should be there" in artifact["markdown"]
