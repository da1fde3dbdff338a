"""Rules that can never hold, or never take anyone, found without data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from region_profiles.findings import Steps, written
from region_profiles.models import Profile, RulesDimension, TiersDimension, TraitDimension
from tasks.catalogue import CATALOGUE
from tasks.errors import ProfileError
from tasks.segment.language import SEGMENT
from tasks.segment.spans import Span
from tasks.segment.tree import MIRRORED, Always, And, Compare, Condition, Constant, IsNull, Named, Not, Sign

#: Beyond so many ways in which a rule can hold it is left alone: no person wrote it.
_WAYS = 256
_NEGATED: Mapping[Sign, Sign] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_COUNTS = frozenset({"orders", "frequency", "lifetime_orders", "lifetime_frequency", "recency_days"})
#: Units of doubles that lie between 0 and 1. Returns may exceed what was sold in the window.
_SHARES = frozenset(
    {"probability", "share of the scale"}
    | {f"share of {part}" for part in ("occasions", "lines", "spend", "carts", "contacts", "quotations decided")}
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a rule holds: what it leaves of each trait; `exact` unless a part was too hard to read."""

    spans: Mapping[str, Span]
    exact: bool = True

    @property
    def contradiction(self) -> str | None:
        """A trait of which nothing is left."""
        return next((name for name, span in self.spans.items() if span.is_empty), None)

    def implies(self, other: Way) -> bool:
        """Whether whoever is here is there, too."""
        return other.exact and all(
            name in self.spans and self.spans[name].lies_within(span) for name, span in other.spans.items()
        )


def doubts(
    profile: Profile, rules: Sequence[Condition], paths: Sequence[Steps], codes: Sequence[str]
) -> Iterator[ProfileError]:
    """Of rules in order, those that cannot hold and those whose customers an earlier one takes; path and reason.

    What compares two traits, computes, or counts on a relation between traits is not seen through.
    """
    domains = _Domains(profile)
    before: list[tuple[str, Way]] = []
    for rule, path, code in zip(rules, paths, codes, strict=True):
        ways = domains.ways(rule)
        if ways is None:
            continue
        possible = [way for way in ways if way.contradiction is None]
        market = profile.market.country
        if not possible:
            names = {way.contradiction for way in ways} - {None}
            said = ", ".join(domains.told(str(name)) for name in sorted(map(str, names))) or "it says FALSE"
            yield ProfileError("can never hold", market=market, path=written(path), value=code, hint=said)
            continue
        earlier = [next((one for one, there in before if way.implies(there)), None) for way in possible]
        if all(earlier):
            taken = ", ".join(dict.fromkeys(map(str, earlier)))
            said = f"whoever it holds for is taken by {taken} before"
            yield ProfileError("takes nobody", market=market, path=written(path), value=code, hint=said)
        before += [(code, way) for way in possible]


class _Domains:
    """What values traits can have at all, in a profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        scores = profile.traits.scores
        self.bins = {f"{name[0]}_score": getattr(scores, name).bins for name in ("recency", "frequency", "monetary")}

    def span(self, name: str) -> Span:
        """Everything that a trait can be."""
        if name.startswith(SEGMENT):
            return Span(values=self._segments(name.removeprefix(SEGMENT)))
        if name not in CATALOGUE:
            return Span()
        trait = CATALOGUE[name]
        if name in self.bins:
            return Span(Decimal(1), Decimal(self.bins[name]), whole=True)
        if trait.known:
            return Span(values=frozenset(trait.known))
        low = Decimal(0) if name in _COUNTS or trait.unit in _SHARES else None
        return Span(low, Decimal(1) if trait.unit in _SHARES else None, whole=trait.type == "integer")

    def _segments(self, name: str) -> frozenset[str] | None:
        match self.profile.dimensions[name]:
            case RulesDimension() as dimension:
                return frozenset({dimension.otherwise, *(segment.code for segment in dimension.segments)})
            case TiersDimension() as dimension:
                return frozenset({dimension.nobody, *dimension.tiers})
            case TraitDimension() as dimension:
                known = CATALOGUE[dimension.trait].known if dimension.trait in CATALOGUE else ()
                return frozenset({*known, dimension.unknown, dimension.other}) if known else None

    def told(self, name: str) -> str:
        """What a trait can be, in words.

        >>> from region_profiles.loader import load_profile
        >>> _Domains(load_profile("DE")).told("r_score")
        'r_score is 1 to 5'
        """
        span = self.span(name)
        if span.values is not None:
            return f"{name} is {', '.join(sorted(span.values))}"
        if span.low is None and span.high is None:
            return f"its conditions on {name} exclude each other"
        return f"{name} is {span.low} {'or more' if span.high is None else f'to {span.high}'}"

    def ways(self, condition: Condition, *, holds: bool = True) -> list[Way] | None:
        """The ways in which a condition is true (or false); None where there are too many."""
        match condition:
            case Always(value):
                return [Way({})] if value == holds else []
            case Not(inner):
                return self.ways(inner, holds=not holds)
            case IsNull() | Compare():
                return [self._simple(condition, holds=holds)]
        parts = [self.ways(part, holds=holds) for part in condition.conditions]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        if isinstance(condition, And) != holds:
            joined = [way for part in known for way in part]
            return joined if len(joined) <= _WAYS else None
        size = 1
        for part in known:
            size *= len(part)
        return [_met(ways) for ways in product(*known)] if size <= _WAYS else None

    def _simple(self, condition: IsNull | Compare, *, holds: bool) -> Way:
        match condition:
            case IsNull(Named(name)):
                span = self.span(name)
                return Way({name: span.is_null() if holds else span.not_null()})
            case Compare(sign, Named(name), Constant(value)):
                return Way({name: self.span(name).compared(sign if holds else _NEGATED[sign], value)})
            case Compare(sign, Constant(value), Named(name)):
                turned = MIRRORED[sign]
                return Way({name: self.span(name).compared(turned if holds else _NEGATED[turned], value)})
        return Way({}, exact=False)


def _met(ways: Sequence[Way]) -> Way:
    spans: dict[str, Span] = {}
    for way in ways:
        for name, span in way.spans.items():
            spans[name] = spans[name].meeting(span) if name in spans else span
    return Way(spans, all(way.exact for way in ways))
