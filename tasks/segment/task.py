"""The door of segment: traits to segments, strata and moves."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tasks.contract import CUSTOMERS
from tasks.door import door
from tasks.memo import digest_of, remember
from tasks.objects import open_store
from tasks.run import MarketRun
from tasks.segment.market import save
from tasks.segment.market import segment as to_segments
from tasks.traits.stored import load
from tasks.traits.task import Described

SECTIONS = {"market", "money", "traits", "dimensions", "stratum"}


@dataclass(frozen=True, slots=True)
class Segments:
    """`customers.parquet`, `segments.parquet` and `membership.parquet` in `folder`; `customers` counts them."""

    folder: Path
    customers: int
    notes: Mapping[str, Any]
    digest: str
    reused: bool


@door("segment")
def segment(run: MarketRun, described: Described, previous: tuple[str, str] | None) -> Segments:
    """Put each customer in one segment of every dimension. What the contract marks personal stays behind.

    `previous` is key and sha256 of canonical/customers.parquet of the publication before.
    """

    def compute(folder: Path) -> dict[str, Any]:
        engine = run.open_engine()
        before = (
            None if previous is None else engine.read_parquet(_fetched(run, previous[0], folder / ".previous.parquet"))
        )
        result = load(engine, described.folder, described.notes)
        made = to_segments(engine, run.profile, result, before, run.as_of)
        public = made.customers.drop(*(set(made.customers.columns) & CUSTOMERS.personal))
        notes = save(engine, replace(made, customers=public), folder)
        (folder / ".previous.parquet").unlink(missing_ok=True)
        return notes

    depends_on = {
        "traits": described.digest,
        "traits_notes": described.notes,
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "previous": None if previous is None else previous[1],
        "engine": run.engine,
    }
    found = remember(run.results, "segments", depends_on, compute)
    notes = {name: value for name, value in found.notes.items() if name != "rows"}
    return Segments(found.folder, found.notes["rows"]["customers"], notes, found.digest, found.reused)


def _fetched(run: MarketRun, key: str, to: Path) -> Path:
    store = open_store(run.publish)
    local = store.local_path(key)
    if local is None:
        store.download(key, to)
    else:
        shutil.copyfile(local, to)
    return to
