"""The sheets that everyone may read: the summary with its charts, and the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.export.customers import heading
from tasks.export.labels import Labels
from tasks.export.shown import shown
from tasks.export.summary import MARK, MARKET, MEASURES, Summary
from tasks.export.workbook import definitions
from tasks.export.workbook.fields import COUNT, SHARE, heading_width, money_format
from tasks.export.workbook.styles import LINE, SERIES, Styles, heading_height, right_to_left
from tasks.export.workbook.texts import width
from tasks.traits.windows import months_before

_CURRENCIES = {"monetary_local": "currency", "monetary_reference": "reference_currency"}
_WIDTHS = (34, 64, 26, 24, 16)
#: Pixels of a chart: its width, the room around its bars, and each bar's own.
_CHART_WIDTH, _CHART_ROOM, _BAR = 620, 110, 24
_PIXELS_A_ROW = 20


def write_summary(
    book: Any, sheet: Any, styles: Styles, profile: Profile, figures: Summary, labels: Labels, notes: Iterable[str],
    as_of: date,
) -> None:  # fmt: skip
    """Title, period, notes, then a row for each segment, the market first, with charts beside the table.

    Withheld figures are `*`. Cells are typed: counts, shares as percents, money with its currency's decimals.
    """
    if right_to_left(labels):
        sheet.right_to_left()
    top = _head(sheet, styles, profile, labels, notes, as_of)
    headings = [labels.text("column", "dimension"), labels.text("column", "segment")]
    headings += [_heading(profile, figures, measure, labels) for measure in MEASURES]
    names = _names(profile, figures, labels)
    widths = [
        max(heading_width(headings[0]), *(width(two[0]) + 2 for two in names)),
        max(heading_width(headings[1]), *(min(width(two[1]) + 2, 48) for two in names)),
    ]
    widths += [max(13, heading_width(text)) for text in headings[2:]]
    for column, (text, wide) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(column, column, wide)
        sheet.write_string(top, column, text, styles.heading)
    sheet.set_row(top, heading_height(list(zip(headings, map(float, widths), strict=True))))
    _table(sheet, styles, figures, names, top + 1)
    bottom = top + len(figures.rows)
    sheet.autofilter(top, 0, bottom, len(headings) - 1)
    sheet.freeze_panes(top + 1, 2)
    _charts(book, sheet, profile, figures, labels, names, top, len(headings) + 1)
    _print(sheet, top)


def write_definitions(
    sheet: Any, styles: Styles, profile: Profile, columns: Sequence[str], labels: Labels, figures: Summary,
    audiences: Iterable[str] = (),
) -> None:  # fmt: skip
    """A row for each of the columns: heading, meaning, unit, period, basis; then the audiences."""
    if right_to_left(labels):
        sheet.right_to_left()
    for column, (code, wide) in enumerate(zip(definitions.COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, wide)
        sheet.write_string(0, column, labels.text("column", code), styles.heading)
    plain, strong = styles.get(text_wrap=True), styles.get(text_wrap=True, bold=True)
    rows = definitions.definitions(profile, columns, labels, figures.currencies, audiences)
    for place, row in enumerate(rows, 1):
        lines = max(-(-width(text) // (wide - 2)) for text, wide in zip(row, _WIDTHS, strict=True))
        sheet.set_row(place, LINE * lines + 1)
        for column, text in enumerate(row):
            sheet.write_string(place, column, text, plain if column else strong)
    sheet.autofilter(0, 0, max(1, len(rows)), len(_WIDTHS) - 1)
    sheet.freeze_panes(1, 1)
    _print(sheet, 0)


def period(profile: Profile, labels: Labels, as_of: date) -> str:
    """The sentence that says which days the figures count."""
    months, its = profile.traits.window, labels.formatter
    if months == "all":
        return labels.text("report", "period_all", end=its.date(as_of, "long"))
    start = months_before(as_of, months) + timedelta(days=1)
    return labels.text("report", "period", start=its.date(start, "long"), end=its.date(as_of, "long"))


def _head(sheet: Any, styles: Styles, profile: Profile, labels: Labels, notes: Iterable[str], as_of: date) -> int:
    """Title, day, period and notes; the row of the headings, one below them."""
    title = labels.text("report", "title", market=labels.country_name(profile.market.country))
    sheet.set_row(0, 22)
    sheet.write_string(0, 0, title, styles.title)
    day = labels.text("report", "as_of", date=labels.formatter.date(as_of, "long"))
    lines = [day, period(profile, labels, as_of), *notes]
    for row, text in enumerate(lines, 1):
        sheet.write_string(row, 0, text, styles.sentence)
    return len(lines) + 2


def _heading(profile: Profile, figures: Summary, measure: str, labels: Labels) -> str:
    text = heading(profile, measure, labels)
    if measure not in _CURRENCIES:
        return text
    return labels.text("template", "in_currency", label=text, currency=figures.currencies[_CURRENCIES[measure]])


def _names(profile: Profile, figures: Summary, labels: Labels) -> list[tuple[str, str]]:
    """Dimension and segment of each row, as they are called."""
    codes: dict[str, list[str]] = {}
    for dimension, segment in figures.rows:
        codes.setdefault(dimension, []).append(segment)
    names = {dimension: labels.segments(profile, dimension, found) for dimension, found in codes.items()}
    return [(labels.text("dimension", dimension), names[dimension][segment]) for dimension, segment in figures.rows]


def _table(sheet: Any, styles: Styles, figures: Summary, names: Sequence[tuple[str, str]], first: int) -> None:
    forms = dict.fromkeys(MEASURES, COUNT) | dict.fromkeys(("share_customers", "share_revenue"), SHARE)
    forms |= {measure: money_format(figures.currencies[paired]) for measure, paired in _CURRENCIES.items()}
    forms["monetary_ppp"] = "#,##0.00"
    before = MARKET
    for place, ((key, values), name) in enumerate(zip(figures.rows.items(), names, strict=True), first):
        look: dict[str, Any] = {"bold": True} if key[0] == MARKET else {}
        if key[0] != before:  # a line between dimensions
            look, before = {**look, "top": 1, "top_color": "#BFBFBF"}, key[0]
        for column, text in enumerate(name):
            sheet.write_string(place, column, text, styles.get(**look))
        for column, measure in enumerate(MEASURES, 2):
            form = styles.get(forms[measure], align="right", **look)
            value = MARK if key in figures.hidden else values[measure]
            if value is None:
                sheet.write_blank(place, column, None, form)
            elif isinstance(value, str):
                sheet.write_string(place, column, value, form)
            else:
                sheet.write_number(place, column, float(value), form)


def _charts(
    book: Any, sheet: Any, profile: Profile, figures: Summary, labels: Labels, names: Sequence[tuple[str, str]],
    top: int, column: int,
) -> None:  # fmt: skip
    """Customers and revenue of the first rules' segments, shares of the first tiers, one below the other."""
    rules = _first(profile, RulesDimension)
    tiers = _first(profile, TiersDimension)
    shares = labels.text(
        "template",
        "combined",
        first=labels.text("dimension", tiers or MARKET),
        second=labels.text("report", "share_chart"),
    )
    wanted = [
        (rules, labels.text("workbook", "customers_chart"), ("customers",)),
        (rules, labels.text("workbook", "revenue_chart"), ("monetary_local",)),
        (tiers, shares, ("share_customers", "share_revenue")),
    ]
    row = top
    for dimension, title, measures in wanted:
        rows = [place for place, key in enumerate(figures.rows) if key[0] == dimension and key[1] != "guest"]
        if not rows:
            continue
        chart = book.add_chart({"type": "bar"})
        for place, measure in enumerate(measures):
            _series(chart, sheet.get_name(), figures, labels, names, rows, top + 1, measure, place)
        height = _CHART_ROOM + _BAR * len(rows) * len(measures)
        low = any(value < 0 for measure in measures for value in _shown(figures, rows, measure))
        _dress(chart, title, height, rtl=right_to_left(labels), legend=len(measures) > 1, negative=low)
        sheet.insert_chart(row, column, chart, {"object_position": 3, "description": title})
        row += height // _PIXELS_A_ROW + 2


