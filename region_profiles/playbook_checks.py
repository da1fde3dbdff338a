"""What the types of `playbooks` cannot say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib import resources

from region_profiles.findings import Fault, Steps, nearest, repeated
from region_profiles.models import Dimension, Playbook, Profile, RulesDimension, TiersDimension
from region_profiles.playbook_models import AUDIENCE

_MOMENT = re.compile(r'^msgctxt "moment"\nmsgid "(\w+)"', re.MULTILINE)


def check_playbooks(profile: Profile) -> Iterator[Fault]:
    """Faults of the part `playbooks`: plans for nothing, moments that nobody knows, discounts without a bound.

    A plan that a market inherits for a segment it does not have is only a warning.
    """
    for dimension, plans in profile.playbooks.items():
        path: Steps = ("playbooks", dimension)
        known = _segments(profile, dimension)
        if dimension != AUDIENCE and dimension not in profile.dimensions:
            names = (*profile.dimensions, AUDIENCE)
            yield Fault(
                path,
                "is no dimension",
                dimension,
                "a dimension, or audience",
                nearest(dimension, names),
                inherited=True,
            )
            continue
        for code, plan in plans.items():
            if known is not None and code not in known:
                what = "audience" if dimension == AUDIENCE else "segment"
                yield Fault(
                    (*path, code), f"is no {what}", code, f"one of {dimension}", nearest(code, known), inherited=True
                )
            yield from _plan(plan, (*path, code))


def _segments(profile: Profile, dimension: str) -> Collection[str] | None:
    """Codes that a plan may be for; None where only the data knows them."""
    if dimension == AUDIENCE:
        return profile.audiences
    kind: Dimension | None = profile.dimensions.get(dimension)
    if isinstance(kind, RulesDimension):
        return {*(one.code for one in kind.segments), kind.otherwise}
    if isinstance(kind, TiersDimension):
        return {*kind.tiers, kind.nobody}
    return None


def _plan(plan: Playbook, path: Steps) -> Iterator[Fault]:
    for part, what in (("channels", "channel"), ("moments", "moment"), ("avoid", "code")):
        yield from repeated(getattr(plan, part), (*path, part), what)
    for number, code in enumerate(plan.moments):
        if code not in moments():
            expected = "a code of region_profiles/culture/moments.yaml"
            yield Fault((*path, "moments", number), "unknown moment", code, expected, nearest(code, moments()))
    if plan.offer == "discount" and plan.discount is None:
        yield Fault((*path, "discount"), "is missing", None, "the most that the discount may give, such as 0.1")


@cache
def moments() -> frozenset[str]:
    """Codes of the shopping moments: those that have a name.

    >>> "diwali" in moments()
    True
    """
    file = resources.files("region_profiles") / "catalogs" / "en" / "strata.po"
    return frozenset(_MOMENT.findall(file.read_text(encoding="utf-8")))
