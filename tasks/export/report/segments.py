"""The sections on segments: what has changed, how large they are, the lenses, the movements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from region_profiles.models import Population, Profile, TiersDimension, TraitDimension
from tasks.export.report.blocks import Block, Chart, Group, Section, Side, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.facts import Facts
from tasks.export.report.lenses import Lens, Lenses
from tasks.export.report.parts import outside
from tasks.export.report.words import Words
from tasks.export.shown import shown
from tasks.export.summary import MARK, Summary

T = TypeVar("T")
#: Languages that stand by name; the smaller ones are in the list of segments.
LANGUAGES = 12


def changed(words: Words, profile: Profile, facts: Facts, figures: Summary, previous_as_of: date | None) -> Section:
    """What has changed since the report before."""
    moves = facts.moves
    if moves is None or previous_as_of is None:
        return Section("changed", words.say("changed_first"), [Text(words.say("first_report"))])
    totals = [
        words.count(code, count)
        for code, count in (("joined_total", moves.joined), ("left_total", moves.left))
        if count
    ]
    blocks: list[Block] = [Text(one) for one in totals]
    head = tuple(words.say(code) for code in ("then", "now", "change", "joined", "left"))
    for dimension, changes in moves.changes.items():
        names = words.names(dimension, changes)
        rows = [
            (
                names[code],
                words.number(one.then),
                words.number(one.now),
                words.difference(one.then, one.now),
                words.number(one.joined),
                words.number(one.left),
            )
            for code, one in in_order(profile, figures, dimension, changes)
            if (one.then, one.now) != (0, 0) and code != outside(profile.dimensions[dimension])
        ]
        table = Table((words.labels.text("column", "segment"), *head), rows, caption=words.dimension(dimension))
        blocks.append(Group(words.dimension(dimension), [table]))
    return Section("changed", words.say("changed", date=words.day(previous_as_of)), blocks)


def sizes(words: Words, profile: Profile, figures: Summary) -> Iterator[Section]:
    """Customers and revenue by segment, of each dimension but languages; business accounts in their own section."""
    blocks = _sizes(words, profile, figures, "person")
    if blocks:
        yield Section("sizes", words.say("sizes"), blocks)
    if blocks := _sizes(words, profile, figures, "account"):
        yield Section("accounts", words.say("accounts"), blocks)


def _sizes(words: Words, profile: Profile, figures: Summary, population: Population) -> list[Block]:
    return [
        Group(words.dimension(dimension), [_pair(words, profile, figures, dimension)])
        for dimension in shown(profile, population)
        if not _is_language(profile.dimensions[dimension])
        and any(one == dimension and customers_of(figures, (one, code)) for one, code in figures.rows)
    ]


def ordered(profile: Profile, figures: Summary, dimension: str) -> list[tuple[str, str]]:
    """A dimension's rows: tiers in their order, other segments by revenue; withheld ones then, guests last."""
    rows = [row for row in figures.rows if row[0] == dimension]
    ranked = isinstance(profile.dimensions.get(dimension), TiersDimension)

    def rank(row: tuple[str, str]) -> tuple[bool, bool, Decimal]:
        unseen = row in figures.hidden
        return row[1] == "guest", unseen and not ranked, Decimal(0) if unseen or ranked else -_amount(figures, row)

    return sorted(rows, key=rank)


def _amount(figures: Summary, row: tuple[str, str]) -> Decimal:
    return Decimal(figures.rows[row]["monetary_local"] or 0)


