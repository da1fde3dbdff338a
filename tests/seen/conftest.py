"""A publish root whose every fact is written down in the test that uses it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from region_profiles.operation_models import Schedule
from tasks.objects import open_store
from tasks.publish.deciding import approving, holding, withdrawing
from tasks.publish.manifest import Manifest
from tasks.publish.operations.due import Plan
from tasks.publish.pointer import Event, pointer_key, read_pointer, selecting
from tasks.publish.reading import publication_prefix
from tasks.publish.runs import record_end, record_start

#: A Wednesday; in Berlin 10:00 in summer.
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
YESTERDAY = date(2026, 6, 30)
BERLIN = Plan(schedule=Schedule(), time_zone="Europe/Berlin")
LEDGER = {"read": 1000, "kept": 990, "duplicate": 2, "filtered": 3, "quarantined": 5, "derived": 0}


class Shop:
    """What happens to markets, as the program itself records it."""

    def __init__(self, store):
        self.store = store

    def manifest(self, country, as_of, mark="", ledger=None, notes=None, previous=None):
        digest = hashlib.sha256(f"{country}{as_of}{mark}".encode()).hexdigest()
        manifest = Manifest(
            country=country,
            as_of=as_of,
            publication=digest[:24],
            previous=previous,
            profile="1" * 64,
            output_version=1,
            references={},
            tombstones=None,
            pseudonym_key="k",
            inputs=(),
            ledger={"transactions": LEDGER} if ledger is None else ledger,
            columns={},
            exports=[{"path": "canonical/customers.parquet", "locale": None, "bytes": 1, "sha256": digest, "rows": 1}],
            notes=notes or {},
        )
        key = f"{publication_prefix(country, as_of, manifest.publication)}manifest.json"
        self.store.replace(key, manifest.to_bytes(), "application/json")
        return manifest

    def pointer(self, country):
        found = read_pointer(self.store, country)
        return found.pointer if found else None

    def write(self, pointer):
        self.store.replace(pointer_key(pointer.country), pointer.to_bytes(), "application/json")

    def publish(self, country="DE", as_of=YESTERDAY, when=NOW - timedelta(minutes=30), gate=None, **facts):
        manifest = self.manifest(country, as_of, **{"previous": self.before(country, as_of), **facts})
        self.write(selecting(self.pointer(country), manifest, who="ops", when=when, gate=gate))
        return manifest.publication

    def before(self, country, as_of):
        """Digest of the customers of the date before, as a run would find it."""
        pointer = self.pointer(country)
        earlier = [day for day in pointer.selected if day < as_of] if pointer else []
        known = {event.publication: event.customers for event in pointer.events} if pointer else {}
        return known[pointer.selected[max(earlier)]] if earlier else None

    def hold(self, country="DE", as_of=YESTERDAY, gate=None, mark="held"):
        manifest = self.manifest(country, as_of, mark)
        self.write(holding(self.pointer(country), manifest, who="ops", when=NOW, gate=gate))
        return manifest.publication

    def approve(self, country, as_of, publication):
        pointer = self.pointer(country)
        self.write(approving(pointer, as_of, publication, who="ops", when=NOW, why="checked"))

    def withdraw(self, country, as_of, publication):
        pointer = self.pointer(country)
        self.write(withdrawing(pointer, as_of, publication, who="ops", when=NOW, why="wrong prices"))

    def event(self, country, kind, team, means, when=NOW):
        pointer = self.pointer(country)
        event = Event(
            event=kind, as_of=pointer.current, publication=pointer.publication, who="ops", when=when, team=team,
            means=means,
        )  # fmt: skip
        self.write(pointer.model_copy(update={"events": (*pointer.events, event)}))

    def attempt(self, outcome, country="DE", as_of=YESTERDAY, ago=timedelta(minutes=40), **ended):
        begun = record_start(
            self.store, country, as_of, f"run{outcome}", started=NOW - ago, facts=ended.pop("facts", None)
        )
        if outcome not in {"running", "waiting"}:
            record_end(self.store, begun, outcome=outcome, ended=NOW, **ended)
        elif outcome == "waiting":
            told = begun.model_copy(update={"outcome": "waiting"})
            self.store.replace(told.key, told.to_bytes(), "application/json")


@pytest.fixture
def shop(tmp_path):
    """A publish root, and what happens in it."""
    return Shop(open_store(tmp_path / "published"))
