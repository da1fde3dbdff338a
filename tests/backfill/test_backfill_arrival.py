"""A drop that is late, partly there, still growing or there twice: the run waits, then names what is missing."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from flows.publishing import waiting
from region_profiles.loader import profile_digest
from tasks.errors import DropError, ProfileError
from tasks.ingest.arrival import lacking
from tasks.objects import open_store
from tasks.publish.runs import attempts, record_end, record_start, record_waiting
from tasks.records import TableLedger
from tests.backfill.conftest import profile_of

NOW = datetime(2024, 4, 1, 3, 0, tzinfo=UTC)
AS_OF = date(2024, 3, 31)
BY_PATH = {"by": "path", "pattern": r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"}


def aged(path, minutes):
    moment = (NOW - timedelta(minutes=minutes)).timestamp()
    os.utime(path, (moment, moment))


@pytest.fixture
def lacks(world):
    """What the drop lacks by an arrival; every file is an hour old unless told otherwise."""

    def look(raw=None, source=None, drops="latest", **arrival):
        profile = profile_of(tables=raw, arrival=arrival, **(source or {}))
        store = open_store(str(world.landing))
        return lacking(profile, store, lambda info: world.landing / info.key, as_of=AS_OF, now=NOW, drops=drops)

    for path in world.landing.rglob("*.csv"):
        aged(path, 60)
    return look


def test_a_profile_that_says_nothing_waits_for_nothing(lacks, world):
    (world.landing / "DE/people.csv").unlink()
    assert lacks() == ()


def test_the_folder_is_named_where_nothing_has_come(lacks, world):
    for path in (world.landing / "DE").iterdir():
        path.unlink()
    assert lacks(wait_minutes=30) == ("the folder DE, or any file in it",)


def test_the_marker_is_named_until_it_comes(lacks, world):
    assert lacks(marker="fertig.txt") == ("the marker fertig.txt",)
    world.put("DE/fertig.txt", b"")
    assert lacks(marker="fertig.txt") == ()


def test_a_marker_may_name_the_date_that_is_waited_for(lacks, world):
    world.put("DE/done/20240330.ok", b"")
    assert lacks(marker="done/{as_of:%Y%m%d}.ok") == ("the marker done/20240331.ok",)
    world.put("DE/done/20240331.ok", b"")
    assert lacks(marker="done/{as_of:%Y%m%d}.ok") == ()


@pytest.mark.parametrize("marker", ["{day}.ok", "{as_of.nothing}.ok", "{}.ok", "{as_of"])
def test_a_place_holder_that_is_none_is_the_profiles_fault(lacks, marker):
    with pytest.raises(ProfileError, match=r"source\.arrival\.marker: no such place holder"):
        lacks(marker=marker)


def test_a_table_that_is_missing_is_named_with_its_glob(lacks, world):
    (world.landing / "DE/people.csv").unlink()
    assert lacks(wait_minutes=30) == ("people: no file like people.csv",)


def test_an_optional_table_is_waited_for_only_where_it_is_named(lacks):
    raw = {"sales": {"files": ["sales.csv"]}, "notes": {"files": ["notes.csv"], "optional": True}}
    assert lacks(raw, wait_minutes=30) == ()
    assert lacks(raw, tables=("notes",)) == ("notes: no file like notes.csv",)


def test_files_at_work_are_named_until_they_rest(lacks, world):
    aged(world.landing / "DE/sales.csv", 2)
    assert lacks(quiet_minutes=5) == ("rest: DE/sales.csv changed 120 s ago and may still be growing",)
    aged(world.landing / "DE/sales.csv", 5)
    assert lacks(quiet_minutes=5) == ()


def test_the_newest_drop_must_be_whole_though_an_older_one_is(lacks, world):
    for name in ("2024-03-30/sales.csv", "2024-03-30/people.csv", "2024-03-31/sales.csv"):
        aged(world.put(f"DE/{name}", b"id\n1\n"), 60)
    for name in ("sales.csv", "people.csv"):
        (world.landing / "DE" / name).unlink()
    source = {"drop_date": BY_PATH}
    assert lacks(source=source, wait_minutes=1) == ("people: the drop of 2024-03-31 has no file like people.csv",)
    aged(world.put("DE/2024-03-31/people.csv", b"id\n1\n"), 60)
    assert lacks(source=source, wait_minutes=1) == ()


def test_a_later_drop_is_nothing_to_a_backfill_of_what_was_known_then(lacks, world):
    for name in ("2024-03-31/sales.csv", "2024-03-31/people.csv", "2024-04-30/sales.csv"):
        aged(world.put(f"DE/{name}", b"id\n1\n"), 60)
    for name in ("sales.csv", "people.csv"):
        (world.landing / "DE" / name).unlink()
    source = {"drop_date": BY_PATH}
    assert lacks(source=source, drops="known", wait_minutes=1) == ()
    assert lacks(source=source, wait_minutes=1) == ("people: the drop of 2024-04-30 has no file like people.csv",)


# --- the run ----------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only while somebody sleeps; `when` has what happens at which second."""

    def __init__(self):
        self.seconds, self.when = 0.0, {}

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds
        for at in sorted(moment for moment in self.when if moment <= self.seconds):
            self.when.pop(at)()


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(waiting, "time", found)
    monkeypatch.setattr(waiting, "pause", found.sleep)
    return found


