"""The look of all sheets, for both writers: one kind of heading, number formats per column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rustpy_xlsxwriter import Format

from tasks.export import locales
from tasks.export.labels import Labels
from tasks.export.workbook.fields import DATE, GENERAL, TEXT, Field
from tasks.export.workbook.texts import width

HEADING_FILL, HEADING_LINE = "#DCE6F1", "#2F5D8A"
SERIES = ("#2F6DA8", "#D9822B")
#: Points of one line of text in a row whose height is set: enough for the marks of Thai and Devanagari.
LINE = 18.0
#: Excel's reading order of a cell's text.
_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = 1, 2


def right_to_left(labels: Labels) -> bool:
    """Whether sheets run from the right: by the language of their words, which may be the locale's stand-in.

    >>> right_to_left(Labels("ar-AE")), right_to_left(Labels("en-AE"))
    (True, False)
    """
    return locales.right_to_left(labels.language)


def heading_height(headings: Sequence[tuple[str, float]]) -> float:
    """Points of a row of wrapped headings, each with its column's width."""
    lines = (-(-width(text) // max(1, int(wide) - 2)) for text, wide in headings)
    return LINE * min(max(1, *lines, 1), 6) + 3


class Styles:
    """Formats of an xlsxwriter workbook, each made once; on sheets from right to left, text reads so."""

    def __init__(self, book: Any, *, rtl: bool) -> None:
        self._book = book
        self._reading = {"reading_order": _RIGHT_TO_LEFT} if rtl else {}
        self._sentence = {"align": "right"} if rtl else {}
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, number: str = GENERAL, **properties: Any) -> Any:
        """A cell format: `number` as in `fields`, then xlsxwriter's properties."""
        reading = self._reading if number in {GENERAL, TEXT} else {}
        every = {"num_format": int(number) if number == DATE else number, "valign": "top", **reading, **properties}
        key = tuple(sorted(every.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(every)
        return self._made[key]

    def column(self, field: Field) -> Any:
        """The format of a column's cells."""
        if not field.left_to_right:
            return self.get(field.format)
        return self.get(field.format, reading_order=_LEFT_TO_RIGHT, **self._sentence)

    @property
    def heading(self) -> Any:
        """A column's heading."""
        return self.get(
            bold=True, text_wrap=True, valign="vcenter", bg_color=HEADING_FILL, bottom=1, bottom_color=HEADING_LINE
        )

    @property
    def title(self) -> Any:
        """A sheet's title."""
        return self.get(bold=True, font_size=14, font_color=HEADING_LINE, valign="vcenter", **self._sentence)

    @property
    def sentence(self) -> Any:
        """A line above a table that runs over the next columns: it must begin where the sheet does."""
        return self.get(**self._sentence)


def bulk_format(field: Field, *, rtl: bool) -> Format:
    """A column's format for the bulk writer."""
    made = Format().set_align("top")
    if field.left_to_right:
        made = made.set_reading_direction(_LEFT_TO_RIGHT)
        made = made.set_align("right") if rtl else made
    elif rtl and field.format in {GENERAL, TEXT}:
        made = made.set_reading_direction(_RIGHT_TO_LEFT)
    return made.set_num_format_index(int(DATE)) if field.format == DATE else made.set_num_format(field.format)


def bulk_heading() -> Format:
    """A column's heading for the bulk writer."""
    made = Format().set_bold().set_text_wrap().set_align("vcenter").set_background_color(HEADING_FILL)
    return made.set_border_bottom("thin").set_border_bottom_color(HEADING_LINE)
