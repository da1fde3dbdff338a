"""What changed between two profiles, in sentences: borders, rules, grants by name; path and values for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from region_profiles.models import (
    Audience,
    Dimension,
    Profile,
    RulesDimension,
    Segment,
    Team,
    TiersDimension,
    TraitDimension,
)
from region_profiles.show import flow

#: Sections that are told by name; all others by path.
_TOLD = ("dimensions", "audiences", "teams")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `path` in the profile, values on both sides (None: not there), and a sentence."""

    path: str
    old: Any
    new: Any
    text: str


def changes(old: Profile, new: Profile) -> tuple[Change, ...]:
    """What changed, in the profile's order; what is equal once resolved is none.

    >>> from region_profiles.setting import with_settings
    >>> one = with_settings("DE", []).profile
    >>> two = with_settings("DE", ["dimensions.value.borders=[200, 900]", "traits.window=12"]).profile
    >>> [change.text for change in changes(one, two)]
    ['traits.window: 24 -> 12', 'value: border mid to high 1,000 -> 900']
    """
    found: list[Change] = []
    for part in type(old).model_fields:
        one, two = getattr(old, part), getattr(new, part)
        if part == "dimensions":
            found += _named(part, one, two, "dimension", _dimension)
        elif part == "audiences":
            found += _named(part, one, two, "audience", _audience)
        elif part == "teams":
            found += _teams(one, two)
        elif one != two:
            found += _generic(part, _dumped(one), _dumped(two))
    return tuple(found)


def _dumped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _dumped(one) for key, one in value.items()}
    return value.model_dump(by_alias=True) if hasattr(value, "model_dump") else value


def _named(part: str, old: Mapping[str, Any], new: Mapping[str, Any], kind: str, told: Any) -> Iterator[Change]:
    """New ones, those that are gone, then what changed in the others; their order, where that alone changed."""
    for name in [*old, *(name for name in new if name not in old)]:
        path = f"{part}.{name}"
        if name not in new:
            yield Change(path, _dumped(old[name]), None, f"{kind} {name} is gone")
        elif name not in old:
            yield Change(path, None, _dumped(new[name]), f"new {kind} {name}: {_said(new[name])}")
        elif old[name] != new[name]:
            yield from told(path, name, old[name], new[name])
    shared = [[name for name in side if name in old and name in new] for side in (old, new)]
    if shared[0] != shared[1]:
        yield Change(part, shared[0], shared[1], f"order of {part}: {', '.join(shared[0])} -> {', '.join(shared[1])}")


def _said(one: Dimension | Audience) -> str:
    """What a new one is, in short."""
    match one:
        case RulesDimension():
            return f"{len(one.segments)} rules, else {one.otherwise}"
        case TiersDimension():
            cut = ", ".join(map(number, one.borders)) or f"shares {', '.join(map(number, one.quantiles))}"
            return f"{', '.join(one.tiers)} of {one.trait} at {cut}"
        case TraitDimension():
            return f"values of {one.trait}"
    return f"{one.purpose}, {one.when}"


def _dimension(path: str, name: str, old: Dimension, new: Dimension) -> Iterator[Change]:
    if type(old) is not type(new):
        yield Change(path, _dumped(old), _dumped(new), f"{name} is of kind {new.kind}, was {old.kind}")
        return
    skipped: set[str] = set()
    if isinstance(old, RulesDimension) and isinstance(new, RulesDimension):
        yield from _rules(path, name, old, new)
        skipped = {"segments"}
    if isinstance(old, TiersDimension) and isinstance(new, TiersDimension) and old.tiers == new.tiers:
        for part, what in (("borders", "border"), ("quantiles", "share")):
            one, two = getattr(old, part), getattr(new, part)
            if len(one) == len(two) == len(old.tiers) - 1:
                yield from _borders(f"{path}.{part}", name, what, old.tiers, one, two)
                skipped.add(part)
    yield from _rest(path, name, old, new, skipped)


def _borders(
    path: str, name: str, what: str, tiers: tuple[str, ...], old: tuple[Decimal, ...], new: tuple[Decimal, ...]
) -> Iterator[Change]:
    for place, (one, two) in enumerate(zip(old, new, strict=True)):
        if one != two:
            text = f"{name}: {what} {tiers[place]} to {tiers[place + 1]} {number(one)} -> {number(two)}"
            yield Change(f"{path}[{place}]", one, two, text)


