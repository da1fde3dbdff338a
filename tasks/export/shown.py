"""Which dimensions teams see: files for machines have all that are on."""

from __future__ import annotations

from typing import get_args

from region_profiles.models import Population, Profile


def shown(profile: Profile, population: Population | None = None) -> tuple[str, ...]:
    """The dimensions of an effective profile that teams see, of one population or of both.

    `exports.dimensions` in their order; without them, in the profile's order, the first `exports.most_dimensions` of
    each population, of which the stratum's dimensions are always some.
    """
    exports = profile.exports
    names = tuple(name for name in exports.dimensions if name in profile.dimensions)
    if not exports.dimensions:
        seen = {name for one in get_args(Population) for name in _first(profile, one)}
        names = tuple(name for name in profile.dimensions if name in seen)
    return tuple(name for name in names if population in {None, profile.dimensions[name].population})


def _first(profile: Profile, population: Population) -> list[str]:
    own = [name for name, one in profile.dimensions.items() if one.population == population]
    own.sort(key=lambda name: name not in profile.stratum.dimensions)
    return own[: max(profile.exports.most_dimensions, len(set(own) & set(profile.stratum.dimensions)))]
