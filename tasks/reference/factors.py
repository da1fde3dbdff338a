"""Factors of a market: what one unit of each currency was worth on each day, in the four units of money.

Made once in Decimal, rounded half even to DECIMAL(19,12), and joined to purchases by currency and rate date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pyarrow as pa

from region_profiles.models import CurrencyPeriod, Profile
from tasks.errors import ReferenceDataError
from tasks.reference.incomes import incomes
from tasks.reference.market_rates import Checked, check, read_quotes
from tasks.reference.notes import Row, Span, income_notes, lenses_off, ppp_off, price_notes, rate_notes
from tasks.reference.purchasing_power import Prices, prices
from tasks.reference.rates import Rate, RateBook
from tasks.reference.tables import Reference, Used, default_reference

SCALE = Decimal("1E-12")
#: DECIMAL(19,12) holds seven digits before the point.
LIMIT = Decimal(10) ** 7
USD = "USD"
FACTOR = pa.decimal128(19, 12)
SCHEMA = pa.schema(
    [
        ("currency", pa.string()),
        ("date", pa.date32()),
        ("to_local", FACTOR),
        ("to_reference", FACTOR),
        ("to_ppp", FACTOR),
        ("to_usd", FACTOR),
        ("rate_quality", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Factors:
    """What traits need to convert money.

    table: one row a currency and day of its span: currency, date, to_local, to_reference, to_ppp, to_usd
        DECIMAL(19,12) or null, rate_quality; ordered by currency and date.
    incomes: country, gdp_per_head DECIMAL(18,4) in current US dollars, year.
    notes: for the manifest: sources, vintages, years, fallbacks, `lenses_off` {lens: reason}.
    digests: table name -> sha256 of the reference figures used.
    """

    table: pa.Table
    incomes: pa.Table
    notes: Mapping[str, Any]
    digests: Mapping[str, str]


def local_currency(periods: Sequence[CurrencyPeriod], as_of: date) -> str:
    """The market's currency at a date: the first listed that is legal tender then.

    Raises:
        ReferenceDataError: if none is.
    """
    for period in periods:
        if (period.since or date.min) <= as_of <= (period.until or date.max):
            return period.code
    raise ReferenceDataError(
        f"no currency of the market is legal tender on {as_of}",
        path="market.currencies",
        expected="a currency whose since and until include the as-of date",
    )


def spans(pairs: pa.Table | Iterable[Span]) -> list[Span]:
    """Spans by currency, merged and sorted, from a list or a table (currency, first, last)."""
    rows = zip(*(column.to_pylist() for column in pairs.columns), strict=True) if isinstance(pairs, pa.Table) else pairs
    merged: dict[str, tuple[date, date]] = {}
    for currency, first, last in rows:
        if currency and first and last:
            known = merged.get(currency, (first, last))
            merged[currency] = (min(known[0], first), max(known[1], last))
    return [(currency, first, last) for currency, (first, last) in sorted(merged.items())]


def factors(
    profile: Profile,
    pairs: pa.Table | Iterable[Span],
    as_of: date,
    market_rates: pa.Table | None = None,
    reporting_currency: str | None = None,
    *,
    reference: Reference | None = None,
) -> Factors:
    """Factors of every currency and day that occurs in a market's purchases.

    Args:
        profile: the market's; `money` and `market` say how.
        pairs: currency, first and last day of its purchases (rate dates).
        as_of: last day of the run; the local currency is that day's.
        market_rates: the market's own canonical rates (date, currency, rate, base); faulty ones are not used.
        reporting_currency: instead of the profile's.
        reference: where the tables are.

    Raises:
        ReferenceDataError: if no currency is legal tender at the as-of date, or a factor has more than seven digits
            before the point.
    """
    tables, used, money = reference or default_reference(), Used(), profile.money
    wanted, target = spans(pairs), reporting_currency or money.reporting_currency
    local = local_currency(profile.market.currencies, as_of)
    level = prices(
        tables,
        profile.market.country,
        aggregate=money.ppp.aggregate,
        vintage=money.ppp.vintage,
        carry_years=money.ppp.maximum_carry_years,
        tender={period.code for period in profile.market.currencies},
        used=used,
    )
    off = ppp_off(level, wanted, profile.traits.window, as_of)
    needed = {currency for currency, _, _ in wanted} | {target, local, USD, level.currency or USD}
    book = RateBook(tables, money.ecb_carry_days, used=used)
    checked = _checked(market_rates, needed, profile, tables, used)
    book.market = checked.quotes if checked else {}
    converter = _Converter(book, level, local, target, as_of, off is not None)
    rows = list(converter.rows(wanted))
    dollar = book.rate(USD, target, as_of)
    notes = {
        "local_currency": local,
        "reporting_currency": target,
        "usd_to_reference": None if dollar is None else str(_stored(dollar, USD, as_of)),
        "rates": rate_notes(rows),
        "purchasing_power": price_notes(level, wanted, off),
        "incomes": income_notes(tables, profile.market.country, as_of),
        "lenses_off": lenses_off(profile, rows, off, tables, as_of),
    }
    if checked:
        notes["market_rates"] = {"rows": checked.rows, "not_used": [str(finding) for finding in checked.findings]}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    country_incomes = incomes(tables, as_of, used)
    return Factors(pa.table(arrays, schema=SCHEMA), country_incomes, notes, used.digests())


@dataclass(slots=True)
class _Converter:
    """One market's targets, and the rows of its factors."""

    book: RateBook
    level: Prices
    local: str
    target: str
    as_of: date
    without_ppp: bool

    def rows(self, wanted: Iterable[Span]) -> Iterator[Row]:
        for currency, first, last in wanted:
            for at in range(first.toordinal(), last.toordinal() + 1):
                yield self.row(currency, date.fromordinal(at))

    def row(self, currency: str, day: date) -> Row:
        reference = self.book.rate(currency, self.target, day)
        usd = reference if self.target == USD else self.book.rate(currency, USD, day)
        local = self.book.local(currency, self.local, day, self.as_of)
        return (
            currency,
            day,
            _stored(local, currency, day),
            _stored(reference, currency, day),
            None if self.without_ppp else _stored(self.ppp(currency, day), currency, day),
            _stored(usd, currency, day),
            reference.quality if reference else "none",
        )

    def ppp(self, currency: str, day: date) -> Rate | None:
        """Constant international dollars for one unit: into the money of the series, over that year's price level."""
        unit, by_year = self.level.currency, self.level.per_dollar
        if unit is None or by_year is None or self.level.fault(day.year):
            return None
        into = self.book.local(currency, unit, day, self.as_of)
        return None if into is None else Rate(into.value / by_year[day.year], into.quality)


