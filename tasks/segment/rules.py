"""The rules of a profile, checked before any data is read and compiled to an engine's expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from region_profiles.findings import Steps
from region_profiles.models import Profile, RulesDimension
from tasks.errors import ProfileError
from tasks.segment.language import parse
from tasks.segment.reasoning import doubts
from tasks.segment.tree import Condition


def check_rules(profile: Profile) -> list[ProfileError]:
    """Every fault of every rule of dimensions and audiences; needs no data and no engine."""
    errors = []
    for path, text, dimensions in _written(profile):
        try:
            parse(text, path, profile.market.country, dimensions=dimensions)
        except ProfileError as error:
            errors.append(error)
    return errors


def doubtful_rules(profile: Profile) -> list[ProfileError]:
    """Rules that are sound, and yet can never hold or never take anyone, as errors to be told as warnings.

    Rules must have passed `check_rules`.
    """
    found = []
    for name, dimension in profile.dimensions.items():
        if isinstance(dimension, RulesDimension):
            paths = [("dimensions", name, "segments", number, "when") for number in range(len(dimension.segments))]
            rules = [parse(one.when, path) for one, path in zip(dimension.segments, paths, strict=True)]
            codes = [segment.code for segment in dimension.segments]
            found += list(doubts(profile, rules, paths, codes))
    for name, audience in profile.audiences.items():
        path: Steps = ("audiences", name, "when")
        rule: Condition = parse(audience.when, path, dimensions=profile.dimensions)
        found += list(doubts(profile, [rule], [path], [name]))
    return found


def _written(profile: Profile) -> Iterator[tuple[Steps, str, Collection[str]]]:
    """Path and text of each rule, with the dimensions whose segments it may name."""
    for name, dimension in profile.dimensions.items():
        if isinstance(dimension, RulesDimension):
            for number, segment in enumerate(dimension.segments):
                yield ("dimensions", name, "segments", number, "when"), segment.when, ()
    for name, audience in profile.audiences.items():
        yield ("audiences", name, "when"), audience.when, tuple(profile.dimensions)