def in_order(profile: Profile, figures: Summary, dimension: str, found: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """What is known of segments, in the order of their rows; those of yesterday last."""
    known = [code for _, code in ordered(profile, figures, dimension) if code in found]
    yield from ((code, found[code]) for code in dict.fromkeys((*known, *found)))


def languages(words: Words, profile: Profile, figures: Summary) -> Iterator[Section]:
    """The languages of the customers, if the profile has a dimension of them."""
    for dimension in shown(profile):
        if _is_language(profile.dimensions[dimension]):
            kind = profile.dimensions[dimension]
            rows = [
                row
                for row in figures.rows
                if row[0] == dimension and row[1] not in {"guest", outside(kind)} and customers_of(figures, row)
            ]
            rows.sort(key=lambda row: (row in figures.hidden, -customers_of(figures, row), row[1]))
            chart = _chart(words, figures, rows[:LANGUAGES], "customers", words.say("languages"))
            chart = replace(chart, named=False)
            yield Section("languages", words.say("languages"), [chart])
            return


def _is_language(kind: object) -> bool:
    return isinstance(kind, TraitDimension) and kind.trait == "language"


def customers_of(figures: Summary, row: tuple[str, str]) -> int:
    """Customers of a segment, 0 where the summary has no figure."""
    return int(figures.rows[row]["customers"] or 0)


def _pair(words: Words, profile: Profile, figures: Summary, dimension: str) -> Side:
    own = [row for row in ordered(profile, figures, dimension) if row[1] != outside(profile.dimensions[dimension])]
    rows = [row for row in own if customers_of(figures, row) or _amount(figures, row)]
    people = [row for row in rows if row[1] != "guest"]
    return Side(
        [
            _chart(words, figures, people, "customers", words.say("sizes_chart")),
            _chart(words, figures, rows, "monetary_local", words.say("revenue_chart")),
        ]
    )


def _chart(words: Words, figures: Summary, rows: Sequence[tuple[str, str]], measure: str, title: str) -> Chart:
    """Bars of one measure, with its share in the table behind."""
    share = {"customers": "share_customers", "monetary_local": "share_revenue"}[measure]
    names = words.names(rows[0][0], [code for _, code in rows]) if rows else {}
    currency = figures.currencies["currency"]
    drawn, told = [], []
    longest = max((abs(figures.rows[row][measure] or 0) for row in rows if row not in figures.hidden), default=0) or 1
    shares = words.percents(None if row in figures.hidden else figures.rows[row][share] for row in rows)
    for row, percent in zip(rows, shares, strict=True):
        name, value = names[row[1]], figures.rows[row][measure] or 0
        if row in figures.hidden:
            drawn.append(Bar(name, MARK, None))
            told.append((name, MARK, MARK))
            continue
        if measure == "customers":
            short, whole = words.number(int(value)), words.number(int(value))
        else:
            short, whole = words.short(Decimal(value), currency), words.money(value, currency)
        drawn.append(Bar(name, short, float(max(value, 0) / longest)))
        told.append((name, whole, percent))
    head = (
        words.dimension(rows[0][0]) if rows else words.labels.text("column", "segment"),
        words.say(_MEASURES[measure](words)),
        words.labels.text("column", share),
    )
    return bar_chart(words, title, drawn, Table(head, told, caption=title))


def _revenue(words: Words) -> str:
    return "revenue_untaxed" if words.profile.tax.amounts == "untaxed" else "revenue"


_MEASURES = {"customers": lambda _: "customers", "monetary_local": _revenue}


# --- lenses -----------------------------------------------------------------------------------------------------------


def lenses(words: Words, facts: Facts, previous_as_of: date | None) -> Iterator[Section]:
    """The value tiers through three lenses, if the profile has tiers at comparable prices."""
    found = facts.lenses
    if found is None:
        return
    names = words.names(found.dimension, found.tiers)
    head = (words.say("lens"), *(names[tier] for tier in found.tiers), words.say("higher"), words.say("lower"))
    reported = facts.reference_currency
    shown = [one for one in found.lenses if one.off is None]
    blocks: list[Block] = [Text(words.say("lenses_intro"))]
    if shown:
        rows = [_lens(words, one) for one in shown]
        blocks.append(Table(head, rows, caption=words.say("lenses")))
    blocks += [
        Text(words.labelled(words.say(f"lens_{one.name}"), _off(words, one, reported)), note=True)
        for one in found.lenses
        if one.off is not None
    ]
    blocks += _exchange(words, found, previous_as_of)
    if all(one.name not in {"ppp", "reference"} or one.off is None for one in found.lenses):
        borders = words.formatter.list([str(words.formatter.decimal(border)) for border in found.borders])
        code = "lenses_borders_untaxed" if words.profile.tax.amounts == "untaxed" else "lenses_borders"
        blocks.append(Text(words.say(code, borders=borders, currency=reported), note=True))
    if any(one.name == "effort" and one.off is None for one in found.lenses):
        blocks.append(Text(words.say("lens_effort_who"), note=True))
    yield Section("lenses", words.say("lenses"), blocks)


def _lens(words: Words, one: Lens) -> tuple[str, ...]:
    moved = (words.number(one.higher), words.number(one.lower)) if one.compared else ("–", "–")
    return (words.say(f"lens_{one.name}"), *(words.number(count) for count in one.tiers), *moved)


def _off(words: Words, one: Lens, currency: str) -> str:
    return words.say("lens_no_rate", currency=currency) if one.off == "rate" else words.say("lens_off")


def _exchange(words: Words, found: Lenses, previous_as_of: date | None) -> Iterator[Text]:
    if found.exchange is None or previous_as_of is None:
        return
    since = words.day(previous_as_of)
    if found.exchange < 0:
        yield Text(words.withheld())
    elif found.exchange == 0:
        yield Text(words.say("exchange_none", date=since))
    else:
        yield Text(words.count("exchange_only", found.exchange, date=since))


# --- movements and plans ----------------------------------------------------------------------------------------------


def movements(words: Words, facts: Facts, previous_as_of: date | None) -> Iterator[Section]:
    """The largest movements between segments, if there is a report before."""
    moves = facts.moves
    if moves is None or previous_as_of is None:
        return
    since = words.day(previous_as_of)
    groups: list[Block] = []
    for dimension, flows in moves.flows.items():
        if not flows:
            continue
        names = words.names(dimension, {code for flow in flows for code in flow[:2]})
        rows = [(names[first], names[second], words.number(count)) for first, second, count in flows]
        longest = flows[0][2]
        drawn = [
            Bar(words.say("movement", first=one, second=two), text, flow[2] / longest)
            for (one, two, text), flow in zip(rows, flows, strict=True)
        ]
        title = words.dimension(dimension)
        table = Table((words.say("from"), words.say("to"), words.say("customers")), rows, words=2, caption=title)
        groups.append(bar_chart(words, title, drawn, table))
    if groups:
        yield Section("moves", words.say("moves"), [Text(words.say("moves_intro", date=since)), *groups])
    else:
        everywhere = len(moves.nobody) == len(moves.flows)
        text = words.say("no_moves", date=since) if everywhere else words.withheld()
        yield Section("moves", words.say("moves"), [Text(text)])
