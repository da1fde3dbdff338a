"""The analyst's segments and strata, and the sums over them: the market's rules as numpy has them."""

# ruff: noqa: PLR2004 - the rules stand where an analyst writes them
from __future__ import annotations

import numpy as np
import pandas as pd

AS_OF, WINDOW, YEAR = (pd.Timestamp(day) for day in ("2026-06-30", "2024-06-30", "2025-06-30"))
MEASURES = [f"{span}_{lens}" for span in ("monetary", "lifetime") for lens in ("local", "reference", "ppp")]
LIFECYCLE = ["net_negative", "prospect", "lapsed", "champions", "cannot_lose", "at_risk", "loyal", "new", "promising",
             "potential_loyalist", "needs_attention", "about_to_sleep", "hibernating", "lost"]  # fmt: skip
GROUPS = {
    "net_negative": "at_risk", "prospect": "prospect", "lapsed": "lapsed", "champions": "active",
    "cannot_lose": "at_risk", "at_risk": "at_risk", "loyal": "active", "new": "new", "promising": "new",
    "potential_loyalist": "active", "needs_attention": "active", "about_to_sleep": "at_risk", "hibernating": "at_risk",
    "lost": "lapsed",
}  # fmt: skip
TIERS = ["low", "mid", "high", "none"]
DIMENSIONS = ["lifecycle", "value", "residence", "language"]


def segments(table: pd.DataFrame) -> pd.DataFrame:
    """Scores, segments and strata."""
    buyer = table["orders"] > 0
    table["r_score"] = quintile(-table["recency_days"].astype("float64"), buyer)
    table["m_score"] = quintile(table["monetary_local"], buyer)
    table["f_score"] = pd.cut(table["frequency"], [0, 1, 2, 3, 6, np.inf], labels=[1, 2, 3, 4, 5]).astype("Int64")
    r, f, m = (table[name].fillna(0) for name in ("r_score", "f_score", "m_score"))
    once = (table["lifetime_orders"] == 1) & (table["recency_days"].fillna(0) <= 366)
    conditions = [
        table["lifetime_local"] < 0, table["lifetime_orders"] == 0, table["orders"] == 0,
        (r >= 4) & (f >= 4) & (m >= 4), (r == 1) & (f >= 4) & (m >= 4), (r <= 2) & (f >= 2), (r >= 3) & (f >= 3),
        (r >= 4) & once, (r == 3) & once, r >= 4, (r == 3) & ((f == 2) | (m >= 3)), r == 3, r == 2,
    ]  # fmt: skip
    met = [np.asarray(one, dtype=bool) for one in conditions]
    table["segment_lifecycle"] = np.select(met, LIFECYCLE[:-1], LIFECYCLE[-1])
    ppp = table["monetary_ppp"]
    table["segment_value"] = np.select([~buyer, ppp >= 1000, ppp >= 200], ["none", "high", "mid"], "low")
    table["segment_residence"] = table["residence"]
    table["segment_language"] = table["language"].fillna("unknown")
    group = table["segment_lifecycle"].map(GROUPS)
    cell = group + "_" + table["segment_value"]
    cell = cell.where(cell.map(cell.value_counts()) >= 10, group)
    table["segment_stratum"] = cell.where(cell.map(cell.value_counts()) >= 10, "other")
    return table


def quintile(values: pd.Series, buyer: pd.Series) -> pd.Series:
    """1 + the number of cuts below the value; the published rule interpolates as numpy does by default."""
    cuts = np.quantile(values[buyer].to_numpy(), [0.2, 0.4, 0.6, 0.8]).round(6)
    score = pd.Series(np.searchsorted(cuts, values.to_numpy(), side="left") + 1, index=values.index)
    return score.astype("Int64").where(buyer)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """segments.parquet: a row for each segment, guests too."""
    exact = [f"exact_{name}" for name in MEASURES]
    parts = []
    for dimension in [*DIMENSIONS, "stratum"]:
        codes = f"segment_{dimension}"
        known = {"lifecycle": LIFECYCLE, "value": TIERS}.get(dimension, sorted(table[codes].unique()))
        grouped = table.groupby(codes)
        part = grouped[["orders", "lifetime_orders", *exact]].sum()
        part.insert(0, "customers", grouped.size())
        part = part.reindex([*known, "guest"]).fillna(0)
        part[["exact_monetary_local", "exact_lifetime_local"]] /= 100
        part["share_customers"] = part["customers"] / part["customers"].sum()
        part["share_revenue"] = part["exact_monetary_local"] / part["exact_monetary_local"].sum()
        part.index.name = "segment"
        parts.append(part.reset_index().assign(dimension=dimension))
    return pd.concat(parts, ignore_index=True).rename(columns=dict(zip(exact, MEASURES, strict=True)))
