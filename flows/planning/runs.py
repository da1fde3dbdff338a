"""Which markets run, when, and by which profile: everything that can be wrong before any data is read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from flows.planning.zones import configured, place_of
from flows.settings import Settings
from region_profiles.loader import list_markets, load_profile, profile_digest
from region_profiles.models import Profile
from tasks.errors import DropError, ProfileError, ProfileErrors, Terminal
from tasks.ingest.databases.place import VARIABLE, Place
from tasks.objects import open_store
from tasks.run import MarketRun
from tasks.segment.rules import check_rules


def plan(
    markets: Sequence[str] | None = None,
    *,
    as_of: date | None = None,
    landing: str | None = None,
    publish: str | None = None,
    profiles: str | Path | None = None,
    engine: Literal["duckdb", "spark"] | None = None,
    zone: str | None = None,
    now: datetime | None = None,
) -> tuple[MarketRun, ...]:
    """The runs that these options and the settings mean, each with its checked profile; of one zone, if it is named.

    Raises:
        ProfileErrors: all the faults of all profiles at once.
        Terminal: no landing or publish root, an unknown market, a landing without drops, a root of another zone.
    """
    settings = Settings()
    directory = Path(profiles) if profiles else settings.profiles
    names = [name.upper() for name in markets] if markets else markets_to_run(settings, landing, directory, zone)
    loaded = [(name, checked_profile(name, directory, settings.reporting_currency)) for name in names]
    strange = [name for name, profile in loaded if zone not in (None, profile.market.zone)]
    if strange or not loaded:
        raise Terminal(f"no market of zone {zone}", value=", ".join(strange) or None, hint="mend `markets` or `zone`")
    places = {one: place_of(settings, one, landing, publish) for one in {profile.market.zone for _, profile in loaded}}
    if markets:
        for drops_at in sorted({place.landing for place in places.values()}):
            here = [profile for _, profile in loaded if places[profile.market.zone].landing == drops_at]
            if all(profile.source.needs_drop for profile in here):
                _require_a_drop(drops_at, {profile.drop for profile in here})
    secret = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    tombstones = _tombstones(settings.tombstones)
    return tuple(
        MarketRun(
            market=name,
            as_of=as_of or local_yesterday(profile, now),
            profile=profile,
            profile_digest=profile_digest(profile),
            landing=place.landing,
            publish=place.publish,
            work=place.work,
            engine=engine or settings.engine,
            memory=settings.memory,
            threads=settings.threads,
            pseudonym_key=secret,
            tombstones=tombstones,
            pointer=place.pointer,
            zone=place.zone,
            shared=place.shared,
            reference=settings.reference,
        )
        for name, profile in loaded
        for place in (places[profile.market.zone],)
    )


def checked_profile(market: str, directory: Path | None, reporting_currency: str | None = None) -> Profile:
    """The market's resolved profile, its rules compiled against the trait catalogue; read anew when a file changes."""
    files = sorted(directory.rglob("*.yaml")) if directory else []
    state = tuple((file, found.st_mtime_ns, found.st_size) for file in files for found in [file.stat()])
    return _checked_profile(market, directory, reporting_currency, state)


@lru_cache(maxsize=256)
def _checked_profile(
    market: str,
    directory: Path | None,
    reporting_currency: str | None,
    state: tuple[tuple[Path, int, int], ...],  # noqa: ARG001 - of the files, for the cache
) -> Profile:
    profile = load_profile(market, directory)
    if reporting_currency:
        money = profile.money.model_copy(update={"reporting_currency": reporting_currency})
        profile = profile.model_copy(update={"money": money})
    faults = tuple(check_rules(profile))
    if faults:
        raise ProfileErrors(faults)
    return profile


