"""The analyst's files: canonical Parquet by way of pyarrow, localized CSV row by row with Babel."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from analyst_segments import AS_OF, DIMENSIONS, TIERS
from babel.dates import format_date
from babel.numbers import format_decimal

LOCALE = "de_DE"
STEM = f"FR_{AS_OF:%Y-%m-%d}"


def write_canonical(table: pd.DataFrame, sums: pd.DataFrame, out: Path) -> None:
    """The Parquet files."""
    out.mkdir(parents=True)
    table = table.sort_values("customer_id")
    consent = table["consent_email"].replace("", "unknown")
    unasked = dict.fromkeys((f"consent_{one}" for one in ("sms", "phone", "post", "app", "profiling")), "unknown")
    fixed = {"type": "person", "population": "person", "country": "FR", "phone_status": "none", "currency": "EUR",
             "reference_currency": "USD", **unasked}  # fmt: skip
    named = {
        "home_country": table["country"], "consent_email": consent, "stratum": table["segment_stratum"],
        "rate_quality": pd.Series("ecb", table.index).where(table["lifetime_orders"] > 0),
    }  # fmt: skip
    published = table.assign(**dict.fromkeys(NOT_FOUND)).assign(**named, **fixed)
    pq.write_table(
        pa.table({name: column(published[name], kind) for name, kind in SCHEMA.items()}), out / "customers.parquet"
    )
    sums = sums.sort_values(["dimension", "segment"])
    pq.write_table(pa.table({name: column(sums[name], kind) for name, kind in SUMS.items()}), out / "segments.parquet")
    for name, columns in WITHOUT_ROWS.items():
        pq.write_table(pa.schema(columns).empty_table(), out / f"{name}.parquet")


def column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    """A column of the published type; decimals by way of text, as floats are not."""
    if pa.types.is_decimal(kind):
        return pa.array([None if pd.isna(value) else Decimal(f"{value:.{kind.scale}f}") for value in values], kind)
    return pa.array(values, kind, from_pandas=True)


_TEXT, _COUNT, _DAY, _MONEY = pa.string(), pa.int64(), pa.date32(), pa.decimal128(18, 2)
SCHEMA = {
    **dict.fromkeys(["customer_id", "type", "population", "country", "language", "language_evidence", "home_country",
                     "residence", "home_store", "city", "consent_email", "consent_sms", "consent_phone",
                     "consent_post", "consent_app", "consent_profiling", "phone_status", "loyalty_tier"], _TEXT),
    "first_order_date": _DAY, "last_order_date": _DAY, "recency_days": _COUNT, "orders": _COUNT, "frequency": _COUNT,
    "monetary_local": _MONEY, "currency": _TEXT, "monetary_reference": _MONEY, "reference_currency": _TEXT,
    "monetary_ppp": _MONEY, "effort": pa.float64(), "lifetime_orders": _COUNT, "lifetime_frequency": _COUNT,
    "lifetime_local": _MONEY, "lifetime_reference": _MONEY, "lifetime_ppp": _MONEY, "rate_quality": _TEXT,
    "r_score": _COUNT, "f_score": _COUNT, "m_score": _COUNT, "expected_purchases": pa.float64(),
    "alive": pa.float64(), "churn_risk": pa.float64(), "next_purchase_date": _DAY, "expected_revenue": _MONEY,
    "lifetime_value": _MONEY, "holdout": _TEXT, "segment_lifecycle": _TEXT, "segment_value": _TEXT,
    "segment_residence": _TEXT, "segment_language": _TEXT, "stratum": _TEXT,
}  # fmt: skip
#: Columns that the market publishes and has nothing to say in: no cities, no predictions, no holdout.
NOT_FOUND = ["city", "expected_purchases", "alive", "churn_risk", "next_purchase_date", "expected_revenue",
             "lifetime_value", "holdout"]  # fmt: skip
_SUM = pa.decimal128(38, 6)
SUMS = {
    "dimension": _TEXT, "segment": _TEXT, "customers": _COUNT, "orders": _COUNT, "monetary_local": _SUM,
    "monetary_reference": _SUM, "monetary_ppp": _SUM, "share_customers": pa.float64(), "share_revenue": pa.float64(),
    "lifetime_orders": _COUNT, "lifetime_local": _SUM, "lifetime_reference": _SUM, "lifetime_ppp": _SUM,
}  # fmt: skip
#: What a first publication without audiences has no rows of.
WITHOUT_ROWS = {
    "membership": dict.fromkeys(["customer_id", "dimension", "segment", "previous_segment", "like_segment", "move",
                                 "cause", "restated", "rule", "definition", "changed"], _TEXT),
    "audiences": {"customer_id": _TEXT, "audience": _TEXT, "priority": _COUNT, "holdout": _TEXT},
    "comparisons": {"anchor": _TEXT, "as_of": _DAY, "dimension": _TEXT, "segment": _TEXT, "customers": _COUNT,
                    "orders": _COUNT, "monetary_local": _SUM, "monetary_reference": _SUM, "monetary_ppp": _SUM},
    "flows": {"anchor": _TEXT, "dimension": _TEXT, "from_segment": _TEXT, "to_segment": _TEXT, "customers": _COUNT},
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
    table = table.sort_values(["monetary_local", "customer_id"], ascending=[False, True], na_position="last")
    yes, no = words["word"]["yes"], words["word"]["no"]
    mailed = table["consent_email"] == "yes"
    name = table["given_name"] + " " + table["family_name"]
    columns: list[Any] = [
        table["member_number"], name, name, table["email"].where(mailed, ""),
        np.where(mailed, yes, no), no, no, no, words["type"]["person"], table["country"].map(words["country"]),
        words["evidence"]["stated"],
        table["home_store"].map("'{}".format, na_action="ignore").fillna(""),
        table["first_order_date"].map(day), table["last_order_date"].map(day),
        table["recency_days"], table["orders"], table["frequency"],
        table["monetary_local"].map(lambda value: number(value, 2)), "EUR",
        table["monetary_reference"].map(lambda value: number(value, 2)), "USD",
        table["monetary_ppp"].map(lambda value: number(value, 2)), table["effort"].map(lambda value: number(value, 6)),
        table["r_score"], table["f_score"], table["m_score"],
    ]  # fmt: skip
    for dimension in [*DIMENSIONS, "stratum"]:
        codes = table[f"segment_{dimension}"]
        columns += [codes.map(words["label"][dimension]), codes]
    listed = pd.DataFrame(dict(enumerate(columns)), index=table.index)
    listed.columns = words["customers"]
    listed.to_csv(make(out / f"de-DE/customers/{STEM}_de-DE_customers.csv"), sep=";", index=False, encoding="utf-8-sig")
    coded = table[["member_number", *(f"segment_{dimension}" for dimension in [*DIMENSIONS, "stratum"])]]
    tags = coded.rename(columns=lambda name: name.removeprefix("segment_"))
    tags = tags.assign(audiences="", holdout="", as_of=f"{AS_OF:%Y-%m-%d}")
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
