"""What every sheet of the chain's workbook is made of: a book, a table with a filter, a chart of its columns."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from tasks.export.report.words import Words
from tasks.export.workbook.fields import COUNT, SHARE, heading_width
from tasks.export.workbook.styles import Styles, heading_height, right_to_left
from tasks.export.workbook.texts import width

#: A column: heading, number format, and its cells; null is an empty cell.
Column = tuple[str, str, Sequence[Any]]
_WIDEST = 48


@contextmanager
def book(target: Path, as_of: date) -> Iterator[Any]:
    """A workbook that never makes a formula, link or number of a text, dated to the as-of day."""
    import xlsxwriter

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as waiting:
        options = {
            "tmpdir": waiting,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(target), options) as book:
            book.set_properties({"created": datetime.combine(as_of, time())})
            yield book


def table(sheet: Any, styles: Styles, words: Words, columns: Sequence[Column], top: int = 0) -> int:
    """Headings and cells from row `top` on, with a filter; the row below."""
    widths = [
        max(heading_width(text), *(min(width(one) + 2, _WIDEST) for one in cells if isinstance(one, str)), 12)
        for text, _, cells in columns
    ]
    for column, ((text, form, cells), wide) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(column, column, wide)
        sheet.write_string(top, column, text, styles.heading)
        style = styles.get(form)
        for row, value in enumerate(cells, top + 1):
            if isinstance(value, str):
                sheet.write_string(row, column, value, style)
            elif isinstance(value, date):
                sheet.write_datetime(row, column, datetime.combine(value, time()), style)
            elif value is not None:
                sheet.write_number(row, column, float(value), style)
    sheet.set_row(
        top, heading_height([(text, float(wide)) for (text, _, _), wide in zip(columns, widths, strict=True)])
    )
    rows = len(columns[0][2])
    sheet.autofilter(top, 0, top + max(rows, 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    if right_to_left(words.labels):
        sheet.right_to_left()
    return top + rows + 1


def head(sheet: Any, styles: Styles, lines: Sequence[str]) -> int:
    """A title and sentences; the row for the table, one below them."""
    sheet.set_row(0, 22)
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, text, styles.sentence if row else styles.title)
    return len(lines) + 1


def series(chart: Any, sheet: str, span: tuple[int, int], columns: Sequence[Column], column: int, colour: str) -> None:
    """A column as a series, with its values, so that a viewer that does not compute shows it."""
    first, count = span
    title, form, cells = columns[column]
    chart.add_series(
        {
            "name": title,
            "categories": [sheet, first, 0, first + count - 1, 0],
            "values": [sheet, first, column, first + count - 1, column],
            "categories_data": list(columns[0][2][:count]),
            "values_data": [float(value or 0) for value in cells[:count]],
            "fill": {"color": colour},
            "gap": 50,
            "data_labels": {"value": form != SHARE, "num_format": COUNT},
        }
    )


def dress(chart: Any, title: str, height: int, words: Words, *, legend: bool = False) -> None:
    """A title, the first row on top; from right to left the bars grow to the left."""
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_y_axis(
        {"reverse": True, "line": {"color": "#BFBFBF"}, "major_tick_mark": "none", "label_position": "low"}
    )
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "reverse": right_to_left(words.labels)})
    chart.set_legend({"position": "bottom"} if legend else {"none": True})
    chart.set_size({"width": 620, "height": height})
