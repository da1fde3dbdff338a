"""A landing made in the test, a profile that reads it, and what came out as plain Python rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from region_profiles.models import Profile
from tasks.ingest.drop import read_drop
from tasks.objects import open_store
from tasks.records import Sources

AS_OF = date(2024, 3, 31)


def profile_of(tables, **source):
    return Profile.model_validate(
        {
            "market": {
                "country": "DE",
                "time_zone": "Europe/Berlin",
                "currencies": [{"code": "EUR"}],
                "languages": ["de"],
            },
            "source": {"tables": tables, **source},
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "crm", "locales": ["de-DE"]}],
        }
    )


@dataclass
class Read:
    """The sources of a drop, and its tables as rows."""

    con: duckdb.DuckDBPyConnection
    sources: Sources

    def all(self, table="sales"):
        """Rows with file, record and fault, in the relation's own order."""
        return self.con.execute(f"SELECT * FROM {self.sources.tables[table].relation}").fetchall()

    def rows(self, table="sales"):
        """Rows without file and record, those with a fault as (fault, ...)."""
        return [row[3:] if row[2] is None else (row[2], *row[3:]) for row in self.all(table)]

    def columns(self, table="sales"):
        return self.sources.tables[table].columns

    def input(self, index=0):
        return self.sources.inputs[index]

    @property
    def notes(self):
        return self.sources.notes


@pytest.fixture
def profile():
    """`profile(tables, **source)`: the profile that `read` uses."""
    return profile_of


@pytest.fixture(scope="session")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        yield connection


@pytest.fixture
def con(duck):
    with duck.cursor() as cursor:
        yield cursor


@pytest.fixture
def read(con, tmp_path):
    """`read({path: bytes}, encoding=...)` puts files under the landing and reads the table `sales` from all of them.

    Keywords are of the raw table; `tables` and `source` replace the whole declaration; `root` is another landing.
    """

    def call(files=None, *, tables=None, source=None, drops="latest", root: Path | None = None, as_of=AS_OF, **raw):
        landing = root or tmp_path / "landing"
        for path, content in (files or {}).items():
            target = landing / "DE" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        profile = profile_of(tables or {"sales": {"files": ["*"], **raw}}, **(source or {}))
        sources = read_drop(con, profile, open_store(landing), tmp_path / "work", as_of=as_of, drops=drops)
        return Read(con, sources)

    return call
