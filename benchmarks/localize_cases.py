"""What is compared with Intl: values, forms, and the formatter's answers beside the requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
from babel.numbers import get_territory_currencies
from localize_judge import Request

from tasks.localize import Formatter
from tasks.localize.data import cldr, facts, resolve


def words(text: str) -> list[str]:
    """Numbers and moments as text: exact in Intl too."""
    return text.split()


#: CLDR 47's own day, for the currency that a territory pays with.
RELEASED = date(2025, 3, 13)
NUMBERS = words(
    "0 1 9 10 999 1000 1234 9999 10000 12345 99999 100000 123456 1234567 12345678.9 0.5 1.5 2.5 0.125 0.0005 1.0049 "
    "1.005 -1 -0.5 -1234.5 -98765.432 0.285 -0.001 123456789012345.6789"
)
DOUBLES = [0.1, 1.005, 0.285, 2.675, -0.005, 1234.5, 1e15, 123456789.125, 1e21, 5e-324, 0.615, -8.345, 1.45, 4.35]
SIZES = words(
    "0 1 0.5 0.0123 0.996 1.25 5 9.96 12.5 99.5 123 999 999.6 1000 1234 1500 9950 9999 10000 12345 99999 123456 999499 "
    "999500 1000000 1234567 2500000 12345678 123456789 1234567890 12345678901 123456789012 999999999999 1234567890123 "
    "123456789012345 12345678901234567 -1 -1234 -1500000 21000 1100000"
)
LISTS: list[list[str]] = [
    [], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"], ["padres", "hijos"], ["uno", "otro"], ["x", "hielo"],
    ["y", "8"], ["א", "ב"], ["א", "b"], ["東京", "大阪", "京都"],
]  # fmt: skip
MOMENTS = [
    datetime.fromisoformat(text)
    for text in words(
        "2026-11-22T13:05:09 2024-02-29T00:00:00 2021-03-20T12:00:00 2021-03-21T11:59:59 1999-12-31T23:59:01 "
        "2005-07-04T06:30:00 2026-01-05T04:07:00 2026-04-14T09:10:00 2026-05-06T17:10:00 2026-06-03T19:10:00 "
        "2026-08-08T21:10:00 2026-09-09T02:10:00 2026-10-10T14:10:00 1961-12-01T00:30:00"
    )
]
DATES = ("full", "long", "medium", "short")
BOTH = (("medium", "short"), ("full", "short"), ("short", "short"), ("long", "medium"))
AMOUNTS = pa.array(list(map(Decimal, NUMBERS)), pa.decimal128(30, 6))
CHARTED = pa.array(list(map(Decimal, SIZES)), pa.decimal128(30, 6))
LOCAL = pa.array(MOMENTS, pa.timestamp("ms"))
CLOCK = [str(round(moment.replace(tzinfo=UTC).timestamp() * 1000)) for moment in MOMENTS]


class Case(NamedTuple):
    """A row of the report that it counts in, what Intl is asked, what the formatter says."""

    kind: str
    request: Request
    ours: list[str]


def currency_of(locale: str) -> str:
    """What the locale's territory pays with."""
    return (get_territory_currencies(locale.rpartition("-")[2], RELEASED) or ["EUR"])[0]


def cases(locale: str) -> Iterator[Case]:
    """All comparisons of a locale."""
    formatter = Formatter(locale)
    yield from _numbers(locale, formatter)
    yield from _money(locale, formatter)
    yield from _moments(locale, formatter)
    for kind, theirs in (("and", "conjunction"), ("or", "disjunction")):
        yield Case("lists", Request(locale, "list", {"type": theirs}, LISTS), [formatter.list(x, kind) for x in LISTS])
    yield from _native(locale)


def _number(kind: str, locale: str, options: dict[str, Any], values: list[Any], ours: pa.Array) -> Case:
    return Case(kind, Request(locale, "number", options, values), ours.to_pylist())


def _places(least: int, most: int) -> dict[str, int]:
    return {"minimumFractionDigits": least, "maximumFractionDigits": most}


def _numbers(locale: str, its: Formatter) -> Iterator[Case]:
    for least, most in ((0, 3), (2, 2), (0, 0)):
        ours = its.decimal(AMOUNTS, least=least, most=most)
        yield _number("decimals", locale, _places(least, most), NUMBERS, ours)
    yield _number("decimals of doubles", locale, _places(0, 2), DOUBLES, its.decimal(pa.array(DOUBLES), most=2))
    for least, most in ((0, 0), (0, 2)):
        ours = its.percent(AMOUNTS, least=least, most=most)
        yield _number("percents", locale, {"style": "percent"} | _places(least, most), NUMBERS, ours)
    yield _number("compact numbers", locale, {"notation": "compact"}, SIZES, its.compact(CHARTED))


def _money(locale: str, its: Formatter) -> Iterator[Case]:
    own = currency_of(locale)
    for currency in dict.fromkeys((own, "EUR", "USD", "JPY", "KWD")):
        whose = "its own money" if currency == own else "foreign money"
        for accounting in (False, True):
            options = {"style": "currency", "currency": currency}
            options |= {"currencySign": "accounting"} if accounting else {}
            kind = f"{whose}, accounting" if accounting else whose
            yield _number(kind, locale, options, NUMBERS, its.money(AMOUNTS, currency, accounting=accounting))
    for currency in dict.fromkeys((own, "USD")):
        options = {"style": "currency", "currency": currency, "notation": "compact"}
        yield _number("compact money", locale, options, SIZES, its.compact(CHARTED, currency))
    options = {"style": "currency", "currency": own, "maximumFractionDigits": 0}
    yield _number("its own money, whole", locale, options, NUMBERS, its.money(AMOUNTS, own, digits=0))
    for currency, step in (("CHF", 5), ("DKK", 50)):
        options = {"style": "currency", "currency": currency, "roundingIncrement": step} | _places(2, 2)
        yield _number("cash", locale, options, NUMBERS, its.money(AMOUNTS, currency, cash=True))


def _moments(locale: str, its: Formatter) -> Iterator[Case]:
    def case(kind: str, options: dict[str, str], ours: pa.Array) -> Case:
        return Case(kind, Request(locale, "date", options, CLOCK), ours.to_pylist())

    for form in DATES:
        yield case("dates", {"dateStyle": form}, its.date(LOCAL, form))
    yield case("months", {"year": "numeric", "month": "long"}, its.date(LOCAL, "month"))
    yield case("months", {"year": "numeric", "month": "short"}, its.date(LOCAL, "month_short"))
    for form in ("medium", "short"):
        yield case("times", {"timeStyle": form}, its.time(LOCAL, form))
    for day, clock in BOTH:
        yield case("dates with times", {"dateStyle": day, "timeStyle": clock}, its.datetime(LOCAL, day, clock))


def _native(locale: str) -> Iterator[Case]:
    """Native digits, where they are ten and not the default."""
    its = facts(resolve(locale))
    system = its["native"]
    if system == its["digits"] or system not in cldr()["digits"]:
        return
    native, own = Formatter(locale, "native"), currency_of(locale)
    yield _number("native digits", locale, {"numberingSystem": system}, NUMBERS, native.decimal(AMOUNTS))
    options = {"numberingSystem": system, "style": "currency", "currency": own}
    yield _number("native digits", locale, options, NUMBERS, native.money(AMOUNTS, own))
    yield Case(
        "native digits",
        Request(locale, "date", {"numberingSystem": system, "dateStyle": "medium"}, CLOCK),
        native.date(LOCAL).to_pylist(),
    )
