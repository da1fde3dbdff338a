"""What an analyst would write: the benchmark market's output by a straightforward pandas and Babel script.

    python benchmarks/analyst.py LANDING FACTS OUT

The same customers, segments, membership and localized files as `strata run` and benchmarks/floor.py. Columns are
computed by pandas, cells of the localized file row by row with Babel. Amounts are counted in cents, because floats
alone would not add up; money in other units is a float, rounded at the end. FACTS: see benchmarks/prepare.py.
"""

# ruff: noqa: PLR2004 - the rules stand where an analyst writes them
from __future__ import annotations

import argparse
import hashlib
import hmac
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from babel.dates import format_date
from babel.numbers import format_decimal

LOCALE = "de_DE"
AS_OF, WINDOW, YEAR = (pd.Timestamp(day) for day in ("2026-06-30", "2024-06-30", "2025-06-30"))
STEM = f"FR_{AS_OF:%Y-%m-%d}"
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
DIMENSIONS = ["lifecycle", "value", "language", "residence"]


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
            "home_store": home_stores(orders),
        }
    )
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
    table["lifecycle"] = np.select([np.asarray(one, dtype=bool) for one in conditions], LIFECYCLE[:-1], LIFECYCLE[-1])
    ppp = table["monetary_ppp"]
    table["value"] = np.select([~buyer, ppp >= 1000, ppp >= 200], ["none", "high", "mid"], "low")
    group = table["lifecycle"].map(GROUPS)
    cell = group + "_" + table["value"]
    cell = cell.where(cell.map(cell.value_counts()) >= 10, group)
    table["stratum"] = cell.where(cell.map(cell.value_counts()) >= 10, "other")
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
        known = {"lifecycle": LIFECYCLE, "value": TIERS}.get(dimension, sorted(table[dimension].unique()))
        grouped = table.groupby(dimension)
        part = grouped[["orders", "lifetime_orders", *exact]].sum()
        part.insert(0, "customers", grouped.size())
        part = part.reindex([*known, "guest"]).fillna(0)
        part[["exact_monetary_local", "exact_lifetime_local"]] /= 100
        part["share_customers"] = part["customers"] / part["customers"].sum()
        part["share_revenue"] = part["exact_monetary_local"] / part["exact_monetary_local"].sum()
        part.index.name = "segment"
        parts.append(part.reset_index().assign(dimension=dimension))
    return pd.concat(parts, ignore_index=True).rename(columns=dict(zip(exact, MEASURES, strict=True)))


def write_canonical(table: pd.DataFrame, sums: pd.DataFrame, rules: dict[str, dict[str, str]], out: Path) -> None:
    """The three Parquet files."""
    out.mkdir(parents=True)
    table = table.sort_values("customer_id")
    consent = table["consent_email"].replace("", "unknown")
    fixed = {"type": "person", "country": "FR", "consent_sms": "unknown", "consent_phone": "unknown",
             "consent_post": "unknown", "consent_app": "unknown", "consent_profiling": "unknown",
             "language_evidence": "stated", "phone_status": "none",
             "currency": "EUR", "reference_currency": "USD"}  # fmt: skip
    named = {
        "home_country": table["country"], "city": None, "consent_email": consent, "segment_language": table["language"],
        "rate_quality": pd.Series("ecb", table.index).where(table["lifetime_orders"] > 0),
        "segment_lifecycle": table["lifecycle"], "segment_value": table["value"],
        "segment_residence": table["residence"],
    }  # fmt: skip
    published = table.assign(**named).assign(**fixed)
    pq.write_table(
        pa.table({name: column(published[name], kind) for name, kind in SCHEMA.items()}), out / "customers.parquet"
    )
    sums = sums.sort_values(["dimension", "segment"])
    pq.write_table(pa.table({name: column(sums[name], kind) for name, kind in SUMS.items()}), out / "segments.parquet")
    parts = []
    for dimension in sorted(DIMENSIONS):
        rule = table[dimension].map(rules[dimension]) if dimension in rules else table[dimension]
        part = {"customer_id": table["customer_id"], "dimension": dimension, "segment": table[dimension], "rule": rule}
        parts.append(pd.DataFrame(part))
    moves = pd.concat(parts).sort_values(["customer_id", "dimension"]).assign(previous_segment=None, move="enter")
    order = ["customer_id", "dimension", "segment", "previous_segment", "move", "rule"]
    pq.write_table(pa.table({name: column(moves[name], pa.string()) for name in order}), out / "membership.parquet")


def column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    """A column of the published type; decimals by way of text, as floats are not."""
    if pa.types.is_decimal(kind):
        return pa.array([None if pd.isna(value) else Decimal(f"{value:.{kind.scale}f}") for value in values], kind)
    return pa.array(values, kind, from_pandas=True)


