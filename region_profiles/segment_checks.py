"""What no type can say of dimensions, stratum, audiences and holdout; rules' SQL is compiled elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import get_args

from region_profiles.findings import Fault, Steps, nearest, repeated, rising
from region_profiles.models import Population, Profile, RulesDimension, TiersDimension, TraitDimension
from tasks.catalogue import CATALOGUE, TRAITS

#: Traits that name a person or an account, so that no two customers share a value.
_IDENTITIES = frozenset({"customer_id", "member_number"})
#: The traits that tiers and clusters may name, and those that a dimension may take as it is.
NUMBERS: tuple[str, ...] = tuple(trait.name for trait in TRAITS if trait.type in {"integer", "money", "double"})
CODES: tuple[str, ...] = tuple(
    trait.name for trait in TRAITS if trait.type == "text" and trait.name not in _IDENTITIES | {"population", "holdout"}
)
#: Segments of who is not of the dimension's population, and of purchases without a known customer.
_RESERVED = frozenset({*get_args(Population), "guest"})
_SEGMENT_NAMES = re.compile(r"\bsegment_(\w+)")


def check_segments(profile: Profile) -> Iterator[Fault]:
    """Every fault and warning of the parts `dimensions`, `stratum`, `audiences`, `exports.dimensions`."""
    for name, dimension in profile.dimensions.items():
        path = ("dimensions", name)
        match dimension:
            case RulesDimension():
                yield from _rules(dimension, path)
            case TiersDimension():
                yield from _tiers(dimension, path, profile)
            case TraitDimension():
                yield from _trait(dimension.trait, CODES, (*path, "trait"))
                yield from _reserved([dimension.unknown, dimension.other], path, ("unknown", "other"))
        yield from _traits(dimension.covers, (*path, "covers"))
    yield from _stratum(profile)
    yield from _audiences(profile)
    for number, name in enumerate(profile.exports.dimensions):
        yield from _dimension(name, profile, ("exports", "dimensions", number))
    yield from repeated(profile.exports.dimensions, ("exports", "dimensions"), "dimension")


def _rules(dimension: RulesDimension, path: Steps) -> Iterator[Fault]:
    codes = [segment.code for segment in dimension.segments]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            yield Fault((*path, "segments", number, "code"), "segment stands twice", code, "each code once")
    yield from _reserved(codes, path, [("segments", number, "code") for number in range(len(codes))])
    yield from _reserved([dimension.otherwise], path, ["else"])
    if dimension.otherwise in codes:
        yield Fault((*path, "else"), "is also a segment with a rule", dimension.otherwise, "a code of its own")
    for number, segment in enumerate(dimension.segments):
        if not segment.when.strip():
            yield Fault((*path, "segments", number, "when"), "is empty", None, "an expression over traits")
    grouped = [segment.group is not None for segment in dimension.segments] + [dimension.otherwise_group is not None]
    if any(grouped) and not all(grouped):
        number = grouped.index(False)
        at = (*path, "segments", number, "group") if number < len(codes) else (*path, "else_group")
        yield Fault(at, "is missing", None, "a group for every segment and for else, or for none")


def _reserved(codes: Iterable[str], path: Steps, places: Iterable[str | Steps]) -> Iterator[Fault]:
    for code, place in zip(codes, places, strict=True):
        if code in _RESERVED:
            at = (*path, *([place] if isinstance(place, str) else place))
            yield Fault(at, "is kept for who is in no segment of the dimension", code, "another code")


def _tiers(dimension: TiersDimension, path: Steps, profile: Profile) -> Iterator[Fault]:
    yield from _trait(dimension.trait, NUMBERS, (*path, "trait"))
    wanted = len(dimension.tiers) - 1
    if dimension.borders and dimension.quantiles:
        yield Fault((*path, "quantiles"), "stands beside borders", None, "borders or quantiles, and null for the other")
    part = "quantiles" if dimension.quantiles else "borders"
    limits = dimension.quantiles or dimension.borders
    if len(limits) != wanted:
        yield Fault((*path, part), "has the wrong length", len(limits), f"{wanted} {part} for {wanted + 1} tiers")
    yield from rising(limits, (*path, part))
    yield from repeated(dimension.tiers, (*path, "tiers"), "tier")
    yield from _reserved(dimension.tiers, path, [("tiers", number) for number in range(len(dimension.tiers))])
    yield from _reserved([dimension.nobody], path, ["nobody"])
    if dimension.nobody in dimension.tiers:
        yield Fault((*path, "nobody"), "is also a tier", dimension.nobody, "a code of its own")
    yield from _fallback(dimension, path, profile, wanted)


def _fallback(dimension: TiersDimension, path: Steps, profile: Profile, wanted: int) -> Iterator[Fault]:
    fallback = dimension.fallback
    if fallback is None:
        lens = dimension.trait.removeprefix("monetary_").removeprefix("lifetime_")
        if lens in {"reference", "ppp", "effort"} and not dimension.quantiles:
            yield Fault(
                (*path, "fallback"), "is missing", None, f"tiers by rank for where the lens {lens} is off", warning=True
            )
        return
    yield from _trait(fallback.trait, NUMBERS, (*path, "fallback", "trait"))
    at = (*path, "fallback", "quantiles")
    if len(fallback.quantiles) != wanted:
        yield Fault(at, "has the wrong length", len(fallback.quantiles), f"{wanted} quantiles for {wanted + 1} tiers")
    yield from rising(fallback.quantiles, at)
    lens = fallback.trait.removeprefix("monetary_").removeprefix("lifetime_")
    if lens == "ppp" or (lens in {"reference", "effort"} and lens not in profile.money.lenses):
        yield Fault(
            (*path, "fallback", "trait"), "names a lens that can be off itself", fallback.trait, "monetary_local"
        )


def _trait(name: str, known: tuple[str, ...], path: Steps) -> Iterator[Fault]:
    if name not in known:
        kind = "numeric trait" if known is NUMBERS else "code trait"
        yield Fault(path, f"is no {kind}", name, f"a {kind}: `strata traits` lists them", nearest(name, known))


def _traits(names: tuple[str, ...], path: Steps) -> Iterator[Fault]:
    yield from repeated(names, path, "trait")
    for number, name in enumerate(names):
        if name not in CATALOGUE:
            hint = nearest(name, CATALOGUE)
            yield Fault((*path, number), "unknown trait", name, "a trait: `strata traits` lists them", hint)


def _dimension(name: str, profile: Profile, path: Steps) -> Iterator[Fault]:
    if name not in profile.dimensions:
        known = tuple(profile.dimensions)
        yield Fault(path, "unknown dimension", name, "one of " + ", ".join(known), nearest(name, known))


def _stratum(profile: Profile) -> Iterator[Fault]:
    path = ("stratum", "dimensions")
    for number, name in enumerate(profile.stratum.dimensions):
        yield from _dimension(name, profile, (*path, number))
        if name in profile.dimensions and (off := _off(profile.dimensions[name].covers, profile.traits.off)):
            expected = "dimensions that are always on"
            yield Fault((*path, number), f"is off: traits.off has {off}, which it covers", name, expected)
    yield from repeated(profile.stratum.dimensions, path, "dimension")
    if not profile.stratum.dimensions:
        yield Fault(path, "is empty", None, "at least one dimension")
    if profile.stratum.maximum < 1:
        yield Fault(("stratum", "maximum"), "is not allowed", profile.stratum.maximum, "1 or more")


def _off(covers: Iterable[str], off: Collection[str]) -> str | None:
    """The first of the traits that a profile turns off, by its name or group."""
    known = (CATALOGUE[name] for name in covers if name in CATALOGUE)
    return next((trait.name for trait in known if {trait.name, trait.group} & set(off)), None)


def _audiences(profile: Profile) -> Iterator[Fault]:
    for name, audience in profile.audiences.items():
        path = ("audiences", name)
        yield from _traits(audience.covers, (*path, "covers"))
        yield from repeated(audience.channels, (*path, "channels"), "channel")
        if not audience.channels:
            yield Fault((*path, "channels"), "is empty", None, "at least one channel")
        for dimension in dict.fromkeys(_SEGMENT_NAMES.findall(audience.when)):
            found = profile.dimensions.get(dimension)
            if found is not None and found.population != audience.population:
                yield Fault(
                    (*path, "when"), "is about another population", dimension, f"a dimension of {audience.population}s"
                )
