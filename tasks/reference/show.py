"""What is known about a country's money and how old it is: rows for `strata reference show`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from region_profiles.models import Profile
from tasks.errors import ReferenceDataError
from tasks.reference import ecb
from tasks.reference.factors import local_currency
from tasks.reference.incomes import income
from tasks.reference.purchasing_power import Prices, prices
from tasks.reference.rates import RateBook
from tasks.reference.tables import Reference, default_reference

GROUPS = {"L": "low", "LM": "lower middle", "UM": "upper middle", "H": "high"}


class Fact(NamedTuple):
    """One line of the report: of what, which, how much, from where, how old."""

    topic: str
    item: str
    value: str
    source: str = ""
    age: str = ""


def show(profile: Profile, as_of: date, reference: Reference | None = None) -> tuple[Fact, ...]:
    """Everything known about the market's money at a date, in reading order.

    Topics: currency, rate, peg, purchasing power, inflation, income, income group, lens.
    """
    tables = reference or default_reference()
    return (
        *_currencies(profile, tables),
        *_rates(profile, as_of, tables),
        *_purchasing_power(profile, as_of, tables),
        *_inflation(profile.market.country, as_of, tables),
        *_incomes(profile.market.country, as_of, tables),
        *_lenses(profile, as_of, tables),
    )


def _years(year: int, as_of: date) -> str:
    age = as_of.year - year
    return "this year" if age == 0 else f"{age} year{'s' if age > 1 else ''}"


def _currencies(profile: Profile, tables: Reference) -> Iterator[Fact]:
    for period in profile.market.currencies:
        rows = tables.of("currencies", period.code)
        name = rows[0]["name"] if rows else "not in ISO 4217"
        since = f"since {period.since}" if period.since else ""
        until = f"until {period.until}" if period.until else ""
        yield Fact("currency", period.code, " ".join(part for part in (name, since, until) if part), "profile")


def _rates(profile: Profile, as_of: date, tables: Reference) -> Iterator[Fact]:
    target = profile.money.reporting_currency
    book = RateBook(tables, profile.money.ecb_carry_days)
    for code in dict.fromkeys(period.code for period in profile.market.currencies):
        series = ecb.series(tables, code)
        if series:
            last = date.fromordinal(series.days[-1])
            first = date.fromordinal(series.days[0])
            age = f"{(as_of - last).days} days" if as_of > last else ""
            yield Fact("rate", f"{code} per EUR", f"{series.quotes[-1]} on {last} (from {first})", "ECB", age)
        for row in tables.of("pegs", code):
            until = f" until {row['until']}" if row["until"] else ""
            yield Fact(
                "peg", f"{code} per {row['anchor']}", f"{row['rate']} since {row['since']}{until}", row["source"]
            )
        for row in tables.of("irrevocable", code):
            yield Fact(
                "irrevocable", f"{code} per {row['successor']}", f"{row['rate']} since {row['since']}", row["source"]
            )
        averages = tables.of("annual_rates", code)
        if averages:
            latest = max(averages, key=lambda row: row["year"])
            age = _years(int(latest["year"]), as_of)
            yield Fact(
                "annual average", f"{code} per USD", f"{latest['per_usd']} in {latest['year']}", latest["source"], age
            )
        rate = book.rate(code, target, as_of)
        value = f"{rate.value:.6g} ({rate.quality})" if rate else "none: the drop must bring its own table"
        yield Fact("rate", f"{target} per {code} on {as_of}", value)


def _purchasing_power(profile: Profile, as_of: date, tables: Reference) -> Iterator[Fact]:
    rows = tables.of("purchasing_power", profile.market.country)
    for aggregate in ("gdp", "household"):
        for vintage in sorted({row["vintage"] for row in rows if row["aggregate"] == aggregate}):
            row = max(
                (row for row in rows if (row["aggregate"], row["vintage"]) == (aggregate, vintage)),
                key=lambda row: row["year"],
            )
            value = f"{row['factor']} {row['currency']} per I$ in {row['year']}"
            item = f"{aggregate}, ICP {vintage}"
            yield Fact("purchasing power", item, value, row["source"], _years(int(row["year"]), as_of))
    if not rows:
        yield Fact("purchasing power", "all", "none")
    level = _level(profile, tables)
    if level.per_dollar and as_of.year in level.per_dollar:
        stands = (level.carried or {}).get(as_of.year, as_of.year)
        value = f"{level.per_dollar[as_of.year]:.6g} {level.currency} in {as_of.year} for I$ 1 of {level.vintage}"
        carried = f"carried from {stands}" if stands != as_of.year else ""
        yield Fact("purchasing power", "in use", value, level.method or "", carried)


def _level(profile: Profile, tables: Reference) -> Prices:
    ppp = profile.money.ppp
    return prices(
        tables,
        profile.market.country,
        aggregate=ppp.aggregate,
        vintage=ppp.vintage,
        carry_years=ppp.maximum_carry_years,
        tender={period.code for period in profile.market.currencies},
    )


def _inflation(country: str, as_of: date, tables: Reference) -> Iterator[Fact]:
    known = [row for row in tables.of("consumer_prices", country) if int(row["year"]) <= as_of.year]
    if not known:
        yield Fact("inflation", "consumer prices", "none")
        return
    row = max(known, key=lambda row: int(row["year"]))
    yield Fact(
        "inflation", row["year"], f"{float(row['inflation']):.1f} %", row["source"], _years(int(row["year"]), as_of)
    )


def _incomes(country: str, as_of: date, tables: Reference) -> Iterator[Fact]:
    known = income(tables, country, as_of)
    if known:
        age = _years(known.year, as_of)
        yield Fact("income", f"GDP per head {known.year}", f"{known.gdp_per_head:,.0f} USD", "wb_gdp", age)
    else:
        yield Fact("income", "GDP per head", "none")
    groups = [row for row in tables.of("income_groups", country) if int(row["year"]) < as_of.year]
    if groups:
        row = max(groups, key=lambda row: int(row["year"]))
        yield Fact("income group", row["year"], GROUPS[row["group"]], row["source"], _years(int(row["year"]), as_of))


def _without(book: RateBook, currency: str, target: str, as_of: date) -> str:
    last = ecb.history(book.reference).last
    if last < as_of and book.rate(currency, target, last):
        return f"the ECB's history at hand ends on {last}: refresh it"
    return f"no rate of {currency} on {as_of}: the drop must bring its own table"


def _lenses(profile: Profile, as_of: date, tables: Reference) -> Iterator[Fact]:
    """Each lens at the as-of date: on, or off and why. Years before it may differ; a run's manifest says so."""
    country, money = profile.market.country, profile.money
    try:
        local = local_currency(profile.market.currencies, as_of)
    except ReferenceDataError as error:
        yield Fact("lens", "local", f"off: {error.problem}")
        return
    yield Fact("lens", "local", f"on, in {local}")
    book = RateBook(tables, money.ecb_carry_days)
    level = _level(profile, tables)
    rate = book.rate(local, money.reporting_currency, as_of)
    no_rate = None if rate else _without(book, local, money.reporting_currency, as_of)
    no_income = None if income(tables, country, as_of) else "no GDP per head"
    no_dollar = None if book.rate(local, "USD", as_of) else no_rate or f"no rate of {local} to USD"
    unit = level.currency
    no_unit = unit and not book.local(local, unit, as_of, as_of) and f"no rate of {local} to {unit}"
    for lens, fault in (
        ("reference", no_rate),
        ("ppp", level.fault(as_of.year) or no_unit),
        ("effort", no_income or no_dollar),
    ):
        if lens not in money.lenses:
            fault = "not among the profile's lenses"  # noqa: PLW2901 - the profile's word comes first
        yield Fact("lens", lens, f"off: {fault}" if fault else "on")
