"""`strata backfill` and `strata rerun` as people call them, on publications that cost nothing to make."""

from __future__ import annotations

import json
import os
from datetime import date

import pytest
import yaml
from typer.testing import CliRunner

from flows.backfilling import dates as filling
from flows.backfilling.dates import backfill_market
from flows.cli import app
from flows.planning.runs import plan
from flows.telling import operations
from flows.telling.operations import refresh_operations
from tasks.errors import DropError, Terminal
from tasks.publish.runs import record_end, record_start
from tests.backfill.conftest import TABLES

FEB, MAR, APR = date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)


@pytest.fixture
def strata(world, quick, monkeypatch):
    """`strata(*words)` calls the command on the world's places; `run` is DE's planned run."""
    profiles = world.folder / "profiles"
    (profiles / "markets").mkdir(parents=True)
    columns = {"date": "day", "member_number": "id", "amount": "amount"}
    base = {
        "source": {"tables": TABLES, "mapping": {"transactions": {"source": "sales", "columns": columns}}},
        "dimensions": {"language": {"kind": "trait", "trait": "language"}},
        "teams": [{"name": "crm", "locales": ["de-DE"]}],
    }
    (profiles / "base.yaml").write_text(yaml.safe_dump(base))
    for market in ("DE", "JP"):
        (profiles / "markets" / f"{market.lower()}.yaml").write_text(yaml.safe_dump({"market": {"country": market}}))
    for name in ("PREFECT_API_URL", "STRATA_PSEUDONYM_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STRATA_WORK", str(world.work))
    monkeypatch.setattr(filling.backfill, "__kwdefaults__", {**filling.backfill.__kwdefaults__, "make": quick})
    places = ("--landing", str(world.landing), "--publish", str(world.publish), "--profiles", str(profiles))

    def call(*words):
        return CliRunner().invoke(app, [*words, *places])

    (call.run,) = plan(["DE"], landing=str(world.landing), publish=str(world.publish), profiles=profiles)
    call.profiles = profiles
    return call


def span(first=FEB, last=APR):
    return ("--from", str(first), "--to", str(last))


def told(result):
    """As-of date and state of each line of JSON."""
    assert result.exit_code == 0, result.output
    return [(line["as_of"], line["state"]) for line in map(json.loads, result.stdout.splitlines())]


def test_a_dry_run_says_what_would_be_new_and_changes_nothing(strata, world):
    before = world.tree()
    result = strata("backfill", "DE", *span(), "--dry-run", "--json")
    assert told(result) == [("2024-02-29", "new"), ("2024-03-31", "new"), ("2024-04-30", "new")]
    assert world.tree() == before


def test_a_dry_run_tells_unchanged_changed_and_stale_dates(strata, world, quick):
    backfill_market(strata.run, [FEB, MAR], make=quick)
    before = world.tree()
    assert told(strata("backfill", "DE", *span(FEB, MAR), "--dry-run", "--json")) == [
        ("2024-02-29", "unchanged"),
        ("2024-03-31", "unchanged"),
    ]
    world.put("DE/sales_late.csv", b"id;amount\n2;20\n")
    before = world.tree()
    result = strata("backfill", "DE", *span(FEB, MAR), "--dry-run")
    assert "files: DE/sales_late.csv new" in result.output
    assert "2 changed" in result.output
    assert world.tree() == before


def test_a_dry_run_of_a_rebuild_lists_all_that_would_follow(strata, quick):
    backfill_market(strata.run, [MAR, APR], make=quick)
    backfill_market(strata.run, [FEB], make=quick)
    assert told(strata("backfill", "DE", "--rebuild", "--dry-run", "--json")) == [
        ("2024-03-31", "stale"),
        ("2024-04-30", "stale"),
    ]


def test_the_time_is_estimated_from_the_markets_own_runs(strata, world):
    assert "how long it takes no earlier run says" in strata("backfill", "DE", *span(), "--dry-run").output
    for number, seconds in enumerate((50.0, 70.0, 600.0)):
        attempt = record_start(world.store, "DE", FEB, f"run{number}")
        record_end(world.store, attempt, outcome="published", timings={"arrival": 900.0, "traits": seconds})
    # Three new dates at the median of 70 s; that it waited for its drop is no work.
    assert "3 new; about 4 min with 2 at once, by earlier runs" in strata("backfill", "DE", *span(), "--dry-run").output


