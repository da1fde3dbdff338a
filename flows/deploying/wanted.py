"""What a Prefect server is to run: deployments/prefect.yaml, with the schedules that the profiles ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.planning.naming import market_limit
from flows.planning.runs import checked_profile
from flows.planning.timetable import Start, starts
from flows.planning.zones import DEFAULT, configured
from flows.settings import Settings
from region_profiles.loader import list_markets
from region_profiles.models import Profile
from tasks.errors import ProfileError, ProfileErrors, Terminal

#: A deployment with this tag gets the schedules of a region's markets.
REGION = "region:"
#: A deployment with this tag becomes one for each residency zone, where zones are configured; a region's always does.
EACH_ZONE = "zone:each"
#: Tag of all that `strata deploy` makes: what bears it and stands in no file is left over.
OURS = "strata"
#: What a run's process takes beside DuckDB: Python, Prefect, Arrow, and models of what has become small.
BESIDE_MB = 500
#: How much of the machine's memory runs may take together, where STRATA_POOL_MEMORY does not say.
SHARE = 0.75


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timed(_Strict):
    """A schedule as prefect.yaml has it; without a time zone Prefect would take UTC, so one must be written."""

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    cron: str
    timezone: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Pool(_Strict):
    """Where a deployment runs, and with what."""

    name: str
    job_variables: dict[str, Any] = Field(default_factory=dict)


class Deployment(_Strict):
    """A deployment as prefect.yaml has it; `flow` comes from the entrypoint."""

    name: str
    entrypoint: str
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    schedules: tuple[Timed, ...] = ()
    work_pool: Pool
    concurrency_limit: int | None = Field(default=None, ge=1)

    @property
    def region(self) -> str | None:
        """The region whose markets it runs."""
        return next((tag.removeprefix(REGION) for tag in self.tags if tag.startswith(REGION)), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a server is to have: pools and limits with their slots, deployments, automations as their file says."""

    pools: Mapping[str, int]
    limits: Mapping[str, int]
    deployments: tuple[Deployment, ...]
    automations: tuple[dict[str, Any], ...] = ()
    starts: tuple[Start, ...] = ()
    faults: tuple[str, ...] = field(default=())
    """Profiles that could not be read: their markets have no schedule, and nothing is deployed."""


def folder() -> Path:
    """deployments/ of the working folder, else that of the checkout."""
    here = Path("deployments")
    return here if (here / "prefect.yaml").is_file() else Path(__file__).resolve().parents[2] / "deployments"


def wanted(place: Path, settings: Settings) -> Wanted:
    """What the files in `place` and the profiles ask for.

    Raises:
        Terminal: a file cannot be read, or a market's region has no deployment.
    """
    profiles, faults = _profiles(settings)
    timetable = starts(profiles)
    written = [_deployment(entry, place / "prefect.yaml") for entry in _list(place / "prefect.yaml", "deployments")]
    deployments = [one for entry in written for one in _by_zone(entry, profiles, timetable, settings)]
    regions = {entry.region for entry in written}
    homeless = sorted({start.region for start in timetable} - {region for region in regions if region})
    if homeless:
        raise Terminal(
            f"no deployment runs the markets of {', '.join(homeless)}",
            file=str(place / "prefect.yaml"),
            expected=f"an entry with the tag {REGION}{homeless[0]}",
        )
    slots = runs_at_once(settings)
    return Wanted(
        pools=dict.fromkeys(sorted({one.work_pool.name for one in deployments}), slots),
        limits={market_limit(market): 1 for market in sorted(profiles)},
        deployments=tuple(deployments),
        automations=tuple(_list(place / "automations.yaml", "automations")),
        starts=timetable,
        faults=tuple(faults),
    )


def runs_at_once(settings: Settings) -> int:
    """How many runs fit into the pool's memory: each takes DuckDB's limit and what Python holds beside it."""
    import os

    whole = (
        megabytes(settings.pool_memory)
        if settings.pool_memory
        else SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 10**6
    )
    return max(1, int(whole // (megabytes(settings.memory) + BESIDE_MB)))


def megabytes(size: str) -> float:
    """A size as DuckDB writes it.

    >>> megabytes("900MB"), megabytes("2 GB"), megabytes("1GiB")
    (900.0, 2000.0, 1073.741824)
    """
    units = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
    found = re.fullmatch(r"\s*([0-9.]+)\s*([KMGT]I?B)\s*", size.upper())
    if found is None:
        raise Terminal("not a size", value=size, expected="a number with its unit, such as 900MB or 4GiB")
    return float(found[1]) * units[found[2]] / 1e6


def _profiles(settings: Settings) -> tuple[dict[str, Profile], list[str]]:
    found, faults = {}, []
    for market in list_markets(settings.profiles):
        try:
            found[market] = checked_profile(market, settings.profiles, settings.reporting_currency)
        except (ProfileError, ProfileErrors) as error:
            faults.append(str(error))
    return found, faults


def _list(file: Path, key: str) -> list[Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = str(error) if isinstance(error, yaml.YAMLError) else type(error).__name__
        raise Terminal(f"cannot be read: {problem}", file=str(file)) from None
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise Terminal(f"has no list `{key}`", file=str(file))
    return found


def _deployment(entry: Any, file: Path) -> Deployment:
    name = entry.get("name") if isinstance(entry, dict) else None
    try:
        found = Deployment.model_validate(entry)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
        raise Terminal(faults, file=str(file), path=f"deployment {name}") from None
    for schedule in found.schedules:
        if schedule.timezone not in available_timezones():
            raise Terminal("no IANA time zone", file=str(file), path=f"{name}.{schedule.slug}", value=schedule.timezone)
    return found


def _by_zone(
    entry: Deployment, profiles: Mapping[str, Profile], timetable: Iterable[Start], settings: Settings
) -> Iterable[Deployment]:
    """The entry itself, or one for each residency zone of its markets, on that zone's pool."""
    tags = tuple(tag for tag in entry.tags if tag != EACH_ZONE)
    here = [start for start in timetable if start.region == entry.region]
    if not configured(settings) or (entry.region is None and EACH_ZONE not in entry.tags):
        yield _ours(entry, tags=tags, schedules=(*entry.schedules, *map(_timed, here)))
        return
    markets = [one.market for one in profiles.values() if entry.region in (None, one.market.region)]
    for zone in sorted({market.zone for market in markets}):
        own = zone == DEFAULT
        yield _ours(
            entry,
            name=entry.name if own else f"{entry.name}-{zone}",
            tags=(*tags, f"zone:{zone}"),
            parameters={**entry.parameters, "zone": zone},
            schedules=(*entry.schedules, *(_timed(start) for start in here if start.zone == zone)),
            work_pool=entry.work_pool if own else replace_pool(entry.work_pool, zone),
        )


def replace_pool(pool: Pool, zone: str) -> Pool:
    """The pool of a zone: its workers stand where the zone's data may be."""
    return pool.model_copy(update={"name": f"{pool.name}-{zone}"})


def _ours(entry: Deployment, **changes: Any) -> Deployment:
    tags = (OURS, *(tag for tag in changes.pop("tags", entry.tags) if tag != OURS))
    return entry.model_copy(update={**changes, "tags": tags})


def _timed(start: Start) -> Timed:
    return Timed(
        slug=start.slug, cron=start.cron, timezone=start.time_zone, parameters={"markets": list(start.markets)}
    )