def _stored(rate: Rate | None, currency: str, day: date) -> Decimal | None:
    if rate is None:
        return None
    stored = rate.value.quantize(SCALE, ROUND_HALF_EVEN)
    if stored >= LIMIT:
        raise ReferenceDataError(
            f"a rate of {currency} on {day} has more than seven digits before the point",
            value=str(rate.value),
            expected="a factor below ten million",
            hint="is the row in an older money? see region_profiles/reference/irrevocable.csv",
        )
    return stored


def _checked(
    rates: pa.Table | None, needed: set[str], profile: Profile, tables: Reference, used: Used
) -> Checked | None:
    if rates is None:
        return None
    base = profile.money.rates_base
    return check(read_quotes(rates, base, needed), RateBook(tables, profile.money.ecb_carry_days, used=used))


def unconvertible(
    profile: Profile,
    currencies: Iterable[str],
    first: date,
    last: date,
    market_rates: pa.Table | None = None,
    *,
    reference: Reference | None = None,
) -> list[ReferenceDataError]:
    """Currencies without any source of rates to the reporting currency between two days: one finding each.

    The errors are for `validate` to show; nothing is raised.
    """
    tables, target = reference or default_reference(), profile.money.reporting_currency
    names = sorted(set(currencies))
    book = RateBook(tables, profile.money.ecb_carry_days)
    checked = _checked(market_rates, {*names, target}, profile, tables, Used())
    book.market = checked.quotes if checked else {}
    days = [date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1)]
    return [
        ReferenceDataError(
            f"no rate of {currency} to {target} on any day from {first} to {last}",
            market=profile.market.country,
            value=currency,
            expected="a source: the market's own rates, the ECB, a peg",
            hint="deliver a table of rates with the drop and map it as `rates`",
        )
        for currency in names
        if not any(book.rate(currency, target, day) for day in days)
    ]