def test_nothing_is_done_without_leave(strata, world):
    before = world.tree()
    result = strata("backfill", "DE", *span())
    assert isinstance(result.exception, Terminal)
    assert "say --yes, or --dry-run" in str(result.exception)
    assert world.tree() == before


def test_with_leave_it_publishes_and_says_a_line_a_date(strata):
    result = strata("backfill", "DE", "JP", *span(FEB, MAR), "--yes")
    assert result.exit_code == 0
    assert [line.split(" ")[:3] for line in sorted(result.output.splitlines()) if line.startswith("DE")] == [
        ["DE", "2024-02-29", "published"],
        ["DE", "2024-03-31", "published"],
    ]
    assert "4 published" in result.output
    assert "4 unchanged" in strata("backfill", "DE", "JP", *span(FEB, MAR), "--yes").output


def test_what_failed_is_told_and_the_exit_code_is_one(strata, quick):
    quick.failing = {MAR: DropError("no file for the table sales", market="DE")}
    result = strata("backfill", "DE", *span(), "--yes")
    assert result.exit_code == 1
    assert "DE 2024-03-31 failed: DropError: no file for the table sales" in result.output
    assert "DE 2024-04-30 left: 2024-03-31 failed, and it builds upon that" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2024-01-01", "--every", "year"), "none of day, week, month"),
        (("--from", "2024-01-01", "--known", "never"), "neither then nor latest"),
        (("--from", "01.02.2024"), "does not match"),
    ],
)
def test_a_wrong_option_ends_with_two(strata, words, said):
    result = strata("backfill", "DE", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_from_is_needed_but_for_a_rebuild(strata):
    assert "--from is not given" in str(strata("backfill", "DE").exception)


def test_rerun_repeats_a_failed_date_and_says_why(strata, world, quick):
    for path in (world.landing / "DE").iterdir():
        os.utime(path, (1_711_800_000, 1_711_800_000))  # 2024-03-30: known then
    attempt = record_start(world.store, "DE", MAR, "one", engine="duckdb", facts={"drops": "known"})
    record_end(world.store, attempt, outcome="failed", step="ingest", error=DropError("no file", market="DE"))
    looked = strata("rerun", "--failed", "--dry-run")
    assert (looked.exit_code, looked.output) == (0, "DE 2024-03-31: failed in ingest: no file\n")
    assert quick.made == []
    result = strata("rerun", "--failed")
    assert result.exit_code == 0
    assert [(run.as_of, run.drops, run.engine) for run in quick.made] == [(MAR, "known", "duckdb")]
    assert sorted(world.pointer().selected) == [MAR]


def test_rerun_without_a_failure_does_nothing(strata, quick):
    result = strata("rerun", "--failed")
    assert (result.exit_code, result.output) == (0, "no last attempt failed or died\n")
    assert "say --failed" in str(strata("rerun").exception)
    assert quick.made == []


@pytest.fixture
def refreshed(monkeypatch):
    """The publish roots whose page of operations was written, in order."""
    roots = []

    def spy(store, *given, **named):
        roots.append(store.uri)
        return refresh_operations(store, *given, **named)

    monkeypatch.setattr(operations, "refresh_operations", spy)
    return roots


def test_a_backfill_and_a_rerun_write_the_page_of_operations_once_at_their_end(strata, world, refreshed):
    strata("backfill", "DE", *span(), "--yes")
    assert refreshed == [world.store.uri]
    assert f"{APR}" in world.store.read("operations.html").decode()
    attempt = record_start(world.store, "DE", APR, "again")
    record_end(world.store, attempt, outcome="failed", step="normalize", error=DropError("late", market="DE"))
    strata("rerun", "--failed")
    assert refreshed == [world.store.uri] * 2


def test_a_dry_run_and_a_rerun_of_nothing_leave_the_page_alone(strata, refreshed):
    strata("backfill", "DE", *span(), "--dry-run")
    strata("rerun", "--failed")
    assert refreshed == []


def test_a_page_that_cannot_be_written_does_not_fail_the_backfill(strata, world, monkeypatch):
    def broken(_found):
        raise OSError

    monkeypatch.setattr(operations, "render_operations", broken)
    assert strata("backfill", "DE", *span(), "--yes").exit_code == 0
    assert not world.store.exists("operations.html")
