"""What all files of a market's export share, and who may see rows of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.export.customers import Base
from tasks.export.summary import Summary


@dataclass(frozen=True, slots=True)
class Reader:
    """Teams of one locale that may see customers, with the same grants; `suffix` tells their files from others'."""

    teams: tuple[str, ...]
    grants: frozenset[str]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One market's export; BASE is loaded in `con`, `stem` begins file names: `DE_2026-10-31`."""

    con: duckdb.DuckDBPyConnection
    profile: Profile
    base: Base
    figures: Summary
    out: Path
    stem: str
    as_of: date


def teams_of(profile: Profile, locale: str) -> tuple[str, ...]:
    """The teams that read a locale."""
    return tuple(team.name for team in profile.teams if locale in team.locales)


def languages_of(profile: Profile) -> list[str]:
    """The locales that teams read, those of the market's own languages first, each in the profile's order."""
    own = {language.split("-")[0] for language in profile.market.languages}
    every = dict.fromkeys(locale for team in profile.teams for locale in team.locales)
    return sorted(every, key=lambda locale: locale.split("-")[0] not in own)


def readers_of(profile: Profile, locale: str) -> tuple[Reader, ...]:
    """The teams of a locale that may see rows of customers, by their grants, in the profile's order.

    Where there are several sets of grants, the file names say whose.
    """
    by_grants: dict[frozenset[str], list[str]] = {}
    for team in profile.teams:
        if locale in team.locales and "customers" in team.grants:
            by_grants.setdefault(frozenset(team.grants), []).append(team.name)
    alone = len(by_grants) == 1
    return tuple(
        Reader(tuple(names), grants, "" if alone else "_" + "-".join(names)) for grants, names in by_grants.items()
    )
