"""An explanation in sentences: templates in the reader's language with places for values, never joined fragments."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.segment.explain import Explanation
from tasks.segment.telling.figures import lines, money, predictions, scores
from tasks.segment.telling.placements import differing, placement
from tasks.segment.telling.words import Words

__all__ = ["Words", "differing", "told"]

_CHANNELS = ("email", "sms", "phone", "post", "app")


def told(explanation: Explanation, words: Words, *, untaxed: bool = False) -> str:
    """Lines of text: who, where and why, money, scores, predictions, audiences, what is unknown, source rows.

    Of an `untaxed` drop no amount is said to be with or without tax.
    """
    parts = (
        _customer(explanation, words),
        *(placement(one, words) for one in explanation.placements),
        money(explanation, words, untaxed=untaxed),
        scores(explanation, words),
        predictions(explanation, words),
        _audiences(explanation, words),
        _unknown(explanation, words),
        lines(explanation, words),
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
