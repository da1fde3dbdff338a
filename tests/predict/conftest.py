"""CDNOW's sample as tables of histories: 2,357 customers whose first purchase was in the first quarter of 1997."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest


@pytest.fixture(scope="session")
def cdnow(shared_data):
    """A function from an as-of date, and days after it, to the table that `predict` or `backtest` takes."""
    names = ["master", "customer", "day", "cds", "dollars"]
    path = shared_data("cdnow/CDNOW_sample.txt")
    lines = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"day": str})
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    days = lines.groupby(["customer", "day"], as_index=False)["dollars"].sum()
    days["first"] = days.groupby("customer")["day"].transform("min")

    def histories(as_of: str, after: int = 0) -> pa.Table:
        until = pd.Timestamp(as_of)
        known = days[days["day"] <= until].groupby("customer")["day"].agg(["min", "max", "count"])
        repeats = days[(days["day"] <= until) & (days["day"] > days["first"])]
        spend = repeats.groupby("customer")["dollars"].mean().reindex(known.index)
        columns = {
            "repeats": (known["count"] - 1).to_numpy(),
            "span": (known["max"] - known["min"]).dt.days.to_numpy(),
            "age": (until - known["min"]).dt.days.to_numpy(),
            "spend": pa.array(spend.to_numpy(), from_pandas=True),
        }
        if after:
            came = days[(days["day"] > until) & (days["day"] <= until + pd.Timedelta(days=after))].groupby("customer")
            columns["purchases"] = came["day"].count().reindex(known.index, fill_value=0).to_numpy()
            columns["revenue"] = came["dollars"].sum().reindex(known.index, fill_value=0).to_numpy()
        return pa.table(columns)

    return histories


@pytest.fixture(scope="session")
def table():
    """A function from repeats, spans and ages (and spend) to a table of histories."""

    def made(repeats, span, age, spend=None) -> pa.Table:
        columns = {"repeats": repeats, "span": span, "age": age}
        whole = {name: np.asarray(values, np.int64) for name, values in columns.items()}
        return pa.table(whole | ({} if spend is None else {"spend": pa.array(spend, pa.float64(), from_pandas=True)}))

    return made


@pytest.fixture(scope="session")
def shoppers(table):
    """A function from a number and a seed to customers of a shop with leaving customers, and Gamma-Gamma spend."""

    def drawn(customers: int, seed: int = 5, days: int = 700) -> pa.Table:
        rng = np.random.default_rng(seed)
        age = rng.integers(1, days, customers)
        rate, leave = rng.gamma(0.6, 1 / 45, customers), rng.beta(0.9, 1.6, customers)
        value = 6.25 / rng.gamma(3.74, 1 / 15.44, customers)
        repeats, span = _lived(rng, age, rate, leave)
        amounts = value * rng.gamma(6.25 * np.maximum(repeats, 1)) / 6.25 / np.maximum(repeats, 1)
        return table(repeats, span, age, np.where(repeats > 0, amounts, np.nan))

    return drawn


def _lived(rng, age, rate, leave) -> tuple[np.ndarray, np.ndarray]:
    """Repeat purchase days and the day of the last, of customers who may leave after every purchase."""
    repeats, span, now = np.zeros_like(age), np.zeros_like(age), np.zeros(len(age))
    here = np.flatnonzero(rng.random(len(age)) >= leave)
    while len(here):
        now[here] += rng.exponential(1, len(here)) / np.maximum(rate[here], 1e-9)
        here = here[now[here] <= age[here]]
        day = now[here].astype(np.int64)
        repeats[here] += day > span[here]
        span[here] = day
        here = here[rng.random(len(here)) >= leave[here]]
    return repeats, span
