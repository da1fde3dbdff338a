"""What a run is called, of which day it is, and how it ends when it is told to."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import duckdb
import pytest

from flows.planning.naming import MOST, as_of_each, told
from flows.planning.runs import local_yesterday
from flows.running.cancelling import Cancelled, cancel, cancellable, pause
from region_profiles.loader import load_profile
from tasks.run import _cursors


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith("STRATA_")]:
        monkeypatch.delenv(name)


def test_a_run_is_of_the_local_yesterday_of_the_moment_for_which_it_was_scheduled():
    """20:30 UTC on the 30th is the 1st of July in Tokyo and Auckland, and still the 30th in Berlin and New York."""
    moment = datetime(2026, 6, 30, 20, 30, tzinfo=UTC)
    dates = {name: str(local_yesterday(load_profile(name), moment)) for name in ("JP", "NZ", "DE", "US")}
    assert dates == {"JP": "2026-06-30", "NZ": "2026-06-30", "DE": "2026-06-29", "US": "2026-06-29"}


def test_a_name_says_markets_by_their_dates():
    moment = datetime(2026, 6, 30, 20, 30, tzinfo=UTC)
    assert as_of_each({"markets": ["de", "JP"]}, moment) == "DE as of 2026-06-29, JP as of 2026-06-30"
    assert as_of_each({"markets": ["DE", "JP"], "as_of": "2026-05-31"}, moment) == "DE, JP as of 2026-05-31"


def test_a_name_never_breaks_the_run_that_bears_it():
    moment = datetime(2026, 6, 30, 20, 30, tzinfo=UTC)
    assert as_of_each({"markets": ["Atlantis"]}, moment) == "Atlantis as of yesterday"
    assert as_of_each({}, moment) == "all markets as of yesterday"


def test_many_markets_are_counted():
    day = datetime(2026, 6, 30, tzinfo=UTC).date()
    assert told({f"M{n}": day for n in range(MOST + 1)}) == f"{MOST + 1} markets as of 2026-06-30"


@pytest.mark.parametrize("work", ["python", "query", "sleep"])
def test_a_cancelled_market_ends_within_seconds_whatever_it_does(work):
    ended = []
    begun = threading.Event()
    connection = duckdb.connect()
    _cursors.add(connection)

    def market():
        try:
            with cancellable():
                begun.set()
                if work == "query":
                    connection.execute("SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3")
                elif work == "sleep":
                    pause(3600)
                else:
                    while True:
                        sum(range(1000))
        except BaseException as error:  # noqa: BLE001 - Cancelled is none of Exception
            ended.append(type(error))

    thread = threading.Thread(target=market, daemon=True)
    thread.start()
    begun.wait()
    started = time.monotonic()
    assert cancel(seconds=10)
    thread.join(10)
    connection.close()
    assert time.monotonic() - started < 10
    assert ended == [Cancelled]


def test_no_handler_of_ordinary_errors_takes_a_cancellation_for_one():
    assert not issubclass(Cancelled, Exception)


def test_a_thread_that_works_on_no_market_is_left_alone():
    done = []
    thread = threading.Thread(target=lambda: (pause(0.3), done.append(True)))
    thread.start()
    assert cancel(seconds=1)
    thread.join()
    assert done == [True]