def _rules(path: str, name: str, old: RulesDimension, new: RulesDimension) -> Iterator[Change]:
    one, two = ({segment.code: segment for segment in side.segments} for side in (old, new))
    for code in [*one, *(code for code in two if code not in one)]:
        here = f"{path}.segments[{code}]"
        if code not in two:
            yield Change(here, _dumped(one[code]), None, f"{name}: rule of {code} is gone")
        elif code not in one:
            yield Change(here, None, _dumped(two[code]), f"{name}: new rule of {code}: {two[code].when}")
        else:
            yield from _rule(here, name, one[code], two[code])
    orders = [[code for code in side if code in one and code in two] for side in (one, two)]
    if orders[0] != orders[1]:
        text = f"{name}: rules are asked in another order: {', '.join(two)}"
        yield Change(f"{path}.segments", list(one), list(two), text)


def _rule(path: str, name: str, old: Segment, new: Segment) -> Iterator[Change]:
    if old.when != new.when:
        text = f"{name}: rule of {old.code}: {old.when} -> {new.when}"
        yield Change(f"{path}.when", old.when, new.when, text)
    if old.group != new.group:
        text = f"{name}: {old.code} goes with {new.group or 'no group'}, was with {old.group or 'none'}"
        yield Change(f"{path}.group", old.group, new.group, text)


def _audience(path: str, name: str, old: Audience, new: Audience) -> Iterator[Change]:
    if old.when != new.when:
        yield Change(f"{path}.when", old.when, new.when, f"audience {name}: rule {old.when} -> {new.when}")
    if old.channels != new.channels:
        yield from _lists(f"{path}.channels", f"audience {name}", "channel", old.channels, new.channels)
    yield from _rest(path, f"audience {name}", old, new, {"when", "channels"})


def _rest(path: str, name: str, old: Any, new: Any, skipped: set[str]) -> Iterator[Change]:
    """Settings of a part that are not told in words of their own."""
    one, two = old.model_dump(by_alias=True), new.model_dump(by_alias=True)
    for key in one:
        if key not in skipped and one[key] != two[key]:
            text = f"{name}: {key} {_value(one[key])} -> {_value(two[key])}"
            yield Change(f"{path}.{key}", one[key], two[key], text)


def _teams(old: tuple[Team, ...], new: tuple[Team, ...]) -> Iterator[Change]:
    one, two = ({team.name: team for team in side} for side in (old, new))
    for name in [*one, *(name for name in two if name not in one)]:
        path = f"teams[{name}]"
        if name not in two:
            yield Change(path, _dumped(one[name]), None, f"team {name} is gone")
        elif name not in one:
            grants = ", ".join(two[name].grants) or "nothing"
            yield Change(
                path, None, _dumped(two[name]), f"new team {name}: {', '.join(two[name].locales)}; sees {grants}"
            )
        else:
            before, after = one[name], two[name]
            yield from _lists(f"{path}.grants", f"team {name}", "grant", before.grants, after.grants)
            yield from _lists(f"{path}.locales", f"team {name}", "locale", before.locales, after.locales)


def _lists(path: str, name: str, what: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    """What is given, what is taken; the order alone, where it is only that."""
    for one in new:
        if one not in old:
            yield Change(path, list(old), list(new), f"{name} gets {what} {one}")
    for one in old:
        if one not in new:
            yield Change(path, list(old), list(new), f"{name} loses {what} {one}")
    if old != new and set(old) == set(new):
        yield Change(path, list(old), list(new), f"{name}: order of {what}s {', '.join(old)} -> {', '.join(new)}")


def _generic(path: str, old: Any, new: Any) -> Iterator[Change]:
    """Path and both values of each leaf that differs; lists as a whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            one, two = old.get(key), new.get(key)
            if one != two:
                yield from _generic(f"{path}.{key}", one, two)
        return
    yield Change(path, old, new, f"{path}: {_value(old)} -> {_value(new)}")


def _value(value: Any) -> str:
    if value is None or value in ((), [], {}):
        return "not set"
    if isinstance(value, tuple | list) and all(isinstance(one, Decimal) for one in value):
        return ", ".join(map(number, value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number(value)
    return flow(value)


def number(value: Decimal | int) -> str:
    """As people write it: thousands apart, no zeros at the end.

    >>> number(Decimal("1000.00")), number(Decimal("0.05")), number(2021)
    ('1,000', '0.05', '2,021')
    """
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text
