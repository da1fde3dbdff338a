"""`strata explain` and `strata preview`: why a customer is where they are, and what a changed profile would do."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.settings import Settings
from flows.zones import publish_root
from region_profiles.loader import load_profile, resolve
from tasks.contract import CUSTOMERS
from tasks.errors import ProfileErrors, PublicationError
from tasks.files import parquet
from tasks.traits.catalogue import CATALOGUE, TRAITS

if TYPE_CHECKING:
    import pyarrow as pa

    from tasks.objects import ObjectStore
    from tasks.publish.manifest import Manifest

Publish = Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")]
Landing = Annotated[
    str | None,
    typer.Option(help="The run's landing: shows source rows and rates too, and lets rules read personal traits."),
]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: the current one.")]
Profiles = Annotated[Path | None, typer.Option(help="Folder of profiles, as given to `strata run`.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
PSEUDONYM = re.compile(r"[0-9a-f]{32}")


def explain(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    customer: Annotated[str, typer.Argument(help="Member number as the store writes it, or customer_id.")],
    publish: Publish = None,
    landing: Landing = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
    *,
    as_json: Json = False,
) -> None:
    """Say why a customer is in each segment: rules with values, money with rates, scores with cuts, source rows.

    Example: strata explain DE 0012345 --publish published --landing drops
    """
    from tasks.privacy.pseudonyms import pseudonym
    from tasks.segment.explain import explain as why
    from tasks.segment.telling import told

    country = market.upper()
    profile = load_profile(country, profiles or Settings().profiles)
    root = publish_root(Settings(), publish, profile.market.zone)
    store, manifest = _published(root, country, as_of.date() if as_of else None)
    key = Settings().pseudonym_key
    who = customer
    if not PSEUDONYM.fullmatch(customer):
        who = pseudonym(key.get_secret_value() if key else None, country, customer)
    with tempfile.TemporaryDirectory() as folder:
        seen = _customers(store, manifest, landing, profiles, Path(folder))
        scores = _scores(manifest.notes)
        found = why(seen.customers, profile, scores, who, transactions=seen.transactions, factors=seen.factors)
    typer.echo(
        json.dumps(found.as_dict(), ensure_ascii=False, indent=2)
        if as_json
        else told(found, untaxed=profile.tax.amounts == "untaxed")
    )


def preview(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    changed: Annotated[Path, typer.Option("--profile", help="The changed market file.")],
    publish: Publish = None,
    landing: Landing = None,
    profiles: Profiles = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what changed rules, tiers, scores or strata would do to the current publication; publish nothing.

    Example: strata preview DE --profile changed.yaml --publish published
    """
    from tasks.engine import DuckDB, open_duckdb
    from tasks.segment import preview as looking
    from tasks.segment.rules import check_rules

    country, directory = market.upper(), profiles or Settings().profiles
    before, after = load_profile(country, directory), resolve(country, directory, file=changed).profile
    store, manifest = _published(publish_root(Settings(), publish, before.market.zone), country, None)
    if errors := check_rules(after):
        raise ProfileErrors(tuple(errors))
    with tempfile.TemporaryDirectory() as folder:
        customers = _customers(store, manifest, landing, profiles, Path(folder)).customers
        engine = DuckDB(open_duckdb(Settings().memory, Settings().threads, Path(folder, "spill")))
        one, two = (looking.published_traits(engine, customers, before, side) for side in (before, after))
        # Against the published segments: what the next run would make of the same data, hysteresis included.
        found = looking.preview(engine, (before, one), (after, two), engine.read_parquet(customers), manifest.as_of)
    typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) if as_json else looking.told(found))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Published customers with the personal traits that rules may read (null without a landing); lines and rates."""

    customers: Path
    transactions: str | None = None
    factors: pa.Table | None = None


def _customers(
    store: ObjectStore, manifest: Manifest, landing: str | None, profiles: Path | None, folder: Path
) -> _Seen:
    """What a publication holds is without personal columns; the run's own work, found or made again, has them."""
    import duckdb

    from tasks.sql import literal

    published = _object(store, manifest, "canonical/customers.parquet", folder)
    target = folder / "full.parquet"
    personal = [trait.name for trait in TRAITS if trait.name in CUSTOMERS.personal]
    seen, private = (
        _Seen(target),
        "(SELECT NULL::VARCHAR AS customer_id, "
        + ", ".join(
            f"NULL::{'BIGINT' if CATALOGUE[name].type == 'integer' else 'VARCHAR'} AS {name}" for name in personal
        )
        + ")",
    )
    if landing is not None:
        from flows.plan import plan
        from tasks.ingest.task import ingest
        from tasks.normalize.task import normalize
        from tasks.reference.task import money
        from tasks.traits.stored import FILE
        from tasks.traits.task import traits

        (run,) = plan([manifest.country], as_of=manifest.as_of, landing=landing, publish=store.uri, profiles=profiles)
        sources = ingest(run)
        normalized = normalize(run, sources)
        factors = money(run, normalized)
        described = traits(run, normalized, factors)
        private = f"(FROM {parquet(described.folder / FILE)})"
        seen = _Seen(target, normalized.transactions.relation, factors.table)
    columns = ", ".join(f"m.{name}" for name in personal)
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT p.*, {columns} FROM {parquet(published)} p "
            f"LEFT JOIN {private} m ON m.customer_id = p.customer_id) TO {literal(str(target))} (FORMAT parquet)"
        ).fetchall()
    return seen


def _published(uri: str, country: str, as_of: date | None) -> tuple[ObjectStore, Manifest]:
    from tasks.objects import open_store
    from tasks.publish.reading import read_current, read_manifest

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
