"""The chain's publication: the markets' publications found, aggregated, compared, written, and the pointer moved."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from flows.planning.runs import checked_profile, zone_of
from flows.planning.zones import configured, publish_root, publish_roots
from flows.settings import Settings
from region_profiles.loader import list_markets
from tasks.chain.comparing import compare
from tasks.chain.figures import Figures, load_figures
from tasks.chain.income import income
from tasks.chain.index import refresh_chain
from tasks.chain.publication import ChainManifest, already_published, publish_chain
from tasks.chain.reading import Absent, find
from tasks.chain.staging import describe, stage
from tasks.chain.tables import tables
from tasks.chain.view import View
from tasks.engine import open_duckdb
from tasks.errors import PublicationError, StrataError, Terminal
from tasks.export.locales import subtags
from tasks.objects import ObjectStore, open_store
from tasks.publish.pointer import read_pointer

#: Told while it works: the market or the step.
Tell = Callable[[str], None]
State = Literal["published", "unchanged", "planned", "nothing", "broken"]


@dataclass(frozen=True, slots=True)
class ChainOutcome:
    """What became of it. `planned` is a dry run; `broken`: what is wrong with markets' publications: none is written.

    `view` is null where nothing can be told: no market has a publication, or some are broken.
    """

    as_of: date
    root: str
    state: State
    view: View | None = None
    absent: tuple[Absent, ...] = ()
    broken: tuple[StrataError, ...] = ()

    @property
    def manifest(self) -> ChainManifest | None:
        """The manifest, without exports where nothing was written."""
        return self.view.manifest if self.view else None


def publish_aggregates(
    *,
    publish: str | None = None,
    into: str | None = None,
    as_of: date | None = None,
    profiles: Path | None = None,
    locales: Sequence[str] = ("en",),
    dry_run: bool = False,
    tell: Tell = lambda _: None,
) -> ChainOutcome:
    """Publish aggregates across the markets of a publish root, or of all zones' roots.

    Of each market counts the publication selected for the greatest date not after `as_of`: the latest date that any
    market has published, where it is not given. Markets are those of the profiles and of the roots. Nothing leaves a
    zone but sums of customers, none of fewer than the market's `privacy.minimum_count`.

    Raises:
        Terminal: no root to read or to write, a locale that nobody knows, a profile with faults.
    """
    settings = Settings()
    directory = profiles or settings.profiles
    for locale in locales:
        subtags(locale)
    root, stores = _root(settings, publish, into), _stores(settings, publish, directory)
    latest, wrong = _latest(stores) if as_of is None else (as_of, [])
    if latest is None:
        absent = tuple(Absent(one, "nothing") for one in stores)
        return ChainOutcome(date.min, root, "broken" if wrong else "nothing", None, absent, tuple(wrong))
    day = latest
    with tempfile.TemporaryDirectory() as temp, open_duckdb(settings.memory, settings.threads, Path(temp)) as con:
        found = _Found()
        for country, store in stores.items():
            tell(country)
            _add(found, con, settings, directory, (country, store), day, Path(temp))
        if found.broken or not found.markets:
            state: State = "broken" if found.broken else "nothing"
            return ChainOutcome(day, root, state, None, tuple(found.absent), tuple(found.broken))
        comparisons = compare(found.markets)
        days = settings.chain_stale_days
        manifest = describe(day, found.markets, found.absent, comparisons, locales=locales, stale_days=days)
        view = View(found.markets, comparisons, tables(found.markets, comparisons), manifest)
        outcome = ChainOutcome(day, root, "planned", view, tuple(found.absent))
        target = open_store(root)
        if already_published(target, manifest):
            return replace(outcome, state="unchanged")
        if dry_run:
            return outcome
        tell("writing")
        written = stage(con, view, Path(temp) / "staged")
        published = publish_chain(target, Path(temp) / "staged", written, pointer_mode=settings.pointer)
    refresh_chain(target)
    return replace(outcome, state=published.state)


@dataclass(slots=True)
class _Found:
    """What the markets have, so far."""

    markets: list[Figures] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    broken: list[StrataError] = field(default_factory=list)


def _add(
    found: _Found, con: duckdb.DuckDBPyConnection, settings: Settings, directory: Path | None,
    market: tuple[str, ObjectStore | None], day: date, temp: Path,
) -> None:  # fmt: skip
    """Aggregate one market's publication; what is wrong with it is told beside that of the others."""
    country, store = market
    try:
        book = find(store, country, day) if store else Absent(country, "nothing")
        if isinstance(book, Absent):
            found.absent.append(book)
            return
        if directory is not None and country not in list_markets(directory):
            found.absent.append(Absent(country, "profile"))
            return
        profile = checked_profile(country, directory, settings.reporting_currency)
        figures = load_figures(con, book, profile, income(country, day.year), temp)
    except PublicationError as error:
        found.broken.append(error)
        return
    if figures is None:
        found.absent.append(Absent(country, "small"))
    else:
        found.markets.append(figures)


def _root(settings: Settings, publish: str | None, into: str | None) -> str:
    """Where the chain's publication goes: no market's zone need be the others'."""
    found = into or publish or settings.chain or settings.publish
    if found is None:
        roots = publish_roots(settings, None)
        if len(roots) > 1:
            raise Terminal(
                "markets lie in several roots, and none is the chain's",
                value=", ".join(roots),
                hint="say --into URI or set STRATA_CHAIN",
            )
        found = roots[0]
    return found


def _stores(settings: Settings, publish: str | None, directory: Path | None) -> dict[str, ObjectStore | None]:
    """The publish root of each market, sorted by market; null of one whose zone has none."""
    roots = {uri: open_store(uri) for uri in publish_roots(settings, publish)}
    there = {name.removeprefix("country="): store for store in roots.values() for name in store.folders("country=")}
    listed, zones = list_markets(directory), configured(settings)
    found: dict[str, ObjectStore | None] = {}
    for country in sorted({*there, *listed}):
        if publish or not zones:
            found[country] = next(iter(roots.values()))
        elif directory is not None and country not in listed:
            found[country] = there[country]
        else:
            zone = zone_of(country, directory)
            found[country] = (
                roots[publish_root(settings, None, zone)] if zone in zones and zones[zone].publish else None
            )
    return found


def _latest(stores: Mapping[str, ObjectStore | None]) -> tuple[date | None, list[StrataError]]:
    """The latest date that any market has published, and what is wrong with pointers that cannot be read."""
    dates, wrong = [], []
    for country, store in stores.items():
        try:
            pointer = read_pointer(store, country) if store else None
        except PublicationError as error:
            wrong.append(error)
            continue
        dates += [pointer.pointer.current] if pointer and pointer.pointer.current else []
    return max(dates, default=None), [*wrong]
