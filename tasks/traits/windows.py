"""Spans of local dates that end with the as-of date."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from region_profiles.models import Market, Traits
from tasks.errors import ProfileError


def months_before(as_of: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day.

    >>> months_before(date(2021, 2, 20), 24), months_before(date(2024, 3, 31), 1)
    (datetime.date(2019, 2, 20), datetime.date(2024, 2, 29))
    """
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - months, 12)
    return date(year, month + 1, min(as_of.day, monthrange(year, month + 1)[1]))


def window_start(traits: Traits, as_of: date) -> date | None:
    """The last date before the window; None where the window is the whole history."""
    return None if traits.window == "all" else months_before(as_of, traits.window)


def local_currency(market: Market, as_of: date) -> str:
    """ISO 4217 code of the market's currency at the as-of date; ProfileError where the profile names none."""
    for period in market.currencies:
        if (period.since is None or period.since <= as_of) and (period.until is None or as_of <= period.until):
            return period.code
    raise ProfileError(
        "no currency is legal tender at the as-of date",
        market=market.country,
        path="market.currencies",
        value=as_of.isoformat(),
        expected="a currency whose period holds the date",
    )
