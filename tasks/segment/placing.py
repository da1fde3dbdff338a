"""Why one customer is in a segment: the rule or the range that put them there, and what nearly did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from region_profiles.models import Dimension, RulesDimension, TiersDimension, TraitDimension
from tasks.segment.evaluate import Leaf, holds, leaf, parts, traits
from tasks.segment.language import parse
from tasks.segment.nearly import Need, Scores, Wish, distance, far, on_grid, wishes
from tasks.segment.tree import Condition

Outcome = Literal["matched", "later", "nearly", "no"]

#: Whose segment in a dimension of the population is the name of the other one.
_OUTSIDE = {"person": "account", "account": "person"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, or a tier's range, on this customer.

    `outcome`: it matched; it holds too but comes later; it fails in exactly one part (nearly); or in more (no). Of what
    fails `differing` is what would have to differ, all of it, and `distance` how far that is (0 to 1). `before`: it
    comes before the rule that matched, so that it would have won.
    """

    segment: str
    rule: str
    outcome: Outcome
    parts: tuple[Leaf, ...] = ()
    differing: tuple[Wish, ...] = ()
    distance: float = 0.0
    before: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """How the customer came here since the publication before: docs/membership.md. `move`: enter, move, stay, first."""

    move: str
    previous: str | None = None
    cause: str | None = None
    restated: str | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """One dimension: the segment (None: it is off here), `why` as a code with its facts, and the rules that matter.

    `why`: rule, else, range, kept (by hysteresis), rank, nobody, value, unknown, other, outside (of the other
    population), stratum; changed (today's profile says another), personal (a rule reads what is in no publication);
    off_nobody, off_off, off_few, off_weak. `rules`: what matched, what holds later, then what nearly matched, the
    nearest first.
    """

    dimension: str
    segment: str | None
    why: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    history: History | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a placement follows from: `notes` of the dimension in the manifest, cuts of the customer's population.

    `unpublished`: traits that the row lacks because they are in no publication.
    """

    notes: Mapping[str, Any] = field(default_factory=dict)
    scores: Scores = ()
    unpublished: frozenset[str] = frozenset()


def place(
    name: str, dimension: Dimension, row: Mapping[str, Any], setting: Setting, history: History | None
) -> Placement:
    """Why the customer of `row` is in `row["segment_<name>"]`.

    Rules and borders are those of the manifest where it has them: they decided, whatever the profile says today.
    """
    segment = row[f"segment_{name}"]
    if segment == _OUTSIDE[dimension.population] and not _belongs(row, dimension):
        return Placement(name, segment, "outside", {"population": dimension.population}, (), history)
    if isinstance(dimension, RulesDimension):
        why, facts, rules = _by_rules(name, dimension, segment, row, setting)
    elif isinstance(dimension, TiersDimension):
        why, facts, rules = _by_tiers(dimension, segment, row, setting, history)
    else:
        why, facts, rules = *_by_trait(dimension, segment, row), ()
    return Placement(name, segment, why, facts, rules, history)


def _belongs(row: Mapping[str, Any], dimension: Dimension) -> bool:
    return (row.get("population") or "person") == "person" if dimension.population == "person" else (
        row.get("population") in {"account", "contact"}
    )  # fmt: skip


# --- rules ------------------------------------------------------------------------------------------------------------


def written(name: str, dimension: RulesDimension, notes: Mapping[str, Any]) -> list[tuple[str, str, Condition]]:
    """Segment, text and tree of each rule in order: as published where the notes tell, else of the profile."""
    told = [(one["segment"], one["rule"]) for one in notes.get("rules", ()) if "rule" in one]
    texts = told or [(one.code, one.when) for one in dimension.segments]
    return [
        (code, text, _parsed(text, ("dimensions", name, "segments", number, "when")))
        for number, (code, text) in enumerate(texts)
    ]


#: A tree is frozen, and the same rules are asked of many customers.
_parsed = cache(parse)


def _by_rules(
    name: str, dimension: RulesDimension, segment: str, row: Mapping[str, Any], setting: Setting
) -> tuple[str, dict[str, Any], tuple[Rule, ...]]:
    rules, matched = [], None
    asked: frozenset[str] = frozenset()
    for code, text, condition in written(name, dimension, setting.notes):
        asked |= traits(condition)
        rule = _ruled(code, text, condition, row, setting.scores, before=matched is None)
        if rule.outcome == "later" and matched is None:
            rule, matched = _matching(rule), code
        rules.append(rule)
    found = matched or dimension.otherwise
    nearest = sorted((one for one in rules if one.outcome == "nearly"), key=lambda one: one.distance)
    shown = (*(one for one in rules if one.outcome in {"matched", "later"}), *nearest)
    if found == segment:
        rule_text = next((one.rule for one in rules if one.outcome == "matched"), "else")
        return ("rule" if matched else "else"), {"rule": rule_text}, shown
    if unknown := asked & setting.unpublished:
        return "personal", {"traits": sorted(unknown)}, ()
    return "changed", {"today": found}, shown


def _matching(rule: Rule) -> Rule:
    return Rule(rule.segment, rule.rule, "matched", rule.parts)


def _ruled(code: str, text: str, condition: Condition, row: Mapping[str, Any], scores: Scores, *, before: bool) -> Rule:
    pieces = parts(condition)
    shown = tuple(leaf(piece, row) for piece in pieces)
    if holds(condition, row):
        return Rule(code, text, "later", shown)
    failing = [piece for piece, one in zip(pieces, shown, strict=True) if not one.holds]
    if len(failing) != 1 or not (differing := wishes(failing[0], row, scores)):
        return Rule(code, text, "no", shown, before=before)
    return Rule(code, text, "nearly", shown, differing, far(differing), before)


# --- tiers ------------------------------------------------------------------------------------------------------------


def _by_tiers(
    dimension: TiersDimension, segment: str, row: Mapping[str, Any], setting: Setting, history: History | None
) -> tuple[str, dict[str, Any], tuple[Rule, ...]]:
    trait = tier_trait(dimension, setting.notes)
    ranked = bool(setting.notes.get("quantiles", dimension.quantiles))
    borders = [Decimal(one) for one in setting.notes.get("borders", dimension.borders)]
    value = tier_value(trait, row)
    facts: dict[str, Any] = {"trait": trait, "value": value}
    if segment == dimension.nobody and value is None:
        if trait in setting.unpublished:
            return "personal", {"traits": [trait]}, ()
        return "nobody", facts, ()
    if value is None:
        return (
            ("personal", {"traits": [trait]}, ()) if trait in setting.unpublished else ("changed", {"today": None}, ())
        )
    place_of = sum((value > one) if ranked else (value >= one) for one in borders)
    tiers = dimension.tiers[: len(borders) + 1]
    tier = tiers[place_of]
    hysteresis = Decimal(0) if ranked else Decimal(str(setting.notes.get("hysteresis", dimension.hysteresis)))
    held = segment in tiers and (
        tier != segment if history is None else history.move == "stay" or history.previous == segment
    )
    low, high = _range(tiers, borders, hysteresis, segment if held else None, place_of)
    if tier == segment:
        facts |= _ends(place_of, borders)
        return (
            ("rank" if ranked else "range"),
            facts,
            _neighbours(trait, value, tiers, place_of, (low, high), ranked=ranked),
        )
    within = (low is None or value >= low) and (high is None or value < high)
    if held and within:
        here = tiers.index(segment)
        facts |= {"alone": tier, "low": low, "high": high}
        return "kept", facts, _neighbours(trait, value, tiers, here, (low, high), ranked=ranked)
    return "changed", {"today": tier}, ()


def tier_trait(dimension: TiersDimension, notes: Mapping[str, Any]) -> str:
    """The trait that tiers go by: that of the fallback where the manifest's notes say that its lens is off."""
    return dimension.fallback.trait if dimension.fallback is not None and "fallback" in notes else dimension.trait


