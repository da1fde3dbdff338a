"""A shop whose drop is good but for one file, a run of it as far as a case asks, and all that the run told."""

from __future__ import annotations

import json
import pickle
import shutil
import traceback
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.errors import StrataError
from tasks.files import parquet
from tasks.ingest import archives
from tasks.ingest.task import ingest
from tasks.normalize.task import normalize
from tasks.reference.task import money
from tests.bad_input.made import MADE

HERE = Path(__file__).parent
DROPS = HERE / "drops"
PROFILES = HERE / "profiles"
AS_OF = date(2024, 3, 31)
#: What the shop delivers when nothing is wrong; a case replaces the table that its name begins with.
GOOD = {f"{table}/{table}.csv": f"good/{table}.csv" for table in ("sales", "customers", "stores")}


@dataclass
class Told:
    """How a run ended: `error`, or ledger and `facts`; `text` is everything that it told anybody."""

    error: StrataError | None = None
    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def plain_text(self) -> str:
        """Without the signs that could hide a value from a search."""
        shown = "".join(sign for sign in self.text if unicodedata.category(sign) != "Cf")
        return unicodedata.normalize("NFKC", shown).casefold()


@dataclass
class Shop:
    """Landing, profiles, publish root and work folder; the work folder is common to all cases, as on a real machine."""

    root: Path

    def profiles(self, case: dict[str, Any]) -> Path:
        """The good profiles, or a copy with the case's own market file."""
        if "profile" not in case:
            return PROFILES
        folder = self.root / "profiles"
        shutil.copytree(PROFILES, folder)
        own = case["profile"]
        text = (
            (PROFILES / own).read_text()
            if isinstance(own, str)
            else yaml.safe_dump({"market": {"country": "DE"}, **own})
        )
        (folder / "markets" / "de.yaml").write_text(text)
        return folder

    def deliver(self, name: str, case: dict[str, Any]) -> Path:
        """The landing: `files` of the case alone, or the good drop with the case's file in place of its table's."""
        landing = self.root / "landing"
        landing.mkdir()
        files = {f"DE/{path}": source for path, source in GOOD.items()}
        if "files" in case:
            files = case["files"] or {}
        elif "/" in name:
            table = name.partition("/")[0]
            files = {path: source for path, source in files.items() if not path.startswith(f"DE/{table}/")}
            files[f"DE/{name}"] = name
        for path, source in {**files, **case.get("with", {})}.items():
            target = landing / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(MADE[source]() if source in MADE else (DROPS / source).read_bytes())
        return landing

    def run(self, name: str, case: dict[str, Any]) -> Told:
        """Run the case to its stage (`normalize` unless it says `to: money` or `to: publish`)."""
        landing, told = self.deliver(name, case), Told()
        try:
            (run,) = plan(
                [case.get("market", "DE")],
                as_of=case.get("as_of", AS_OF),
                landing=str(landing),
                publish=str(self.root / "publish"),
                profiles=self.profiles(case),
            )
            outcome = stratify_market(run) if case.get("to") == "publish" else None
            sources = ingest(run)
            told.facts = {"notes": dict(sources.notes), "inputs": [_input(entry) for entry in sources.inputs]}
            normalized = normalize(run, sources)
            if outcome:
                told.facts["outcome"] = {"state": outcome.state, "hints": outcome.hints, "shown": outcome.markdown()}
            told.ledger = {table: entry.as_dict() for table, entry in normalized.ledger.items()}
            told.facts["evidence"] = dict(normalized.evidence)
            told.refused = rows(parquet(normalized.folder / "quarantine.parquet"))
            told.tables = {path.stem: parquet(path) for path in normalized.folder.glob("*.parquet")}
            told.tables["transactions"] = normalized.transactions.relation
            if case.get("to") == "money":
                told.facts["money"] = dict(money(run, normalized).notes)
        except StrataError as error:
            told.error = error
            told.text += "".join(traceback.format_exception(error)) + repr(pickle.loads(pickle.dumps(error)).facts())  # noqa: S301 - our own error
        told.text += json.dumps([told.ledger, told.facts, told.refused], ensure_ascii=False, default=str)
        told.text += self.published()
        return told

    def published(self) -> str:
        """What no team's grant covers below the publish root: manifest, pointer, attempts, canonical files."""
        root = self.root / "publish"
        texts = [path.read_text() for path in sorted(root.rglob("*.json"))]
        tables = [
            json.dumps(rows(parquet(path)), default=str, ensure_ascii=False)
            for path in sorted(root.rglob("canonical/*.parquet"))
        ]
        return "\n".join([*texts, *tables])


def _input(entry: Any) -> dict[str, Any]:
    return {"table": entry.table, "uri": entry.uri, "encoding": entry.encoding, **entry.dialect, **entry.inferred}


def rows(relation: str) -> list[dict[str, Any]]:
    """What stands after FROM as dictionaries."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT * FROM {relation}")
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    """One work folder for all cases: one DuckDB instance, and no file of one case may pass for another's."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def shop(tmp_path, work, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(work))
    monkeypatch.setenv("STRATA_THREADS", "1")
    monkeypatch.setenv("STRATA_PSEUDONYM_KEY", "key of this test")
    monkeypatch.setattr(archives, "SMALL", 1 << 20)
    return Shop(tmp_path)


@pytest.fixture(scope="session")
def good(work, tmp_path_factory):
    """The canonical folder of the drop without a fault, to compare with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(work))
        patch.setenv("STRATA_THREADS", "1")
        patch.setenv("STRATA_PSEUDONYM_KEY", "key of this test")
        return Shop(tmp_path_factory.mktemp("good")).run("good", {})