@pytest.fixture
def reading(world, clock):
    """`reading(**arrival)` reads a run's drop as its flow does; `told` is what the attempt's record got."""
    assert clock.seconds == 0
    told, steps = [], []

    @contextmanager
    def timed(step):
        steps.append(step)
        yield

    def read(rows=None, **arrival):
        profile = profile_of(arrival=arrival)
        run = replace(world.run(), profile=profile, profile_digest=profile_digest(profile))

        def call(door):
            if door.__name__ == "ingest":
                return lambda _: "sources"
            entry = TableLedger("transactions", read=rows() if rows else 0)
            return lambda _run, _sources: SimpleNamespace(ledger={"transactions": entry})

        return waiting.read_whole(run, call, timed, told.append)

    read.told, read.steps = told, steps
    return read


def test_it_waits_and_goes_on_once_the_drop_is_whole(world, clock, reading):
    (world.landing / "DE/people.csv").unlink()
    clock.when[90.0] = lambda: world.put("DE/people.csv", b"id;name\n1;A\n")
    sources, _ = reading(wait_minutes=5)
    assert sources == "sources"
    assert clock.seconds == pytest.approx(100, abs=11)
    assert reading.told == [("people: no file like people.csv",), ()]


def test_at_the_end_of_its_patience_it_names_what_is_missing_and_reads_nothing(world, clock, reading):
    (world.landing / "DE/people.csv").unlink()
    with pytest.raises(
        DropError, match=r"not whole after 5 min of waiting: people: no file like people\.csv"
    ) as raised:
        reading(wait_minutes=5)
    assert clock.seconds == 300
    assert raised.value.market == "DE"
    assert raised.value.path.endswith("landing/DE")
    assert reading.steps == ["arrival"]


def test_without_patience_it_says_so_at_once(world, clock, reading):
    (world.landing / "DE/people.csv").unlink()
    with pytest.raises(DropError, match="the drop is not whole: people"):
        reading(quiet_minutes=0, wait_minutes=0, tables=("people",))
    assert clock.seconds == 0


def test_too_few_rows_are_a_part_of_a_drop_until_it_changes(world, quick, clock, reading):
    quick(replace(world.run(), as_of=date(2024, 2, 29)))  # a publication of 100 rows
    counts = iter([40, 95])
    clock.when[60.0] = lambda: world.put("DE/sales.csv", b"id;amount\n1;10\n2;20\n")
    reading(rows=lambda: next(counts), rows_share="0.5", wait_minutes=5)
    assert reading.told == [("transactions: 40 rows, usual are 100",), ()]
    assert reading.steps == ["arrival", "ingest", "normalize", "arrival", "arrival", "ingest", "normalize"]


def test_too_few_rows_to_the_end_are_refused_with_both_numbers(world, quick, reading):
    quick(replace(world.run(), as_of=date(2024, 2, 29)))
    with pytest.raises(DropError, match="transactions: 40 rows, usual are 100"):
        reading(rows=lambda: 40, rows_share="0.5", wait_minutes=1)


def test_the_attempts_record_says_that_it_waits_and_for_what(world):
    attempt = record_start(world.store, "DE", AS_OF, "one", facts={"asked_by": "test"})
    record_waiting(world.store, attempt, ["the marker fertig.txt"])
    (found,) = attempts(world.store, "DE")
    assert (found.outcome, found.facts) == ("waiting", {"asked_by": "test", "missing": ["the marker fertig.txt"]})
    record_waiting(world.store, attempt, [])
    (found,) = attempts(world.store, "DE")
    assert (found.outcome, found.facts) == ("running", {"asked_by": "test"})
    record_end(world.store, attempt, outcome="published")
    assert [one.outcome for one in attempts(world.store, "DE")] == ["published"]
