"""`rerun --failed` reads the records of attempts in the publish root, and nothing of Prefect."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from flows.backfilling.rerun import markets_of, to_repeat
from tasks.errors import DropError
from tasks.publish.runs import died, process, record_end, record_start

NOW = datetime(2024, 4, 2, 12, 0, tzinfo=UTC)
FIRST, SECOND = date(2024, 3, 30), date(2024, 3, 31)


@pytest.fixture
def attempt(world):
    """Records an attempt that began some hours ago and came to something."""
    count = iter(range(1000))

    def record(market="DE", as_of=SECOND, hours=1, outcome=None, error=None, **facts):
        began = NOW - timedelta(hours=hours)
        found = record_start(world.store, market, as_of, f"run{next(count)}", started=began, facts=facts)
        if outcome:
            record_end(world.store, found, outcome=outcome, step="normalize", error=error)
        return found

    return record


@pytest.fixture
def again(world):
    def look(*markets, **named):
        found = to_repeat(world.store, markets or markets_of(world.store), now=NOW, **named)
        return [(one.market, one.as_of) for one in found]

    return look


def test_markets_whose_last_attempt_failed_with_its_own_date(attempt, again):
    attempt("DE", FIRST, 3, "published")
    attempt("DE", SECOND, 2, "failed")
    attempt("JP", FIRST, 3, "failed")
    attempt("JP", FIRST, 2, "published")
    attempt("FR", FIRST, 2, "cancelled")
    attempt("IT", FIRST, 2, "held")
    attempt("BE", FIRST, 2, "unchanged")
    assert again() == [("DE", SECOND), ("FR", FIRST)]
    assert again("FR", "JP") == [("FR", FIRST)]


def test_an_earlier_date_counts_only_with_since(attempt, again):
    attempt("DE", FIRST, 30, "failed")
    attempt("DE", SECOND, 2, "published")
    assert again() == []
    assert again(since=NOW - timedelta(hours=31)) == [("DE", FIRST)]
    assert again(since=NOW - timedelta(hours=20)) == []


def test_with_since_dates_come_oldest_first_and_mended_ones_not_at_all(attempt, again):
    attempt("DE", SECOND, 9, "failed")
    attempt("DE", FIRST, 8, "failed")
    attempt("DE", date(2024, 3, 29), 7, "failed")
    attempt("DE", date(2024, 3, 29), 6, "published")
    assert again(since=NOW - timedelta(days=1)) == [("DE", FIRST), ("DE", SECOND)]


def test_the_reason_is_that_of_the_record(world, attempt):
    attempt(outcome="failed", error=DropError("no file for the table sales", market="DE"))
    (found,) = to_repeat(world.store, ["DE"], now=NOW)
    assert found.why == "failed in normalize: no file for the table sales"


def test_what_runs_is_left_alone(attempt, again):
    attempt(process=process())
    attempt("JP", process="elsewhere:1")
    attempt("FR")
    assert again() == []


def test_a_process_that_is_gone_from_this_machine_died(attempt, again):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    attempt(hours=0, process=process().replace(str(os.getpid()), str(ended.pid)))
    assert again() == [("DE", SECOND)]


def test_one_of_another_machine_is_dead_after_hours(attempt, again):
    attempt(hours=7, process="elsewhere:1")
    attempt("JP", hours=5, process="elsewhere:1")
    assert again() == [("DE", SECOND)]
    assert again(dead_after=timedelta(hours=4)) == [("DE", SECOND), ("JP", SECOND)]


def test_an_attempt_that_ended_is_not_dead(world, attempt):
    attempt(outcome="failed", hours=100)
    (found,) = to_repeat(world.store, ["DE"], now=NOW)
    assert not died(found.attempt, NOW, timedelta(hours=6))
