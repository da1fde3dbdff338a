"""The section on time: revenue by whole months, and the last four weeks beside last year's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from tasks.export.report.blocks import Chart, Section, Table, Text
from tasks.export.report.charts import Point, line
from tasks.export.report.facts import Facts
from tasks.export.report.words import Words
from tasks.localize.calendars import day_of

#: Months that the chart shows at most.
MONTHS = 25
_DAY = timedelta(days=1)


def months(words: Words, facts: Facts, days: Mapping[date, Decimal]) -> Iterator[Section]:
    """Revenue by whole months of the reader's calendar, and the last four weeks beside last year's."""
    found = by_month(words, facts.as_of, days)[-MONTHS:]
    if len(found) < 2:  # noqa: PLR2004  one month is no line
        return
    title, currency = words.say("months_chart"), facts.currency
    names = [str(name) for name in words.formatter.date([first for first, _ in found], "month").to_pylist()]
    brief = [str(name) for name in words.formatter.date([first for first, _ in found], "month_short").to_pylist()]
    alt = words.say("alt_line", title=title, start=names[0], end=names[-1])
    names, brief = ([words.labels.alone(name) for name in some] for some in (names, brief))
    top = _ceiling(max(amount for _, amount in found))
    points = [Point(name, max(float(amount / top), 0.0)) for name, (_, amount) in zip(brief, found, strict=True)]
    levels = [(words.short(top * part / 2, currency), float(part) / 2) for part in (2, 1)]
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
