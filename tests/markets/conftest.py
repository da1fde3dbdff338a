"""Runs of whole markets, each once a session, and a reader of what they published that knows none of our code."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.normalize.task import lines_of
from tests.markets.excel import Excel, excel_of

EXAMPLES = Path(__file__).resolve().parents[2] / "region_profiles" / "examples"
KEY = "a key of at least thirty-two characters"


@dataclass(frozen=True)
class Publication:
    """One market's publication as a reader finds it: by pointer, manifest, files."""

    root: Path
    market: str
    as_of: date

    @cached_property
    def pointer(self):
        return json.loads((self.root / f"country={self.market}" / "current.json").read_bytes())

    @cached_property
    def id(self):
        return self.pointer["selected"][str(self.as_of)]

    @cached_property
    def folder(self):
        return self.root / f"country={self.market}" / f"as_of={self.as_of}" / f"publication={self.id}"

    @cached_property
    def manifest(self):
        return json.loads((self.folder / "manifest.json").read_bytes())

    @property
    def ledger(self):
        return self.manifest["ledger"]

    @cached_property
    def digests(self):
        """sha256 by path, of the files as the manifest has them."""
        return {export["path"]: export["sha256"] for export in self.manifest["exports"]}

    def table(self, name):
        return pq.read_table(self.folder / "canonical" / f"{name}.parquet")

    def rows(self, name):
        return self.table(name).to_pylist()

    @cached_property
    def customers(self):
        return self.rows("customers")

    @cached_property
    def segments(self):
        return self.rows("segments")

    @cached_property
    def locales(self):
        """Locales of the files for readers: those that lie in a folder of that name."""
        return sorted(folder.name for folder in self.folder.iterdir() if (folder / "summary").is_dir())

    def csv(self, locale, kind):
        """Path of a localized CSV file: kind is `customers` or `segments`."""
        folder = {"customers": "customers", "segments": "summary"}[kind]
        (path,) = (self.folder / locale / folder).glob(f"*_{kind}.csv")
        return path

    def excel(self, locale, kind) -> Excel:
        """The file as Excel on a computer set to that locale reads it."""
        return excel_of(self.csv(locale, kind).read_bytes(), locale)

    def tags(self):
        """The machine file, as any CSV reader has it."""
        (path,) = (self.folder / "tags").glob("*.csv")
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


@dataclass(frozen=True)
class Ran:
    """Markets that ran: outcomes and publications by market."""

    runs: dict
    outcomes: dict
    publications: dict

    def __getitem__(self, market) -> Publication:
        return self.publications[market]

    def __iter__(self):
        return iter(self.publications)

    def canonical(self, market, table):
        """A canonical table of the market's work folder: it holds what is too personal to publish."""
        (folder,) = self.runs[market].results.glob("canonical-*")
        if table != "transactions":
            return pq.read_table(folder / f"{table}.parquet").to_pylist()
        notes = json.loads((folder / "ref.json").read_text(encoding="utf-8"))["notes"]
        with duckdb.connect() as con:
            return con.sql(f"FROM {lines_of(folder, notes).relation}").to_arrow_table().to_pylist()


@pytest.fixture(scope="session")
def run_markets():
    """A function that runs markets of a landing one after another, below `root`, as `strata run` does."""

    def run(landing, root, as_of, *, profiles=None, markets=None, publish=None, **changes) -> Ran:
        publish = publish or root / "publish"
        planned = plan(markets, as_of=as_of, landing=str(landing), publish=str(publish), profiles=profiles)
        runs = {one.market: replace(one, work=root / "work", **changes) for one in planned}
        outcomes = {market: stratify_market(one) for market, one in runs.items()}
        return Ran(runs, outcomes, {market: Publication(publish, market, as_of) for market in runs})

    return run


@pytest.fixture(scope="session")
def examples():
    """Folder of the worked examples."""
    return EXAMPLES


@pytest.fixture(scope="session")
def landing_of(shared_data, tmp_path_factory):
    """A function that lands shared files: a folder or a file, under the folder name that the example's profile asks."""

    def land(source, drop):
        landing = tmp_path_factory.mktemp("landing")
        path = shared_data(source)
        if path.is_dir():
            shutil.copytree(path, landing / drop)
        else:
            (landing / drop).mkdir()
            shutil.copyfile(path, landing / drop / path.name)
        for copied in [landing / drop, *(landing / drop).iterdir()]:
            copied.chmod(0o755)  # shared data is read-only
        return landing

    return land
