"""The door of export: a publication's folder, staged exactly as it will lie."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.door import door
from tasks.export.market import export_market
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.run import MarketRun
from tasks.segment.task import Segments

SECTIONS = {"market", "money", "tax", "traits", "dimensions", "stratum", "teams", "exports", "privacy"}
CANONICAL = ("customers", "segments", "membership")


@dataclass(frozen=True, slots=True)
class Staged:
    """The staged folder `folder`, rows by path, and each export's notes."""

    folder: Path
    rows: dict[str, int]
    notes: dict[str, Any]


@door("export")
def export(run: MarketRun, normalized: Normalized, segments: Segments, catalogs: dict[str, str]) -> Staged:
    """Write the localized files of every locale that the market's teams name, beside the canonical ones."""

    def compute(folder: Path) -> dict[str, Any]:
        out = folder / "publication"
        canonical = out / "canonical"
        canonical.mkdir(parents=True)
        for name in CANONICAL:
            shutil.copyfile(segments.folder / f"{name}.parquet", canonical / f"{name}.parquet")
        shutil.copyfile(normalized.folder / "quarantine.parquet", canonical / "quarantine.parquet")
        con = run.cursor()
        try:
            contacts = normalized.folder / "customers.parquet"
            files = export_market(con, run.profile, canonical, contacts, out, as_of=run.as_of)
        finally:
            con.close()
        rows = {file.path: file.rows for file in files}
        for path in sorted(canonical.glob("*.parquet")):
            rows[f"canonical/{path.name}"] = pq.read_metadata(path).num_rows
        teams = {file.path: list(file.teams) for file in files}
        notes = sorted({note for file in files for note in file.notes})
        return {"rows": rows, "notes": {"readers": teams, "locales": notes}}

    depends_on = {
        "canonical": normalized.digest,
        "segments": segments.digest,
        "as_of": str(run.as_of),
        "catalogs": catalogs,
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
    }
    found = remember(run.results, "staged", depends_on, compute)
    return Staged(found.folder / "publication", dict(found.notes["rows"]), dict(found.notes["notes"]))
