"""Which dimensions and audiences are on: those that the market's data carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from region_profiles.models import Audience, Dimension, Profile, RulesDimension
from tasks.catalogue.business import FROM_MODEL
from tasks.errors import ProfileError

#: Why something is off, by name: `dimensions`, `audiences`; and of what is on, the share of customers that carries it.
Told = dict[str, dict[str, dict[str, Any]]]


def effective(profile: Profile, notes: Mapping[str, Any]) -> tuple[Profile, Told]:
    """The profile with only the dimensions and audiences that are on, and what is told of each.

    `notes` of traits: `coverage` (population: trait: share of the customers who could have it that do), `off` (trait:
    reason) and `unpredicted` (as the function of that name gives it). On is what has all traits of `covers` in at least
    `coverage` of its population; none named, a tier or trait dimension's own. A population without customers has
    nothing that is on. `told` has `dimensions_on`, `dimensions_off`, `audiences_on`, `audiences_off`: by name the share
    (None: nobody there could have it) and trait of the least share; of what is off also `code` (nobody: no such
    customers; off: the trait is not there; few: below `coverage`; weak: graded below the profile's `least_grade`) and
    `reason`, in words or as the code of whatever refused. Notes without coverage, as of traits that were published,
    leave all on.

    A dimension of the stratum stays on for want of its own trait or of customers: they are where `unknown` or `nobody`
    says. Raises ProfileError where one is off for its `covers`.
    """
    told: Told = {
        "dimensions_on": {},
        "dimensions_off": {},
        "audiences_on": {},
        "audiences_off": {},
    }
    for name, dimension in profile.dimensions.items():
        found = _state(dimension, _covered(dimension), notes)
        if "reason" in found and name in profile.stratum.dimensions:
            if dimension.covers and found["trait"] is not None:
                raise ProfileError(
                    f"the stratum stands on {name}, which is off: {found['reason']}",
                    market=profile.market.country,
                    path="stratum.dimensions",
                    expected="dimensions that the market's data carries",
                    hint="name others, or lower the dimension's coverage",
                )
            found = {"share": found["share"], "trait": found["trait"]}
        told["dimensions_off" if "reason" in found else "dimensions_on"][name] = found
    for name, audience in profile.audiences.items():
        found = _state(audience, audience.covers, notes)
        told["audiences_off" if "reason" in found else "audiences_on"][name] = found
    on = {
        part: {name: one for name, one in getattr(profile, part).items() if name in told[f"{part}_on"]}
        for part in ("dimensions", "audiences")
    }
    return profile.model_copy(update=on), told


def unpredicted(prediction: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By population, the code of the reason why nothing is predicted; `prediction` is notes by population.

    >>> reasons = [{"code": "too_few_customers", "customers": 1, "minimum": 1000}, {"code": "no_region"}]
    >>> unpredicted({"person": {"fit": None, "reasons": reasons}, "account": {"fit": {"model": "nbd"}, "reasons": []}})
    {'person': 'too_few_customers'}
    """
    return {population: one["reasons"][0]["code"] for population, one in prediction.items() if one["fit"] is None}


def _covered(dimension: Dimension) -> tuple[str, ...]:
    """The traits that must be there. A tier that has a fallback goes by rank without its own."""
    if dimension.covers or isinstance(dimension, RulesDimension) or getattr(dimension, "fallback", None):
        return dimension.covers
    return (dimension.trait,)


def _state(one: Dimension | Audience, covers: tuple[str, ...], notes: Mapping[str, Any]) -> dict[str, Any]:
    """`share` and `trait` of the least covered of the traits, with a `reason` where it is off."""
    if "coverage" not in notes:
        return {"share": None, "trait": None}
    shares = notes["coverage"].get(one.population)
    if shares is None:
        return {"code": "nobody", "reason": f"no {one.population}s", "share": None, "trait": None}
    if not covers:
        return {"share": 1.0, "trait": None}
    least = min(covers, key=lambda name: -1.0 if (share := shares.get(name)) is None else share)
    share = shares.get(least)
    return {**_off(least, share, one, notes), "share": share, "trait": least}


def _off(least: str, share: float | None, one: Dimension | Audience, notes: Mapping[str, Any]) -> dict[str, Any]:
    """Why it is off: nothing where it is on."""
    grade = notes.get("weak", {}).get(one.population)
    if grade is not None and least in FROM_MODEL:
        weak = f"{least} is predicted too weakly to act on, grade {grade}"
        untested = f"{least} is predicted, but too little has happened to test how well"
        return {"code": "weak", "reason": untested if grade == "none" else weak, "grade": grade}
    if share is None:
        return {"code": "off", "reason": notes.get("off", {}).get(least, f"nobody could have {least}")}
    if share >= one.coverage:
        return {}
    why = notes.get("unpredicted", {}).get(one.population) if least in FROM_MODEL else None
    return {"code": "few", "reason": why or f"{least} is known of too few"}
