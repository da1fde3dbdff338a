"""What the Global Electronics Retailer's raw files say, by the csv module and Decimal alone."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

COUNTRIES = {
    "Australia": "AU", "Canada": "CA", "France": "FR", "Germany": "DE", "Italy": "IT", "Netherlands": "NL",
    "United Kingdom": "GB", "United States": "US",
}  # fmt: skip
CURRENCIES = {
    "AU": "AUD", "CA": "CAD", "FR": "EUR", "DE": "EUR", "IT": "EUR", "NL": "EUR", "GB": "GBP", "US": "USD"
}  # fmt: skip
#: facts/statistics.md: buyers, orders, revenue in USD by country.
PUBLISHED = {
    "US": (5706, 14221, Decimal("29871631.17")),
    "GB": (1570, 3421, Decimal("7084088.12")),
    "DE": (1150, 2440, Decimal("5414149.80")),
    "CA": (1179, 2281, Decimal("4724334.63")),
    "AU": (780, 1182, Decimal("2708137.61")),
    "IT": (530, 1101, Decimal("2475645.77")),
    "NL": (534, 976, Decimal("1962154.27")),
    "FR": (438, 704, Decimal("1515338.22")),
}
FIRST, AS_OF = date(2016, 1, 1), date(2021, 2, 20)


@dataclass
class Buyer:
    """A customer by their raw lines; `local` converts each line at its day's rate of the drop's own table."""

    orders: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    revenue: Decimal = Decimal(0)
    local: Decimal = Decimal(0)


def read(path: Path, encoding: str) -> list[dict[str, str]]:
    """All rows of a CSV file."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def american(text: str) -> date | None:
    """The date of M/D/YYYY, M-D-YYYY or the ISO form of the dirtied copy; None if there is no such day."""
    day = text.removesuffix(" 00:00:00")
    try:
        if len(day.split("-")[0]) == 4:
            return date.fromisoformat(day)
        month, dom, year = map(int, day.replace("-", "/").split("/"))
        return date(year, month, dom)
    except ValueError:
        return None


def customers(folder: Path) -> dict[str, dict[str, str]]:
    """Customers by number, `market` added."""
    rows = read(folder / "Customers.csv", "cp1252")
    return {row["CustomerKey"]: row | {"market": COUNTRIES[row["Country"]]} for row in rows}


def prices(folder: Path) -> dict[str, Decimal]:
    """Unit price in USD by product."""
    return {row["ProductKey"]: money(row["Unit Price USD"]) for row in read(folder / "Products.csv", "utf-8")}


def money(text: str) -> Decimal:
    """The amount of "$1,234.56 "."""
    return Decimal(text.strip().lstrip("$").replace(",", ""))


def rates(folder: Path) -> dict[tuple[date | None, str], Decimal]:
    """Units of a currency for one dollar, by day."""
    return {
        (american(row["Date"]), row["Currency"]): Decimal(row["Exchange"])
        for row in read(folder / "Exchange_Rates.csv", "utf-8")
    }


def faults(folder: Path) -> dict[str, dict[int, str]]:
    """Faulty lines by market: record number to what is wrong, by the raw rows alone."""
    known = customers(folder)
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for record, row in enumerate(read(folder / "Sales.csv", "utf-8"), 1):
        day, wrong = american(row["Order Date"]), []
        if day is None:
            wrong.append("impossible")
        elif day < FIRST:
            wrong.append("early")
        if int(row["Quantity"]) <= 0:
            wrong.append("quantity")
        if wrong:
            found[known[row["CustomerKey"]]["market"]][record] = "+".join(wrong)
    return found


def buyers(folder: Path, exchange: dict[tuple[date | None, str], Decimal]) -> dict[str, dict[str, Buyer]]:
    """Buyers by market and number, from the lines that have no fault."""
    known, price = customers(folder), prices(folder)
    found: dict[str, dict[str, Buyer]] = {market: defaultdict(Buyer) for market in PUBLISHED}
    for row in read(folder / "Sales.csv", "utf-8"):
        day, quantity = american(row["Order Date"]), int(row["Quantity"])
        if day is None or day < FIRST or quantity <= 0:
            continue
        market = known[row["CustomerKey"]]["market"]
        amount = price[row["ProductKey"]] * quantity
        buyer = found[market][row["CustomerKey"]]
        buyer.orders.add(row["Order Number"])
        buyer.days.add(day)
        buyer.revenue += amount
        buyer.local += amount * exchange[day, CURRENCIES[market]]
    return found
