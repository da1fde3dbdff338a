"""The boxes on dimensions: what the market's data carries, what is off, and how well the rules part the customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from region_profiles.models import Profile, RulesDimension
from tasks.export.background import Background
from tasks.export.report.blocks import Block, Group, Points, Section, Table, Text
from tasks.export.report.parts import outside
from tasks.export.report.words import NOTHING, Words
from tasks.export.shown import shown

#: Overlaps that are told.
OVERLAPS = 5
#: Traits whose borders are told of a dimension.
NEAREST = 3


def off(words: Words, background: Background) -> Iterator[Block]:
    """Dimensions that the data does not carry, with the reason and the share of customers that is known."""
    found: Mapping[str, Mapping[str, Any]] = background.segments.get("dimensions_off", {})
    rows = [(words.dimension(name), _why(words, background, name, one)) for name, one in found.items()]
    if rows:
        heading = words.say("off")
        head = (words.labels.text("column", "dimension"), words.say("why", "index"))
        yield Group(heading, [Table(head, rows, words=2, caption=heading)])


def _why(words: Words, background: Background, dimension: str, one: Mapping[str, Any]) -> str:
    """The reason; a trait that teams never see goes by the name of the dimension."""
    if one["code"] == "nobody":
        return words.say("off_nobody")
    refused = background.predicted.get("clusters", {}).get("refused")
    if one["trait"] == "cluster" and refused not in {None, "off"}:
        return words.say(refused, "cluster refused")
    named = words.dimension(dimension)
    trait = _trait(words, str(one["trait"]), named)
    if one["code"] == "off":
        return words.say("off_nothing") if trait == named else words.say("off_off", trait=trait)
    if one["code"] == "weak" and one["grade"] == "none":
        return words.say("none", "prediction grade")
    if one["code"] == "weak":
        return words.say("off_weak", trait=trait, grade=str(one["grade"]))
    return _few(words, one["share"], trait, named)


def _few(words: Words, known: float, trait: str, named: str) -> str:
    """How few customers a trait is known of; its name is not said again where the dimension has the same."""
    share = words.percent(known)
    if share == words.percent(0):
        return words.say("off_nothing") if trait == named and not known else words.say("off_hardly", trait=trait)
    return words.say("off_share", share=share) if trait == named else words.say("off_few", trait=trait, share=share)


def rules(words: Words, profile: Profile, background: Background) -> Iterator[Section]:
    """Of each dimension that is shown: who carries it, who stands near a border, what is empty, what overlaps."""
    notes = {
        name: background.segments["dimensions"][name]
        for name in shown(profile)
        if name in background.segments.get("dimensions", {})
    }
    if not notes:
        return
    rows = []
    for name, one in notes.items():
        empty = [code for code in one.get("dead", ()) if code != outside(profile.dimensions[name])]
        names = words.names(name, empty)
        rows.append(
            (
                words.dimension(name),
                words.formatter.list([names[code] for code in empty]) if empty else NOTHING,
                _near(words, one.get("near") or {}),
                words.percent(one.get("share"), most=0),
            )
        )
    heads = (words.say(f"rules_{code}") for code in ("empty", "near", "known"))
    table = Table((words.labels.text("column", "dimension"), *heads), rows, words=3, caption=words.say("rules"))
    blocks: list[Block] = [Text(words.say("rules_intro")), table]
    if points := list(_overlaps(words, profile, notes)):
        blocks.append(Points(points))
    yield Section("rules", words.say("rules"), blocks)


def _near(words: Words, shares: Mapping[str, float]) -> str:
    """The traits by which most customers stand near a border, with their shares."""
    most = sorted(shares.items(), key=lambda one: (-one[1], one[0]))[:NEAREST]
    told = [words.labelled(_trait(words, trait), words.percent(share)) for trait, share in most if share > 0]
    return words.items(told) or NOTHING


def _trait(words: Words, trait: str, otherwise: str | None = None) -> str:
    """A trait's name; that of comparable prices has the year of its prices."""
    found = words.labels.find(trait, "column", "prediction", "dimension") or otherwise or trait
    return found % {"vintage": words.labels.year(words.profile.money.ppp.vintage)}


def _overlaps(words: Words, profile: Profile, notes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The largest overlaps of rules that are no matter of order alone, small ones left out."""
    found = [
        (one["customers"], name, one["first"], one["later"])
        for name, some in notes.items()
        if isinstance(profile.dimensions[name], RulesDimension)
        for one in some.get("overlap", ())
        if one["customers"] >= profile.privacy.minimum_count
    ]
    for customers, name, first, later in sorted(found, key=lambda one: -one[0])[:OVERLAPS]:
        names = words.names(name, (first, later))
        yield words.count("rules_overlap", customers, first=names[first], second=names[later])
