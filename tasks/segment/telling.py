"""An explanation in sentences: templates in the reader's language with places for values, never joined fragments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tasks.segment.explain import Explanation, ScoreWhy
from tasks.segment.nearly import Wish
from tasks.segment.placing import History, Placement, Rule

#: Lenses, each with the trait that names its currency (None: international dollars).
_LENSES: tuple[tuple[str, str | None], ...] = (
    ("local", "currency"),
    ("reference", "reference_currency"),
    ("ppp", None),
)
_CHANNELS = ("email", "sms", "phone", "post", "app")
#: Rules that nearly matched which are told of each dimension; JSON has all.
NEAREST = 3
_MARKS: Mapping[bool | None, str] = {True: "part_holds", False: "part_fails", None: "part_null"}


class Words(Protocol):
    """The reader's words and forms; `text` and `count` are of the messages `explain`."""

    def text(self, code: str, **values: object) -> str:
        """A message with its places filled."""

    def count(self, code: str, n: int) -> str:
        """A message that counts."""

    def trait(self, name: str) -> str:
        """What a trait is called."""

    def dimension(self, name: str) -> str:
        """What a dimension is called."""

    def segment(self, dimension: str, code: str | None) -> str:
        """What a segment is called."""

    def audience(self, name: str) -> str:
        """What an audience is called."""

    def named(self, context: str, code: str) -> str:
        """What another code is called."""

    def value(self, trait: str, value: object) -> str:
        """A trait's value as the reader writes it; a word for null."""

    def listed(self, texts: Sequence[str], kind: str = "and") -> str:
        """Several as one."""


def told(explanation: Explanation, words: Words, *, untaxed: bool = False) -> str:
    """Lines of text: who, where and why, money, scores, predictions, audiences, what is unknown, source rows.

    Of an `untaxed` drop no amount is said to be with or without tax.
    """
    parts = (
        _customer(explanation, words),
        *(_placement(one, words) for one in explanation.placements),
        _money(explanation, words, untaxed=untaxed),
        _scores(explanation, words),
        _predictions(explanation, words),
        _audiences(explanation, words),
        _unknown(explanation, words),
        _lines(explanation, words),
    )
    return "\n".join(line for part in parts for line in part)


def _customer(found: Explanation, words: Words) -> Iterator[str]:
    traits = found.traits
    facts = {
        "customer": traits["customer_id"],
        "market": words.named("country", found.market),
        "date": words.value("as_of", found.as_of),
    }
    member = traits["member_number"]  # in no publication: known where the landing is given
    if member is None:
        yield words.text("customer", **facts)
    else:
        yield words.text("customer_known", member=member, **facts)
    if found.merged_from is not None:
        yield words.text("merged", number=found.merged_from)
    if found.profile_changed:
        yield words.text("profile_changed")
    if traits["population"] == "contact":
        yield words.text("contact") if found.account is None else words.text("contact_of", account=found.account)
    elif len(found.numbers) > 1:
        yield words.text("counts_of", numbers=words.listed(found.numbers))
    if traits["last_order_date"] is None:
        yield words.text("never_bought")
        return
    days = ("first_order_date", "last_order_date")
    first, last = (words.value(name, traits[name]) for name in days)
    yield words.text("bought", first=first, last=last, ago=words.count("days_ago", int(traits["recency_days"])))
    counts = {name: words.value(name, traits[name]) for name in ("orders", "frequency", "lifetime_orders")}
    yield words.text("counts", **counts)


# --- placements -------------------------------------------------------------------------------------------------------


def _placement(one: Placement, words: Words) -> Iterator[str]:
    dimension = words.dimension(one.dimension)
    if one.segment is None:
        yield words.text("off", dimension=dimension, reason=words.text(one.why, **_off(one.facts, words)))
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


def _off(facts: Mapping[str, Any], words: Words) -> dict[str, object]:
    trait, share = facts.get("trait"), facts.get("share")
    return {
        "trait": "" if trait is None else words.trait(trait),
        "share": words.value("share", share),
        "reason": facts.get("reason") or "",
    }


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


# --- numbers ----------------------------------------------------------------------------------------------------------