_TEXT, _COUNT, _DAY, _MONEY = pa.string(), pa.int64(), pa.date32(), pa.decimal128(18, 2)
SCHEMA = {
    **dict.fromkeys(["customer_id", "type", "country", "language", "language_evidence", "home_country",
                     "residence", "home_store", "city", "consent_email", "consent_sms", "consent_phone",
                     "consent_post", "consent_app", "consent_profiling", "phone_status", "loyalty_tier"], _TEXT),
    "first_order_date": _DAY, "last_order_date": _DAY, "recency_days": _COUNT, "orders": _COUNT, "frequency": _COUNT,
    "monetary_local": _MONEY, "currency": _TEXT, "monetary_reference": _MONEY, "reference_currency": _TEXT,
    "monetary_ppp": _MONEY, "effort": pa.float64(), "lifetime_orders": _COUNT, "lifetime_frequency": _COUNT,
    "lifetime_local": _MONEY, "lifetime_reference": _MONEY, "lifetime_ppp": _MONEY, "rate_quality": _TEXT,
    "r_score": _COUNT, "f_score": _COUNT, "m_score": _COUNT, "segment_lifecycle": _TEXT, "segment_value": _TEXT,
    "segment_language": _TEXT, "segment_residence": _TEXT, "stratum": _TEXT,
}  # fmt: skip
_SUM = pa.decimal128(38, 6)
SUMS = {
    "dimension": _TEXT, "segment": _TEXT, "customers": _COUNT, "orders": _COUNT, "monetary_local": _SUM,
    "monetary_reference": _SUM, "monetary_ppp": _SUM, "share_customers": pa.float64(), "share_revenue": pa.float64(),
    "lifetime_orders": _COUNT, "lifetime_local": _SUM, "lifetime_reference": _SUM, "lifetime_ppp": _SUM,
}  # fmt: skip


def number(value: float | None, places: int) -> str:
    """A number as the reader writes it, ungrouped."""
    if value is None or pd.isna(value):
        return ""
    return str(format_decimal(value, format="0." + "0" * places, locale=LOCALE, group_separator=False))


def day(value: date) -> str:
    """A date as the reader writes it."""
    return "" if pd.isna(value) else str(format_date(value, "dd.MM.yyyy", locale=LOCALE))


def write_customers(table: pd.DataFrame, words: dict[str, Any], out: Path) -> None:
    """The localized file, row by row, and the tags."""
    table = table.sort_values(["monetary_reference", "customer_id"], ascending=[False, True], na_position="last")
    yes, no = words["word"]["yes"], words["word"]["no"]
    mailed = table["consent_email"] == "yes"
    name = table["given_name"] + " " + table["family_name"]
    columns: list[Any] = [
        table["member_number"], name, name, table["email"].where(mailed, ""),
        np.where(mailed, yes, no), no, no, no, words["type"]["person"], table["country"].map(words["country"]),
        words["evidence"]["stated"],
        ("'" + table["home_store"]).fillna(""), table["first_order_date"].map(day), table["last_order_date"].map(day),
        table["recency_days"], table["orders"], table["frequency"],
        table["monetary_local"].map(lambda value: number(value, 2)), "EUR",
        table["monetary_reference"].map(lambda value: number(value, 2)), "USD",
        table["monetary_ppp"].map(lambda value: number(value, 2)), table["effort"].map(lambda value: number(value, 6)),
        table["r_score"], table["f_score"], table["m_score"],
    ]  # fmt: skip
    for dimension in [*DIMENSIONS, "stratum"]:
        columns += [table[dimension].map(words["label"][dimension]), table[dimension]]
    listed = pd.DataFrame(dict(enumerate(columns)), index=table.index)
    listed.columns = words["customers"]
    listed.to_csv(make(out / f"de-DE/customers/{STEM}_de-DE_customers.csv"), sep=";", index=False, encoding="utf-8-sig")
    tags = table[["member_number", *DIMENSIONS, "stratum"]].assign(as_of=f"{AS_OF:%Y-%m-%d}")
    tags.to_csv(make(out / f"tags/{STEM}_tags.csv"), index=False)


def write_summary(sums: pd.DataFrame, words: dict[str, Any], out: Path) -> None:
    """The localized segments, after a row for the whole market; strata by group and tier, then the others."""
    strata = [code for code in words["label"]["stratum"] if code.rsplit("_", 1)[-1] in TIERS]
    rank = {("stratum", code): place for place, code in enumerate(strata)}
    keys = zip(sums["dimension"], sums["segment"], strict=True)
    place = [rank.get(key, len(rank) + (key[1] == "guest") if key[0] == "stratum" else 0) for key in keys]
    order = sums["dimension"].map({name: at for at, name in enumerate([*DIMENSIONS, "stratum"])})
    sums = sums.assign(order=order, place=place).sort_values(["order", "place"], kind="stable")
    sums = sums.drop(columns=["order", "place"])
    whole = sums[sums["dimension"] == "lifecycle"].sum(numeric_only=True).to_dict()
    rows = pd.concat([pd.DataFrame([{**whole, "dimension": "market", "segment": "all"}]), sums], ignore_index=True)
    listed = pd.DataFrame(
        [
            [
                words["dimension"][row["dimension"]], row["dimension"],
                words["label"][row["dimension"]][row["segment"]], row["segment"], int(row["customers"]),
                number(row["share_customers"], 6), int(row["orders"]),
                number(row["monetary_local"], 2), "EUR", number(row["monetary_reference"], 2), "USD",
                number(row["monetary_ppp"], 2), number(row["share_revenue"], 6), "",
            ]
            for row in rows.to_dict("records")
        ],
        columns=words["segments"],
    )  # fmt: skip
    listed.to_csv(make(out / f"de-DE/summary/{STEM}_de-DE_segments.csv"), sep=";", index=False, encoding="utf-8-sig")


def make(path: Path) -> Path:
    """The path, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


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
    write_canonical(table, sums, words["rules"], args.out / "canonical")
    write_customers(table, words, args.out)
    write_summary(sums, words, args.out)


if __name__ == "__main__":
    main()
