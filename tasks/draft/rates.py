"""What is known of a market's money: whether tables lead to the chain's currency, or the chain must bring rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from region_profiles.models import Profile
from tasks.reference.factors import factors, local_currency
from tasks.reference.rates import last_ecb_day


@dataclass(frozen=True, slots=True)
class Known:
    """Of the market's own money, over the two years up to the ECB's last day.

    `days` are counted by where their rate to the currency in which the chain reports comes from, `none` for no rate;
    `notes` are those of the factors (tasks.reference.factors).
    """

    currency: str
    target: str
    until: date
    days: Mapping[str, int]
    notes: Mapping[str, Any]
    bound: float

    @property
    def lacking(self) -> str | None:
        """On which days no table has a rate, in words; None where each has one."""
        without, every = self.days.get("none", 0), sum(self.days.values())
        return None if not without else "any day" if without == every else f"{without} of {every} days"

    @property
    def fails(self) -> bool:
        """Whether a run would fail on purchases of all these days (`gate.unconverted_share`)."""
        return self.days.get("none", 0) > self.bound * sum(self.days.values())


def known(profile: Profile) -> Known:
    """What the tables of rates and prices know of the market's own money."""
    last = last_ecb_day()
    first = date(last.year - 2, last.month, min(last.day, 28))
    code = local_currency(profile.market.currencies, last)
    notes = factors(profile, [(code, first, last)], last).notes
    days = notes["rates"][code]["quality"]
    return Known(code, profile.money.reporting_currency, last, days, notes, float(profile.gate.unconverted_share))