def _money(found: Explanation, words: Words, *, untaxed: bool) -> Iterator[str]:
    traits = found.traits
    yield words.text("money")
    for lens, currency in _LENSES:
        unit = words.text("dollars") if currency is None else (traits[currency] or "")
        code = "money_untaxed" if untaxed else "money_net" if lens == "reference" else "money_gross"
        amounts = {span: words.value(f"{span}_{lens}", traits[f"{span}_{lens}"]) for span in ("monetary", "lifetime")}
        yield "  " + words.text(code, lens=words.text(f"lens_{lens}"), unit=unit, **amounts)
    yield "  " + words.text("effort", share=words.value("effort", traits["effort"]))
    if traits["rate_quality"] is not None:
        yield "  " + words.text("worst_rate", quality=words.named("rate quality", traits["rate_quality"]))


def _scores(found: Explanation, words: Words) -> Iterator[str]:
    if found.scores:
        yield words.text("scores")
    yield from (f"  {_score(one, words)}" for one in found.scores)


def _score(one: ScoreWhy, words: Words) -> str:
    from decimal import Decimal

    cuts = words.listed([words.value(one.basis, Decimal(cut)) for cut in one.cuts])
    facts = {
        "score": words.trait(one.score),
        "points": words.value(one.score, one.points),
        "trait": words.trait(one.basis),
        "value": words.value(one.basis, one.value),
    }
    return words.text(f"score_{one.method}", cuts=cuts, **facts)


def _predictions(found: Explanation, words: Words) -> Iterator[str]:
    told_ = found.predictions
    if told_["model"] is None:
        yield words.text("not_predicted")
        return
    grade = told_["grade"] or "none"
    days = words.value("days", told_["horizon_days"])
    yield words.text("predicted", model=told_["model"], grade=words.text(f"grade_{grade}"), days=days)
    for name, value in told_["values"].items():
        if value is not None:
            yield "  " + words.text("trait_is", trait=words.trait(name), value=words.value(name, value))


def _audiences(found: Explanation, words: Words) -> Iterator[str]:
    traits = found.traits
    for one in found.audiences or ():
        code = "audience_held" if one["holdout"] == "yes" else "audience"
        yield words.text(code, audience=words.audience(one["audience"]), rank=words.value("priority", one["priority"]))
    if found.audiences is not None and not found.audiences:
        yield words.text("no_audience")
    yield words.text(f"holdout_{traits['holdout'] or 'none'}")
    answers = [
        words.text("consent", channel=words.named("channel", channel), answer=words.named("consent", answer))
        for channel in _CHANNELS
        if (answer := traits[f"consent_{channel}"]) is not None
    ]
    if answers:
        yield words.text("consents", answers=words.listed(answers))


def _unknown(found: Explanation, words: Words) -> Iterator[str]:
    """How many traits are off for everyone (JSON has each with its reason), and which are in no publication."""
    off = sum(why["code"] == "off" for why in found.nulls.values())
    if off:
        yield words.count("traits_off", off)
    personal = [words.trait(name) for name, why in found.nulls.items() if why["code"] == "personal"]
    if personal:
        yield words.text("traits_personal", traits=words.listed(personal))


def _lines(found: Explanation, words: Words) -> Iterator[str]:
    if found.lines:
        yield words.count("rows", len(found.lines))
    for line in found.lines:
        facts = {
            "date": words.value("local_date", line["local_date"]),
            "kind": words.named("kind", line["kind"]),
            "net": words.value("monetary_local", line["net"]),
            "gross": words.value("monetary_local", line["gross"]),
            "currency": line["currency"],
            "order": line["order_id"],
            "file": line.get("source", line["file"]),
            "record": line["record"],
        }
        yield "  " + words.text("row", **facts)
        if line.get("rate_quality") is not None:
            yield "    " + words.text("rate", **_rates(line, words))


def _rates(line: Mapping[str, Any], words: Words) -> dict[str, object]:
    rates = {name: words.value("rate", line[f"to_{name}"]) for name in ("local", "reference", "ppp")}
    quality = words.named("rate quality", line["rate_quality"])
    return {"quality": quality, "date": words.value("rate_date", line["rate_date"]), **rates}
