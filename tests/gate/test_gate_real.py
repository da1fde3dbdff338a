"""Five years of eight real markets, month by month: what the gate would have held."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from region_profiles.loader import load_profile
from tasks.gate.history import Past
from tests.gate.test_gate_noise import holds

MARKETS = {
    "US": "United States", "GB": "United Kingdom", "DE": "Germany", "CA": "Canada", "AU": "Australia", "IT": "Italy",
    "NL": "Netherlands", "FR": "France",
}  # fmt: skip


@pytest.fixture(scope="module")
def lines(shared_data):
    """The purchases of the Global Electronics Retailer: day, country, store, revenue in US dollars."""
    folder = shared_data("global_electronics_retailer/pristine")
    sales, products, customers = (
        pd.read_csv(folder / f"{name}.csv", encoding="latin-1") for name in ("Sales", "Products", "Customers")
    )
    products["price"] = products["Unit Price USD"].str.replace(r"[$, ]", "", regex=True).astype(float)
    found = sales.merge(products[["ProductKey", "price"]]).merge(customers[["CustomerKey", "Country"]])
    days = pd.to_datetime(found["Order Date"]).dt.date
    return pd.DataFrame(
        {
            "day": days,
            "country": found["Country"],
            "store": found["StoreKey"],
            "usd": found["price"] * found["Quantity"],
        }
    )


def months(lines):
    """A publication of each month's end from June 2016 on, each of the whole history."""
    found = []
    for end in (day.date() for day in pd.date_range("2016-06-30", "2021-01-31", freq="ME")):
        sold = lines[lines["day"] <= end]
        new = sold[sold["day"] > found[-1].as_of] if found else None
        measures = {
            "new": None
            if new is None
            else {
                "days": (end - found[-1].as_of).days,
                "lines": len(new),
                "revenue": str(new["usd"].sum()),
                "stores": {str(store): int(count) for store, count in new["store"].value_counts().items()},
            },
            "revenue": str(sold["usd"].sum()),
            "currency": "USD",
            "customers": 1000,
            "segments": {},
            "nulls": {},
        }
        ledger = {
            name: {"read": rows, "kept": rows} for name, rows in (("transactions", len(sold)), ("customers", 1000))
        }
        found.append(Past(end, ledger, measures))
    return found


def test_only_months_that_lost_most_of_their_sales_are_held(lines):
    """In 2016 to 2019 those are first Aprils (the shop sells next to nothing in April), then months of 2020."""
    held, judged = {}, 0
    for market, country in MARKETS.items():
        profile, found = load_profile(market), months(lines[lines["country"] == country])
        for at in range(4, len(found)):
            judged += 1
            if checks := holds(profile, found[at], found[:at]):
                usual = np.median([one.measures["new"]["lines"] for one in found[max(1, at - 12) : at]])
                held[market, found[at].as_of] = checks, found[at].measures["new"]["lines"] / usual
    assert judged == 416
    assert len(held) <= 0.04 * judged
    before = {day for _, day in held if day < date(2020, 1, 1)}
    assert before == {date(2017, 4, 30)}
    assert {day.year for _, day in held} == {2017, 2020}
    assert all(share < 0.6 for checks, share in held.values() if checks != {"store_silent"})
