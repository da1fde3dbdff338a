"""Defaults of any territory of ISO 3166: what CLDR knows, mended by territories.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, languages, numbers
from babel.core import get_global

from region_profiles.reading import Node, Origin, plain, planted, read_file
from tasks.errors import ProfileError

HERE = Path(__file__).parent
CLDR = Origin("ISO 3166 and CLDR 47")

#: Money of earlier days has no rate: the ECB's history begins here.
_FIRST_DAY, _LAST_DAY = date(1999, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Override:
    """A fact that stands for a package's: `value`, who says so, when that was last looked at, and its line."""

    value: Any
    source: str
    checked: date
    line: int


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
    aliases = get_global("territory_aliases")
    if market.upper() in aliases and len(market) == len("UK"):
        return f"did you mean {aliases[market.upper()][0]}?"
    by_name = english_names()
    close = get_close_matches(market.casefold(), by_name, n=1, cutoff=0.75)
    if close:
        code = by_name[close[0]]
        return f"did you mean {code} ({name(code)})?"
    codes = get_close_matches(market.upper(), territories(), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(codes)}?" if codes else None


@cache
def english_names() -> Mapping[str, str]:
    """Lower-case English name, present or former, or alpha-3 code: the territory's code.

    >>> english_names()["turkey"], english_names()["türkiye"], english_names()["deu"]
    ('TR', 'TR', 'DE')
    """
    import pycountry

    known = {override_name: one.value for override_name, one in overrides("names").items()}
    for country in pycountry.countries:
        common = getattr(country, "common_name", country.name)
        known |= dict.fromkeys((country.name, common, country.alpha_3, name(country.alpha_2)), country.alpha_2)
    return {text.casefold(): code for text, code in known.items()}


def name(country: str) -> str:
    """CLDR's English name of a territory.

    >>> name("TR"), name("HK")
    ('Türkiye', 'Hong Kong SAR China')
    """
    return str(Locale("en").territories[country])


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
    """What this file says of a country, an override before a plain fact."""
    stale = _facts().get("overrides")
    entry = None if stale is None else _entry(stale, topic, country)
    return _entry(_facts(), topic, country) if entry is None else entry.get("value")


def _entry(facts: Node, topic: str, key: str) -> Node | None:
    known = facts.get(topic)
    return None if known is None else known.get(key)


@cache
def overrides(topic: str) -> Mapping[str, Override]:
    """Facts that stand for a package's, by what they are about.

    >>> overrides("display_digits")["HUF"].value, overrides("zones")["America/Coyhaique"].value
    (0, 'CL')
    """
    stale = _facts().get("overrides")
    node = None if stale is None else stale.get(topic)
    if node is None or not isinstance(node.value, dict):
        raise KeyError(topic)
    told = {key: (plain(one), one.origin.line or 0) for key, one in node.value.items()}
    return {key: Override(one["value"], one["source"], one["checked"], line) for key, (one, line) in told.items()}


@cache
def zones(country: str) -> tuple[str, ...]:
    """IANA zones of a territory, sorted: CLDR's, and those that it lacks.

    >>> zones("CL")
    ('America/Coyhaique', 'America/Punta_Arenas', 'America/Santiago', 'Pacific/Easter')
    """
    newer = {zone: one.value for zone, one in overrides("zones").items()}
    known = {**get_global("zone_territories"), **newer}
    return tuple(sorted(zone for zone, its in known.items() if its == country))


@cache
def same_code(currency: str) -> Mapping[str, Any] | None:
    """Since when a currency's unit is `times` its older one under the same code, and who says so; None where it is not.

    >>> same_code("SYP")["times"], same_code("EUR")
    (100, None)
    """
    node = _fact("same_code", currency)
    return None if node is None else dict(plain(node))


@cache
def no_money() -> frozenset[str]:
    """ISO 4217 codes without amounts.

    >>> "XAU" in no_money(), "XAF" in no_money()
    (True, False)
    """
    return frozenset(plain(_facts())["no_money"])


def office_language(country: str) -> str | None:
    """The language that offices and trade write, where it is not the territory's first in CLDR.

    >>> office_language("SN"), office_language("DE")
    ('fr', None)
    """
    node = _fact("offices", country)
    return None if node is None else str(node.value)


def defaults(country: str) -> Node:
    """The part of a profile that follows from the country alone: `market` and `privacy.regime`.

    Args:
        country: a code that `require` returned.
    """
    market = {
        "country": planted(country, CLDR),
        "region": planted(_listed("regions")[country], Origin("region_profiles/territories.yaml")),
        "time_zone": _fact("time_zones", country) or planted(next(iter(zones(country)), None), CLDR),
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
