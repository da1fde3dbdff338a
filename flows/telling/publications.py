"""What commands read of publications, and of the run's own work behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.planning.zones import publish_root
from flows.settings import Settings
from region_profiles.loader import load_profile, profile_digest
from region_profiles.models import Profile
from tasks.errors import PublicationError, Terminal

if TYPE_CHECKING:
    from tasks.engine import Engine
    from tasks.normalize.task import Normalized
    from tasks.objects import ObjectStore
    from tasks.publish.manifest import Manifest
    from tasks.reference.factors import Factors
    from tasks.run import MarketRun
    from tasks.traits.customer import TraitsResult
    from tasks.traits.task import Described

Publish = Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")]
Profiles = Annotated[Path | None, typer.Option(help="Folder of profiles, as given to `strata run`.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
PSEUDONYM = re.compile(r"[0-9a-f]{32}")
CANONICAL = "canonical/"


@dataclass(frozen=True, slots=True)
class Reader:
    """One publication of a market, with today's profile; `folder` takes what has to be fetched from a far store."""

    store: ObjectStore
    manifest: Manifest
    profile: Profile
    profiles: Path | None
    folder: Path

    @property
    def changed(self) -> bool:
        """Whether today's profile is another than the publication's."""
        return profile_digest(self.profile) != self.manifest.profile

    def has(self, table: str) -> bool:
        """Whether the publication has a canonical table."""
        return any(one.path == f"{CANONICAL}{table}.parquet" for one in self.manifest.exports)

    def table(self, table: str) -> Path:
        """A canonical table as a file of this machine; PublicationError where the publication has none."""
        if not self.has(table):
            raise PublicationError(
                f"the publication has no {table}",
                market=self.manifest.country,
                value=self.manifest.publication,
                hint="an older program made it: run the market again",
            )
        return object_path(self.store, self.manifest, f"{CANONICAL}{table}.parquet", self.folder)

    def section(self, name: str) -> dict[str, Any]:
        """A stage's notes in the manifest."""
        found = self.manifest.notes.get(name)
        return dict(found) if isinstance(found, dict) else {}


def reader(
    market: str,
    publish: str | None,
    profiles: Path | None,
    as_of: date | None,
    folder: Path,
    *,
    zone: str | None = None,
) -> Reader:
    """The current publication of a market, or the one of a date.

    Raises:
        PublicationError: nothing is published, or not for that date.
    """
    settings, country = Settings(), market.upper()
    directory = profiles or settings.profiles
    profile = load_profile(country, directory)
    if settings.reporting_currency:
        money = profile.money.model_copy(update={"reporting_currency": settings.reporting_currency})
        profile = profile.model_copy(update={"money": money})
    store, manifest = published(publish_root(settings, publish, zone or profile.market.zone), country, as_of)
    return Reader(store, manifest, profile, directory, folder)


def published(uri: str, country: str, as_of: date | None) -> tuple[ObjectStore, Manifest]:
    """The store, and the manifest of the current publication or of the one selected for a date."""
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
        dates = ", ".join(str(day) for day in sorted(pointer.selected)[-12:])
        raise PublicationError(
            "nothing is published for that date",
            market=country,
            value=as_of.isoformat(),
            hint=f"published dates: {dates}",
        )
    return store, read_manifest(store, country, as_of, pointer.selected[as_of])


def object_path(store: ObjectStore, manifest: Manifest, path: str, folder: Path) -> Path:
    """An object of a publication as a file: where it lies, or a copy in `folder`."""
    from tasks.publish.reading import publication_prefix

    key = publication_prefix(manifest.country, manifest.as_of, manifest.publication) + path
    local = store.local_path(key)
    if local is not None:
        return local
    copy = folder / Path(path).name
    if not copy.exists():
        store.download(key, copy)
    return copy


def customer_id(found: Reader, customer: str) -> str:
    """The pseudonym of a member number; a pseudonym as it is.

    Raises Terminal where the key at hand is not the publication's: nobody could be found by it.
    """
    from tasks.privacy.pseudonyms import key_fingerprint, pseudonym

    if PSEUDONYM.fullmatch(customer):
        return customer
    secret = Settings().pseudonym_key
    key = secret.get_secret_value() if secret else None
    if key_fingerprint(key) != found.manifest.pseudonym_key:
        raise Terminal(
            "member numbers cannot be found with this STRATA_PSEUDONYM_KEY: the publication was made with another",
            market=found.manifest.country,
            hint="set the key of the run, or give the customer_id",
        )
    return pseudonym(key, found.manifest.country, customer)


@dataclass(frozen=True, slots=True)
class Work:
    """What a run made on the way to its publication: found in the work folder, or made again from the landing."""

    run: MarketRun
    normalized: Normalized
    factors: Factors
    described: Described

    @property
    def traits(self) -> Path:
        """The file of traits."""
        from tasks.traits.stored import FILE

        return self.described.folder / FILE

    def customers(self, engine: Engine) -> TraitsResult:
        """Traits with their scores and with what follows from models, as the stage `segment` gets them."""
        from flows.telling.predicting import predicted_as_run
        from tasks.predict.task import FILE
        from tasks.traits.stored import load

        predicted, known = predicted_as_run(self.run, self.normalized, self.factors, self.described)
        return load(engine, self.described.folder, known, predicted.folder / FILE)


def work_of(found: Reader, landing: str | None, profile: Profile | None = None) -> Work:
    """The run's work as of the publication, under the publication's profile or another `profile`; nothing is published.

    Finished steps are taken from the work folder, so that only what the profile changes is computed.
    """
    from flows.planning.runs import plan
    from tasks.ingest.task import ingest
    from tasks.normalize.task import normalize
    from tasks.reference.task import money
    from tasks.traits.task import traits

    (run,) = plan(
        [found.manifest.country],
        as_of=found.manifest.as_of,
        landing=landing,
        publish=found.store.uri,
        profiles=found.profiles,
    )
    if profile is not None:
        run = replace(run, profile=profile, profile_digest=profile_digest(profile))
    normalized = normalize(run, ingest(run))
    factors = money(run, normalized)
    return Work(run, normalized, factors, traits(run, normalized, factors))
