"""The sections on the market: where its customers live, what is near in its calendar, how to read and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.culture.calendar import Near
from tasks.export.background import Background
from tasks.export.report.blocks import Block, Points, Section, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.facts import Facts
from tasks.export.report.words import Words
from tasks.export.shown import shown
from tasks.export.summary import Summary

#: Marks a day that an announcement may move; an asterisk already means withheld.
EXPECTED = "≈"


def cities(words: Words, facts: Facts) -> Iterator[Section]:
    """The cities with most customers."""
    if not facts.cities:
        return
    names = [
        words.say("other_cities") if name is None else words.place(name) if name else words.say("unlisted")
        for name, _ in facts.cities
    ]
    longest = max((count or 0 for _, count in facts.cities), default=0) or 1
    rows = [(name, words.number(count)) for name, (_, count) in zip(names, facts.cities, strict=True)]
    drawn = [
        Bar(name, text, None if count is None else count / longest)
        for (name, text), (_, count) in zip(rows, facts.cities, strict=True)
    ]
    title = words.say("cities")
    table = Table((words.labels.text("column", "city"), words.say("customers")), rows, caption=title)
    chart = bar_chart(words, title, drawn, table, named=False)
    yield Section("cities", title, [Text(words.say("cities_intro")), chart, Text(words.say("cities_spelt"), note=True)])


def calendar(words: Words, near: Sequence[Near]) -> Section:
    """Holidays, shopping moments and seasons of the next weeks."""
    title = words.say("calendar")
    if not near:
        return Section("calendar", title, [Text(words.say("calendar_none"))])
    rows = [
        (words.days(one.start, one.end), words.marked(one), words.say(f"kind_{one.kind}"), _soon(words, one))
        for one in near
    ]
    head = (words.say("date"), words.say("occasion"), words.say("kind"), words.say("how_soon"))
    blocks: list[Block] = [Table(head, rows, words=4, caption=title)]
    if any(one.expected for one in near):
        blocks.append(Text(f"{EXPECTED} {words.say('expected')}", note=True))
    return Section("calendar", title, blocks)


def _soon(words: Words, one: Near) -> str:
    mark = f" {EXPECTED}" if one.expected else ""
    soon = words.count("in_days", one.days_until) if one.days_until else words.say("under_way", date=words.day(one.end))
    return soon + mark


def reading(words: Words, profile: Profile, facts: Facts, figures: Summary) -> Section:
    """What the reader must know, of what this market has."""
    kinds = [profile.dimensions[one] for one in shown(profile)]
    points = []
    if any(isinstance(kind, RulesDimension) for kind in kinds):
        points.append(words.say("read_lifecycle"))
        bins = {one.bins for one in (profile.traits.scores.recency, profile.traits.scores.monetary)}
        points += [words.say("read_scores", bins=words.number(max(bins)))]
    if any(isinstance(kind, TiersDimension) and kind.trait == "monetary_ppp" for kind in kinds):
        ranked = facts.lenses is not None and any(one.name == "rank" for one in facts.lenses.lenses)
        points.append(words.say("read_value_rank" if ranked else "read_value"))
    points.append(words.say("read_guests"))
    if figures.hidden:
        points.append(words.say("read_withheld"))
    points.append(words.say("read_expected"))
    return Section("reading", words.say("how_to_read"), [Points(points)])


def asking(words: Words, profile: Profile, background: Background) -> Section:
    """Whom to ask, and the publication to name."""
    blocks: list[Block] = []
    if profile.market.contact:
        blocks.append(Text(words.say("ask_team", contact=words.place(profile.market.contact, most=200))))
    blocks.append(Text(words.say("ask_operations")))
    if background.publication:
        blocks.append(Points([words.labelled(words.say("publication"), background.publication)]))
    return Section("asking", words.say("ask"), blocks)
