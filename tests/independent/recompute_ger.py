"""Recency, frequency, money, scores and lifecycle of the Global Electronics Retailer from its raw files alone.

Nothing of this project is imported: the csv module, Decimal, Fraction, and the rules copied by hand from
docs/segments.md and region_profiles/base.yaml. `window: all`, so that the window is the whole history.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

COUNTRIES = {
    "Australia": "AU", "Canada": "CA", "France": "FR", "Germany": "DE", "Italy": "IT", "Netherlands": "NL",
    "United Kingdom": "GB", "United States": "US",
}  # fmt: skip
CURRENCIES = {
    "AU": "AUD", "CA": "CAD", "FR": "EUR", "DE": "EUR", "IT": "EUR", "NL": "EUR", "GB": "GBP", "US": "USD",
}  # fmt: skip
CENT = Decimal("0.01")


@dataclass
class Customer:
    """What the raw files say of one customer; scores are None of who never bought."""

    orders: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    exact: Decimal = Decimal(0)
    recency: int | None = None
    scores: tuple[int, int, int] | None = None
    lifecycle: str = ""
    rule: str = ""

    @property
    def money(self) -> Decimal:
        """Local money to the cent, as it is published and scored."""
        return self.exact.quantize(CENT, ROUND_HALF_UP)


def recompute(folder: Path, as_of: date) -> dict[str, dict[str, Customer]]:
    """Customers by market and number."""
    found: dict[str, dict[str, Customer]] = {market: {} for market in CURRENCIES}
    home = {}
    for row in _rows(folder / "Customers.csv", "cp1252"):
        home[row["CustomerKey"]] = COUNTRIES[row["Country"]]
        found[home[row["CustomerKey"]]][row["CustomerKey"]] = Customer()
    _buy(folder, as_of, home, found)
    for customers in found.values():
        _score([one for one in customers.values() if one.orders], as_of)
        for one in customers.values():
            one.lifecycle, one.rule = lifecycle(one)
    return found


def _buy(folder: Path, as_of: date, home: dict[str, str], found: dict[str, dict[str, Customer]]) -> None:
    prices = {r["ProductKey"]: _dollars(r["Unit Price USD"]) for r in _rows(folder / "Products.csv", "utf-8")}
    rates = {
        (_day(r["Date"]), r["Currency"]): Decimal(r["Exchange"]) for r in _rows(folder / "Exchange_Rates.csv", "utf-8")
    }
    for row in _rows(folder / "Sales.csv", "utf-8"):
        day, market = _day(row["Order Date"]), home[row["CustomerKey"]]
        if day > as_of:
            continue
        customer = found[market][row["CustomerKey"]]
        customer.orders.add(row["Order Number"])
        customer.days.add(day)
        customer.exact += prices[row["ProductKey"]] * int(row["Quantity"]) * rates[day, CURRENCIES[market]]


def _rows(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def _day(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def _dollars(text: str) -> Decimal:
    return Decimal(text.strip().lstrip("$").replace(",", ""))


# --- scores -----------------------------------------------------------------------------------------------------------


def _score(buyers: list[Customer], as_of: date) -> None:
    """Recency and money by fifths of the buyers, purchase days by 1, 2, 3, 4-6, 7 and more."""
    for one in buyers:
        one.recency = (as_of - max(one.days)).days
    recency = _fifths([Fraction(-(one.recency or 0)) for one in buyers])
    money = _fifths([Fraction(one.money) for one in buyers])
    for one in buyers:
        r = 1 + sum(-(one.recency or 0) > cut for cut in recency)
        f = 1 + sum(len(one.days) >= border for border in (2, 3, 4, 7))
        m = 1 + sum(Fraction(one.money) > cut for cut in money)
        one.scores = r, f, m


def _fifths(values: list[Fraction]) -> list[Fraction]:
    """Continuous quantiles at (n - 1) k / 5 of the sorted values."""
    ordered, cuts = sorted(values), []
    for k in range(1, 5):
        place = Fraction((len(ordered) - 1) * k, 5)
        low = int(place)
        part = place - low
        cuts.append(ordered[low] + (part * (ordered[low + 1] - ordered[low]) if part else 0))
    return cuts


# --- lifecycle --------------------------------------------------------------------------------------------------------


def lifecycle(one: Customer) -> tuple[str, str]:  # noqa: PLR0911, C901 - one line a rule, as they are written
    """Segment and the rule that puts the customer there, in the words of base.yaml; nobody here gave anything back."""
    if one.exact < 0:
        return "net_negative", "lifetime_local < 0"
    if one.scores is None or one.recency is None:
        return "prospect", "lifetime_orders = 0"
    r, f, m = one.scores
    first = len(one.orders) == 1 and one.recency <= 366
    if r >= 4 and f >= 4 and m >= 4:
        return "champions", "r_score >= 4 and f_score >= 4 and m_score >= 4"
    if r == 1 and f >= 4 and m >= 4:
        return "cannot_lose", "r_score = 1 and f_score >= 4 and m_score >= 4"
    if r <= 2 and f >= 2:
        return "at_risk", "r_score <= 2 and f_score >= 2"
    if r >= 3 and f >= 3:
        return "loyal", "r_score >= 3 and f_score >= 3"
    if r >= 4 and first:
        return "new", "r_score >= 4 and lifetime_orders = 1 and recency_days <= 366"
    if r == 3 and first:
        return "promising", "r_score = 3 and lifetime_orders = 1 and recency_days <= 366"
    if r >= 4:
        return "potential_loyalist", "r_score >= 4"
    if r == 3:
        if f == 2 or m >= 3:
            return "needs_attention", "r_score = 3 and (f_score = 2 or m_score >= 3)"
        return "about_to_sleep", "r_score = 3"
    return ("hibernating", "r_score = 2") if r == 2 else ("lost", "else")