def _series(
    chart: Any, sheet: str, figures: Summary, labels: Labels, names: Sequence[tuple[str, str]], rows: list[int],
    top: int, measure: str, place: int,
) -> None:  # fmt: skip
    """One series over adjacent rows of the table, with its values, so that a viewer that does not compute shows it."""
    column, first, last = 2 + list(MEASURES).index(measure), top + rows[0], top + rows[-1]
    chart.add_series(
        {
            "name": labels.text("column", measure),
            "categories": [sheet, first, 1, last, 1],
            "values": [sheet, first, column, last, column],
            "categories_data": [names[row][1] for row in rows],
            "values_data": _shown(figures, rows, measure),
            "fill": {"color": SERIES[place]},
            "gap": 50,
            "data_labels": {"value": True, "num_format": SHARE if measure.startswith("share_") else COUNT},
        }
    )


def _shown(figures: Summary, rows: Iterable[int], measure: str) -> list[float]:
    """A measure of the table's rows, 0 where it is withheld."""
    keys = list(figures.rows)
    return [0 if keys[row] in figures.hidden else float(figures.rows[keys[row]][measure] or 0) for row in rows]


def _dress(chart: Any, title: str, height: int, *, rtl: bool, legend: bool, negative: bool) -> None:
    """First segment on top; from right to left the bars grow to the left."""
    floor = {} if negative else {"min": 0}
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_y_axis(
        {"reverse": True, "line": {"color": "#BFBFBF"}, "major_tick_mark": "none", "label_position": "low"}
    )
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "reverse": rtl, **floor})
    chart.set_legend({"position": "bottom"} if legend else {"none": True})
    chart.set_size({"width": _CHART_WIDTH, "height": height})


def _first(profile: Profile, kind: type) -> str | None:
    return next((name for name in shown(profile) if isinstance(profile.dimensions[name], kind)), None)


def _print(sheet: Any, heading_row: int) -> None:
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(heading_row)
