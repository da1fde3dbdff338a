"""A landing made in the test, runs of small markets, and publications that cost nothing to make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from region_profiles.loader import profile_digest
from region_profiles.models import Profile
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.run import MarketRun
from tests.backfill import backfill_worker

AS_OF = date(2024, 3, 31)
TABLES = {"sales": {"files": ["sales*.csv"]}, "people": {"files": ["people.csv"]}}


def profile_of(market="DE", tables=None, **source):
    currency, zone = {"DE": ("EUR", "Europe/Berlin"), "JP": ("JPY", "Asia/Tokyo")}[market]
    return Profile.model_validate(
        {
            "market": {"country": market, "time_zone": zone, "currencies": [{"code": currency}], "languages": ["de"]},
            "source": {"tables": tables or TABLES, **source},
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "crm", "locales": ["de-DE"]}],
        }
    )


class World:
    """A landing, a publish root and a work folder; `run` plans a market's run on them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.landing, self.publish, self.work = (folder / name for name in ("landing", "published", "work"))
        self.store = open_store(str(self.publish))
        for market in ("DE", "JP"):
            self.put(f"{market}/sales.csv", b"id;amount\n1;10\n")
            self.put(f"{market}/people.csv", b"id;name\n1;A\n")

    def put(self, key: str, content: bytes) -> Path:
        path = self.landing / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, market="DE", profile=None, **named) -> MarketRun:
        found = profile or profile_of(market)
        return MarketRun(
            market, AS_OF, found, profile_digest(found), str(self.landing), str(self.publish), self.work, **named
        )

    def pointer(self, market="DE"):
        return read_pointer(self.store, market).pointer

    def tree(self):
        """Every file below the folder, its bytes and its time."""
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def with_dimension(self, run: MarketRun) -> MarketRun:
        """The run by a profile that says something else."""
        privacy = run.profile.privacy.model_copy(update={"minimum_count": 7})
        profile = run.profile.model_copy(update={"privacy": privacy})
        return replace(run, profile=profile, profile_digest=profile_digest(profile))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def quick():
    """Makes a publication of the run's own facts in no time; `quick.made` are the runs that it was asked for."""
    return backfill_worker.Quick()
