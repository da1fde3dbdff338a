"""What a whole column proves about its numbers and dates, and what it leaves open."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")
#: Share of a column's values that may be broken: they become rows in quarantine, not questions.
STRAY = 0.01
#: Decimal and grouping sign, as shops write them.
SIGNS = ((".", ","), (",", "."), (",", " "), (".", "'"), (".", "’"), ("٫", "٬"))
_MONEY = re.compile(r"[^\d.,'’٫٬()\s+−-]+")
_COMPACT = re.compile(r"(19|20|25)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_DATE = re.compile(r"(\d{1,4})([./-]|年)(\d{1,2})([./-]|月)(\d{1,4})日?\.?(?:[T ]+\d{1,2}:\d{2}.*)?")
#: Ways in which English spells a month out.
_SPELLED = tuple(
    pattern.replace("%b", month).replace("%Y", year)
    for pattern in ("%d %b %Y", "%d-%b-%Y", "%d/%b/%Y", "%b %d, %Y")
    for month in ("%b", "%B")
    for year in ("%Y", "%y")
)
#: Years of sales and births, as each calendar counts them; the Persian and the Islamic one cannot be told apart.
_CALENDARS = {"gregorian": range(1850, 2150), "buddhist": range(2400, 2700), "persian or hijri": range(1250, 1500)}
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)|^\d{4}(?=\d{4}$)")
_MAX_MONTH, _MAX_DAY = 12, 31
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
        """Decimal and grouping signs with which the values are numbers; none where it is not numeric.

        One pair: proven. Several: open. `(("", ""),)`: whole numbers without signs, any pair reads them. At most
        `STRAY` of the values may be something else.
        """
        return _tolerant(self.distinct, number_signs, lambda value: number_signs((value,)))

    @property
    def numeric(self) -> bool:
        """Whether every value is a number."""
        return bool(self.signs)

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """Ways in which the values are dates: `iso`, `dmy`, `mdy`, `ymd`, or a pattern. Several: open; none: no date.

        At most `STRAY` of the values may be something else.
        """
        return _tolerant(self.distinct, date_forms, lambda value: date_forms((value,))) or ()

    @cached_property
    def calendar(self) -> str | None:
        """The calendar of dates with whole years: `gregorian`, `buddhist`, or `persian or hijri`; None where unsure."""
        years = Counter[int]()
        for value, count in self.distinct.items():
            if found := _YEAR.search(unicodedata.normalize("NFKC", value)):
                years[int(found[0])] += count
        within = {name: sum(years[year] for year in span) for name, span in _CALENDARS.items()}
        name, most = max(within.items(), key=lambda item: item[1])
        return name if most and most >= (1 - STRAY) * years.total() else None

    @property
    def stray(self) -> int:
        """How many values do not fit what the rest proves."""
        if not (self.dates or self.signs):
            return 0
        fits = (lambda v: date_forms((v,))) if self.dates else (lambda v: number_signs((v,)))
        return sum(count for value, count in self.distinct.items() if not fits(value))

    def numbers(self) -> list[float]:
        """Values as numbers, for bounds only; empty unless the signs are proven."""
        if not self.signs or len(self.signs) > 1:
            return []
        decimal, grouping = self.signs[0]
        bare = (_bare(value) for value in self.distinct if number_signs((value,)))
        return [float((b.replace(grouping, "") if grouping else b).replace(decimal or ".", ".")) for b in bare]


def _tolerant(
    counts: dict[str, int], prove: Callable[[Iterable[str]], tuple[T, ...] | None], fits: Callable[[str], object]
) -> tuple[T, ...] | None:
    """What all values prove; else what all but a few do, the few being such as fit nothing or only another form."""
    exact = prove(counts)
    if exact or not counts:
        return exact
    allowed = STRAY * sum(counts.values())
    sound = {value: count for value, count in counts.items() if fits(value)}
    if sum(counts.values()) - sum(sound.values()) > allowed:
        return None
    if proven := prove(sound):
        return proven
    ways = {way for value in sound for way in (prove((value,)) or ())}
    strays = {way: sum(n for value, n in sound.items() if way not in (prove((value,)) or ())) for way in ways}
    fitting = [way for way, stray in strays.items() if stray <= allowed]
    return tuple(sorted(fitting, key=str)) or None


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
    >>> number_signs(["1.234", "2.500"])
    (('.', ','), (',', '.'), ('.', "'"), ('.', '’'))
    >>> number_signs(["1,500", "500"])
    (('.', ','), (',', '.'), (',', ' '))
    >>> number_signs(["7", "12"])
    (('', ''),)
    >>> number_signs(["JP-2022", "7"])
    """
    values = tuple(values)
    texts = [_bare(value) for value in values if _mostly_digits(value)]
    if not texts or len(texts) != len(values):
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
        # 1,500 beside 500 may be grouped thousands: only 1,5 or 1500,250 proves a decimal sign.
        sure = any(used[0][0] in text and not re.fullmatch(r"[-+]?\d{1,3}([.,]\d{3})+", text) for text in texts)
        if sure and all(plain.fullmatch(text) for text in texts):
            return ((used[0][0], ""),)
    return fits or None


def _mostly_digits(value: str) -> bool:
    """Whether letters are at most a currency's: 'R$ 1,5' is a number, 'JP-2022' is none."""
    stripped = _MONEY.sub("", value).strip()
    signs = _MONEY.findall(value)
    if re.search(r"[^\W\d_]-", value):
        return False  # a code such as JP-2022, not a currency before a minus
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
    >>> date_forms(["24/01/30", "24/02/28"]), date_forms(["5 May 2024", "1 Jan 2024"]), date_forms(["03-ene-2024"])
    (('dmy', 'ymd'), ('%d %b %Y',), ())
    """
    texts = [unicodedata.normalize("NFKC", value).strip() for value in values]
    if texts and re.search(r"[^\W\d_]{3}", texts[0]):
        return tuple(pattern for pattern in _SPELLED if all(_reads(text, pattern) for text in texts))
    if texts and all(_COMPACT.fullmatch(text) for text in texts):
        return ("%Y%m%d",)
    matches = [_DATE.fullmatch(text) for text in texts]
    parts = [(match[1], match[3], match[5]) for match in matches if match]
    if not parts or len(parts) != len(texts):
        return ()
    if all(len(year) == _YEAR_DIGITS for year, _, _ in parts):
        iso = all(re.match(r"\d{4}-\d\d-\d\d", text) for text in texts)
        return ("iso" if iso else "ymd",) if _possible((month, day) for _, month, day in parts) else ()
    if not all(len(year) in {2, _YEAR_DIGITS} for _, _, year in parts):
        return ()
    day_first = _possible((month, day) for day, month, _ in parts)
    month_first = _possible((month, day) for month, day, _ in parts)
    short = all(len(year) == len(day) == 2 for year, _, day in parts)  # noqa: PLR2004 - digits of a short year
    year_first = short and _possible((month, day) for _, month, day in parts)
    forms = (("dmy", day_first), ("mdy", month_first), ("ymd", year_first))
    return tuple(form for form, fits in forms if fits)


def _reads(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True


def _possible(days: Iterable[tuple[str, str]]) -> bool:
    """Whether every (month, day) can be one."""
    return all(1 <= int(month) <= _MAX_MONTH and 1 <= int(day) <= _MAX_DAY for month, day in days)
