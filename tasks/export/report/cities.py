"""Where the customers live: each city once, however shops and customers have spelt it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb
from babel.core import get_global

from region_profiles.models import Profile
from tasks.export.locales import cldr
from tasks.export.suppress import withheld
from tasks.files import parquet

#: Cities that stand by name.
CITIES = 10
Cities = tuple[tuple[str | None, int | None], ...]


def load_cities(con: duckdb.DuckDBPyConnection, profile: Profile, customers: Path) -> Cities:
    """The largest cities that may be shown, by their most frequent spelling, then all others (None), then "" (unknown).

    Spellings that differ in case, width or spaces are one city, and so are the names that CLDR has in the market's
    languages for one city of its country (Dubai, دبي). Others are as many cities as spellings: nothing is guessed.
    """
    minimum = profile.privacy.minimum_count
    found = con.execute(f"SELECT coalesce(city, ''), count(*) FROM {parquet(customers)} GROUP BY 1").fetchall()
    counts, spelt = _folded(found, _known(profile))
    unknown = counts.pop("", 0)
    named = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [(spelt[city], count) for city, count in named[:CITIES] if count >= minimum]
    if not shown:
        return ()
    rows: list[tuple[str | None, int]] = [*shown]
    rows += [(None, others)] if (others := sum(count for _, count in named[len(shown) :])) else []
    rows += [("", unknown)] if unknown else []
    told = _protected(rows, minimum)
    return told if any(count is not None for _, count in told) else ()


def folded(spelling: str) -> str:
    """What spellings of one name have in common.

    >>> folded(" DUBAI ") == folded("Dubai"), folded("ＴＯＫＹＯ") == folded("Tokyo"), folded("New  York") == "new york"
    (True, True, True)
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", spelling).casefold()).split())


def _folded(found: Iterable[tuple[str, int]], known: Mapping[str, str]) -> tuple[Counter[str], dict[str, str]]:
    """Customers by city, and the most frequent spelling of each; of equals the first by letters."""
    counts: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for spelling, count in sorted(found, key=lambda pair: (-pair[1], pair[0])):
        city = folded(spelling)
        city = known.get(city, city)
        spelt.setdefault(city, spelling.strip())
        counts[city] += count
    return counts, spelt


def _known(profile: Profile) -> Mapping[str, str]:
    """Names of the country's cities in the market's languages and in English, folded: to the one in English."""
    return _exemplars(profile.market.country, tuple(dict.fromkeys(("en", *profile.market.languages))))


@cache
def _exemplars(country: str, languages: tuple[str, ...]) -> Mapping[str, str]:
    """Cities for which CLDR has names: those that time zones of the country are called after.

    A name of two cities of a country stands for neither.

    >>> _exemplars("AE", ("en", "ar"))["دبي"], _exemplars("IN", ("en", "hi"))["कोलकाता"]
    ('dubai', 'kolkata')
    """
    cities: dict[str, set[str]] = {}
    for zone in sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country):
        called = [_city(zone, language) for language in languages]
        # English is silent where the zone itself says the name.
        english = folded(called[0] or zone.rsplit("/", maxsplit=1)[-1].replace("_", " "))
        for name in (english, *called[1:]):
            if name:
                cities.setdefault(folded(name), set()).add(english)
    return {name: next(iter(meant)) for name, meant in cities.items() if len(meant) == 1}


def _city(zone: str, language: str) -> str | None:
    """What CLDR calls a zone's city; its data keep a zone under its first name, such as Asia/Calcutta."""
    first = [old for old, new in get_global("zone_aliases").items() if new == zone]
    zones = cldr(language).time_zones
    return next((str(zones[name]["city"]) for name in (zone, *first) if "city" in zones.get(name, {})), None)


def _protected(rows: Iterable[tuple[str | None, int]], minimum: int) -> Cities:
    """Counts that add up to the market's total, with those withheld that subtraction would tell."""
    numbered = list(enumerate(rows))
    hidden = withheld({("city", str(number)): count for number, (_, count) in numbered}, minimum)
    return tuple((place, None if ("city", str(number)) in hidden else count) for number, (place, count) in numbered)
