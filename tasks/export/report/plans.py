"""What to do with whom: a plan for each segment and audience, filled with its own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from region_profiles.models import Playbook, Profile
from region_profiles.playbook_models import AUDIENCE, Word
from tasks.culture.calendar import Near
from tasks.export.background import Background
from tasks.export.locales import lineage
from tasks.export.report.blocks import Block, Card, Cards, Section, Text
from tasks.export.report.facts import Facts
from tasks.export.report.own import Own
from tasks.export.report.parts import outside
from tasks.export.report.segments import customers_of, ordered
from tasks.export.report.words import Words
from tasks.export.shown import shown
from tasks.export.summary import Summary

#: Occasions that stand above the plans.
NEAR = 2
_WORDS = get_args(Word)

Lines = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Plans:
    """What all cards of a page are made of."""

    words: Words
    profile: Profile
    facts: Facts
    figures: Summary
    background: Background
    near: Sequence[Near]


def playbooks(plans: Plans) -> Iterator[Section]:
    """What is near, once, then a plan for each segment that has customers, of the dimensions that are shown."""
    words = plans.words
    told = [one for one in plans.near if not words.foreign(one)][:NEAR]
    coming = words.formatter.list([_dated(words, one) for one in told]) if told else ""
    for dimension in (*shown(plans.profile), AUDIENCE):
        cards = list(_audiences(plans) if dimension == AUDIENCE else _segments(plans, dimension))
        if not cards:
            continue
        blocks: list[Block] = [Cards(cards)]
        if coming:
            blocks.insert(0, Text(words.labelled(words.say("near", "playbook"), coming)))
            coming = ""
        name = words.say("playbooks_audience") if dimension == AUDIENCE else words.dimension(dimension)
        yield Section(f"playbooks-{dimension}", words.labelled(words.say("playbooks"), name), blocks)


def _dated(words: Words, one: Near) -> str:
    return words.detailed(words.occasion(one), words.days(one.start, one.end))


def _segments(plans: Plans, dimension: str) -> Iterator[Card]:
    words, figures, given = plans.words, plans.figures, plans.profile.playbooks.get(dimension, {})
    rows = [
        row
        for row in ordered(plans.profile, figures, dimension)
        if row[1] not in {"guest", outside(plans.profile.dimensions[dimension])} and customers_of(figures, row)
    ]
    names = words.names(dimension, [code for _, code in rows])
    for row in rows:
        lines = _lines(plans, row, given.get(row[1]))
        if not lines:
            continue
        size = words.withheld()
        if row not in figures.hidden:
            share = Decimal(figures.rows[row]["share_revenue"] or 0)
            size = words.count("playbook_size", customers_of(figures, row), share=words.percent(share))
            lines |= _numbers(plans, given.get(row[1]), plans.facts.own.get(row))
        yield _card(words, names[row[1]], size, lines)


def _audiences(plans: Plans) -> Iterator[Card]:
    """Audiences in the order of their priority, those that somebody is listed in."""
    words, minimum = plans.words, plans.profile.privacy.minimum_count
    given = plans.profile.playbooks.get(AUDIENCE, {})
    for code, counts in plans.background.segments.get("audiences", {}).items():
        lines, listed, refused = (
            _lines(plans, (AUDIENCE, code), given.get(code)),
            counts["listed"],
            counts["not_listed"],
        )
        if not listed or not lines:
            continue
        if listed < minimum or 0 < refused < minimum:
            size = words.count("audience_counted", listed) if listed >= minimum else words.withheld()
        else:
            size = words.count("audience_listed", listed, matched=words.number(counts["matched"]))
        if listed >= minimum:
            lines |= _numbers(plans, given.get(code), plans.facts.own.get((AUDIENCE, code)))
            if refused >= minimum:
                lines["not_listed"] = words.number(refused)
        yield _card(words, words.labels.text("audience", code), size, lines)


def _card(words: Words, name: str, size: str, lines: Lines) -> Card:
    told = {part: lines[part] for part in _ORDER if lines.get(part)}
    return Card(name, size, [(words.say(part, "playbook"), text) for part, text in told.items()])


#: Lines of a card: what to do, then the segment's own numbers.
_ORDER = (
    *("goal", "angle", "offer", "discount", "products", "bought_most", "recommend", "channels", "cadence", "moments"),
    *("care", "avoid", "measure", "contactable", "basket", "stores", "holdout", "not_listed"),
)


def _lines(plans: Plans, row: tuple[str, str], plan: Playbook | None) -> Lines:
    """The plan in words: the market's own before those of the catalogs, of this segment before those of the codes."""
    words = plans.words
    lines: Lines = {} if plan is None else _codes(plans, plan)
    dimension, code = row
    contexts = [f"playbook {dimension} {code}", f"playbook {code}"]
    # One context or the other: the words for one segment must not fill the gaps of another of the same code.
    context = next((one for one in contexts if words.labels.find("goal", one)), None)
    own = {} if plan is None else {tag.lower(): said for tag, said in plan.words.items()}
    for part in _WORDS:
        mine = (own[tag.lower()].get(part) for tag in lineage(words.tag) if tag.lower() in own)
        text = next((one for one in mine if one), None) or (context and words.labels.find(part, context))
        if text:
            lines[part] = text
    return lines


def _codes(plans: Plans, plan: Playbook) -> Lines:
    """What the catalogs say of a plan's codes."""
    words = plans.words
    moments = [one for one in plans.near if one.code in plan.moments]
    avoid = [words.say(one, "avoid") for one in plan.avoid]
    return {
        "offer": "" if plan.offer == "none" else words.say(plan.offer, "offer"),
        "discount": "" if plan.discount is None else words.percent(plan.discount),
        "products": "" if plan.products == "none" else words.say(plan.products, "products"),
        "channels": tuple(words.say(channel, "channel") for channel in plan.channels),
        "cadence": words.say(plan.cadence, "cadence"),
        "moments": words.formatter.list([_dated(words, one) for one in moments]) if moments else "",
        "care": "" if plan.care is None else words.say(plan.care, "care"),
        "avoid": "\n".join(avoid),
        "measure": words.say(plan.measure, "measure"),
    }


def _numbers(plans: Plans, plan: Playbook | None, own: Own | None) -> Lines:
    """The segment's own numbers; and of the plan's channels those by which anybody in it may be contacted."""
    if own is None:
        return {}
    words = plans.words
    channels = () if plan is None else plan.channels
    open_ = tuple(one for one in channels if own.contactable.get(one) != 0) or channels
    agreed = [
        words.labelled(words.say(channel, "channel"), words.number(count))
        for channel, count in own.contactable.items()
        if count != 0
    ]
    return {
        "channels": tuple(words.say(one, "channel") for one in open_),
        "contactable": words.items(agreed),
        "basket": "" if own.basket is None else words.money(own.basket, plans.facts.currency),
        "bought_most": words.place(own.bought_most or ""),
        "recommend": words.place(own.recommend or ""),
        "stores": words.places(own.stores),
        "holdout": "" if own.holdout in {-1, 0} else words.number(own.holdout),
    }
