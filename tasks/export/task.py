"""The door of export: a publication's folder, staged exactly as it will lie."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.compare.task import Compared
from tasks.door import door
from tasks.export.background import Background
from tasks.export.job import languages_of
from tasks.export.market import export_market
from tasks.fetched import fetched
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.run import MarketRun
from tasks.segment.task import Segments

SECTIONS = {
    "market", "money", "tax", "traits", "dimensions", "stratum", "teams", "exports", "privacy", "playbooks", "contact",
    "calendar", "audiences", "prediction",
}  # fmt: skip
#: Canonical files by the step that wrote them.
OF_SEGMENTS = ("customers", "segments", "audiences")
OF_COMPARED = ("membership", "comparisons", "flows", "stores")


@dataclass(frozen=True, slots=True)
class Told:
    """What the stages before tell the export, as `Background` has it.

    `previous`: as-of date, key and sha256 of the publication before; `previous_audiences`: key and sha256 of its lists.
    """

    publication: str
    previous: tuple[date, str, str] | None
    ledger: Mapping[str, Mapping[str, Any]]
    reconciliation: Mapping[str, Any]
    days: Mapping[date, Decimal]
    money: Mapping[str, Any]
    predicted: Mapping[str, Any]
    previous_audiences: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """The staged folder `folder`, rows by path, and each export's notes."""

    folder: Path
    rows: dict[str, int]
    notes: dict[str, Any]


@door("export")
def export(
    run: MarketRun,
    normalized: Normalized,
    segments: Segments,
    compared: Compared,
    catalogs: Mapping[str, str],
    told: Told,
) -> Staged:
    """Write the localized files of every locale that the market's teams name, beside the canonical ones."""

    def compute(folder: Path) -> dict[str, Any]:
        out = folder / "publication"
        canonical = out / "canonical"
        canonical.mkdir(parents=True)
        for step, names in ((segments, OF_SEGMENTS), (compared, OF_COMPARED)):
            for name in names:
                if (made := step.folder / f"{name}.parquet").exists():
                    shutil.copyfile(made, canonical / made.name)
        shutil.copyfile(normalized.folder / "quarantine.parquet", canonical / "quarantine.parquet")
        con = run.cursor()
        try:
            contacts = normalized.folder / "customers.parquet"
            background = _background(run, told, segments, normalized)
            files = export_market(
                con, segments.profile, canonical, contacts, out, as_of=run.as_of, background=background
            )
        finally:
            con.close()
        rows = {file.path: file.rows for file in files}
        for path in sorted(canonical.glob("*.parquet")):
            rows[f"canonical/{path.name}"] = pq.read_metadata(path).num_rows
        teams = {file.path: list(file.teams) for file in files}
        notes = sorted({note for file in files for note in file.notes})
        noted = {"readers": teams, "locales": notes, "languages": languages_of(run.profile)}
        return {"rows": rows, "notes": noted}

    depends_on = {
        "canonical": normalized.digest,
        "segments": segments.digest,
        "compared": compared.digest,
        "as_of": str(run.as_of),
        "catalogs": catalogs,
        "told": digest_of(asdict(told) | {"days": sorted((str(day), amount) for day, amount in told.days.items())}),
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
    }
    found = remember(run.results, "staged", depends_on, compute)
    return Staged(found.folder / "publication", dict(found.notes["rows"]), dict(found.notes["notes"]))


def _background(run: MarketRun, told: Told, segments: Segments, normalized: Normalized) -> Background:
    """What the stages before told."""
    as_of, before = None, None
    if told.previous is not None:
        as_of, key, sha256 = told.previous
        before = fetched(run, key, sha256)
    return Background(
        publication=told.publication,
        previous_as_of=as_of,
        previous=before,
        ledger=told.ledger,
        reconciliation=told.reconciliation,
        days=told.days,
        money=told.money,
        predicted=told.predicted,
        segments=segments.notes,
        previous_audiences=None if told.previous_audiences is None else fetched(run, *told.previous_audiences),
        stores=normalized.file("stores"),
    )
