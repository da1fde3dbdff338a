"""The door of publish, and the identity that a publication's bytes follow from."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from tasks.catalogue import TRAITS
from tasks.contract import OUTPUT_VERSION, QUARANTINE
from tasks.door import door
from tasks.export.task import Staged
from tasks.files import parquet
from tasks.gate.verdict import Verdict
from tasks.memo import Remembered, digest_of
from tasks.normalize.task import Normalized
from tasks.objects import open_store
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.publish.changes import Facts, came_twice
from tasks.publish.manifest import Input, Manifest, canonical_json, exports_of
from tasks.publish.publication import Previous, Published, find_previous
from tasks.publish.publication import publish as to_store
from tasks.records import Sources
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.segment.task import Segments


@dataclass(frozen=True, slots=True)
class Identity:
    """The publication's id and what it digests."""

    publication: str
    references: Mapping[str, str]
    previous: Previous | None


def identify(run: MarketRun, sources: Sources, money: Factors, catalogs: Mapping[str, str]) -> Identity:
    """The id of this run's publication, known before a customer is described."""
    previous = find_previous(open_store(run.publish), run.market, run.as_of)
    references = {**money.digests, **catalogs, **(previous.references if previous else {})}
    facts = Facts(
        inputs=tuple((entry.table, entry.uri, entry.sha256) for entry in sources.inputs),
        profile=run.profile_digest,
        references=references,
        tombstones=_tombstones(run),
        pseudonym_key=key_fingerprint(run.pseudonym_key),
        output_version=OUTPUT_VERSION,
        previous=previous.sha256 if previous else None,
    )
    publication = came_twice(open_store(run.publish), run.market, run.as_of, facts)
    return Identity(publication or facts.publication(run.market, run.as_of), references, previous)


def _tombstones(run: MarketRun) -> str | None:
    return digest_of(list(run.tombstones)) if run.tombstones else None


@door("publish")
def publish(
    run: MarketRun,
    identity: Identity,
    sources: Sources,
    normalized: Normalized,
    segments: Segments,
    staged: Staged,
    notes: Mapping[str, Any],
    verdict: Verdict | None = None,
) -> Published:
    """Put the staged files, the manifest, then move the pointer, or hold the publication as the verdict says."""
    manifest = Manifest(
        country=run.market,
        as_of=run.as_of,
        publication=identity.publication,
        previous=identity.previous.sha256 if identity.previous else None,
        profile=run.profile_digest,
        output_version=OUTPUT_VERSION,
        references=dict(identity.references),
        tombstones=_tombstones(run),
        pseudonym_key=key_fingerprint(run.pseudonym_key),
        inputs=tuple(Input.of(entry) for entry in sources.inputs),
        ledger=plain({name: entry.as_dict() for name, entry in normalized.ledger.items()}),
        columns=_dictionary(run, segments),
        exports=exports_of(staged.folder, staged.rows),
        notes=plain(notes),
    )
    who = f"strata ({_user()})"
    return to_store(
        open_store(run.publish), staged.folder, manifest, pointer_mode=run.pointer, who=who, verdict=verdict
    )


def _user() -> str:
    """Who runs this; a container's user may have a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def publish_drop(run: MarketRun, sources: Sources, ledger: Remembered) -> str:
    """Put a shared drop's own ledger and its rows of no market, once for all its markets; the key of the ledger."""
    store = open_store(run.publish)
    prefix = f"drop={sources.drop}/{ledger.digest[:24]}"
    store.put_new(f"{prefix}/unassigned.parquet", ledger.folder / "unassigned.parquet")
    store.put_new(f"{prefix}/ledger.json", canonical_json(plain(dict(ledger.notes))), "application/json")
    return f"{prefix}/ledger.json"


def plain(value: Any) -> Any:
    """As JSON has it: dates and decimals are text, keys are sorted."""
    return json.loads(json.dumps(value, default=str, sort_keys=True))


def _dictionary(run: MarketRun, segments: Segments) -> dict[str, dict[str, Any]]:
    """Each column of the canonical customers and of the quarantine: meaning, unit, type."""
    with duckdb.connect() as con:
        found = con.execute(f"DESCRIBE SELECT * FROM {parquet(segments.folder / 'customers.parquet')}").fetchall()
    known = {trait.name: {"meaning": trait.meaning, "unit": trait.unit} for trait in TRAITS}
    window = run.profile.traits.window
    customers: dict[str, Any] = {}
    for name, type_, *_ in found:
        entry = known.get(
            name, {"meaning": f"segment of the dimension {name.removeprefix('segment_')}", "unit": "code"}
        )
        customers[name] = {**entry, "type": type_}
    refused = {column.name: {"meaning": column.about, "type": column.type} for column in QUARANTINE.columns}
    about = {"window": {"months": window}}
    return {"canonical/customers.parquet": {**customers, **about}, "canonical/quarantine.parquet": refused}
