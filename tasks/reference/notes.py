"""What a run's factors rest on, in words and numbers for the manifest, and which lenses are off and why.

Everything here follows from figures that were used, so that the manifest follows from the publication's id.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from region_profiles.models import Profile
from tasks.reference.incomes import income
from tasks.reference.purchasing_power import Prices
from tasks.reference.tables import Reference

#: (currency, first day, last day): where purchases in a currency lie.
Span = tuple[str, date, date]
#: A row of factors: currency, day, to_local, to_reference, to_ppp, to_usd, quality.
Row = tuple[str, date, Decimal | None, Decimal | None, Decimal | None, Decimal | None, str]


def _window_start(as_of: date, months: int) -> date:
    """First day of a window of months that ends with the as-of date."""
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - months, 12)
    day_before = date(year, month + 1, min(as_of.day, monthrange(year, month + 1)[1]))
    return day_before + timedelta(days=1)


def ppp_off(level: Prices, wanted: Sequence[Span], window: str | int, as_of: date) -> str | None:
    """Why purchasing power is off: no table, or an unusable year among those of the window's purchases."""
    if level.off or not wanted:
        return level.off
    first = min(start for _, start, _ in wanted)
    last = min(as_of, max(end for _, _, end in wanted))
    if isinstance(window, int):
        first = max(first, _window_start(as_of, window))
    for year in range(first.year, last.year + 1):
        fault = level.fault(year)
        if fault:
            return fault
    return None


def rate_notes(rows: Sequence[Row]) -> dict[str, Any]:
    """By currency: days, qualities, and the days without a rate."""
    notes: dict[str, Any] = {}
    for currency in sorted({row[0] for row in rows}):
        own = [row for row in rows if row[0] == currency]
        note: dict[str, Any] = {
            "first": str(own[0][1]),
            "last": str(own[-1][1]),
            "quality": dict(sorted(Counter(row[-1] for row in own).items())),
        }
        without = [row[1] for row in own if row[3] is None]
        if without:
            note["without_rate"] = {"days": len(without), "first": str(without[0]), "last": str(without[-1])}
        notes[currency] = note
    return notes


def price_notes(level: Prices, wanted: Sequence[Span], off: str | None) -> dict[str, Any]:
    """Aggregate, vintage, source, method, and which years of the purchases are carried or not used."""
    notes: dict[str, Any] = {"country": level.country, "aggregate": level.aggregate, "vintage": level.vintage}
    if level.off:
        return notes | {"off": off}
    years = {year for _, first, last in wanted for year in range(first.year, last.year + 1)}
    faults = {str(year): fault for year in sorted(years) if (fault := level.fault(year))}
    carried = {str(year): stands for year, stands in sorted((level.carried or {}).items()) if year in years}
    found = {
        "source": level.source,
        "currency": level.currency,
        "method": level.method,
        "last_year": level.last,
        "carried": carried,
        "not_used": faults,
    }
    return notes | found | ({"off": off} if off else {})


def income_notes(tables: Reference, country: str, as_of: date) -> dict[str, Any]:
    """Which year's GDP per head of the market's own country holds, and how old it is."""
    known = income(tables, country, as_of)
    if known is None:
        return {"country": country, "off": f"no GDP per head of {country} up to {as_of.year}"}
    return {"country": country, "source": "wb_gdp", "year": known.year, "age_years": as_of.year - known.year}


def lenses_off(
    profile: Profile, rows: Sequence[Row], off: str | None, tables: Reference, as_of: date
) -> dict[str, str]:
    """{lens: why}, in the lenses' order."""
    reasons = dict.fromkeys(("reference", "ppp", "effort"), "not among the profile's lenses")
    reasons = {lens: reason for lens, reason in reasons.items() if lens not in profile.money.lenses}
    if rows and all(row[3] is None for row in rows):
        reasons.setdefault("reference", f"no rate of {', '.join(sorted({row[0] for row in rows}))} on any day")
    if off or (rows and all(row[4] is None for row in rows)):
        reasons.setdefault("ppp", off or "no rate to the money of the price series on any day")
    if rows and all(row[5] is None for row in rows):
        reasons.setdefault("effort", "no rate to USD on any day")
    if income(tables, profile.market.country, as_of) is None:
        reasons.setdefault("effort", f"no GDP per head of {profile.market.country} up to {as_of.year}")
    return dict(sorted(reasons.items()))
