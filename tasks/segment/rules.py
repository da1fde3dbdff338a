"""The rules of a profile, checked before any data is read and compiled to an engine's expressions."""

from __future__ import annotations

from region_profiles.models import Profile, RulesDimension
from tasks.errors import ProfileError
from tasks.segment.language import parse


def check_rules(profile: Profile) -> list[ProfileError]:
    """Every fault of every rule; needs no data and no engine."""
    errors = []
    for name, dimension in profile.dimensions.items():
        if isinstance(dimension, RulesDimension):
            for number, segment in enumerate(dimension.segments):
                try:
                    parse(segment.when, ("dimensions", name, "segments", number, "when"), profile.market.country)
                except ProfileError as error:
                    errors.append(error)
    return errors
