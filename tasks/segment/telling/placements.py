"""Where a customer is and why: the rule that holds, what nearly held, and the move since the publication before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.segment.nearly import Wish
from tasks.segment.placing import History, Placement, Rule
from tasks.segment.telling.words import UNGRADED, Words

#: Rules that nearly matched which are told of each dimension; JSON has all.
NEAREST = 3
_MARKS: Mapping[bool | None, str] = {True: "part_holds", False: "part_fails", None: "part_null"}


def placement(one: Placement, words: Words) -> Iterator[str]:
    """One dimension: the segment and its rule, the move, what holds too, what nearly held; or why it is off."""
    dimension = words.dimension(one.dimension)
    if one.segment is None:
        yield words.text("off", dimension=dimension, reason=_off(one, words))
        return
    yield words.text("placed", dimension=dimension, segment=words.segment(one.dimension, one.segment))
    yield "  " + _why(one, words)
    if one.history is not None and (history := _history(one.dimension, one.history, words)):
        yield from (f"  {line}" for line in history)
    nearest = [rule for rule in one.rules if rule.outcome == "nearly"][:NEAREST]
    matched = next((rule for rule in one.rules if rule.outcome == "matched"), None)
    for rule in (matched, *(rule for rule in one.rules if rule.outcome == "later"), *nearest):
        if rule is not None:
            yield from (f"  {line}" for line in _rule(one, rule, words))


def _off(one: Placement, words: Words) -> str:
    trait, grade = one.facts.get("trait"), one.facts.get("grade")
    if one.why == "off_weak" and grade == UNGRADED:
        return words.text("trait_is", trait=words.trait(str(trait)), value=words.text("grade_none"))
    facts = {
        "trait": "" if trait is None else words.trait(trait),
        "share": words.value("share", one.facts.get("share")),
        "reason": one.facts.get("reason") or "",
        "grade": grade or "",
    }
    return words.text(one.why, **facts)


def _why(one: Placement, words: Words) -> str:
    facts = one.facts
    if one.why in {"range", "rank", "kept"}:
        return _within(one, words)
    codes = {"outside": f"outside_{facts.get('population')}", "stratum": "merged" if "cell" in facts else "stratum"}
    values: dict[str, object] = _trait(facts, words) if "trait" in facts else {}
    if "rule" in facts:
        values["rule"] = facts["rule"]
    if "today" in facts:
        values["segment"] = words.segment(one.dimension, facts["today"])
    if "traits" in facts:
        values["traits"] = words.listed([words.trait(name) for name in facts["traits"]])
    if "dimensions" in facts:
        values["dimensions"] = words.listed([words.dimension(name) for name in facts["dimensions"]])
    if "cell" in facts:
        values["cell"] = words.segment("stratum", facts["cell"])
        values["customers"] = words.value("customers", facts["customers"])
    return words.text(f"because_{codes.get(one.why, one.why)}", **values)


def _within(one: Placement, words: Words) -> str:
    """A tier by its range, which of hysteresis is a wider one."""
    facts = one.facts
    ends: dict[str, object] = {name: words.value(facts["trait"], facts[name]) for name in ("low", "high")}
    if "alone" in facts:
        ends["alone"] = words.segment(one.dimension, facts["alone"])
    shape = "below" if facts["low"] is None else "above" if facts["high"] is None else "between"
    shape = "any" if facts["low"] is None and facts["high"] is None else shape
    return words.text(f"because_{one.why}_{shape}", **_trait(facts, words), **ends)


def _trait(facts: Mapping[str, Any], words: Words) -> dict[str, object]:
    return {"trait": words.trait(facts["trait"]), "value": words.value(facts["trait"], facts["value"])}


def _history(dimension: str, history: History, words: Words) -> Iterator[str]:
    if history.move == "first":
        yield words.text("history_first")
    elif history.move == "stay":
        yield words.text("history_stay")
    else:
        cause = words.text(f"cause_{history.cause or 'customer'}")
        previous = words.segment(dimension, history.previous)
        code = "history_enter" if history.previous is None else "history_move"
        yield words.text(code, previous=previous, cause=cause)
    if history.restated is not None:
        yield words.text("history_restated", cause=words.text(f"cause_{history.restated}"))
    if history.changed:
        yield words.text("history_changed", changed=history.changed)


def _rule(one: Placement, rule: Rule, words: Words) -> Iterator[str]:
    segment = words.segment(one.dimension, rule.segment)
    if rule.outcome == "later":
        yield words.text("later", segment=segment, rule=rule.rule)
    elif rule.outcome == "nearly":
        code = "nearly" if rule.before else "nearly_later"
        yield words.text(code, segment=segment, differing=differing(rule.differing, words))
    for part in rule.parts:
        values = [
            words.text("trait_is", trait=words.trait(name), value=words.value(name, part.values[name]))
            for name in part.values
        ]
        code = _MARKS[part.holds] if values else f"{_MARKS[part.holds]}_bare"
        yield "  " + words.text(code, condition=part.condition, values=words.listed(values))


def differing(found: Sequence[Wish], words: Words) -> str:
    """What would have to differ, as one text.

    Such as: r_score 3 instead of at least 4 (recency_days 75 instead of at most 61).
    """
    return words.listed([_wish(one, words) for one in found])


def _wish(one: Wish, words: Words) -> str:
    trait, value = words.trait(one.trait), words.value(one.trait, one.value)
    if one.need == "one_of":
        needed = words.listed([words.value(one.trait, text) for text in one.needed], "or")
    else:
        needed = words.value(one.trait, one.needed)
    said = words.text(f"wish_{one.need}", trait=trait, value=value, needed=needed)
    return said if one.basis is None else words.text("wish_basis", wish=said, basis=_wish(one.basis, words))
