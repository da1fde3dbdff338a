"""The sections on segments: what has changed, how large they are, the lenses, the movements, what to do with whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from region_profiles.models import Profile, TiersDimension, TraitDimension
from tasks.culture.calendar import Near
from tasks.export.report.blocks import Block, Card, Cards, Chart, Group, Section, Side, Table, Text
from tasks.export.report.charts import Bar, bars
from tasks.export.report.facts import Facts
from tasks.export.report.lenses import Lens, Lenses
from tasks.export.report.moves import Change
from tasks.export.report.words import Words
from tasks.export.summary import MARK, Summary

#: Languages that stand by name; the smaller ones are in the list of segments.
LANGUAGES = 12
#: Occasions that each plan names.
NEAR = 2
_PLAN = ("goal", "offer", "channels", "cadence", "avoid", "measure")


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
    blocks: list[Block] = [Text(" ".join(totals))] if totals else []
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
            for code, one in _in_order(profile, figures, dimension, changes)
            if (one.then, one.now) != (0, 0)
        ]
        table = Table((words.labels.text("column", "segment"), *head), rows, caption=words.dimension(dimension))
        blocks.append(Group(words.dimension(dimension), [table]))
    return Section("changed", words.say("changed", date=words.day(previous_as_of)), blocks)


def sizes(words: Words, profile: Profile, figures: Summary) -> Section:
    """Customers and revenue by segment, of each dimension but languages, which have a section of their own."""
    blocks = [
        Group(words.dimension(dimension), [_pair(words, profile, figures, dimension)])
        for dimension, kind in profile.dimensions.items()
        if not _is_language(kind) and any(row[0] == dimension for row in figures.rows)
    ]
    return Section("sizes", words.say("sizes"), blocks)


def _ordered(profile: Profile, figures: Summary, dimension: str) -> list[tuple[str, str]]:
    """A dimension's rows: tiers in their order, other segments by revenue; withheld ones then, guests last."""
    rows = [row for row in figures.rows if row[0] == dimension]
    ranked = isinstance(profile.dimensions.get(dimension), TiersDimension)

    def rank(row: tuple[str, str]) -> tuple[bool, bool, Decimal]:
        unseen = row in figures.hidden
        return row[1] == "guest", unseen and not ranked, Decimal(0) if unseen or ranked else -_amount(figures, row)

    return sorted(rows, key=rank)


def _amount(figures: Summary, row: tuple[str, str]) -> Decimal:
    return Decimal(figures.rows[row]["monetary_local"] or 0)


def _in_order(
    profile: Profile, figures: Summary, dimension: str, changes: Mapping[str, Change]
) -> Iterator[tuple[str, Change]]:
    known = [code for _, code in _ordered(profile, figures, dimension) if code in changes]
    yield from ((code, changes[code]) for code in dict.fromkeys((*known, *changes)))


def languages(words: Words, profile: Profile, figures: Summary) -> Iterator[Section]:
    """The languages of the customers, if the profile has a dimension of them."""
    for dimension, kind in profile.dimensions.items():
        if _is_language(kind):
            rows = [
                row for row in figures.rows if row[0] == dimension and row[1] != "guest" and _customers(figures, row)
            ]
            rows.sort(key=lambda row: (row in figures.hidden, -_customers(figures, row), row[1]))
            chart = _chart(words, figures, rows[:LANGUAGES], "customers", words.say("languages"))
            chart = replace(chart, named=False)
            yield Section("languages", words.say("languages"), [chart])
            return


def _is_language(kind: object) -> bool:
    return isinstance(kind, TraitDimension) and kind.trait == "language"


def _customers(figures: Summary, row: tuple[str, str]) -> int:
    return int(figures.rows[row]["customers"] or 0)


def _pair(words: Words, profile: Profile, figures: Summary, dimension: str) -> Side:
    rows = [row for row in _ordered(profile, figures, dimension) if _customers(figures, row) or _amount(figures, row)]
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
    for row in rows:
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
        told.append((name, whole, words.percent(figures.rows[row][share])))
    head = (
        words.dimension(rows[0][0]) if rows else words.labels.text("column", "segment"),
        words.say(_MEASURES[measure](words)),
        words.labels.text("column", share),
    )
    top = max((bar for bar in drawn if bar.share is not None), key=lambda bar: bar.share or 0, default=None)
    alt = title if top is None else words.say("alt_bars", title=title, label=top.label, value=top.value)
    return Chart(title, bars(alt, drawn, rtl=words.rtl), Table(head, told, caption=title))


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
        alt = words.say("alt_bars", title=title, label=drawn[0].label, value=drawn[0].value)
        table = Table((words.say("from"), words.say("to"), words.say("customers")), rows, words=2, caption=title)
        groups.append(Chart(title, bars(alt, drawn, rtl=words.rtl), table))
    if groups:
        yield Section("moves", words.say("moves"), [Text(words.say("moves_intro", date=since)), *groups])
    else:
        everywhere = len(moves.nobody) == len(moves.flows)
        text = words.say("no_moves", date=since) if everywhere else words.withheld()
        yield Section("moves", words.say("moves"), [Text(text)])


def playbooks(words: Words, profile: Profile, figures: Summary, near: Iterable[Near]) -> Iterator[Section]:
    """A plan for each segment that has customers, of the dimensions that have playbooks."""
    told = [one for one in near if not words.foreign(one)][:NEAR]
    coming = [words.detailed(words.occasion(one), words.days(one.start, one.end)) for one in told]
    for dimension in profile.playbooks:
        rows = [row for row in _ordered(profile, figures, dimension) if row[1] != "guest" and _customers(figures, row)]
        names = words.names(dimension, [code for _, code in rows])
        cards = [card for row in rows if (card := _card(words, figures, row, names[row[1]], coming)).lines]
        if cards:
            yield Section(f"playbooks-{dimension}", words.say("playbooks"), [Cards(cards)])


def _card(words: Words, figures: Summary, row: tuple[str, str], name: str, coming: Sequence[str]) -> Card:
    dimension, code = row
    plan = words.profile.playbooks[dimension].get(code)
    size = words.withheld()
    if row not in figures.hidden:
        share = Decimal(figures.rows[row]["share_revenue"] or 0)
        size = words.count("playbook_size", _customers(figures, row), share=words.percent(share))
    texts: dict[str, str | tuple[str, ...]] = {
        part: words.labels.find(part, f"playbook {code}") or "" for part in _PLAN
    }
    if plan is not None:
        texts["channels"] = tuple(words.say(channel, "channel") for channel in plan.channels)
        texts["cadence"] = words.say(plan.cadence, "cadence")
    lines = [(words.say(part, "playbook"), text) for part, text in texts.items() if text]
    if lines and coming and (plan is None or plan.cadence != "never"):
        lines.append((words.say("near", "playbook"), words.formatter.list(list(coming))))
    return Card(name, size, lines)
