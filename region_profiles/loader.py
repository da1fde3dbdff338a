"""A market's resolved profile: layers merged, checked as a whole, every fault reported at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel import localedata
from pydantic import ValidationError

from region_profiles.checks import check
from region_profiles.faults import Locator
from region_profiles.findings import Fault, Steps
from region_profiles.layers import assemble, built_in, market_files
from region_profiles.models import Profile
from region_profiles.operation_models import OPERATIONAL
from region_profiles.reading import Node, Origin, plain, planted
from region_profiles.territories import office_language
from tasks.errors import ProfileError, ProfileErrors


@dataclass(frozen=True, slots=True)
class Resolved:
    """A checked profile, the plain data it was made of, and where each value comes from.

    `origins` maps the path of each value, list items by number, to its file and line; what is in neither is a default
    of the models. `warnings` are findings that do not hinder a run.
    """

    profile: Profile
    origins: Mapping[Steps, Origin]
    data: dict[str, Any]
    digest: str
    warnings: tuple[str, ...] = ()


def list_markets(directory: Path | None = None) -> tuple[str, ...]:
    """Codes of the markets that have a file, sorted.

    >>> "DE" in list_markets()
    True
    """
    return tuple(market_files(directory))


def load_profile(market: str, directory: Path | None = None) -> Profile:
    """The profile of a market: built-in layers, or those with `directory` over them.

    Raises:
        ProfileError: for an unknown market.
        ProfileErrors: with every fault of the profile.

    >>> load_profile("is").market.currencies[0].code
    'ISK'
    """
    return resolve(market, directory).profile


def country_profile(market: str) -> Profile:
    """What a market without a file is run by: facts of the country, base and region, without any built-in market file.

    Raises:
        ProfileError: for an unknown market.

    >>> country_profile("DE").teams[0].name
    'de_team'
    """
    return resolve(market, file=Path(os.devnull)).profile


def resolve(market: str, directory: Path | None = None, *, file: Path | None = None) -> Resolved:
    """`load_profile` with origins, data, digest and warnings; `file` stands in for the market's own file."""
    if directory is not None and not directory.is_dir():
        raise ProfileError(
            "no such folder of profiles", file=str(directory), expected="a folder with markets/<cc>.yaml"
        )
    tree, faults = assemble(market, directory, file)
    tree = _with_team(tree)
    locator = Locator(tree, market.upper())
    profile, more = _validated(tree, locator)
    unanswered = locator.unanswered()
    asked = {question.path for question in unanswered}
    faults += [*unanswered, *(fault for fault in more if fault.path not in asked)]
    sound = profile or _sound_part(tree, locator)
    found = [] if sound is None else list(check(sound, market.upper()))
    faulty = {fault.path for fault in faults}
    told = [(locator.error(fault), fault) for fault in found]
    mild = [(error, fault.warning or (fault.inherited and built_in(error.file))) for error, fault in told]
    faults += [error for error, warns in mild if not warns and error.path not in faulty]
    warnings = tuple(str(error) for error, warns in mild if warns)
    if faults or profile is None:
        raise ProfileErrors(tuple(sorted(faults, key=lambda fault: (fault.file or "", fault.line or 0))))
    return Resolved(profile, locator.origins(), plain(tree), profile_digest(profile), warnings)


def _with_team(tree: Node) -> Node:
    """One team of the market where no layer names a team.

    It reads the language of the country's offices, or the market's first language that CLDR can format.
    """
    if tree.get("teams") is not None or not isinstance(tree.value, dict):
        return tree
    market = plain(tree)["market"]
    spoken = [tag for tag in market.get("languages") or [] if isinstance(tag, str)]
    country = str(market.get("country"))
    office = office_language(country)
    readable = [tag for tag in spoken if localedata.exists(tag.split("-")[0])]
    language = office if office in spoken else next(iter(readable), "en")
    locale = language if language.endswith(f"-{country}") else f"{language}-{country}"
    team = [{"name": f"{country.lower()}_team", "locales": [locale]}]
    origin = Origin("default: one team, in the language of its offices")
    return Node({**tree.value, "teams": planted(team, origin)}, tree.origin)


def _validated(tree: Node, locator: Locator) -> tuple[Profile | None, list[ProfileError]]:
    """The profile, or its faults.

    A plain number where text is wanted (`quantity: 1` among constants) counts as it was written: the first pass finds
    such places, the second sees their text.
    """
    data = plain(tree)
    for last in (False, True):
        try:
            profile = Profile.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_url=False)
            if last or not locator.as_text(data, details):
                return None, locator.errors(details)
        else:
            faults = [locator.error(fault) for fault in _retyped(profile.model_dump(by_alias=True), data, ())]
            return (None if faults else profile), faults
    raise AssertionError


def _retyped(made: Any, data: Any, path: Steps) -> list[Fault]:
    """Values that pydantic read more into than is written.

    It makes a day in August 1970 of 20160101, 24 of the text 2_4, 1 of true.
    """
    if isinstance(made, dict) and isinstance(data, dict):
        return [fault for key, child in data.items() for fault in _retyped(made.get(key), child, (*path, key))]
    if isinstance(made, list | tuple) and isinstance(data, list):
        pairs = enumerate(zip(made, data, strict=True))
        return [fault for number, (one, two) in pairs for fault in _retyped(one, two, (*path, number))]
    wanted = {
        bool: (isinstance(data, bool), "true or false"),
        int: (isinstance(data, int) and not isinstance(data, bool), "a whole number"),
        Decimal: (isinstance(data, int | Decimal) and not isinstance(data, bool), "a number"),
        date: (isinstance(data, date) or str(made) == data, "a date such as 2026-01-31"),
    }
    fits, expected = wanted.get(type(made), (True, ""))
    return [] if fits else [Fault(path, "is not allowed", data, expected)]


def _sound_part(tree: Node, locator: Locator) -> Profile | None:
    """The profile less the parts at fault, so that the other parts' faults are reported in the same go."""
    data = plain(tree)
    for _ in range(2):
        try:
            return Profile.model_validate(data)
        except ValidationError as error:
            details = error.errors(include_url=False)
        if not locator.as_text(data, details):
            for path in {locator.actual(detail["loc"]) for detail in details}:
                _prune(data, path)
    with suppress(ValidationError):
        return Profile.model_validate(data)
    return None


def _prune(data: dict[str, Any], path: Steps) -> None:
    """Leave out the part that holds a path: the source whole, since its parts name each other; else a second key.

    A dimension leaves a stand-in, so that who names it is not at fault.
    """
    part = data.get(str(path[0]))
    if len(path) == 1 or path[0] == "source" or not isinstance(part, dict):
        data.pop(str(path[0]), None)
    elif path[0] == "dimensions":
        part[path[1]] = {"kind": "trait", "trait": "language"}
    else:
        part.pop(path[1], None)


def _canonical(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def profile_digest(profile: Profile) -> str:
    """sha256 in hex of the profile as canonical JSON: keys sorted, no blanks, decimals without trailing zeros.

    Dates are ISO 8601. Two ways of writing the same profile have the same digest. How the market is operated (when it
    runs, to whom its files go, what holds them back) changes no byte of a publication and is left out.
    """
    left_out: Any = {
        **dict.fromkeys(OPERATIONAL, True),
        "teams": {"__all__": {"deliver"}},
        "source": {"arrival"},
    }
    data = profile.model_dump(mode="python", by_alias=True, exclude=left_out)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(text.encode()).hexdigest()
