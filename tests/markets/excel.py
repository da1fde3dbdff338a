"""How Excel reads a CSV file where the reader sits, written down apart from the program's own table.

List separator, decimal sign and short date are those of each culture in Windows, as dotnet/runtime's table and
shared/data/reference/windows_cultures.tsv have them; years are written with four digits whatever the culture's default.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

#: Locale: list separator, decimal sign, date. Dates of ky-KG's kind (bg-BG: `г.`) go without words.
CULTURES = {
    "ar-AE": (";", ".", "%d/%m/%Y"), "ar-EG": (";", ".", "%d/%m/%Y"), "bg-BG": (";", ",", "%d.%m.%Y"),
    "de-CH": (";", ".", "%d.%m.%Y"), "de-DE": (";", ",", "%d.%m.%Y"), "de-LU": (";", ",", "%d.%m.%Y"),
    "en-AU": (",", ".", "%d/%m/%Y"), "en-CA": (",", ".", "%Y-%m-%d"), "en-GB": (",", ".", "%d/%m/%Y"),
    "en-IN": (",", ".", "%d-%m-%Y"), "en-US": (",", ".", "%m/%d/%Y"), "es-MX": (",", ".", "%d/%m/%Y"),
    "fr-BE": (";", ",", "%d-%m-%Y"), "fr-CA": (";", ",", "%Y-%m-%d"), "fr-CH": (";", ".", "%d.%m.%Y"),
    "hi-IN": (",", ".", "%d-%m-%Y"),
    "fr-FR": (";", ",", "%d/%m/%Y"), "fr-LU": (";", ",", "%d/%m/%Y"), "it-CH": (";", ".", "%d.%m.%Y"),
    "it-IT": (";", ",", "%d/%m/%Y"), "ja-JP": (",", ".", "%Y/%m/%d"), "ko-KR": (",", ".", "%Y-%m-%d"),
    "nl-BE": (";", ",", "%d/%m/%Y"), "nl-NL": (";", ",", "%d-%m-%Y"), "pt-BR": (";", ",", "%d/%m/%Y"),
    "vi-VN": (",", ",", "%d/%m/%Y"), "zh-Hans-CN": (",", ".", "%Y/%m/%d"),
}  # fmt: skip
#: No Windows cultures, by docs/exports.md: nobody's setting (en-JP) is the territory's, CLDR's own has ISO dates.
ISO = "%Y-%m-%d"
CULTURES |= {
    **{f"en-{local[3:]}": CULTURES[local] for local in ("ar-EG", "bg-BG", "es-MX", "ja-JP", "ko-KR", "pt-BR", "vi-VN")},
    "en-AE": (",", ".", ISO), "en-DE": (";", ",", ISO), "en-NG": (",", ".", ISO), "en-NL": (";", ",", ISO),
}  # fmt: skip


@dataclass(frozen=True)
class Excel:
    """A sheet: its header, its rows as text, and how that computer reads numbers and dates."""

    locale: str
    header: list[str]
    rows: list[list[str]]
    decimal: str
    day: str

    def column(self, name: str) -> list[str]:
        """The cells below a heading; of several equal ones the last."""
        return [row[self.header.index(name)] for row in self.rows]

    def number(self, cell: str) -> Decimal | None:
        """The number that Excel shows; nothing in an empty cell. Text raises."""
        if not cell:
            return None
        other = "." if self.decimal == "," else ","
        if other in cell:
            raise ValueError(f"{cell!r} is text where {self.decimal!r} is the decimal sign")
        return Decimal(cell.replace(self.decimal, "."))

    def date(self, cell: str):
        """The date that Excel shows; nothing in an empty cell."""
        return datetime.strptime(cell, self.day).date() if cell else None  # noqa: DTZ007 - a day has no zone

    def sum(self, name: str) -> Decimal:
        """Sum of a column's numbers."""
        return sum((number for cell in self.column(name) if (number := self.number(cell)) is not None), Decimal(0))


def excel_of(data: bytes, locale: str) -> Excel:
    """The sheet that Excel makes of these bytes; it knows UTF-8 by the mark alone."""
    separator, decimal, day = CULTURES[locale]
    if not data.startswith(b"\xef\xbb\xbf"):
        raise ValueError("without a byte order mark Excel reads another encoding")
    text = data.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    if wrong := [number for number, row in enumerate(rows, 2) if len(row) != len(header)]:
        raise ValueError(f"rows {wrong[:5]} have not the header's {len(header)} cells")
    return Excel(locale, header, rows, decimal, day)
