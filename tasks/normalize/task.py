"""The door of normalize: raw tables to a market's canonical files and its ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.door import door
from tasks.memo import Remembered, digest_of, remember
from tasks.normalize.canonical import normalize as to_canonical
from tasks.normalize.shared import shared_ledger
from tasks.normalize.transactions import CHANGES, LINES, CanonicalLines
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.records import Ledger, Sources, TableLedger
from tasks.run import MarketRun

#: Sections of the profile that canonical tables depend on: a change of any other reuses them.
SECTIONS = {"market", "source", "plausibility", "tax", "privacy", "languages"}


@dataclass(frozen=True, slots=True)
class Normalized:
    """Canonical files in `folder` (`<table>.parquet`), the lines, the ledger, and what was found on the way."""

    folder: Path
    transactions: CanonicalLines
    ledger: Ledger
    evidence: Mapping[str, Any]
    digest: str
    reused: bool

    def file(self, table: str) -> Path | None:
        """The canonical file of a table, or None where the market has none."""
        path = self.folder / f"{table}.parquet"
        return path if path.exists() else None


@door("normalize")
def normalize(run: MarketRun, sources: Sources) -> Normalized:
    """Canonical tables of the market; reused where inputs, profile, key and tombstones are the same."""

    def compute(folder: Path) -> dict[str, Any]:
        con = run.cursor()
        try:
            made = to_canonical(
                con,
                run.profile,
                sources,
                folder,
                as_of=run.as_of,
                pseudonym_key=run.pseudonym_key,
                tombstones=run.tombstones,
            )
        finally:
            con.close()
        ledger = {name: {**entry.as_dict(), "table": name} for name, entry in made.ledger.items()}
        starts = made.transactions.starts
        return {
            "ledger": ledger,
            "evidence": {**made.evidence, **unassigned(run, sources)},
            "starts": None if starts is None else sorted(starts.items()),
        }

    depends_on = {
        "market": run.market,
        "as_of": str(run.as_of),
        "inputs": [(entry.table, entry.uri, entry.sha256) for entry in sources.inputs],
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "key": key_fingerprint(run.pseudonym_key),
        "tombstones": digest_of(list(run.tombstones)),
    }
    found = remember(run.results, "canonical", depends_on, compute)
    ledger = {name: read_ledger(entry) for name, entry in found.notes["ledger"].items()}
    lines = lines_of(found.folder, found.notes)
    return Normalized(found.folder, lines, ledger, found.notes["evidence"], found.digest, found.reused)


def lines_of(folder: Path, notes: Mapping[str, Any]) -> CanonicalLines:
    """The canonical transactions in a folder of this step."""
    changes, starts = folder / CHANGES, notes["starts"]
    return CanonicalLines(
        folder / LINES, changes if changes.exists() else None, None if starts is None else dict(starts)
    )


def shared(run: MarketRun, sources: Sources) -> Remembered | None:
    """The own ledger of a shared drop, made once for all its markets: `unassigned.parquet`, and counts as notes."""
    if not run.profile.source.shared:
        return None

    def compute(folder: Path) -> dict[str, Any]:
        con = run.cursor()
        try:
            made = shared_ledger(con, [run.profile], sources, folder)
        finally:
            con.close()
        return {name: {**asdict(table), "reasons": dict(table.reasons)} for name, table in made.tables.items()}

    depends_on = {
        "inputs": [(entry.table, entry.uri, entry.sha256) for entry in sources.inputs],
        "source": digest_of(run.profile.source.model_dump(mode="json", by_alias=True)),
    }
    return remember(run.work / "drops", "ledger", depends_on, compute)


def unassigned(run: MarketRun, sources: Sources) -> dict[str, Any]:
    """Rows of a shared drop that are no market's, by table, for the evidence of each of its markets."""
    found = shared(run, sources)
    if found is None:
        return {}
    return {
        "unassigned": {
            name: {"rows": told["unassigned"], "reasons": told["reasons"], "values": told["unknown"]}
            for name, told in found.notes.items()
            if told["unassigned"]
        }
    }


def read_ledger(told: Mapping[str, Any]) -> TableLedger:
    """What `TableLedger.as_dict` told."""
    amounts = {
        outcome: {reason: {code: Decimal(sum_) for code, sum_ in by.items()} for reason, by in reasons.items()}
        for outcome, reasons in told["amounts"].items()
    }
    counts = {name: told[name] for name in ("read", "kept", "duplicate", "filtered", "quarantined", "derived")}
    reasons = {outcome: Counter(by) for outcome, by in told["reasons"].items()}
    return TableLedger(told["table"], **counts, reasons=reasons, amounts=amounts)
