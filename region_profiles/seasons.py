"""Which season a month is in, by country."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from region_profiles.reading import plain, read_file

_FILE = Path(__file__).parent / "seasons.yaml"
#: By hemisphere from December on, three months each.
_SEASONS = {"north": ("winter", "spring", "summer", "autumn"), "south": ("summer", "autumn", "winter", "spring")}


@cache
def _hemispheres() -> dict[str, str]:
    node, faults = read_file(_FILE, "region_profiles/seasons.yaml")
    if faults:
        raise faults[0]
    return {country: name for name, countries in plain(node)["hemispheres"].items() for country in countries}


def hemisphere(country: str) -> str | None:
    """`north` or `south`; None where the months make no seasons.

    >>> hemisphere("DE"), hemisphere("AU"), hemisphere("SG")
    ('north', 'south', None)
    """
    found = _hemispheres().get(country, "north")
    return None if found == "none" else found


def seasons(country: str) -> tuple[str, ...]:
    """The season of each month, January first; none where there are none.

    >>> seasons("BR")[0], seasons("JP")[11], seasons("KE")
    ('summer', 'winter', ())
    """
    side = hemisphere(country)
    return () if side is None else tuple(_SEASONS[side][month % 12 // 3] for month in range(1, 13))
