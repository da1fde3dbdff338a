"""What an analyst would write: the benchmark market's output by a straightforward pandas and Babel script.

    python benchmarks/analyst.py LANDING FACTS OUT

The same customers, segments and localized files as `strata run` and benchmarks/floor.py (analyst_segments.py,
analyst_files.py). Columns are computed by pandas, cells of the localized file row by row with Babel. Amounts are
counted in cents, because floats alone would not add up; money in other units is a float, rounded at the end. FACTS: see
benchmarks/prepare.py.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from analyst_files import write_canonical, write_customers, write_summary
from analyst_segments import AS_OF, MEASURES, WINDOW, YEAR, segments, summary


def read(landing: Path, facts: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases with their money, and customers."""
    text = {"order_id": str, "member_number": str, "store": str, "product": str, "currency": str}
    lines = pd.read_csv(landing / "FR" / "purchases.csv", dtype=text, parse_dates=["sold"])
    lines["day"] = lines["sold"].dt.normalize()
    factors = pd.read_csv(facts / "factors.csv", parse_dates=["day"])
    lines = lines.merge(factors, on="day", how="left")
    cents = (lines["amount"] * 100).round().astype("int64")
    net = (cents * 1000 + 6) // 12 / 10000
    lines["local"] = cents
    lines["reference"] = net * lines["to_reference"]
    lines["ppp"] = lines["amount"] * lines["to_ppp"]
    lines["usd"] = lines["amount"] * lines["to_usd"]
    customers = pd.read_csv(landing / "FR" / "customers.csv", dtype=str, keep_default_na=False)
    return lines, customers


def traits(lines: pd.DataFrame, customers: pd.DataFrame, words: dict[str, Any]) -> pd.DataFrame:
    """One row a customer."""
    recent = lines[lines["day"] > WINDOW]
    orders = lines.drop_duplicates("order_id")
    recent_orders = orders[orders["day"] > WINDOW]
    by, recent_by = (frame.groupby("member_number") for frame in (orders, recent_orders))
    money = lines.groupby("member_number")[["local", "reference", "ppp"]].sum()
    recent_money = recent.groupby("member_number")[["local", "reference", "ppp"]].sum()
    found = pd.DataFrame(
        {
            "lifetime_orders": by.size(),
            "lifetime_frequency": by["day"].nunique(),
            "first_order_date": by["day"].min(),
            "last_order_date": by["day"].max(),
            "orders": recent_by.size(),
            "frequency": recent_by["day"].nunique(),
            "year": lines[lines["day"] > YEAR].groupby("member_number")["usd"].sum(),
            **{f"lifetime_{lens}": money[lens] for lens in money},
            **{f"monetary_{lens}": recent_money[lens] for lens in money},
        }
    )
    if "home_store" not in words["empty"]:
        found["home_store"] = home_stores(orders)
    table = customers.merge(found, how="left", left_on="member_number", right_index=True)
    counts = ["orders", "frequency", "lifetime_orders", "lifetime_frequency"]
    table[counts] = table[counts].fillna(0).astype("int64")
    buyer = table["lifetime_orders"] > 0
    for name in MEASURES:
        table[f"exact_{name}"] = table[name].fillna(0)
        unit = 0 if name.endswith("local") else 2
        table[name] = (half_up(table[f"exact_{name}"], unit) / 10 ** (2 - unit)).where(buyer)
    table["recency_days"] = (AS_OF - table["last_order_date"]).dt.days.astype("Int64")
    table["residence"] = np.where(table["country"] == "FR", "resident", "visitor")
    per_head = table["residence"].map({"resident": round(1 / float(words["incomes"]["FR"]), 12)})
    table["effort"] = half_up(half_up(table["year"].fillna(0), 2) * per_head, 6).where(buyer)
    table["language_evidence"] = "stated"
    table = table.assign(**dict.fromkeys(words["empty"]))
    table["customer_id"] = table["member_number"].map(pseudonym)
    return table


def half_up(values: pd.Series, places: int) -> pd.Series:
    """Rounded half up; the nudge is for halves that a float just misses."""
    rounded: pd.Series = (values * 10**places + 0.5 + 1e-6).floordiv(1) / 10**places
    return rounded


def home_stores(orders: pd.DataFrame) -> pd.Series:
    """The store of most days, then of the latest, then of the lowest number."""
    days = orders.groupby(["member_number", "store"])["day"].agg(["nunique", "max"]).reset_index()
    best = days.sort_values(["member_number", "nunique", "max", "store"], ascending=[True, False, False, True])
    return best.drop_duplicates("member_number").set_index("member_number")["store"]


def pseudonym(member: str) -> str:
    """The customer's id, without a key."""
    return hmac.new(b"", f"FR\x1f{member}".encode(), hashlib.sha256).hexdigest()[:32]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("landing", "facts", "out"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    words = json.loads((args.facts / "words.json").read_text(encoding="utf-8"))
    lines, customers = read(args.landing, args.facts)
    table = segments(traits(lines, customers, words))
    del lines
    sums = summary(table)
    write_canonical(table, sums, args.out / "canonical")
    write_customers(table, words, args.out)
    write_summary(sums, words, args.out)


if __name__ == "__main__":
    main()
