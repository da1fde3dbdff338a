"""Markets that never were: the figures of their publications, month by month, with the noise that shops have."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pytest

from region_profiles.loader import load_profile
from tasks.gate.against import against
from tasks.gate.drift import drifted
from tasks.gate.history import Past, wanted

#: Sales of the months against the year's mean: a shop with a Christmas.
SEASON = (0.8, 0.8, 0.95, 1, 1, 1, 0.95, 0.9, 1, 1.05, 1.4, 1.9)
LINES_AN_ORDER, MEMBERS = 2.5, 0.15


@dataclass
class Shop:
    """Draws publications: `lines` a month (or day), history as drops hold it, growth a period, moods of the months."""

    lines: float
    drops: str = "whole"
    growth: float = 1.0
    mood: float = 0.08
    stores: int = 4
    season: tuple[float, ...] = SEASON

    def months(self, rng, count, before=24, start=date(2023, 1, 1)):
        """Publications of `count` months' ends; `before` months were sold before the first of them."""
        days = [_month_end(start, number) for number in range(-before, count)]
        return self._publish(rng, days, before, lambda day: self.season[day.month - 1])

    def days(self, rng, count, before=200, start=date(2024, 1, 1), week=(0.8, 0.8, 0.9, 1.0, 1.3, 1.7, 0.5)):
        """Publications of days; `before` days were sold before the first."""
        days = [start + timedelta(days=number) for number in range(-before, count)]
        return self._publish(rng, days, before, lambda day: week[day.weekday()] * self.season[day.month - 1])

    def _publish(self, rng, days, before, factor):
        sold, found = [], []
        for number, day in enumerate(days):
            expected = self.lines * factor(day) * self.growth**number * math.exp(rng.normal(0, self.mood))
            orders = rng.poisson(expected / LINES_AN_ORDER)
            lines = int(orders + rng.poisson(LINES_AN_ORDER - 1, orders).sum())
            revenue = float(rng.lognormal(3.4, 0.9, lines).sum())
            sold.append((lines, revenue, int(rng.poisson(expected * MEMBERS))))
            if number >= before:
                found.append(self._past(rng, day, found[-1].as_of if found else None, sold))
        return found

    def _past(self, rng, day, previous, sold):
        held = {"whole": sold, "two_years": sold[-24:], "new_days": sold[-1:]}[self.drops]
        lines, revenue = sum(one[0] for one in held), sum(one[1] for one in held)
        customers = 50 + sum(one[2] for one in sold)
        shares = np.array([0.15, 0.25, 0.3, 0.3]) * np.exp(rng.normal(0, 0.05, 4))
        new_lines, new_revenue, _ = sold[-1]
        selling = Counter(rng.integers(0, self.stores, new_lines).tolist())
        return Past(
            as_of=day,
            ledger={
                "transactions": {"read": lines + int(rng.poisson(lines * 0.005)), "kept": lines},
                "customers": {"read": customers, "kept": customers},
            },
            measures={
                "new": None
                if previous is None
                else {
                    "days": (day - previous).days,
                    "lines": new_lines,
                    "revenue": str(round(new_revenue, 2)),
                    "stores": {f"S{store}": count for store, count in sorted(selling.items())},
                },
                "revenue": str(round(revenue, 2)),
                "currency": "EUR",
                "customers": customers,
                "segments": {
                    "value": dict(zip("abcd", rng.multinomial(customers, shares / shares.sum()).tolist(), strict=True))
                },
                "nulls": {"customers": {"birth_year": round(rng.binomial(customers, 0.2) / customers, 6)}},
                "columns": {"sales": ["day", "amount"]},
                "stores": {"open": self.stores, "shut": []},
                "unconverted": 0.0,
            },
            definitions={"value": {"kind": "tiers"}},
        )


def _month_end(start, number):
    months = start.year * 12 + start.month - 1 + number + 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def times(past, factor, *, new_only=False):
    """The publication of a drop with so many times the purchases: all of them, or those of the new days."""
    new = past.measures["new"]
    scaled = {**new, "lines": int(new["lines"] * factor), "revenue": str(float(new["revenue"]) * factor)}
    measures = {**past.measures, "new": scaled}
    if new_only:
        lost = new["lines"] - scaled["lines"]
        ledger = {name: count - lost for name, count in past.ledger["transactions"].items()}
        measures["revenue"] = str(float(past.measures["revenue"]) - float(new["revenue"]) * (1 - factor))
    else:
        ledger = {name: int(count * factor) for name, count in past.ledger["transactions"].items()}
        measures["revenue"] = str(float(past.measures["revenue"]) * factor)
    return replace(past, ledger={**past.ledger, "transactions": ledger}, measures=measures)


def changed(past, **measures):
    """The same publication with other measures."""
    return replace(past, measures={**past.measures, **measures})


@pytest.fixture(scope="session")
def profile():
    return load_profile("DE")


@pytest.fixture
def judge(profile):
    """The checks of a publication against earlier ones, as a run would read them."""

    def against_past(now, past, profile=profile):
        dates = set(wanted(now.as_of, [one.as_of for one in past]))
        read = [one for one in past if one.as_of in dates]
        drift = drifted(now, read)
        return [*against(profile, now, read, drift), *drift.checks]

    return against_past


@pytest.fixture
def holding(judge):
    """Names of the checks that hold a publication."""
    return lambda now, past, **named: sorted(
        {check.check for check in judge(now, past, **named) if check.outcome == "hold"}
    )
