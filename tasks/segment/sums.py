"""segments.parquet: what each segment of each dimension adds up to, guests in a row of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pyarrow as pa

from region_profiles.models import Profile
from tasks.traits.catalogue import EXACT

_SUMS = ("customers", "orders", "lifetime_orders")
_EXACT_PLACES = Decimal("0.000001")

SCHEMA = pa.schema(
    [
        ("dimension", pa.string()),
        ("segment", pa.string()),
        ("customers", pa.int64()),
        ("orders", pa.int64()),
        ("monetary_local", pa.decimal128(38, 6)),
        ("monetary_reference", pa.decimal128(38, 6)),
        ("monetary_ppp", pa.decimal128(38, 6)),
        ("share_customers", pa.float64()),
        ("share_revenue", pa.float64()),
        ("lifetime_orders", pa.int64()),
        ("lifetime_local", pa.decimal128(38, 6)),
        ("lifetime_reference", pa.decimal128(38, 6)),
        ("lifetime_ppp", pa.decimal128(38, 6)),
    ]
)


def segment_sums(
    profile: Profile,
    cells: list[dict[str, Any]],
    strata: Mapping[tuple[str, ...], str],
    guests: Mapping[str, Any],
    declared: Mapping[str, tuple[str, ...]],
) -> pa.Table:
    """Roll the cells up: a row for each segment, declared ones first (empty ones too), others by name, guests last.

    Money of a lens that is off is null. Guests are no customers: their row counts 0, its orders are receipts.
    """
    cells = [_rounded(cell) for cell in cells]
    guest: dict[str, Any] = {"customers": 0, **{name: guests.get(name) for name in (*_SUMS[1:], *EXACT.values())}}
    guest = _rounded(guest)
    whole = _total([*cells, guest])
    rows = []
    for name in (*profile.dimensions, "stratum"):
        parts: dict[str, list[Mapping[str, Any]]] = {code: [] for code in declared.get(name, ())}
        for cell, code in sorted(_coded(profile, name, cells, strata), key=lambda pair: pair[1]):
            parts.setdefault(code, []).append(cell)
        parts["guest"] = [guest]
        for code, members in parts.items():
            rows.append({"dimension": name, "segment": code, **_row(_total(members), whole, profile)})
    return pa.Table.from_pylist(rows, SCHEMA)


def _rounded(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell with money in six places.

    Cells are what every dimension is made of: rounded here, and only here, each dimension has exactly the same sum.
    """
    with localcontext(prec=60, rounding=ROUND_HALF_UP):
        money = {name: cell[name].quantize(_EXACT_PLACES) for name in EXACT.values() if cell[name] is not None}
    return {**cell, **money}


def _coded(
    profile: Profile, name: str, cells: Iterable[dict[str, Any]], strata: Mapping[tuple[str, ...], str]
) -> list[tuple[dict[str, Any], str]]:
    if name != "stratum":
        return [(cell, cell[f"segment_{name}"]) for cell in cells]
    keys = [f"segment_{dimension}" for dimension in profile.stratum.dimensions]
    return [(cell, strata[tuple(cell[key] for key in keys)]) for cell in cells]


def _total(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    parts = list(parts)
    total: dict[str, Any] = {name: sum(int(part[name] or 0) for part in parts) for name in _SUMS}
    with localcontext(prec=60):  # the default 28 digits would round
        for exact in EXACT.values():
            total[exact] = sum((part[exact] for part in parts if part[exact] is not None), Decimal(0))
    return total


def _row(total: Mapping[str, Any], whole: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    row = {name: total[name] for name in _SUMS}
    for name, exact in EXACT.items():
        row[name] = total[exact] if name.split("_", 1)[1] in profile.money.lenses else None
    row["share_customers"] = _share(total["customers"], whole["customers"])
    row["share_revenue"] = _share(total["exact_monetary_local"], whole["exact_monetary_local"])
    return row


def _share(part: Decimal | int, whole: Decimal | int) -> float | None:
    """None where the whole is nothing or less: a share of it says nothing."""
    return float(Decimal(part) / Decimal(whole)) if whole > 0 else None
