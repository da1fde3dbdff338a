"""Names that runs bear and limits that they pass: which markets, as of which day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.planning.runs import checked_profile, local_yesterday, markets_to_run
from flows.settings import Settings
from tasks.errors import StrataError

#: More markets than these are counted; the run's artifacts name each.
MOST = 12


def market_limit(market: str) -> str:
    """Name of the limit that lets one run of a market through at a time."""
    return f"strata-market-{market.lower()}"


def as_of_each(given: Mapping[str, Any], now: datetime) -> str:
    """Markets and as-of dates of a run with these parameters, scheduled for that moment.

    A name must never break the run that bears it: what cannot be found out is told as it was asked for.
    """
    zone, as_of = given.get("zone"), given.get("as_of")
    try:
        settings = Settings()
        directory = Path(given["profiles"]) if given.get("profiles") else settings.profiles
        markets = given.get("markets") or markets_to_run(settings, given.get("landing"), directory, zone)
        dates = {
            market.upper(): as_of
            or local_yesterday(checked_profile(market.upper(), directory, settings.reporting_currency), now)
            for market in markets
        }
    except StrataError:
        names = ", ".join(given.get("markets") or [f"all markets of zone {zone}" if zone else "all markets"])
        return f"{names} as of {as_of or 'yesterday'}"
    return told(dates)


def told(dates: Mapping[str, date | str]) -> str:
    """Markets by date.

    >>> told({"DE": date(2026, 6, 30), "FR": date(2026, 6, 30)})
    'DE, FR as of 2026-06-30'
    >>> told({"DE": date(2026, 6, 30), "NZ": date(2026, 7, 1)})
    'DE as of 2026-06-30, NZ as of 2026-07-01'
    """
    by_date: dict[str, list[str]] = {}
    for market, day in dates.items():
        by_date.setdefault(str(day), []).append(market)
    return ", ".join(f"{_listed(markets)} as of {day}" for day, markets in sorted(by_date.items()))


def _listed(markets: Iterable[str]) -> str:
    names = list(markets)
    return ", ".join(names) if len(names) <= MOST else f"{len(names)} markets"
