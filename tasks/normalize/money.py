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
from tasks.normalize.sql import literal

DECIMAL = "DECIMAL(18,4)"
#: Kinds that carry no revenue.
NEUTRAL = ("gift_card_sale", "deposit", "tip")


def currency_sql(periods: tuple[CurrencyPeriod, ...], day: str) -> str:
    """The market's currency on a day: of periods that hold it, the last declared; null before the first.

    >>> currency_sql((CurrencyPeriod(code="BGN", until="2025-12-31"), CurrencyPeriod(code="EUR", since="2026-01-01")), "d")
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
    units = f"CAST(abs({gross}) * 10000 AS HUGEINT)"
    rounded = f"({units} * {2 * over} + {under}) // {2 * under}"
    return f"CAST(sign({gross}) * CAST({rounded} AS DECIMAL(22,0)) * CAST(0.0001 AS DECIMAL(5,4)) AS {DECIMAL})"


def gross_of_net(net: str, rate: Decimal) -> str:
    """Gross of a net amount at a rate: 100.00 at 19 % is 119.0000."""
    if rate == 0:
        return net
    return f"CAST({net} * CAST({1 + rate} AS DECIMAL(9,6)) AS {DECIMAL})"


def by_date(rates: tuple[TaxRate, ...], day: str, amount: Callable[[Decimal], str]) -> str:
    """The expression `amount(rate)` with the rate of a day; the first rate holds before its date too."""
    if not rates:
        return amount(Decimal(0))
    dated = sorted(rates, key=lambda rate: (rate.since is not None, rate.since or date.min))
    whens = [
        f"WHEN {day} >= DATE '{rate.since}' THEN {amount(rate.rate)}"
        for rate in reversed(dated[1:])
        if rate.since
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