def markets_to_run(
    settings: Settings, landing: str | None, directory: Path | None, zone: str | None = None
) -> list[str]:
    """Every market that has a drop: in the one landing, or in its own zone's; of one zone, if it is named.

    And those that need none, where the environment says where all their databases are.

    Raises:
        Terminal: no landing, or a drop in the landing of another zone than its market's.
    """
    zones = configured(settings)
    asked = _of_databases(directory, zone)
    if landing or not zones:
        given = landing or settings.landing
        if given is None:
            raise Terminal("--landing is not given", hint="say --landing URI or set STRATA_LANDING")
        try:
            names = markets_with_drops(given, directory)
        except DropError:
            if not asked:
                raise
            return asked
        return sorted({*asked, *(name for name in names if zone is None or zone_of(name, directory) == zone)})
    found = asked
    empty: list[DropError] = []
    for name, own in zones.items():
        if own.landing is not None and zone in (None, name):
            try:
                found += _drops_of(name, own.landing, directory)
            except DropError as error:  # another zone's landing may have some
                empty.append(error)
    if not found:
        lacking = Terminal(f"{f'zone {zone}' if zone else 'no zone'} has no landing", hint="set STRATA_ZONES")
        raise empty[0] if empty else lacking
    return sorted(set(found))


def _of_databases(directory: Path | None, zone: str | None) -> list[str]:
    """Markets without any file, whose databases the environment names all; a broken profile is told by its run."""
    set_ = {name for name, value in os.environ.items() if name.startswith(VARIABLE) and value.strip()}
    found = []
    for name in list_markets(directory) if set_ else ():
        try:
            profile = load_profile(name, directory)
        except (ProfileError, ProfileErrors):
            continue
        named = {Place(database, "").variable for database in profile.source.asked}
        if not profile.source.needs_drop and named <= set_ and zone in (None, profile.market.zone):
            found.append(name)
    return found


def _drops_of(zone: str, landing: str, directory: Path | None) -> list[str]:
    """The markets with a drop in the zone's landing; Terminal where one is of another zone."""
    found = markets_with_drops(landing, directory)
    strange = [market for market in found if zone_of(market, directory) != zone]
    if strange:
        raise Terminal(
            f"the landing of zone {zone} has drops of other zones: {', '.join(strange)}",
            path=landing,
            expected=f"drops of markets whose profile says `zone: {zone}`",
            hint="move the drops, or mend `market.zone` of the profiles",
        )
    return found


def zone_of(market: str, directory: Path | None) -> str:
    """The residency zone that a market's profile names."""
    return load_profile(market, directory).market.zone


def markets_with_drops(landing: str, directory: Path | None) -> list[str]:
    """Markets that have a profile and whose drop's folder exists in the landing."""
    store = open_store(landing)
    folders = {info.key.split("/", 1)[0].casefold() for info in store.list("") if "/" in info.key}
    known = list_markets(directory)
    found = []
    for name in known:
        try:
            drop = load_profile(name, directory).drop
        except (ProfileError, ProfileErrors):
            if len(known) == 1:
                raise
            drop = name  # its run will tell the fault; another market's profile must not stop this one
        if drop.casefold() in folders:
            found.append(name)
    if not found:
        raise DropError(
            "no drop of any known market",
            file=landing,
            expected=f"a folder named as a market ({', '.join(known[:12])}) or as its profile's source.drop",
            hint="name the markets, or write a profile with `strata profile new`",
        )
    return found


def _require_a_drop(landing: str, drops: set[str]) -> None:
    """DropError where none of the named markets has a drop; if one has, the others fail in their own runs."""
    store = open_store(landing)
    if any(next(iter(store.list(f"{drop}/")), None) for drop in drops):
        return
    folders = sorted({info.key.split("/", 1)[0] for info in store.list("") if "/" in info.key})
    if not {name.casefold() for name in folders} & {drop.casefold() for drop in drops}:
        raise DropError(
            f"the landing has no such folder: {' or '.join(sorted(drops))}",
            file=landing,
            value=", ".join(folders) or "no folder",
            expected="a folder named as the market or as its profile's source.drop",
            hint="check --landing, or upload the drop",
        )


def local_yesterday(profile: Profile, now: datetime | None = None) -> date:
    """Yesterday on the market's own clock: the last day that is over there, now or at that moment."""
    clock = ZoneInfo(profile.market.time_zone)
    return ((now or datetime.now(clock)).astimezone(clock) - timedelta(days=1)).date()


def _tombstones(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise Terminal(
            f"the list of erased customers cannot be read: {type(error).__name__}",
            file=str(path),
            expected="a text file in UTF-8, one tombstone a line",
            hint="mend STRATA_TOMBSTONES; a run without the list would bring erased customers back",
        ) from None
    return tuple(sorted({line for line in lines if line and not line.startswith("#")}))
