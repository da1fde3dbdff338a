"""Dates and times as shops write them: declared patterns or a declared order, never guessed from one value.

Order says which of day and month comes first where the year does not; a value that begins with its year (2024-01-31,
20240131, 2024年1月31日) is clear under any order. Serial numbers of spreadsheets are not guessed. Two-digit years are
those of POSIX: 69-99 is 19xx, 00-68 is 20xx; a birth in the future is a century earlier.

The usual forms are read by DuckDB; what it cannot read comes to `stamp`, one distinct value at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from tasks.calendars import ERAS, gregorian
from tasks.sql import literal, literals

#: Dates before it are no sales, registrations or rates of any shop.
EARLIEST_YEAR = 1900
_TIMES = ("", " %H:%M:%S", " %H:%M")
_FAST = {
    "dmy": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
    "ymd": ("%Y/%m/%d", "%Y.%m.%d"),
}
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")
_ERA = re.compile(
    rf"({'|'.join(sorted(ERAS, key=len, reverse=True))})\.?\s*(元|\d{{1,2}})\D+(\d{{1,2}})\D+(\d{{1,2}})\s*日?"
)
_DATE = re.compile(r"(\d{1,4})\s*[./\-年년‐–/ ]\s*(\d{1,2})\s*[./\-月월‐–/ ]\s*(\d{1,4})\s*[.日일]?")
_TIME = re.compile(
    r"(\d{1,2})[:時시.](\d{1,2})(?:[:分분.](\d{1,2})(?:[.,](\d{1,6})\d*)?)?[秒초]?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
)
_POSIX_PIVOT = 69
#: Signs of the longest date without a time: `31. 12. 2020`.
_LONGEST_DAY = 12


@dataclass(frozen=True, slots=True)
class DateForm:
    """How a column's dates are written: patterns, else the order."""

    patterns: tuple[str, ...] = ()
    order: str = "ymd"
    calendar: str = "gregorian"

    @property
    def declared(self) -> str:
        """The order that patterns or `order` state, as `dmy`; empty where patterns state several."""
        orders = {_order_of(pattern) for pattern in self.patterns} or {self.order}
        return orders.pop() if len(orders) == 1 else ""

    @property
    def swapped(self) -> DateForm:
        """The same with day and month the other way round: the reading that would contradict this one."""
        flipped = {"dmy": "mdy", "mdy": "dmy"}.get(self.order, self.order)
        swap = {"%d": "%m", "%m": "%d"}
        patterns = tuple(re.sub("%[dm]", lambda m: swap[m[0]], pattern) for pattern in self.patterns)
        return DateForm(patterns, flipped, self.calendar)

    def code(self) -> str:
        """As one string, for the function inside DuckDB."""
        return "\x1e".join([self.order, self.calendar, *self.patterns])


@lru_cache(maxsize=1 << 8)
def _form(code: str) -> DateForm:
    order, calendar, *patterns = code.split("\x1e")
    form = DateForm(tuple(patterns), order, calendar)
    # strptime knows no other calendar's month lengths: there a pattern says the order only.
    return form if calendar == "gregorian" else DateForm((), form.declared or order, calendar)


def _order_of(pattern: str) -> str:
    return "".join(letter.lower() for letter in re.findall("%([dmyY])", pattern))


@lru_cache(maxsize=1 << 16)
def stamp(text: str, code: str) -> str | None:
    """ISO text of a date, or of a date and time (`T`; UTC with `Z` if the value says its zone), or None.

    >>> stamp("令和5年4月1日", DateForm(calendar="japanese").code())
    '2023-04-01'
    >>> stamp("3/2/24 9:05 PM", DateForm(order="dmy").code())
    '2024-02-03T21:05:00'
    >>> stamp("2024-05-01T10:00:00+02:00", DateForm().code()), stamp("31/02/2023", DateForm(order="dmy").code())
    ('2024-05-01T08:00:00Z', None)
    """
    form = _form(code)
    if form.patterns:
        return _by_patterns(text, form)
    match = _ERA.match(text) if form.calendar == "japanese" else None
    if match:
        day = _era_day(match)
    else:
        match = _DATE.match(text)
        day = _ordered_day(match.groups(), form) if match else None
        if match is None and re.match(r"\d{8}(?!\d)", text):
            match = re.match(r"\d{8}", text)
            day = _compact_day(text[:8], form)
    if day is None or match is None or day.year < EARLIEST_YEAR:
        return None
    return _with_time(day, text[match.end() :])


