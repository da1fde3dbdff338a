"""A backfill knows what was known then: no customer of the future, and, where asked, no later drop."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import duckdb
import pyarrow.parquet as pq
import pytest

from tasks.ingest.drop import read_drop
from tasks.normalize.canonical import normalize
from tasks.objects import open_store
from tests.backfill.conftest import profile_of

AS_OF = date(2024, 3, 31)
PEOPLE = b"""id;name;since;profiling
1;Bought before;2024-01-05;yes
2;Came later, never bought;2024-04-02;yes
3;Came later, bought before;2024-04-02;yes
4;Came on the day;2024-03-31;yes
5;Of nobody knows when;;yes
6;Came later and objects;2024-05-01;no
7;Came later, bought later;2024-04-10;yes
"""
SALES = b"""day;id;amount
2024-02-01;1;10
2024-03-30;3;10
2024-04-10;7;10
"""
MAPPING = {
    "transactions": {"source": "sales", "columns": {"date": "day", "member_number": "id", "amount": "amount"}},
    "customers": {
        "source": "people",
        "columns": {"member_number": "id", "name": "name", "registered": "since", "consent_profiling": "profiling"},
    },
}
FORMATS = {"date_order": "ymd", "decimal_sign": "."}


@pytest.fixture
def con():
    with duckdb.connect() as found:
        yield found


@pytest.fixture
def canonical(world, con):
    def at(as_of):
        world.put("DE/sales.csv", SALES)
        world.put("DE/people.csv", PEOPLE)
        profile = profile_of(formats=FORMATS, mapping=MAPPING)
        sources = read_drop(con, profile, open_store(str(world.landing)), world.work, as_of=as_of)
        found = normalize(con, profile, sources, world.work / str(as_of), as_of=as_of, pseudonym_key=None)
        members = pq.read_table(found.customers, columns=["member_number"])["member_number"].to_pylist()
        return sorted(members), found.ledger["customers"]

    return at


def test_who_came_after_the_date_and_had_not_bought_is_filtered(canonical):
    members, ledger = canonical(AS_OF)
    assert members == ["1", "3", "4", "5"]
    assert (ledger.read, ledger.kept, ledger.filtered) == (7, 4, 3)
    assert dict(ledger.reasons["filtered"]) == {"after_as_of": 2, "objection": 1}


def test_once_the_day_has_come_they_are_there(canonical):
    members, ledger = canonical(date(2024, 5, 31))
    assert members == ["1", "2", "3", "4", "5", "7"]
    assert dict(ledger.reasons["filtered"]) == {"objection": 1}


# --- drops known then -------------------------------------------------------------------------------------------------


@pytest.fixture
def notes(world):
    def read(drops, **source):
        with duckdb.connect() as con:
            profile = profile_of(**source)
            store = open_store(str(world.landing))
            return read_drop(con, profile, store, world.work, as_of=AS_OF, drops=drops)

    return read


def moved(path, day):
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))


def test_files_that_came_in_the_night_after_the_date_were_known_to_its_run(world, notes):
    for name in ("sales.csv", "people.csv"):
        moved(world.landing / "DE" / name, "2024-04-01T01:00:00")
    found = notes("known")
    assert [entry.uri for entry in found.inputs] == ["DE/sales.csv", "DE/people.csv"]
    assert found.notes["drops_known"] == "only drops of up to 2024-04-01 count"


def test_the_manifests_notes_say_which_drops_counted_and_which_did_not(world, notes):
    by_path = {"by": "path", "pattern": r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"}
    for name in ("sales.csv", "people.csv"):
        for day in ("2024-03-31", "2024-04-30"):
            world.put(f"DE/{day}/{name}", b"id\n1\n")
        (world.landing / "DE" / name).unlink()
    then, latest = notes("known", drop_date=by_path), notes("latest", drop_date=by_path)
    assert {entry.uri.split("/")[1] for entry in then.inputs} == {"2024-03-31"}
    assert then.notes["drops_known"] == "only drops of up to 2024-03-31 count"
    assert then.notes["drops_ignored"] == "dated after 2024-03-31: 2024-04-30"
    assert {entry.uri.split("/")[1] for entry in latest.inputs} == {"2024-04-30"}
    assert "drops_known" not in latest.notes
