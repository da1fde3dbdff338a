"""segments.parquet: what each segment of each dimension adds up to, guests in a row of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from math import floor
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Dimension, Profile, TiersDimension, TraitDimension
from tasks.catalogue import CATALOGUE, EXACT
from tasks.engine import Engine
from tasks.segment.dimensions import GUEST, OUTSIDE, Assigned

_SUMS = ("customers", "orders", "lifetime_orders")
_PLACES = 6
#: Dimensions are counted together while their combinations stay below this: fewer passes over the customers.
_COMBINATIONS = 3000
#: Of a trait whose values are not known beforehand.
_VALUES = 40

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

#: Customers, orders and exact money of a combination of segments, whose names stand under `segment_<dimension>`.
Cell = Mapping[str, Any]


def cells(engine: Engine, profile: Profile, placed: ir.Table) -> list[list[Cell]]:
    """The counted customers by combinations of segments: lists that each hold some dimensions, the stratum's first."""
    counted = placed.filter(placed.population != "contact")
    found: list[list[Cell]] = []
    for names in _together(profile):
        grouped = counted.group_by([f"segment_{name}" for name in names])
        totals = {name: counted[name].sum().cast("int64") for name in _SUMS[1:]}
        sums = {exact: counted[exact].sum() for exact in EXACT.values()}
        found.append(engine.to_arrow(grouped.agg(customers=counted.count(), **totals, **sums)).to_pylist())
    return found


def _together(profile: Profile) -> list[list[str]]:
    """Dimensions in groups of few enough combinations; the first group has all dimensions of the stratum."""
    groups, size = [list(profile.stratum.dimensions)], 1
    for name in groups[0]:
        size *= _segments(profile.dimensions[name])
    for name, dimension in profile.dimensions.items():
        if name in groups[0]:
            continue
        more = _segments(dimension)
        if size * more > _COMBINATIONS:
            groups.append([])
            size = 1
        groups[-1].append(name)
        size *= more
    return groups


def _segments(dimension: Dimension) -> int:
    """About how many segments a dimension has."""
    if isinstance(dimension, TiersDimension):
        return len(dimension.tiers) + 1
    if isinstance(dimension, TraitDimension):
        return dimension.most or len(CATALOGUE[dimension.trait].known) or _VALUES
    return len(dimension.segments) + 1


def segment_sums(
    profile: Profile,
    found: Sequence[list[Cell]],
    strata: Mapping[tuple[str, ...], str],
    guests: Mapping[str, Any],
    assigned: Mapping[str, Assigned],
) -> pa.Table:
    """Roll the cells up: a row for each segment, declared ones first (empty ones too), others by name.

    Then, where there are any, the other population under its name, then guests. Money of a lens that is off is null.
    Guests are no customers: their row counts 0, its orders are receipts. `share_customers` is of the dimension's own
    population; the other one has none.
    """
    guest = {"customers": 0, **{name: guests.get(name) for name in (*_SUMS[1:], *EXACT.values())}}
    last = _rounded([_total([guest])])[0]
    rows: list[dict[str, Any]] = []
    for name in profile.dimensions:
        here = next(one for one in found if not one or f"segment_{name}" in one[0])
        coded = [(cell, str(cell[f"segment_{name}"])) for cell in here]
        rows += _rows(profile, name, coded, assigned[name].codes, OUTSIDE[profile.dimensions[name].population], last)
    keys = [f"segment_{dimension}" for dimension in profile.stratum.dimensions]
    coded = [(cell, strata[tuple(cell[key] for key in keys)]) for cell in found[0]]
    outside = {OUTSIDE[profile.dimensions[name].population] for name in profile.stratum.dimensions}
    rows += _rows(profile, "stratum", coded, (), outside.pop() if len(outside) == 1 else None, last)
    return pa.Table.from_pylist(rows, SCHEMA)


def _rows(
    profile: Profile,
    dimension: str,
    coded: Iterable[tuple[Cell, str]],
    declared: Iterable[str],
    outside: str | None,
    guest: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The rows of one dimension. The market's sum is the same in each, since `_rounded` keeps it."""
    parts: dict[str, list[Cell]] = {code: [] for code in declared}
    for cell, code in sorted(coded, key=lambda pair: (pair[1] == outside, pair[1])):
        parts.setdefault(code, []).append(cell)
    totals = dict(zip(parts, _rounded([_total(members) for members in parts.values()]), strict=True))
    customers = sum(total["customers"] for code, total in totals.items() if code != outside)
    revenue = _sum([*totals.values(), guest], "exact_monetary_local")
    rows = []
    for code, total in [*totals.items(), (GUEST, guest)]:
        row: dict[str, Any] = {"dimension": dimension, "segment": code, **{name: total[name] for name in _SUMS}}
        for name, exact in EXACT.items():
            row[name] = total[exact] if name.split("_", 1)[1] in profile.money.lenses else None
        row["share_customers"] = None if code == outside else _share(total["customers"], customers)
        row["share_revenue"] = _share(total["exact_monetary_local"], revenue)
        rows.append(row)
    return rows


def _total(parts: Sequence[Cell]) -> dict[str, Any]:
    total: dict[str, Any] = {name: sum(int(part[name] or 0) for part in parts) for name in _SUMS}
    return total | {exact: _sum(parts, exact) for exact in EXACT.values()}


def _sum(parts: Iterable[Cell], name: str) -> Decimal:
    with localcontext(prec=60):  # the default 28 digits would round
        return sum((part[name] for part in parts if part[name] is not None), Decimal(0))


def _rounded(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Totals with money in six places, so that they add up to their exact sum in six places.

    Each is the difference of two rounded running sums, so within one last place of its own exact value. However the
    same customers are divided, the sum is the same.
    """
    running = dict.fromkeys(EXACT.values(), Decimal(0))
    rounded = []
    with localcontext(prec=60, rounding=ROUND_HALF_UP):
        unit = Decimal(1).scaleb(-_PLACES)
        for total in totals:
            money = {}
            for exact, before in running.items():
                running[exact] = before + total[exact]
                money[exact] = running[exact].quantize(unit) - before.quantize(unit)
            rounded.append({**total, **money})
    return rounded


def apportioned(sizes: Sequence[int], share: Decimal) -> list[int]:
    """A share of each size in whole numbers, which add up to that share of all: running sums, rounded half up.

    >>> apportioned([10, 10, 10, 70], Decimal("0.05"))
    [1, 0, 1, 3]
    """
    exact, before, parts = Fraction(0), 0, []
    for size in sizes:
        exact += size * Fraction(share)
        upto = floor(exact + Fraction(1, 2))
        parts.append(upto - before)
        before = upto
    return parts


def _share(part: Decimal | int, whole: Decimal | int) -> float | None:
    """None where the whole is nothing or less: a share of it says nothing."""
    return float(Decimal(part) / Decimal(whole)) if whole > 0 else None
