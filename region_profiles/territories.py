"""Defaults of any territory of ISO 3166: what CLDR knows, mended by territories.yaml."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from babel import languages, numbers
from babel.core import get_global

from region_profiles.reading import Node, Origin, plain, planted, read_file
from tasks.errors import ProfileError

HERE = Path(__file__).parent
CLDR = Origin("ISO 3166 and CLDR 47")

#: Money of earlier days has no rate: the ECB's history begins here.
_FIRST_DAY, _LAST_DAY = date(1999, 1, 1), date(9999, 12, 31)


@cache
def _facts() -> Node:
    node, faults = read_file(HERE / "territories.yaml", "region_profiles/territories.yaml")
    if faults:
        raise faults[0]
    return node


@cache
def _listed(topic: str) -> dict[str, str]:
    """territory: the name whose list it stands in."""
    return {country: name for name, countries in plain(_facts())[topic].items() for country in countries}


def territories() -> tuple[str, ...]:
    """The 249 codes of ISO 3166-1 alpha-2, sorted."""
    return tuple(sorted(_listed("regions")))


def require(market: str) -> str:
    """The market's code in capitals.

    Raises:
        ProfileError: if ISO 3166 does not have it; with the nearest code, by name if a name was given.

    >>> require("de")
    'DE'
    """
    code = market.upper()
    if code in _listed("regions"):
        return code
    raise ProfileError(
        "unknown market", value=market, expected="an ISO 3166 alpha-2 code such as DE", hint=_nearest(market)
    )


def _nearest(market: str) -> str | None:
    import pycountry

    aliases = get_global("territory_aliases")
    if market.upper() in aliases and len(market) == len("UK"):
        return f"did you mean {aliases[market.upper()][0]}?"
    by_name = {country.name.lower(): country for country in pycountry.countries}
    by_name |= {
        country.common_name.lower(): country for country in pycountry.countries if hasattr(country, "common_name")
    }
    by_name |= {country.alpha_3.lower(): country for country in pycountry.countries}
    close = get_close_matches(market.lower(), by_name, n=1, cutoff=0.75)
    if close:
        country = by_name[close[0]]
        return f"did you mean {country.alpha_2} ({country.name})?"
    codes = get_close_matches(market.upper(), territories(), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(codes)}?" if codes else None


def _currencies(country: str) -> list[dict[str, Any]]:
    """Tender from 1999 on: what is open first, in CLDR's order, then what has ended, the latest first."""
    found = numbers.get_territory_currencies(country, _FIRST_DAY, _LAST_DAY, include_details=True)
    open_ones = [entry for entry in found if entry["to"] is None]
    ended = sorted((entry for entry in found if entry["to"]), key=lambda entry: entry["to"], reverse=True)
    return [
        {"code": entry["currency"]}
        | ({"since": entry["from"]} if entry["from"] else {})
        | ({"until": entry["to"]} if entry["to"] else {})
        for entry in (*open_ones, *ended)
    ]


def _fact(topic: str, country: str) -> Node | None:
    known = _facts().get(topic)
    return None if known is None else known.get(country)


@cache
def _zones() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        zones.setdefault(country, []).append(zone)
    return zones


def defaults(country: str) -> Node:
    """The part of a profile that follows from the country alone: `market` and `privacy.regime`.

    Args:
        country: a code that `require` returned.
    """
    market = {
        "country": planted(country, CLDR),
        "region": planted(_listed("regions")[country], Origin("region_profiles/territories.yaml")),
        "time_zone": _fact("time_zones", country) or planted(_zones().get(country, [None])[0], CLDR),
        "weekend": _fact("weekends", country) or planted(["saturday", "sunday"], CLDR),
        "currencies": _fact("currencies", country) or planted(_currencies(country), CLDR),
        "languages": _fact("languages", country)
        or planted(
            [tag.replace("_", "-") for tag in languages.get_official_languages(country, de_facto=True)],
            CLDR,
        ),
    }
    regime = planted(_listed("privacy").get(country, "national"), Origin("region_profiles/territories.yaml"))
    return Node({"market": Node(market, CLDR), "privacy": Node({"regime": regime}, CLDR)}, CLDR)