def _era_day(match: re.Match[str]) -> date | None:
    era, year, month, day = match.groups()
    return gregorian("gregorian", ERAS[era] + (1 if year == "元" else int(year)) - 1, int(month), int(day))


def _ordered_day(parts: tuple[str, ...], form: DateForm) -> date | None:
    order = "ymd" if len(parts[0]) > 2 else form.order  # noqa: PLR2004 - a year stands first
    by = dict(zip(order, parts, strict=True))
    if len(by["m"]) > 2 or len(by["d"]) > 2:  # noqa: PLR2004 - a year stands where none belongs
        return None
    return gregorian(_calendar(form), _full_year(by["y"], form), int(by["m"]), int(by["d"]))


def _calendar(form: DateForm) -> str:
    """Years without an era in a Japanese column are Gregorian."""
    return "gregorian" if form.calendar == "japanese" else form.calendar


def _full_year(text: str, form: DateForm) -> int:
    year = int(text)
    if len(text) > 2 or form.calendar in {"roc", "buddhist", "persian", "hijri"}:  # noqa: PLR2004
        return year
    return year + (1900 if year >= _POSIX_PIVOT else 2000)


def _compact_day(digits: str, form: DateForm) -> date | None:
    """20240131, else 31012024 in the declared order: never both, for no month is 19 or 20."""
    year_first = gregorian(_calendar(form), int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if year_first is not None and year_first.year >= EARLIEST_YEAR:
        return year_first
    first, second, year = digits[:2], digits[2:4], digits[4:]
    return None if form.order == "ymd" else _ordered_day((first, second, year), form)


def _by_patterns(text: str, form: DateForm) -> str | None:
    for pattern in form.patterns:
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the store's, applied in SQL
        except ValueError:
            continue
        if found.year < EARLIEST_YEAR:
            return None
        if found.tzinfo is not None:
            return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if pattern.endswith("Z"):  # a letter of the pattern, not %Z: it says UTC all the same
            return found.isoformat() + "Z"
        return found.isoformat() if "%H" in pattern or "%I" in pattern else str(found.date())
    return None


def _with_time(day: date, rest: str) -> str | None:
    rest = rest.strip().removeprefix("T").removeprefix(",").strip()
    if not rest:
        return str(day)
    match = _TIME.fullmatch(rest)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match["half"] or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        moment = datetime.combine(day, time(hour, minute, second, int((match[4] or "0").ljust(6, "0"))))
    except ValueError:
        return None
    zone = match["zone"]
    if not zone:
        return moment.isoformat()
    return (moment - _offset(zone)).isoformat() + "Z"


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return offset if zone[0] == "+" else -offset


def usable(stamp: str) -> str:
    """The condition that a TIMESTAMP is not null and none that a misread value would give."""
    return f"{stamp} >= TIMESTAMP '{EARLIEST_YEAR}-01-01'"


def early_stamp_sql(raw: str, form: DateForm) -> str | None:
    """A DuckDB expression over raw text: the TIMESTAMP of values of the forms' own lengths, else null.

    None where no form has a length of its own.
    """
    by_form, _ = _choices(raw, form)
    return _first(raw, by_form) if by_form else None


def stamp_columns(
    prefix: str, text: str, form: DateForm, early: str | None
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """DuckDB expressions over cleaned text, in three layers (each reads the columns of the one before).

    `early` is a column with what `early_stamp_sql` gave. The last layer's columns: `<prefix>_stamp` TIMESTAMP,
    `<prefix>_timed` BOOLEAN (has a time of day), `<prefix>_utc` BOOLEAN (the value says its own zone, and the stamp is
    UTC).
    """
    fast, slow = f"{prefix}_fast", f"{prefix}_slow"
    read = usable(fast)
    function = f"strata_stamp({text}, {literal(form.code())})"
    timed = f"(contains({text}, ':') OR length({text}) > {_LONGEST_DAY})"
    by_form, by_shape = _choices(text, form)
    usual = f"coalesce({_first(text, by_form)}, {_first(text, by_shape)})"
    says_utc = f"suffix({text}, 'Z')" if any(pattern.endswith("Z") for pattern in _patterns(form)) else "false"
    return (
        {fast: usual if early is None else f"CASE WHEN {usable(early)} THEN {early} ELSE {usual} END"},
        {slow: f"CASE WHEN {read} OR {text} IS NULL THEN NULL ELSE {function} END"},
        {
            f"{prefix}_stamp": f"CASE WHEN {read} THEN {fast} ELSE try_cast(rtrim({slow}, 'Z') AS TIMESTAMP) END",
            f"{prefix}_timed": f"CASE WHEN {read} THEN {timed} ELSE contains({slow}, 'T') END",
            f"{prefix}_utc": f"CASE WHEN {read} THEN {says_utc} ELSE coalesce(suffix({slow}, 'Z'), false) END",
        },
    )


def _patterns(form: DateForm) -> tuple[str, ...]:
    """What DuckDB reads itself: Gregorian dates of four-digit years without offsets."""
    patterns = form.patterns or (*(d + t for t in _TIMES for d in _FAST.get(form.order, ())), *_ISO)
    unusual = form.calendar != "gregorian" or any(sign in "".join(patterns) for sign in ("%z", "%Z", "%b", "%B"))
    return () if unusual else tuple(patterns)


def _choices(text: str, form: DateForm) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Patterns by the condition under which a value may have them: by its form, and by its shape.

    A pattern that fails costs ten times one that fits, so the value's form or shape chooses the pattern. Forms come
    first (a LIKE costs 5 ns a row, a shape 100); what no form reads is left to the shapes.
    """
    by_form: dict[str, list[str]] = {}
    by_shape: dict[str, list[str]] = {}
    for pattern in _patterns(form):
        if form_ := _fixed(pattern):
            by_form.setdefault(f"{text} LIKE {literal(form_)}", []).append(pattern)
        by_shape.setdefault(_shape(text, pattern), []).append(pattern)
    return by_form, by_shape


def _first(text: str, choices: dict[str, list[str]]) -> str:
    """The value by the patterns of the first condition that holds."""
    whens = [f"WHEN {condition} THEN try_strptime({text}, [{literals(fit)}])" for condition, fit in choices.items()]
    return f"CASE {' '.join(whens)} END" if whens else "NULL::TIMESTAMP"


def _fixed(pattern: str) -> str | None:
    """For LIKE: the pattern's values with every digit written, or None where their length says nothing.

    >>> _fixed("%Y-%m-%dT%H:%M"), _fixed("%d/%m/%y")
    ('____-__-__T__:__', '__/__/__')
    """
    form = re.sub(r"%([YmdyHMS])", lambda match: "_" * (4 if match[1] == "Y" else 2), pattern)
    return None if "%" in form else form


def _shape(text: str, pattern: str) -> str:
    """A condition that values of the pattern fulfil and most others do not."""
    separator = re.match(r"%\w([^%\w])", pattern)
    conditions = [f"contains({text}, {literal(separator[1])})"] if separator else []
    colons = pattern.count(":")
    if colons == 0:
        conditions.append(f"NOT contains({text}, ':')")
    else:
        conditions.append(f"strlen({text}) - strlen(replace({text}, ':', '')) = {colons}")
    if separator and separator[1] in "-./":  # signs below the digits: no digit stands where they may
        year_first = f"({text}[2] >= '0' AND {text}[3] >= '0')"
        conditions.append(year_first if pattern.startswith("%Y") else f"NOT {year_first}")
    conditions += [f"contains({text}, 'T')"] if "T" in pattern else []
    conditions += [f"{text}[-1] = 'Z'"] if pattern.endswith("Z") else [f"{text}[-1] <> 'Z'"]
    return " AND ".join(conditions)
