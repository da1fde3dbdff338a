"""The sections on what customers are expected to do, how far that may be trusted, and groups of customers alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

from region_profiles.models import Population, Profile
from tasks.cluster.describe import phrase, title
from tasks.cluster.records import Apart
from tasks.export.background import Background
from tasks.export.report.blocks import Block, Chart, Group, Points, Section, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.expected import BINS, Sum
from tasks.export.report.facts import Facts
from tasks.export.report.parts import Count
from tasks.export.report.segments import in_order
from tasks.export.report.words import NOTHING, Words
from tasks.export.summary import MARK, Summary
from tasks.export.suppress import withheld

#: Figures of a reason that are shares; `bias` and `margin` with their sign.
_SIGNED = ("bias", "margin")
#: The reason of a market that has no model of its own.
_FEW = "too_few_customers"


def predictions(
    words: Words, profile: Profile, facts: Facts, figures: Summary, background: Background
) -> Iterator[Section]:
    """What is expected, by which model, and what its grade means; or why nothing is."""
    known = background.predicted.get("prediction")
    if known is None:
        return
    notes = {one: known[one] for one in get_args(Population) if known.get(one, {}).get("customers")}
    blocks: list[Block] = []
    if not known:
        blocks.append(Text(words.say("off", "prediction")))
    for population, one in notes.items():
        told: list[Block] = [*_trust(words, one, facts.as_of)]
        if one.get("fit") and population not in profile.prediction.weak(notes) and facts.expected is not None:
            told += _figures(words, profile, facts, figures, population)
        blocks += told if len(notes) == 1 else [Group(words.say(population, "type"), told)]
    if blocks:
        yield Section("predictions", words.say("title", "prediction"), blocks)


def _trust(words: Words, one: Mapping[str, Any], as_of: date) -> Iterator[Block]:
    """The model, its grade, the test on the past beside the baseline, and what else to know."""
    fit = one.get("fit")
    if fit:
        days = words.number(one["horizon_days"])
        yield Text(words.say("horizon", "prediction", days=days, date=words.day(as_of)))
        yield Text(words.say(one["grade"], "prediction grade"))
    tested = one.get("backtest")
    if fit and tested and tested.get("purchases"):
        yield Text(words.sentences(_tested(words, tested, as_of)))
    points = [] if not fit else [words.say(fit["model"], "prediction"), words.say("no_contract", "prediction")]
    points += _reasons(words, one)
    if points:
        yield Points(list(dict.fromkeys(points)))


def _tested(words: Words, tested: Mapping[str, Any], as_of: date) -> Iterator[str]:
    cut = words.day(as_of - timedelta(days=tested["days"]))
    predicted, actual = (words.number(round(one)) for one in (tested["purchases"]["total"], tested["actual"]))
    days = words.number(tested["days"])
    yield words.say("tested", "prediction", days=days, date=cut, predicted=predicted, actual=actual)
    if tested.get("baseline"):
        yield words.say("baseline", "prediction", predicted=words.number(round(tested["baseline"]["total"])))
    share = tested["purchases"].get("top_tenth")
    if share is not None:
        yield words.say("top_tenth", "prediction", share=words.percent(share, most=0))


def _reasons(words: Words, one: Mapping[str, Any]) -> Iterator[str]:
    """What to know. Why the test had no model is no news of a market that has one now: its numbers are of the past."""
    tested = one.get("backtest") or {}
    past: Sequence[Any] = ()
    if one.get("fit") and not one.get("pooled") and not tested.get("purchases"):
        past = tested.get("reasons", ())
    yield from (_reason(words, reason) for reason in one.get("reasons", ()) if reason not in past)
    if any(reason["code"] == _FEW for reason in past):
        yield words.say("tested_otherwise", "prediction")


def _reason(words: Words, reason: Mapping[str, Any]) -> str:
    """A reason with its figures as the reader writes them."""
    values = {}
    for name, value in reason.items():
        if name in _SIGNED:
            values[name] = NOTHING if value is None else words.signed_percent(value)
        elif name != "code":
            values[name] = words.number(round(value)) if isinstance(value, int | float) else str(value)
    return words.say(reason["code"], "prediction", **values)


def _figures(words: Words, profile: Profile, facts: Facts, figures: Summary, population: str) -> Iterator[Block]:
    found = facts.expected
    if found is None:
        return
    for dimension, sums in found.sums.items():
        if profile.dimensions[dimension].population == population and any(sums.values()):
            chart = _revenue(words, facts, dimension, dict(in_order(profile, figures, dimension, sums)))
            yield Group(words.dimension(dimension), [chart])
    if population in found.risks:
        yield _risks(words, found.risks[population])


def _revenue(words: Words, facts: Facts, dimension: str, sums: Mapping[str, Sum | None]) -> Chart:
    """Expected revenue, or where money is not known expected purchases, by segment."""
    currency, names = facts.reference_currency, words.names(dimension, sums)
    money = any(one is not None and one.revenue is not None for one in sums.values())
    heights = {
        code: None if one is None else float(one.revenue or 0) if money else one.purchases for code, one in sums.items()
    }
    longest = max((height for height in heights.values() if height), default=0) or 1
    drawn, rows = [], []
    for code, one in sums.items():
        if one is None:
            drawn.append(Bar(names[code], MARK, None))
            rows.append((names[code], *[MARK] * (3 if money else 1)))
            continue
        purchases = words.number(round(one.purchases))
        row = [names[code], purchases]
        if money:
            revenue = one.revenue or Decimal(0)
            row += [words.money(revenue, currency), words.money(revenue / one.customers, currency)]
        rows.append(tuple(row))
        short = words.short(one.revenue or Decimal(0), currency) if money else purchases
        drawn.append(Bar(names[code], short, (heights[code] or 0) / longest))
    head = [words.labels.text("column", "segment"), words.say("expected_purchases", "prediction")]
    head += [words.say("expected_revenue", "prediction"), words.say("predicted_each")] if money else []
    name = words.say("predicted_by") if money else words.say("expected_purchases", "prediction")
    return bar_chart(words, name, drawn, Table(tuple(head), rows, caption=name))


def _risks(words: Words, counts: tuple[Count, ...]) -> Chart:
    name = words.say("predicted_risk")
    longest = max((count or 0 for count in counts), default=0) or 1
    labels = []
    for place in range(BINS):
        first, last = (words.percent(Decimal(one) / BINS) for one in (place, place + 1))
        labels.append(words.say("range", "template", first=first, last=last))
    rows = [(label, words.number(count)) for label, count in zip(labels, counts, strict=True)]
    drawn = [Bar(*row, None if count is None else count / longest) for row, count in zip(rows, counts, strict=True)]
    head = (words.say("churn_risk", "prediction"), words.say("customers"))
    return bar_chart(words, name, drawn, Table(head, rows, caption=name))


def clusters(words: Words, background: Background) -> Iterator[Section]:
    """The groups in words with their sizes, or why there are none; nothing where the profile wants none."""
    notes = background.predicted.get("clusters")
    if not notes or notes.get("refused") == "off":
        return
    blocks: list[Block]
    if notes.get("refused"):
        blocks = [Text(words.say(notes["refused"], "cluster refused"))]
    else:
        blocks = [Text(words.say("clusters_intro")), _groups(words, notes["clusters"])]
    yield Section("clusters", words.say("clusters"), blocks)


def _groups(words: Words, found: list[Mapping[str, Any]]) -> Table:
    """A row for each group; small ones are withheld as segments are."""
    text, minimum = words.labels.text, words.profile.privacy.minimum_count
    hidden = withheld({("cluster", one["code"]): one["customers"] for one in found}, minimum)
    unseen_of = {one["code"]: ("cluster", one["code"]) in hidden for one in found}
    shares = words.percents(None if unseen_of[one["code"]] else one["share"] for one in found)
    rows = []
    for one, share in zip(found, shares, strict=True):
        unseen = unseen_of[one["code"]]
        phrases = [phrase(Apart(**apart), text) for apart in one["apart"]]
        said = words.formatter.list(phrases) if phrases else text("cluster", "ordinary")
        size = (MARK if unseen else words.number(one["customers"]), share)
        rows.append((title(one["code"], text), MARK if unseen else said, *size))
    head = (text("column", "segment"), text("column", "meaning"), words.say("customers"), words.say("share"))
    return Table(head, rows, words=2, caption=words.say("clusters"))
