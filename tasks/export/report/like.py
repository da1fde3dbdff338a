"""The section that compares like with like: causes of moves, and earlier dates by today's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from region_profiles.models import Profile, TraitDimension
from tasks.export.report.alike import CAUSES, Alike
from tasks.export.report.blocks import Block, Group, Section, Table, Text
from tasks.export.report.facts import Facts
from tasks.export.report.parts import outside
from tasks.export.report.segments import ordered
from tasks.export.report.words import Words
from tasks.export.shown import shown
from tasks.export.summary import MARK, Summary


def like(words: Words, profile: Profile, facts: Facts, figures: Summary, before: date | None) -> Iterator[Section]:
    """Why customers moved, where new rules break a comparison, and sizes that compare."""
    found = facts.alike
    if found is None:
        return
    blocks: list[Block] = []
    if found.compared and before is not None:
        blocks += _breaks(words, found, words.day(before))
        if found.causes:
            title = words.say("like_causes", date=words.day(before))
            blocks.append(Group(title, [_causes(words, found, title)]))
    if found.anchors:
        blocks.append(Text(words.say("like_intro")))
        for dimension in shown(profile):
            if (table := _sizes(words, profile, figures, found, dimension)) is not None:
                blocks.append(Group(words.dimension(dimension), [table]))
    if blocks:
        yield Section("like", words.say("like"), blocks)


def _breaks(words: Words, found: Alike, since: str) -> Iterator[Text]:
    if found.rules:
        names = words.formatter.list([words.dimension(one) for one in found.rules])
        yield Text(words.say("like_rules", date=since, dimensions=names))
    if found.broken:
        yield Text(words.count("like_break", found.broken))
    elif found.broken == 0:
        yield Text(words.say("like_no_break"))
    else:
        yield Text(words.withheld(), note=True)


def _causes(words: Words, found: Alike, title: str) -> Table:
    """Dimensions by the causes that occur."""
    causes = [one for one in CAUSES if any(one in some for some in found.causes.values())]
    head = (words.labels.text("column", "dimension"), *(words.say(f"cause_{one}", "chain") for one in causes))
    rows = [
        (words.dimension(dimension), *(words.number(some.get(one, 0)) for one in causes))
        for dimension, some in found.causes.items()
    ]
    return Table(head, rows, caption=title)


def _sizes(words: Words, profile: Profile, figures: Summary, found: Alike, dimension: str) -> Table | None:
    """Segments of rules and tiers at each earlier date, oldest first, and now."""
    kind = profile.dimensions[dimension]
    if isinstance(kind, TraitDimension):
        return None
    now = [row for row in ordered(profile, figures, dimension) if row[1] not in {"guest", outside(kind)}]
    rows_of = dict.fromkeys((*now, *(row for one in found.anchors for row in one.sizes if row[0] == dimension)))
    names = words.names(dimension, [code for _, code in rows_of])
    rows = []
    for row in rows_of:
        sizes = [one.sizes.get(row, 0) for one in found.anchors]
        today = 0 if row not in figures.rows else int(figures.rows[row]["customers"] or 0)
        if any(sizes) or None in sizes or today:
            last = MARK if row in figures.hidden else words.number(today)
            rows.append((names[row[1]], *(words.number(size) for size in sizes), last))
    if not rows:
        return None
    dates = (words.detailed(words.say(f"like_{one.name}"), words.days(one.as_of, one.as_of)) for one in found.anchors)
    head = (words.labels.text("column", "segment"), *dates, words.say("now"))
    return Table(head, rows, caption=words.dimension(dimension))