def tier_value(trait: str, row: Mapping[str, Any]) -> Any:
    """The trait as tiers read it: null for those without orders in its span (tasks/segment/dimensions.py, `having`)."""
    value = row.get(trait)
    if trait.startswith("lifetime_") and trait != "lifetime_value":
        value = value if row.get("lifetime_orders") else None
    elif trait in {"orders", "frequency", "effort"} or trait.startswith("monetary_"):
        value = value if row.get("orders") else None
    return Decimal(str(value)) if isinstance(value, int | float) else value


def _range(
    tiers: Sequence[str], borders: Sequence[Decimal], share: Decimal, held: str | None, place_of: int
) -> tuple[Decimal | None, Decimal | None]:
    """From where up to where the customer stays: beyond the borders where hysteresis holds them."""
    here = place_of if held is None else tiers.index(held)
    reach = Decimal(0) if held is None else share
    low = borders[here - 1] if here else None
    high = borders[here] if here < len(borders) else None
    return (None if low is None else low - abs(low) * reach, None if high is None else high + abs(high) * reach)


def _ends(place_of: int, borders: Sequence[Decimal]) -> dict[str, Decimal | None]:
    ends = (None, *borders, None)
    return {"low": ends[place_of], "high": ends[place_of + 1]}


def _neighbours(
    trait: str,
    value: Decimal,
    tiers: Sequence[str],
    here: int,
    ends: tuple[Decimal | None, Decimal | None],
    *,
    ranked: bool,
) -> tuple[Rule, ...]:
    """The next tier on each side, and what it would take to get there."""
    low, high = ends
    sides: list[tuple[int, Need, Decimal | None]] = [
        (here - 1, "at_most" if ranked else "less_than", low),
        (here + 1, "more_than" if ranked else "at_least", high),
    ]
    return tuple(sorted(_neighbouring(trait, value, tiers, sides), key=lambda one: one.distance))


def _neighbouring(
    trait: str, value: Decimal, tiers: Sequence[str], sides: Sequence[tuple[int, Need, Decimal | None]]
) -> Iterator[Rule]:
    for place_of, need, border in sides:
        if border is None:
            continue
        sort, needed = on_grid(trait, need, border)
        wish = Wish(trait, value, sort, needed, distance(value, needed))
        signs = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
        yield Rule(
            tiers[place_of], f"{trait} {signs[sort]} {plain(needed)}", "nearly", (), (wish,), wish.distance, before=True
        )


def plain(number: Decimal) -> str:
    """Without exponent or trailing zeros.

    >>> plain(Decimal("1.50")), plain(Decimal("1E+3"))
    ('1.5', '1000')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- traits -----------------------------------------------------------------------------------------------------------


def _by_trait(dimension: TraitDimension, segment: str, row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    value = row.get(dimension.trait)
    facts = {"trait": dimension.trait, "value": value}
    if value is None:
        return ("unknown" if segment == dimension.unknown else "personal"), (
            facts if segment == dimension.unknown else {"traits": [dimension.trait]}
        )
    if value == segment:
        return "value", facts
    return ("other", facts) if segment == dimension.other else ("changed", {"today": value})
