"""Which roots a market may use: those of its residency zone, and no other's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flows.settings import Settings
from tasks.errors import Terminal
from tasks.objects.zones import Zone, bucket_of, one_zone_each, owners
from tasks.run import MarketRun

#: Zone of a profile that names none; the general roots are its roots.
DEFAULT = "default"
LOCAL_WORK = Path(".strata/work")


@dataclass(frozen=True, slots=True)
class Place:
    """The roots of a run; `zone` is null where none is configured: all markets then share the general roots."""

    zone: str | None
    landing: str
    publish: str
    work: Path
    shared: str | None
    pointer: Literal["cas", "single_writer"]


def configured(settings: Settings) -> Mapping[str, Zone]:
    """The zones of the settings with their roots; the general roots are those of the zone `default`."""
    if not settings.zones or DEFAULT in settings.zones:
        return settings.zones
    shared = settings.work if settings.work and bucket_of(settings.work) else None  # a folder is this machine's
    general = Zone(landing=settings.landing, publish=settings.publish, work=shared)
    zones = {**settings.zones, **({DEFAULT: general} if general.roots else {})}
    one_zone_each(zones)
    return zones


def place_of(settings: Settings, zone: str, landing: str | None, publish: str | None) -> Place:
    """Where a market of this zone is read, computed and published; the options win over the settings.

    Raises:
        Terminal: zones are configured and this one is not, a root is missing, or a root is another zone's.
    """
    zones = configured(settings)
    if not zones:
        general = Zone(landing=settings.landing, publish=settings.publish, work=settings.work)
        return _place(settings, None, general, landing, publish)
    if zone not in zones:
        raise Terminal(
            f"zone {zone} has no roots",
            expected=f"one of {', '.join(sorted(zones))}, or roots for it",
            hint=f"set STRATA_ZONES__{zone.upper()}__LANDING and __PUBLISH",
        )
    place = _place(settings, zone, zones[zone], landing, publish)
    for root in filter(None, (place.landing, place.publish, place.shared, str(place.work))):
        _must_be_own(zones, zone, root)
    return place


def publish_root(settings: Settings, given: str | None, zone: str) -> str:
    """The root that is given, or that of the zone; Terminal where there is none."""
    zones = configured(settings)
    found = given or (settings.publish if not zones else zones[zone].publish if zone in zones else None)
    if not found:
        raise Terminal("--publish is not given", hint="say --publish URI or set STRATA_PUBLISH")
    return found


def publish_roots(settings: Settings, given: str | None) -> list[str]:
    """The root that is given, or those of all zones; Terminal where there is none."""
    zones = configured(settings)
    if given or not zones:
        return [publish_root(settings, given, DEFAULT)]
    return [zone.publish for zone in zones.values() if zone.publish]


def _place(settings: Settings, zone: str | None, own: Zone, landing: str | None, publish: str | None) -> Place:
    landing, publish = landing or own.landing, publish or own.publish
    if not landing or not publish:
        missing = "landing" if not landing else "publish"
        own_variable = f"STRATA_ZONES__{zone}__{missing}".upper()
        variable = f"STRATA_{missing.upper()}" if zone in (None, DEFAULT) else own_variable
        raise Terminal(
            f"--{missing} is not given" + ("" if zone is None else f", and zone {zone} has no {missing} root"),
            hint=f"say --{missing} URI or set {variable}",
        )
    folder, shared = _work(settings, own)
    return Place(zone, landing, publish, folder, shared, own.pointer or settings.pointer)


def _work(settings: Settings, own: Zone) -> tuple[Path, str | None]:
    """This machine's folder, and where its steps are shared."""
    work = own.work or settings.work
    local = work is None or "://" not in work or work.startswith("file://")
    if settings.scratch is not None:
        return settings.scratch.absolute(), work
    folder = Path(work.removeprefix("file://")) if work and local else LOCAL_WORK
    return folder.absolute(), None if local else work


def scratch_folders(settings: Settings) -> list[Path]:
    """This machine's work folders, of all zones."""
    zones = configured(settings) or {DEFAULT: Zone()}
    return sorted({_work(settings, zone)[0] for zone in zones.values()})


def must_stay(settings: Settings, zone: str, place: str) -> None:
    """Terminal where rows of a zone's customers may not go to a place: another zone's, or a bucket of none."""
    zones = configured(settings)
    if zones:
        _must_be_own(zones, zone, place)


def _must_be_own(zones: Mapping[str, Zone], zone: str, root: str) -> None:
    """Terminal where a root is another zone's, or a bucket that is no zone's: nobody knows where that one lies."""
    found = list(owners(zones, root))
    if zone in found or (not found and bucket_of(root) is None):
        return
    what = f"zone {found[0]}'s" if found else "no zone's"
    raise Terminal(
        f"a market of zone {zone} must stay there, and this place is {what}",
        value=root,
        expected=" or ".join(zones[zone].roots),
        hint="leave the option out, or mend STRATA_ZONES",
    )


def by_zone(runs: Iterable[MarketRun]) -> list[list[MarketRun]]:
    """The runs of each zone, in order: a flow run holds markets of one; all together where none is configured."""
    found: dict[str | None, list[MarketRun]] = {}
    for run in runs:
        found.setdefault(run.zone, []).append(run)
    return list(found.values())
