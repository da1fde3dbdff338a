"""Territories and the regions that moments and profiles speak of."""

from __future__ import annotations

from functools import cache

from region_profiles.territories import defaults, territories


@cache
def territories_of() -> dict[str, str]:
    """territory: its region, of the 249 of ISO 3166."""
    found = {}
    for country in territories():
        market = defaults(country).get("market")
        region = market.get("region") if market else None
        found[country] = str(region.value) if region else "world"
    return found


@cache
def places_of() -> frozenset[str]:
    """What `where` may name."""
    return frozenset(territories_of()) | frozenset(territories_of().values()) | {"world"}
