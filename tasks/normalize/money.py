"""A line's net and gross from what the drop delivers: DuckDB expressions, exact in DECIMAL(18,4), half away from zero.

DuckDB divides decimals as doubles, so tax inside a gross amount is taken out with whole numbers: with rate p/q and the
gross g in ten-thousandths, net = round(g q / (p + q)).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from region_profiles.models import CurrencyPeriod, Profile, TaxRate
from tasks.sql import literal

DECIMAL = "DECIMAL(18,4)"
#: Kinds that carry no revenue.
NEUTRAL = ("gift_card_sale", "deposit", "tip")


def currency_sql(periods: tuple[CurrencyPeriod, ...], day: str) -> str:
    """The market's currency on a day: of periods that hold it, the last declared; null before the first.

    >>> lev = CurrencyPeriod(code="BGN", until="2025-12-31")
    >>> currency_sql((lev, CurrencyPeriod(code="EUR", since="2026-01-01")), "d")
    "CASE WHEN d >= DATE '2026-01-01' THEN 'EUR' WHEN d <= DATE '2025-12-31' THEN 'BGN' END"
    """
    if len(periods) == 1 and periods[0].since is None and periods[0].until is None:
        return literal(periods[0].code)
    whens = []
    for period in reversed(periods):
        bounds = [f"{day} >= DATE '{period.since}'"] if period.since else []
        bounds += [f"{day} <= DATE '{period.until}'"] if period.until else []
        whens.append(f"WHEN {' AND '.join(bounds) or 'true'} THEN {literal(period.code)}")
    return f"CASE {' '.join(whens)} END"


def net_of_gross(gross: str, rate: Decimal) -> str:
    """Net of a gross amount at a rate: 119.00 at 19 % is 100.0000."""
    if rate == 0:
        return gross
    over, under = Fraction(rate).denominator, (1 + Fraction(rate)).numerator

    def rounded(integer: str, width: int) -> str:
        units = f"CAST(CAST(abs({gross}) AS DECIMAL({width + 4},4)) * 10000 AS {integer})"
        quotient = f"CAST(({units} * {2 * over} + {under}) // {2 * under} AS DECIMAL({width},0))"
        return f"CAST({quotient} * CAST(0.0001 AS DECIMAL(4,4)) AS {DECIMAL})"

    # 64 bits are enough for what shops sell (a third of the time), 128 for every DECIMAL(18,4).
    small = f"abs({gross}) < {min(10**9, 10**13 // over)}"
    net = f"CASE WHEN {small} THEN {rounded('BIGINT', 14)} ELSE {rounded('HUGEINT', 22)} END"
    return f"CASE WHEN {gross} < 0 THEN -({net}) ELSE {net} END"


def gross_of_net(net: str, rate: Decimal) -> str:
    """Gross of a net amount at a rate: 100.00 at 19 % is 119.0000."""
    if rate == 0:
        return net
    return _product(net, f"CAST({1 + rate} AS DECIMAL(9,6))", "1e7", "100")


def product(first: str, second: str) -> str:
    """The product of two DECIMAL(18,4), null where it does not fit into one: 3 x 2.50 is 7.5000."""
    return _product(first, second, "1e4", "1e5")


def _product(first: str, second: str, small: str, other: str) -> str:
    """DuckDB keeps a product of two 64-bit decimals in 64 bits and fails where it does not fit: widen large factors."""
    wide = f"TRY_CAST(CAST({first} AS DECIMAL(19,4)) * {second} AS {DECIMAL})"
    narrow = f"CAST({first} * {second} AS {DECIMAL})"
    return f"CASE WHEN abs({first}) < {small} AND abs({second}) < {other} THEN {narrow} ELSE {wide} END"


def by_date(rates: tuple[TaxRate, ...], day: str, amount: Callable[[Decimal], str]) -> str:
    """The expression `amount(rate)` with the rate of a day; the first rate holds before its date too."""
    if not rates:
        return amount(Decimal(0))
    dated = sorted(rates, key=lambda rate: (rate.since is not None, rate.since or date.min))
    whens = [
        f"WHEN {day} >= DATE '{rate.since}' THEN {amount(rate.rate)}" for rate in reversed(dated[1:]) if rate.since
    ]
    first = amount(dated[0].rate)
    return f"CASE {' '.join(whens)} ELSE {first} END" if whens else first


def net_and_gross(profile: Profile, signed: str, line_tax: str | None, day: str) -> tuple[str, str]:
    """Expressions for net and gross of the signed line amount; `line_tax` has the amount's sign where it is mapped."""
    tax = profile.tax
    if tax.amounts == "untaxed":
        return signed, signed
    convert = net_of_gross if tax.amounts == "gross" else gross_of_net
    other = by_date(tax.rates, day, lambda rate: convert(signed, rate))
    if line_tax is not None:
        sign = "-" if tax.amounts == "gross" else "+"
        other = f"CASE WHEN {line_tax} IS NOT NULL THEN CAST({signed} {sign} {line_tax} AS {DECIMAL}) ELSE {other} END"
    return (other, signed) if tax.amounts == "gross" else (signed, other)
