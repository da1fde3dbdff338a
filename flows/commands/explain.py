"""`strata explain` and `strata preview`: why a customer is where they are, and what a changed profile would do."""

from __future__ import annotations

import json
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.settings import Settings
from tasks.errors import PublicationError, Terminal

if TYPE_CHECKING:
    from tasks.objects import ObjectStore
    from tasks.publish.manifest import Manifest

Publish = Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: the current one.")]
Profiles = Annotated[Path | None, typer.Option(help="Folder of profiles, as given to `strata run`.")]
Canonical = Annotated[
    Path | None, typer.Option(help="Folder with the run's transactions.parquet, to show the source rows as well.")
]


def explain(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    customer: Annotated[str, typer.Argument(help="Member number as the store writes it, or customer_id.")],
    publish: Publish = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
    canonical: Canonical = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say why a customer is in each segment: rules with values, money with rates, scores with cuts, source rows.

    Example: strata explain DE 0012345 --publish published
    """
    from region_profiles.loader import load_profile
    from tasks.segment.explain import explain as why
    from tasks.segment.telling import told

    store, manifest = _published(publish, market.upper(), as_of.date() if as_of else None)
    profile = load_profile(market, profiles or Settings().profiles)
    lines = None if canonical is None else canonical / "transactions.parquet"
    with tempfile.TemporaryDirectory() as folder:
        customers = _object(store, manifest, "canonical/customers.parquet", Path(folder))
        scores = _scores(manifest.notes)
        found = why(customers, profile, scores, customer, transactions=lines)
    typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) if as_json else told(found))


def preview(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    changed: Annotated[Path, typer.Option("--with", help="Folder of the changed profiles.")],
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what changed rules, tiers, scores or strata would do to the current publication; publish nothing.

    Example: strata preview DE --with changed_profiles --publish published
    """
    from region_profiles.loader import load_profile
    from tasks.engine import DuckDB, open_duckdb
    from tasks.errors import ProfileErrors
    from tasks.segment import preview as looking
    from tasks.segment.rules import check_rules

    store, manifest = _published(publish, market.upper(), None)
    before, after = load_profile(market, profiles or Settings().profiles), load_profile(market, changed)
    if errors := check_rules(after):
        raise ProfileErrors(tuple(errors))
    with tempfile.TemporaryDirectory() as folder:
        customers = _object(store, manifest, "canonical/customers.parquet", Path(folder))
        engine = DuckDB(open_duckdb(Settings().memory, Settings().threads, Path(folder, "spill")))
        one, two = (looking.published_traits(engine, customers, before, side) for side in (before, after))
        # Against the published segments: what the next run would make of the same data, hysteresis included.
        found = looking.preview(engine, (before, one), (after, two), engine.read_parquet(customers), manifest.as_of)
    typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) if as_json else looking.told(found))


def _published(publish: str | None, country: str, as_of: date | None) -> tuple[ObjectStore, Manifest]:
    from tasks.objects import open_store
    from tasks.publish.reading import read_current, read_manifest

    uri = publish or Settings().publish
    if not uri:
        raise Terminal("--publish is not given", hint="say --publish URI or set STRATA_PUBLISH")
    store = open_store(uri)
    found = read_current(store, country)
    if found is None:
        raise PublicationError("nothing is published", market=country, path=uri)
    pointer, manifest = found
    if as_of is None or as_of == manifest.as_of:
        return store, manifest
    if as_of not in pointer.selected:
        raise PublicationError("nothing is published for that date", market=country, value=as_of.isoformat())
    return store, read_manifest(store, country, as_of, pointer.selected[as_of])


def _object(store: ObjectStore, manifest: Manifest, path: str, folder: Path) -> Path:
    from tasks.publish.reading import publication_prefix

    key = publication_prefix(manifest.country, manifest.as_of, manifest.publication) + path
    local = store.local_path(key)
    if local is not None:
        return local
    copy = folder / Path(path).name
    store.download(key, copy)
    return copy


def _scores(notes: Any) -> list[Any]:
    """The cuts of the scores, wherever the notes of the stages hold them."""
    if isinstance(notes, dict):
        if isinstance(notes.get("scores"), list):
            return list(notes["scores"])
        return next((found for one in notes.values() if (found := _scores(one))), [])
    return []
