"""International dollars: what money buys where it is spent, at the prices of a pinned base year.

I$ = LCU / PPP. Across years, constant I$ of year b = LCU / (CPI_t / CPI_b at home) / PPP_b: the World Bank's PIP
method (https://datanalytics.worldbank.org/PIP-Methodology/convert.html). Where consumer prices at home are not known,
or the series is in a foreign currency, PPP_t and the prices of the United States do the same, for
PPP_t = PPP_b x (CPI_c,t / CPI_c,b) / (CPI_US,t / CPI_US,b).
LCU is the currency in which the series is written, which stands beside each factor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tasks.reference.tables import Reference, Used

#: Annual factors mislead within a year of such inflation, in percent, or where PPP moves by more than half.
HIGH_INFLATION = Decimal(40)
JUMP = Decimal("0.5")
#: Home prices are the method unless they lag the PPP series by more than this.
LAG_YEARS = 1
WORLD = "US"

Method = Literal["consumer_prices", "ppp_series"]


def international_dollars(amount: Decimal, factor: Decimal) -> Decimal:
    """I$ of the factor's own year: LCU over PPP.

    >>> round(international_dollars(Decimal(10000), Decimal("20.4219834")))  # rupees of 2024
    490
    """
    return amount / factor


def constant_dollars(amount: Decimal, factor: Decimal, prices: Decimal, base_prices: Decimal) -> Decimal:
    """I$ at the prices of the base year: LCU over home inflation since then, over the base year's PPP.

    >>> constant_dollars(Decimal(231), factor=Decimal(20), prices=Decimal(110), base_prices=Decimal(100))
    Decimal('10.5')
    """
    return amount / (prices / base_prices) / factor


def extrapolate(factor: Decimal, home: Decimal, united_states: Decimal) -> Decimal:
    """PPP of another year: the base year's times the growth of prices at home over that in the United States.

    The World Bank's help desk on Senegal 2022, Brazil 2019, Brazil 2014:

    >>> str(extrapolate(Decimal("226.6"), Decimal("1.096"), Decimal("1.081")).quantize(Decimal("0.1")))
    '229.7'
    >>> str(extrapolate(Decimal("2.33"), Decimal("1.075"), Decimal("1.043")).quantize(Decimal("0.01")))
    '2.40'
    >>> str(extrapolate(Decimal("1.66"), Decimal("1.19"), Decimal("1.052")).quantize(Decimal("0.01")))
    '1.88'
    """
    return factor * home / united_states


@dataclass(frozen=True, slots=True)
class Prices:
    """One country's price level by year.

    `per_dollar` is LCU (in `currency`) of a year for one constant I$ of `vintage`; years without are absent. `carried`
    says which year's figure stands for a later one. `unreliable` says why a year's is not to be used. `off` says why
    there is none at all. `last` is the last year of the series itself.
    """

    country: str
    aggregate: str
    vintage: int
    currency: str | None = None
    method: Method | None = None
    source: str | None = None
    last: int | None = None
    per_dollar: Mapping[int, Decimal] | None = None
    carried: Mapping[int, int] | None = None
    unreliable: Mapping[int, str] | None = None
    off: str | None = None

    def fault(self, year: int) -> str | None:
        """Why a year has no usable figure; None if it has one."""
        if self.off:
            return self.off
        if self.unreliable and year in self.unreliable:
            return self.unreliable[year]
        if not self.per_dollar or year not in self.per_dollar:
            return f"no figure for {year}: the series ends with {self.last}"
        return None


def price_index(inflation: Mapping[int, Decimal], base: int) -> dict[int, Decimal]:
    """Consumer prices with the base year as 1, as far as annual inflation (percent) reaches without a gap.

    >>> price_index({2020: Decimal(10), 2021: Decimal(25), 2023: Decimal(9)}, base=2020)[2021]
    Decimal('1.25')
    """
    index = {base: Decimal(1)}
    year = base
    while (rise := inflation.get(year + 1)) is not None:
        index[year + 1] = index[year] * (1 + rise / 100)
        year += 1
    year = base
    while (rise := inflation.get(year)) is not None and rise > -100:  # noqa: PLR2004 - prices cannot fall by all
        index[year - 1] = index[year] / (1 + rise / 100)
        year -= 1
    return dict(sorted(index.items()))


def _annual(reference: Reference, used: Used, table: str, country: str, column: str, **only: str) -> dict[int, Decimal]:
    rows = [row for row in reference.of(table, country) if all(row[name] == value for name, value in only.items())]
    used.add(table, [tuple(row.values()) for row in rows])
    return {int(row["year"]): Decimal(row[column]) for row in rows}


def prices(
    reference: Reference,
    country: str,
    *,
    aggregate: str = "gdp",
    vintage: int = 2021,
    carry_years: int = 3,
    tender: Collection[str] = (),
    used: Used | None = None,
) -> Prices:
    """A country's price level, or why there is none.

    `tender` are the country's own currencies, past and present: home prices say nothing about a series in another.

    >>> india = prices(Reference(), "IN", vintage=2024)
    >>> round(Decimal(10000) / india.per_dollar[2024]), india.currency
    (490, 'INR')
    >>> prices(Reference(), "TW").off
    'no gdp factor for TW in 2021'
    """
    used = used if used is not None else Used()
    factors = _annual(reference, used, "purchasing_power", country, "factor", aggregate=aggregate)
    series = (
        factors
        if aggregate == "gdp"
        else _annual(reference, used, "purchasing_power", country, "factor", aggregate="gdp")
    )
    if vintage not in factors:
        known = f"; there are {', '.join(map(str, factors))}" if 0 < len(factors) < 5 else ""  # noqa: PLR2004 - a short list
        return Prices(country, aggregate, vintage, off=f"no {aggregate} factor for {country} in {vintage}{known}")
    inflation = _annual(reference, used, "consumer_prices", country, "inflation")
    row = next(
        row
        for row in reference.of("purchasing_power", country)
        if (row["aggregate"], row["year"]) == (aggregate, str(vintage))
    )
    foreign = bool(tender) and row["currency"] not in tender
    home = {vintage: Decimal(1)} if foreign else price_index(inflation, vintage)
    method: Method = "consumer_prices"
    per_dollar = {year: factors[vintage] * index for year, index in home.items()}
    if aggregate == "gdp" and (foreign or max(home) < max(factors) - LAG_YEARS):
        method = "ppp_series"
        abroad = price_index(_annual(reference, used, "consumer_prices", WORLD, "inflation"), vintage)
        per_dollar = {year: factors[year] * abroad[year] for year in sorted(factors.keys() & abroad.keys())}
    last = max(per_dollar)
    carried = {last + ahead: last for ahead in range(1, carry_years + 1)}
    return Prices(
        country,
        aggregate,
        vintage,
        row["currency"],
        method,
        row["source"],
        last,
        per_dollar | dict.fromkeys(carried, per_dollar[last]),
        carried,
        _unreliable(inflation, series, carried),
    )


def _unreliable(
    inflation: Mapping[int, Decimal], series: Mapping[int, Decimal], carried: Mapping[int, int]
) -> dict[int, str]:
    """{year: why}; a carried year is as unreliable as the year it stands on."""
    found = {
        year: f"inflation of {rise:.0f} % in {year}"
        for year, rise in sorted(inflation.items())
        if rise >= HIGH_INFLATION
    }
    for year, factor in sorted(series.items()):
        before = series.get(year - 1)
        if before and year not in found and abs(factor / before - 1) > JUMP:
            found[year] = f"the PPP factor moved {factor / before:.2f} times in {year}"
    return found | {year: f"{found[stands]}, carried to {year}" for year, stands in carried.items() if stands in found}
