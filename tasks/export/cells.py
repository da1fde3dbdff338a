"""How a value becomes a cell: as SQL over whole columns, and for the few cells of a header or a small table.

Text that a spreadsheet would run or change gets one apostrophe in front (OWASP's quote prefix, ASVS 1.2.10). Numbers
and dates are typed by their form, so they carry none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tasks.export.dialect import Dialect
from tasks.sql import literal

#: Text that begins so can become a formula. A text that already has apostrophes before such a sign gets one more, so
#: that taking one away always gives the original.
FORMULA = r"^'*[=+\-@\t\r\n\x{0}＝＋－＠]"

#: Identifiers that Excel would retype: anything without a letter except a plain number that it shows as it is (at
#: most 11 digits, no leading zero), numbers such as 12E3, times such as 5 PM, days such as MAR-12, and truth values.
RETYPED = (
    r"(?i)^'*("
    r"0\d+|\d{12,}|\P{L}*[^\d\p{L}]\P{L}*"
    r"|[\d.,]+e[+-]?\d+"
    r"|[\d:. ]+[ap]m?"
    r"|\p{L}{3,}\.?[-/. ]?(\d{1,2}|(19|20)\d\d)"
    r"|(\d{1,2}|(19|20)\d\d)[-/. ]?\p{L}{3,}\.?([-/. ]?\d+)?"
    r"|true|false"
    r")$"
)
PHONE = r"^\+[1-9]\d{1,14}$"


# --- whole columns ----------------------------------------------------------------------------------------------------


def sql_text(value: str, dialect: Dialect) -> str:
    """Free text: guarded, then quoted where it must be. Null is an empty cell."""
    guarded = value
    if dialect.guard:
        guarded = f"CASE WHEN regexp_matches({value}, {literal(FORMULA)}) THEN '''' || {value} ELSE {value} END"
    return _sql_quoted(guarded, dialect)


def sql_identifier(value: str, dialect: Dialect, *, marked: bool) -> str:
    """An identifier; `marked` says that its column holds one that Excel would retype, so that all stay text."""
    return _sql_quoted(f"'''' || {value}", dialect) if marked else sql_text(value, dialect)


def sql_marked(value: str) -> str:
    """Aggregate over a column of identifiers: whether any of them would be retyped or run."""
    either = " OR ".join(f"regexp_matches({value}, {literal(pattern)})" for pattern in (FORMULA, RETYPED))
    return f"coalesce(bool_or({either}), false)"


def sql_phone(value: str, dialect: Dialect) -> str:
    """An E.164 number as RFC 3966 writes it, `tel:+49...`: text to every spreadsheet and never a formula.

    A bare +4915112345678 is opened as 4.91511E+12, which a second saving makes final; right to left its plus also
    jumps behind the digits. Machine files carry it bare.
    """
    if not dialect.guard:
        return _sql_quoted(value, dialect)
    is_phone = f"regexp_matches({value}, {literal(PHONE)})"
    return f"CASE WHEN {is_phone} THEN 'tel:' || {value} ELSE {sql_text(value, dialect)} END"


def sql_number(value: str, dialect: Dialect) -> str:
    """An integer or decimal, ungrouped, with the dialect's decimal sign; null is an empty cell."""
    text = f"CAST({value} AS VARCHAR)"
    if dialect.decimal != ".":
        text = f"replace({text}, '.', {literal(dialect.decimal)})"
    if dialect.decimal == dialect.separator:
        text = f"CASE WHEN contains({text}, {literal(dialect.separator)}) THEN '\"' || {text} || '\"' ELSE {text} END"
    return text


def sql_date(value: str, dialect: Dialect) -> str:
    """A date in the dialect's short pattern, Gregorian, with Latin digits."""
    return f"strftime({value}, {literal(dialect.strftime)})"


def sql_label(value: str, labels: Mapping[str, str], dialect: Dialect) -> str:
    """The label of a code; a code without one stands for itself."""
    if not labels:
        return sql_text(value, dialect)
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(cell(text, dialect))}" for code, text in labels.items())
    return f"CASE {value} {cases} ELSE {sql_text(value, dialect)} END"


def sql_line(cells: list[str], dialect: Dialect) -> str:
    """A row of cells as one line with its end."""
    blank_for_null = (f"coalesce({one}, '')" for one in cells)
    return "concat(" + f", {literal(dialect.separator)}, ".join(blank_for_null) + f", {literal(dialect.newline)})"


def _sql_quoted(value: str, dialect: Dialect) -> str:
    needs = f"regexp_matches({value}, {literal(_special(dialect))})"
    quoted = f"""'"' || replace({value}, '"', '""') || '"'"""
    return f"CASE WHEN {needs} THEN {quoted} ELSE {value} END"


def _special(dialect: Dialect) -> str:
    return f'["\\r\\n{dialect.separator}]|^ | $'


# --- single cells -----------------------------------------------------------------------------------------------------

_FORMULA = re.compile(FORMULA.replace(r"\x{0}", r"\x00"))


def cell(value: str | int | Decimal | date | None, dialect: Dialect) -> str:
    """One cell of a header or a small table, by the same rules as a column's.

    >>> from tasks.export.dialect import excel_dialect
    >>> [cell(value, excel_dialect("de-DE")) for value in ("=1+1", Decimal("-1.50"), date(2026, 3, 1), "a;b")]
    ["'=1+1", '-1,50', '01.03.2026', '"a;b"']
    """
    if value is None:
        return ""
    if isinstance(value, date):
        text = value.strftime(dialect.strftime)
    elif isinstance(value, str):
        text = "'" + value if dialect.guard and _FORMULA.match(value) else value
    else:
        text = str(value).replace(".", dialect.decimal)
    if re.search(_special(dialect), text):
        text = '"' + text.replace('"', '""') + '"'
    return text


def line(cells: list[str], dialect: Dialect) -> str:
    """Cells as one line with its end."""
    return dialect.separator.join(cells) + dialect.newline
