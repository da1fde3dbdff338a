"""What a whole column proves about its numbers and dates, and what it leaves open."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

#: Decimal and grouping sign, as shops write them.
SIGNS = ((".", ","), (",", "."), (",", " "), (".", "'"), (".", "’"), ("٫", "٬"))
_MONEY = re.compile(r"[^\d.,'’٫٬()\s+−-]+")
_COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_DATE = re.compile(r"(\d{1,4})([./-]|年)(\d{1,2})([./-]|月)(\d{1,4})日?\.?(?:[T ]+\d{1,2}:\d{2}.*)?")
_MAX_MONTH = 12
_YEAR_DIGITS = 4


@dataclass(frozen=True)
class Column:
    """A raw column: its name and its values as text, '' where empty."""

    name: str
    values: tuple[str, ...]
    typed: bool = False
    """Numbers and dates come typed from the file, as plain decimal text and ISO 8601."""

    @cached_property
    def distinct(self) -> dict[str, int]:
        """value: how often, less the empty ones."""
        counts: dict[str, int] = {}
        for value in self.values:
            if value:
                counts[value] = counts.get(value, 0) + 1
        return counts

    @cached_property
    def filled(self) -> int:
        """Number of values that are not empty."""
        return sum(self.distinct.values())

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.filled == len(self.values) == len(self.distinct) > 0

    @cached_property
    def signs(self) -> tuple[tuple[str, str], ...] | None:
        """Decimal and grouping signs with which every value is a number; none where it is not numeric.

        One pair: proven. Several: open. `(("", ""),)`: whole numbers without signs, any pair reads them.
        """
        return number_signs(self.distinct)

    @property
    def numeric(self) -> bool:
        """Whether every value is a number."""
        return bool(self.signs)

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """Ways in which every value is a date: `iso`, `%Y%m%d`, `dmy`, `mdy`, `ymd`. Several: open; none: no date."""
        return date_forms(self.distinct)

    def numbers(self) -> list[float]:
        """Values as numbers, for bounds only; empty unless the signs are proven."""
        if not self.signs or len(self.signs) > 1:
            return []
        decimal, grouping = self.signs[0]
        bare = (_bare(value) for value in self.distinct)
        return [float((b.replace(grouping, "") if grouping else b).replace(decimal or ".", ".")) for b in bare]


def _bare(value: str) -> str:
    """A number without currency signs, blanks at its ends and accountants' parentheses."""
    text = _MONEY.sub("", unicodedata.normalize("NFKC", value)).replace("−", "-").strip()
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    return text.rstrip("-").strip() if text.endswith("-") else text


def number_signs(values: Iterable[str]) -> tuple[tuple[str, str], ...] | None:
    """See `Column.signs`.

    >>> number_signs(["$6.62 ", "$1,299.00 "]), number_signs(["1.234,5", "7"])
    ((('.', ','),), ((',', '.'),))
    >>> number_signs(["1.234", "2.500"]), number_signs(["7", "12"])
    (((('.', ','), (',', '.'), ('.', "'"), ('.', '’')), (('', ''),)))
    >>> number_signs(["JP-2022", "7"])
    """
    texts = [_bare(value) for value in values if _mostly_digits(value)]
    if not texts or len(texts) != sum(1 for _ in values):
        return None
    if all(re.fullmatch(r"[-+]?\d+", text) for text in texts):
        return (("", ""),)
    fits = tuple(
        (decimal, grouping)
        for decimal, grouping in SIGNS
        if all(_pattern(decimal, grouping).fullmatch(text) for text in texts)
    )
    used = [pair for pair in fits if any(pair[0] in text for text in texts)]
    if used and not any(grouping in text for text in texts for _, grouping in SIGNS if grouping != used[0][0]):
        plain = re.compile(rf"[-+]?\d+({re.escape(used[0][0])}\d+)?")
        sure = any(not re.fullmatch(r"[-+]?\d{1,3}([.,]\d{3})+", text) for text in texts)
        if sure and all(plain.fullmatch(text) for text in texts):
            return ((used[0][0], ""),)
    return fits or None


def _mostly_digits(value: str) -> bool:
    """Whether letters are at most a currency's: 'R$ 1,5' is a number, 'JP-2022' is none."""
    stripped = _MONEY.sub("", value).strip()
    signs = _MONEY.findall(value)
    return any(c.isdigit() for c in stripped) and len(signs) <= 1 and sum(map(len, signs)) <= _YEAR_DIGITS


def _pattern(decimal: str, grouping: str) -> re.Pattern[str]:
    d, g = re.escape(decimal), re.escape(grouping) if grouping != " " else r"\s"
    return re.compile(rf"[-+]?(\d+|\d{{1,3}}({g}\d{{2,3}})*{g}\d{{3}})({d}\d+)?")


def date_forms(values: Iterable[str]) -> tuple[str, ...]:
    """See `Column.dates`.

    >>> date_forms(["7/3/1939", "9/27/1979"]), date_forms(["7/3/1939", "9/7/1979"]), date_forms(["19970101"])
    (('mdy',), ('dmy', 'mdy'), ('%Y%m%d',))
    >>> date_forms(["2024-01-31"]), date_forms(["12.5", "1.7"])
    (('iso',), ())
    """
    texts = [unicodedata.normalize("NFKC", value).strip() for value in values]
    if texts and all(_COMPACT.fullmatch(text) for text in texts):
        return ("%Y%m%d",)
    matches = [_DATE.fullmatch(text) for text in texts]
    parts = [(match[1], match[3], match[5]) for match in matches if match]
    if not parts or len(parts) != len(texts):
        return ()
    if all(len(year) == _YEAR_DIGITS for year, _, _ in parts):
        iso = all(
            text[4] == "-" and len(month) == len(day) == len("01")
            for text, (_, month, day) in zip(texts, parts, strict=True)
        )
        return ("iso" if iso else "ymd",) if all(int(month) <= _MAX_MONTH for _, month, _ in parts) else ()
    if not all(len(year) in {2, _YEAR_DIGITS} for _, _, year in parts):
        return ()
    day_first = all(int(month) <= _MAX_MONTH for _, month, _ in parts)
    month_first = all(int(month) <= _MAX_MONTH for month, _, _ in parts)
    return tuple(form for form, fits in (("dmy", day_first), ("mdy", month_first)) if fits)
