"""The section on what customers have done since: repeat rate and revenue, campaigns beside the holdout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from region_profiles.models import Profile
from region_profiles.playbook_models import AUDIENCE
from tasks.export.report.blocks import Block, Group, Section, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.facts import Facts
from tasks.export.report.outcomes import FEWEST, Outcome, Side
from tasks.export.report.parts import part
from tasks.export.report.segments import in_order
from tasks.export.report.words import NOTHING, Words
from tasks.export.summary import MARK, Summary


def results(words: Words, profile: Profile, facts: Facts, figures: Summary, before: date | None) -> Iterator[Section]:
    """What the segments and holdouts of the report before have done since, if there is one."""
    if not facts.outcomes or before is None:
        return
    since = words.day(before)
    blocks: list[Block] = [Text(words.say("results_intro", date=since))]
    held = False
    for dimension, found in facts.outcomes.items():
        outcomes = found if dimension == AUDIENCE else dict(in_order(profile, figures, dimension, found))
        told = _Told(words, facts, dimension, outcomes, since)
        inside: list[Block] = [told.everybody()]
        readings = {one.reading for one in outcomes.values()} - {None}
        if readings == {"few"}:
            inside.append(Text(words.labelled(words.say("results_holdout"), words.say("results_few")), note=True))
        elif readings:
            inside += told.compared()
        held = held or bool(readings)
        name = words.say("playbooks_audience") if dimension == AUDIENCE else words.dimension(dimension)
        blocks.append(Group(name, inside))
    note = (
        words.say("results_note", minimum=words.number(FEWEST)) if held else words.say("results_no_holdout", date=since)
    )
    blocks.append(Text(note, note=True))
    yield Section("results", words.say("results", date=since), blocks)


class _Told:
    """The tables of one dimension."""

    def __init__(self, words: Words, facts: Facts, dimension: str, outcomes: Mapping[str, Outcome], since: str) -> None:
        self.words, self.currency, self.outcomes, self.since = words, facts.reference_currency, outcomes, since
        self.minimum = words.profile.privacy.minimum_count
        self.names = (
            {code: words.labels.text("audience", code) for code in outcomes}
            if dimension == AUDIENCE
            else words.names(dimension, outcomes)
        )
        self.segment = words.labels.text("column", "segment")

    def everybody(self) -> Block:
        """A chart of repeat rates, with sizes and revenue behind it."""
        words = self.words
        rates = {code: self._rate(one.all) if one.tells else None for code, one in self.outcomes.items()}
        longest = max((rate for rate in rates.values() if rate), default=0) or 1
        rows, drawn = [], []
        for (code, one), shown in zip(self.outcomes.items(), words.percents(rates.values()), strict=True):
            rate = rates[code]
            rows.append(
                (
                    self.names[code],
                    words.number(one.all.customers if one.tells else None),
                    MARK if rate is None else words.number(one.all.bought),
                    shown,
                    self._revenue(one.all) if rate is not None else MARK,
                )
            )
            drawn.append(Bar(self.names[code], shown, None if rate is None else rate / longest))
        heads = ("results_bought", "results_rate", "results_revenue")
        head = (self.segment, words.say("results_then", date=self.since), *map(words.say, heads))
        title = words.say("results_rate")
        return bar_chart(words, title, drawn, Table(head, rows, caption=title))

    def compared(self) -> Iterator[Table]:
        """Customers who may get campaigns beside the holdout: how many came back, and for how much."""
        words, title = self.words, self.words.say("results_holdout")
        rates, worth = [], []
        shares = self._shares()
        for code, one in self.outcomes.items():
            if one.campaigns is None or one.holdout is None:
                continue
            sides = one.campaigns, one.holdout
            told = MARK not in shares[code]
            rates.append(
                (
                    self.names[code],
                    words.say(f"results_{one.reading}"),
                    words.number(one.holdout.customers),
                    *shares[code],
                    self._difference(one) if told else MARK,
                )
            )
            worth.append((self.names[code], *(self._each(side) if told else MARK for side in sides)))
        yield Table(
            (self.segment, *self._heads("reading", "size", "with", "without", "difference")),
            rates,
            words=2,
            caption=title,
        )
        yield Table((self.segment, *self._heads("worth_with", "worth_without")), worth, caption=title)

    def _heads(self, *codes: str) -> Iterator[str]:
        return (self.words.say(f"results_{code}") for code in codes)

    def _shares(self) -> dict[str, tuple[str, str]]:
        """Rates with campaigns and of the holdout as they stand in two columns: both of them or neither."""
        found = {}
        for code, one in self.outcomes.items():
            if one.campaigns is not None and one.holdout is not None:
                rates = self._rate(one.campaigns), self._rate(one.holdout)
                found[code] = (None, None) if None in rates else rates
        columns = (self.words.percents(rates[place] for rates in found.values()) for place in (0, 1))
        return dict(zip(found, zip(*columns, strict=True), strict=True))

    def _rate(self, side: Side) -> float | None:
        known = part(side.bought, side.customers, self.minimum)
        return None if known is None or not side.customers else known / side.customers

    def _revenue(self, side: Side) -> str:
        return self.words.money(side.revenue, self.currency) if side.bought else NOTHING

    def _each(self, side: Side) -> str:
        return self.words.money(side.revenue / side.customers, self.currency, digits=None) if side.bought else NOTHING

    def _difference(self, one: Outcome) -> str:
        found, signed = one.difference, self.words.signed
        if found is None:
            return NOTHING
        value, low, high = (signed(part * 100) for part in (found.value, found.low, found.high))
        return self.words.detailed(value, self.words.say("range", "template", first=low, last=high))
