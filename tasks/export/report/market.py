"""The sections on the market: months, cities, calendar, the data's quality, its reconciliation, how to read and ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.culture.calendar import Near
from tasks.export.background import Background
from tasks.export.report.blocks import Block, Chart, Group, Points, Section, Table, Text
from tasks.export.report.charts import Bar, Point, bars, line
from tasks.export.report.facts import Facts
from tasks.export.report.words import Words
from tasks.export.summary import Summary
from tasks.export.suppress import withheld
from tasks.localize.calendars import day_of

#: Months that the chart shows at most.
MONTHS = 25
#: Reasons that a list names; the rarer ones are in the manifest.
REASONS = 12
_DAY = timedelta(days=1)
_STEPS = tuple(map(Decimal, ("1", "1.2", "1.6", "2", "3", "4", "5", "6", "8", "10")))
#: Marks a day that an announcement may move; an asterisk already means withheld.
EXPECTED = "≈"


# --- months -----------------------------------------------------------------------------------------------------------


def months(words: Words, facts: Facts, days: Mapping[date, Decimal]) -> Iterator[Section]:
    """Revenue by whole months of the reader's calendar, and the last four weeks beside last year's."""
    found = by_month(words, facts.as_of, days)[-MONTHS:]
    if len(found) < 2:  # noqa: PLR2004  one month is no line
        return
    title, currency = words.say("months_chart"), facts.currency
    names = [str(name) for name in words.formatter.date([first for first, _ in found], "month").to_pylist()]
    brief = [str(name) for name in words.formatter.date([first for first, _ in found], "month_short").to_pylist()]
    top = _ceiling(max(amount for _, amount in found))
    points = [Point(name, max(float(amount / top), 0.0)) for name, (_, amount) in zip(brief, found, strict=True)]
    levels = [(words.short(top * part / 2, currency), float(part) / 2) for part in (2, 1)]
    alt = words.say("alt_line", title=title, start=names[0], end=names[-1])
    amounts = [words.money(amount, currency) for _, amount in found]
    head = (words.say("month"), words.say("revenue_untaxed" if words.profile.tax.amounts == "untaxed" else "revenue"))
    chart = Chart(
        title,
        line(alt, points, levels, rtl=words.rtl),
        Table(head, list(zip(names, amounts, strict=True)), caption=title),
        named=False,
    )
    yield Section("months", title, [chart, *_weeks(words, facts)])


def by_month(words: Words, as_of: date, days: Mapping[date, Decimal]) -> list[tuple[date, Decimal]]:
    """First day and revenue of each whole month in the reader's calendar, without gaps, in order.

    The month of the first sale is left out, since nothing says whether the history begins with it, and so is the
    present one unless the as-of date ends it.
    """
    if not days:
        return []
    calendar = words.formatter.calendar
    start, months_ = min(days), list[tuple[date, Decimal]]()
    day = start
    current: tuple[int, int] | None = None
    while day <= as_of:
        year, month = day_of(calendar, day)[:2]
        if (year, month) != current:
            months_.append((day, Decimal(0)))
            current = (year, month)
        first, amount = months_[-1]
        months_[-1] = first, amount + days.get(day, Decimal(0))
        day += _DAY
    after = day_of(calendar, as_of + _DAY)[:2]
    begins = day_of(calendar, start)[2] == 1
    return months_[0 if begins else 1 : None if after != current else -1]


def _ceiling(highest: Decimal) -> Decimal:
    """The next of some steps times a power of ten, whose halves have two digits at most.

    >>> int(_ceiling(Decimal("43210"))), int(_ceiling(Decimal("1001"))), int(_ceiling(Decimal(0)))
    (50000, 1200, 1)
    """
    if highest <= 0:
        return Decimal(1)
    power = Decimal(10) ** highest.adjusted()
    return next(
        step * power
        for step in map(Decimal, ("1", "1.2", "1.6", "2", "3", "4", "5", "6", "8", "10"))
        if step * power >= highest
    )


def _weeks(words: Words, facts: Facts) -> Iterator[Text]:
    weeks = facts.weeks
    if weeks is None:
        return
    revenue, before = (words.money(amount, facts.currency) for amount in (weeks.revenue, weeks.before))
    yield Text(words.say("last_weeks", revenue=revenue, before=before))
    if weeks.moment is None:
        yield Text(words.say("aligned_weekdays"), note=True)
    else:
        yield Text(words.say("aligned_by", moment=words.say(weeks.moment, "moment")), note=True)
    if weeks.unaligned:
        names = words.formatter.list([words.say(code, "moment") for code in weeks.unaligned])
        yield Text(words.say("unaligned", moments=names), note=True)


# --- where, and what is near ------------------------------------------------------------------------------------------


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
    alt = words.say("alt_bars", title=title, label=drawn[0].label, value=drawn[0].value)
    table = Table((words.labels.text("column", "city"), words.say("customers")), rows, caption=title)
    yield Section(
        "cities",
        title,
        [Text(words.say("cities_intro")), Chart(title, bars(alt, drawn, rtl=words.rtl), table, named=False)],
    )


def calendar(words: Words, near: Sequence[Near]) -> Section:
    """Holidays, shopping moments and seasons of the next weeks."""
    title = words.say("calendar")
    if not near:
        return Section("calendar", title, [Text(words.say("calendar_none"))])
    rows = [
        (words.days(one.start, one.end), words.marked(one), words.say(f"kind_{one.kind}"), _soon(words, one))
        for one in near
    ]
    head = (words.say("date"), words.say("occasion"), words.say("kind"), "")
    blocks: list[Block] = [Table(head, rows, words=4, caption=title)]
    if any(one.expected for one in near):
        blocks.append(Text(f"{EXPECTED} {words.say('expected')}", note=True))
    return Section("calendar", title, blocks)


def _soon(words: Words, one: Near) -> str:
    mark = f" {EXPECTED}" if one.expected else ""
    soon = words.count("in_days", one.days_until) if one.days_until else words.say("under_way", date=words.day(one.end))
    return soon + mark


# --- the data ---------------------------------------------------------------------------------------------------------


def quality(words: Words, facts: Facts, background: Background) -> Section:
    """Every delivered row by what became of it, with reasons, and how much is known of customers and money."""
    outcomes = ("kept", "duplicate", "filtered", "quarantined")
    head = (" ", words.say("rows_read"), *(words.say(f"rows_{outcome}") for outcome in outcomes))
    ledger = {table: entry for table, entry in background.ledger.items() if entry.get("read")}
    rows = [
        (words.say(table, "table"), *(words.number(int(entry.get(part, 0))) for part in ("read", *outcomes)))
        for table, entry in ledger.items()
    ]
    blocks: list[Block] = []
    if rows:
        blocks += [Text(words.say("quality_intro")), Table(head, rows, caption=words.say("quality"))]
    for outcome, code in (("filtered", "why_left_out"), ("quarantined", "why_refused"), ("duplicate", "why_duplicate")):
        if reasons := list(_reasons(words, ledger, outcome)):
            heads = (" ", words.say("why", "index"), words.labels.text("index", "rows"))
            blocks.append(Group(words.say(code), [Table(heads, reasons, words=2, caption=words.say(code))]))
    known = [
        (words.say(f"quality_{code}"), words.percent(share))
        for code, share in facts.quality.items()
        if share is not None
    ]
    if known:
        blocks.append(Table((" ", words.say("share")), known, caption=words.say("quality")))
    return Section("quality", words.say("quality"), blocks)


def _reasons(words: Words, ledger: Mapping[str, Mapping[str, Any]], outcome: str) -> Iterator[tuple[str, str, str]]:
    """Table, reason, rows. Kinds of excluded customers are counts of people: small ones are withheld."""
    minimum = words.profile.privacy.minimum_count
    for table, entry in ledger.items():
        told = words.reasons(entry.get("reasons", {}).get(outcome, {}))
        people = (table, outcome) == ("customers", "filtered")
        hidden = withheld({(table, text): rows for text, rows in told}, minimum) if people else frozenset()
        for text, rows in told[:REASONS]:
            yield words.say(table, "table"), text, words.number(None if (table, text) in hidden else rows)


def reconciliation(words: Words, background: Background) -> Iterator[Section]:
    """From the tills to the segments, by currency."""
    found = background.reconciliation
    if not found:
        return
    blocks: list[Block] = []
    till, revenue = found.get("till", {}), found["revenue"]
    currencies = sorted(till)
    rows = [(words.say("till_total"), *(words.exact(Decimal(till[one]["total"]), one) for one in currencies))]
    for outcome in ("duplicate", "filtered", "quarantined", "kept"):
        sums = [words.exact(_sum(till[one].get(outcome, {}).values()), one) for one in currencies]
        rows.append((words.say(f"till_{outcome}"), *sums))
    if till:
        head = (" ", *(words.currency(one) for one in currencies))
        blocks.append(Table(head, rows, caption=words.say("till_total")))
    if till:
        blocks.append(Text(words.say("till_note"), note=True))
    blocks += _revenue(words, revenue)
    blocks += _controls(words, found.get("controls", ()))
    yield Section("reconciliation", words.say("reconciliation"), blocks)


def _sum(amounts: Iterable[str]) -> Decimal:
    return sum(map(Decimal, amounts), Decimal(0))


def _revenue(words: Words, revenue: Mapping[str, Any]) -> Iterator[Block]:
    local, gross = revenue["currency"], {code: Decimal(amount) for code, amount in revenue["gross"].items()}
    # Where the shop's data does not know of tax, nothing may be called revenue with tax.
    kept = words.say("revenue_untaxed" if words.profile.tax.amounts == "untaxed" else "revenue_kept")
    rows = [(kept, words.exact(amount, code)) for code, amount in sorted(gross.items())]
    parts = next(iter(revenue["dimensions"].values()), None)
    if parts is not None:
        rows.append((words.say("revenue_segments"), words.exact(Decimal(parts["segmented"]), local)))
        rows.append((words.say("revenue_guests"), words.exact(Decimal(parts["guests"]), local)))
    yield Table((" ", words.say("total")), rows, caption=kept)
    if set(gross) == {local} and parts is not None:
        if all(_sum(one.values()) == gross[local] for one in revenue["dimensions"].values()):
            yield Text(words.say("balanced"))
    elif len(gross) > 1:
        yield Text(words.say("several_currencies", currency=local))


def _controls(words: Words, controls: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    """Finance's totals beside the till's, summed by currency."""
    sums: dict[str, list[Decimal]] = {}
    for one in controls:
        parts = sums.setdefault(one["currency"], [Decimal(0)] * 3)
        for place, key in enumerate(("finance", "till", "difference")):
            parts[place] += Decimal(one[key] or 0)
    for currency, amounts in sorted(sums.items()):
        rows = [
            (words.say(f"control_{code}"), words.exact(amount, currency))
            for code, amount in zip(("finance", "till", "difference"), amounts, strict=True)
        ]
        title = words.say("controls", "table")
        yield Group(title, [Table((" ", words.say("total")), rows, caption=title)])


# --- how to read it, whom to ask --------------------------------------------------------------------------------------


def reading(words: Words, profile: Profile, facts: Facts, figures: Summary) -> Section:
    """What the reader must know, of what this market has."""
    kinds = profile.dimensions.values()
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
