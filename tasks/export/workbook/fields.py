"""The columns of a workbook's sheets: heading, typed cells as SQL, number format, width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from region_profiles.models import Population, Profile
from tasks.export import roles
from tasks.export.base import BASE, Base, decimals
from tasks.export.customers import code_labels, column_heading
from tasks.export.labels import Labels
from tasks.export.shown import shown
from tasks.export.workbook.texts import CELL, units, width
from tasks.sql import literal, name

#: Excel's number formats. `@` keeps text what it is when a reader edits it; the others follow the reader's region.
TEXT, GENERAL, COUNT, PLAIN, SHARE = "@", "General", "#,##0", "0", "0.0%"
#: Built-in format 14: the reader's own short date.
DATE = "14"
#: Days before it show a day too early: Excel counts a 29 February 1900.
FIRST_DAY = date(1900, 3, 1)
#: The most columns of a segment's sheet.
MOST = 20

_MONEY = {
    "monetary_local": "currency",
    "monetary_reference": "reference_currency",
    "expected_revenue": "reference_currency",
}
#: What sheets leave to the list first where they would have more columns than that; then dimensions, the last first.
_SPARED = ("orders", "recency_days", "monetary_ppp")
_PLAIN = frozenset({"r_score", "f_score", "m_score"})
#: Content beyond that wraps or is cut off on the screen, not in the cell.
_NARROW, _WIDE = 8, 40
#: Room of the filter's button in a heading.
_BUTTON = 3
#: What a heading does not break: East Asian signs break anywhere.
_WORD = re.compile(r"[^\s\u3000-\u9fff\uac00-\ud7af\uff00-\uff60]+|[\u3000-\u9fff\uac00-\ud7af\uff00-\uff60]{1,3}")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet. `sql` over BASE gives text, doubles, integers or dates; `width` is in characters."""

    name: str
    heading: str
    sql: str
    format: str
    width: float
    cut: bool = False
    """Whether some text is longer than a cell."""

    @property
    def left_to_right(self) -> bool:
        """Whether it reads so on sheets of either direction: else plus and groups of a number change places there."""
        return self.name in {"member_number", "email", "phone", "phone_national", "home_store", "account"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is in a column: its longest texts, its greatest length, its widest number, its first day."""

    longest: tuple[str, ...] = ()
    length: int = 0
    number: float = 0
    first: date | None = None


def list_fields(
    con: duckdb.DuckDBPyConnection, profile: Profile, columns: Sequence[str], base: Base, labels: Labels
) -> tuple[Field, ...]:
    """Columns of the customer list (`customer_columns`), as they stand in the CSV file of the same name."""
    seen, own = _seen(con, columns, BASE), _currencies(profile, base)
    return tuple(
        _field(profile, one, base, labels, seen[one.partition("|")[0]], own, column_heading(profile, one, labels))
        for one in columns
    )


def sheet_fields(
    con: duckdb.DuckDBPyConnection, profile: Profile, columns: Sequence[str], base: Base, labels: Labels
) -> tuple[Field, ...]:
    """`columns` of sheets, of `sheet_columns`; the currency stands in the heading of money."""
    return _fields(con, profile, columns, base, labels, BASE)


def role_fields(
    con: duckdb.DuckDBPyConnection, profile: Profile, columns: Sequence[str], base: Base, labels: Labels
) -> tuple[Field, ...]:
    """Columns of the sheet of contacts by role, of those of its CSV file: labels without codes, 20 at most."""
    chosen = [one for one in columns if "|" not in one and (one != "phone" or "phone_national" not in columns)]
    return _fields(con, profile, chosen[:MOST], base, labels, roles.SOURCE)


def _fields(
    con: duckdb.DuckDBPyConnection, profile: Profile, columns: Sequence[str], base: Base, labels: Labels, source: str
) -> tuple[Field, ...]:
    seen, own, fields = _seen(con, columns, source), _currencies(profile, base), []
    for one in columns:
        heading = column_heading(profile, one, labels)
        if one in _MONEY:
            heading = labels.text("template", "in_currency", label=heading, currency=own[_MONEY[one]])
        fields.append(_field(profile, one, base, labels, seen[one], own, heading))
    return tuple(fields)


def sheet_columns(
    profile: Profile, columns: Sequence[str], population: Population, about: str | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the list's columns the sheets of a population's segments or audiences show, and what lacks room.

    Whom it concerns and how to reach them, their language and store, the population's dimensions but `about`, then
    days, purchase days and money, the market's own first: 19, for the reason stands there too. Codes, scores and what
    is the same in all rows are left to the list without a word. The phone stands there once, in the form to read; a
    language that is a dimension stands there as that.
    """
    dimensions = [one for one in shown(profile, population) if one != about and f"segment_{one}" in columns]
    spoken = "language" in {getattr(profile.dimensions[one], "trait", "") for one in dimensions}
    who = ["member_number", "salutation", "name", "email"]
    who += ["phone_national" if "phone_national" in columns else "phone", "address"]
    where = ["home_store", *(() if spoken else ("language",)), *(f"segment_{one}" for one in dimensions)]
    figures = ["expected_revenue", "next_purchase_date", "last_order_date", "recency_days", "frequency", "orders"]
    figures += ["monetary_local", "monetary_reference", "monetary_ppp", "holdout"]
    wanted = [one for one in (*who, *where, *figures) if one in columns]
    spare = [*(one for one in _SPARED if one in wanted), *(f"segment_{one}" for one in reversed(dimensions))]
    without = spare[: max(0, len(wanted) - (MOST - 1))]
    return tuple(one for one in wanted if one not in without), tuple(one for one in wanted if one in without)


def money_format(currency: str) -> str:
    """The number format of a currency's amounts, with as many decimals as files have. Terminal where it has none.

    >>> money_format("EUR"), money_format("JPY"), money_format("HUF")
    ('#,##0.00', '#,##0', '#,##0.00')
    """
    digits = decimals(currency)
    return "#,##0" + ("." + "0" * digits if digits else "")


def heading_width(heading: str) -> int:
    """A heading wraps: its column must hold its longest word and the filter's button, and three lines all of it.

    >>> heading_width("Days since last purchase"), heading_width("最終購入からの日数")
    (11, 9)
    """
    longest = max((width(word) for word in _WORD.findall(heading)), default=0)
    return min(max(longest + _BUTTON, -(-width(heading) // 3) + _BUTTON), _WIDE)


def _field(
    profile: Profile, column: str, base: Base, labels: Labels, seen: _Seen, own: Mapping[str, str], heading: str
) -> Field:
    source, _, code = column.partition("|")
    value = name(source)

    def made(sql: str, form: str, content: int, *, long: bool = False) -> Field:
        wide = max(_NARROW, min(content + 2, _WIDE), heading_width(heading))
        return Field(column, heading, sql, form, float(wide), long)

    if code or source in {"currency", "reference_currency"}:
        return made(value, GENERAL, max(map(width, seen.longest), default=0))
    if source in base.codes and source != "home_store":
        names = code_labels(profile, source, base, labels)
        return made(_labelled(value, names), GENERAL, max(map(width, names.values()), default=0))
    if seen.first is not None:
        if seen.first < FIRST_DAY:
            return made(f"strftime({value}, '%Y-%m-%d')", TEXT, 10)
        return made(value, DATE, 10)
    if seen.longest:
        long = seen.length > CELL or any(units(one) > CELL for one in seen.longest)
        return made(value, TEXT, _usual(seen.longest), long=long)
    return _number(source, value, seen, own, made)


def _usual(longest: Sequence[str]) -> int:
    """The width of the longest texts, but for a few that are far longer than all others."""
    wide = sorted(map(width, longest))
    return max(one for one in wide if one <= wide[0] * 3 // 2)


def _number(
    source: str, value: str, seen: _Seen, own: Mapping[str, str], made: Callable[[str, str, int], Field]
) -> Field:
    form, sql = (PLAIN if source in _PLAIN else COUNT), value
    if source in _MONEY or source == "monetary_ppp":
        form = money_format(own[_MONEY[source]]) if source in _MONEY else "#,##0.00"
        sql = f"CAST({value} AS DOUBLE)"
    elif source == "effort":
        form, sql = SHARE, f"CAST({value} AS DOUBLE)"
    digits = len(form.partition(".")[2])
    return made(sql, form, len(f"{seen.number:,.{digits}f}"))


def _labelled(value: str, names: Mapping[str, str]) -> str:
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(text)}" for code, text in names.items())
    return f"CASE {value} {cases} ELSE {value} END" if cases else value


def _currencies(profile: Profile, base: Base) -> dict[str, str]:
    own = base.codes.get("currency") or (profile.market.currencies[-1].code,)
    return {"currency": own[-1], "reference_currency": profile.money.reporting_currency}


def _seen(con: duckdb.DuckDBPyConnection, columns: Iterable[str], source: str) -> dict[str, _Seen]:
    """What the columns hold, in one pass; a column without values counts as one of numbers or codes."""
    types = {row[0]: str(row[1]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    names = list(dict.fromkeys(column.partition("|")[0] for column in columns))
    parts = [_aggregates(name(one), types[one]) for one in names]
    if not parts:
        return {}
    found = iter(con.execute(f"SELECT {', '.join(part for two in parts for part in two)} FROM {source}").fetchall()[0])
    seen = {}
    for one in names:
        first, second = next(found), next(found)
        if types[one] == "VARCHAR":
            seen[one] = _Seen(longest=tuple(first or ("",)), length=second or 0)
        elif types[one] == "DATE":
            seen[one] = _Seen(first=first or FIRST_DAY)
        else:
            seen[one] = _Seen(number=max(abs(first or 0), abs(second or 0)))
    return seen


def _aggregates(value: str, type_: str) -> tuple[str, str]:
    if type_ == "VARCHAR":
        return f"arg_max({value}, strlen({value}), 8)", f"max(length({value}))"
    return f"min({value})", f"max({value})"
