"""A bar chart with its table and with words for people who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.export.report.blocks import Chart, Table
from tasks.export.report.charts import Bar, bars
from tasks.export.report.words import Words


def bar_chart(words: Words, title: str, rows: Sequence[Bar], table: Table, *, named: bool = True) -> Chart:
    """The chart; its text names the longest bar, the first of equals, or says that there is none."""
    longest = max((row for row in rows if row.share), key=lambda row: row.share or 0, default=None)
    if longest is None:
        alt = words.say("alt_no_bars", title=title)
    else:
        alt = words.say("alt_bars", title=title, label=longest.label, value=longest.value)
    return Chart(title, bars(alt, rows, rtl=words.rtl), table, named=named)
