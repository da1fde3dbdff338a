"""Exact sums as integers, so that a ratio of two is the same double on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow.compute as pc

from tasks.engine import Engine
from tasks.traits.blocks.setting import Setting
from tasks.traits.money import EXACT_TYPE

_SCALE = 4
_PARTS = 10**_SCALE

#: What a column's amount is in local currency, null where the line has no rate.
Local = Callable[[str], ir.Value]


def in_local(setting: Setting, lines: ir.Table) -> tuple[ir.Table, Local]:
    """Lines with what the function needs, which gives a column's amount in the market's currency.

    A market that always had one currency is spared join and product.
    """
    known = setting.engine.to_arrow(setting.factors.select("to_local"))["to_local"]
    if not known.null_count and pc.all(pc.equal(known, Decimal(1))).as_py():
        return lines, lambda column: lines[column]
    rates = setting.factors.select(rate_currency="currency", rate_day="date", to_local="to_local")
    joined = lines.left_join(rates, [lines.currency == rates.rate_currency, lines.rate_date == rates.rate_day])
    return joined, lambda column: (joined[column] * joined.to_local).cast(EXACT_TYPE)


def parts(engine: Engine, total: ir.Value) -> ir.Value:
    """A sum of amounts as ten-thousandths, int64: exact below 9e11.

    By way of DECIMAL(18,4) and a double, since a division of 128 bits costs thirty times as much.
    """
    small = f"decimal(18, {_SCALE})"
    near = total.cast(small) if total.type().scale <= _SCALE else engine.rounded(total, small)
    return (near.cast("float64") * _PARTS).round().cast("int64")


def sure(held: ir.BooleanValue) -> ir.BooleanValue:
    """False in place of null: of a group where all conditions are null Ibis counts 0 on DuckDB, and null on Spark."""
    return held.fill_null(ibis.literal(value=False))


def ratio(part: ir.Value, whole: ir.Value) -> ir.Value:
    """One integer over another as a double; null where the whole is not above zero."""
    return part.cast("float64") / ibis.ifelse(whole > 0, whole, None).cast("float64")


def mean_money(total_parts: ir.Value, count: ir.Value) -> ir.Value:
    """A sum in ten-thousandths over a count, DECIMAL(18,2), halves away from zero; null for no count.

    All of it integers below 2^53, whose quotient as a double lies on the right side of a whole number.
    """
    cents = _PARTS // 100
    doubled = (total_parts.abs() * 2 + count * cents).cast("float64")
    whole = ibis.ifelse(count > 0, count, None).cast("float64") * (2 * cents)
    rounded = (doubled / whole).floor().cast("int64") * ibis.ifelse(total_parts < 0, -1, 1)
    exact = rounded.cast("decimal(18, 0)") * ibis.literal(Decimal("0.01"), "decimal(18, 2)")
    # Ibis takes the product for (18, 2) and would spare the cast; Spark makes it (37, 2).
    return exact.cast("decimal(37, 2)").cast("decimal(18, 2)")


def most(counts: Mapping[str, ir.Value]) -> ir.Value:
    """The name of the greatest count, ties by name; null where all are zero. For a handful of names."""
    names = sorted(counts)
    size = 1 << len(names).bit_length()
    best = ibis.greatest(*(counts[name] * size + (size - 1 - rank) for rank, name in enumerate(names)))
    rank = size - 1 - (best % size)
    named = rank.cases(*enumerate(names), else_=ibis.null("string"))
    return ibis.ifelse(best < size, ibis.null("string"), named)
