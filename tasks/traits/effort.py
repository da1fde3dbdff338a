"""Effort: what a customer spent in a year against the yearly income at home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Profile
from tasks.engine import Engine
from tasks.traits.money import has_gap, published
from tasks.traits.windows import months_before


def inverse_incomes(engine: Engine, incomes: ir.Table) -> dict[str, Decimal]:
    """One over GDP per head by country, to twelve places."""
    rows = engine.to_arrow(incomes.select("country", "gdp_per_head")).to_pylist()
    unit = Decimal(1).scaleb(-12)
    with localcontext(prec=40):
        return {r["country"]: (1 / r["gdp_per_head"]).quantize(unit) for r in rows if r["gdp_per_head"]}


def incomes_table(known: Mapping[str, Decimal]) -> pa.Table:
    """`income_country` and `per_head`, DECIMAL(19,12)."""
    return pa.table(
        {
            "income_country": pa.array(known.keys(), pa.string()),
            "per_head": pa.array(known.values(), pa.decimal128(19, 12)),
        }
    )


def why_no_effort(
    engine: Engine, profile: Profile, factors: ir.Table, known: Mapping[str, Decimal], as_of: date
) -> str | None:
    """Why the lens is off for the market (as `lenses_off` of tasks/reference/notes.py): then nobody has an effort.

    Without this, who bought nothing for a year would weigh 0 where all others weigh nothing known.
    """
    if "effort" not in profile.money.lenses:
        return "not among the profile's lenses"
    days, converted = (
        engine.to_arrow(factors.agg(days=factors.count(), converted=factors.to_usd.count())).to_pylist()[0].values()
    )
    if days and not converted:
        return "no rate to USD on any day"
    country = profile.market.country
    return None if country in known else f"no GDP per head of {country} up to {as_of.year}"


def effort(engine: Engine, joined: ir.Table, as_of: date) -> ir.Value:
    """A year's gross USD over GDP per head, to six places.

    By way of DECIMAL(18,6), which both engines turn into the same double.
    """
    spent = published(engine, joined.exact_year.fill_null(0))
    share = (spent * joined.per_head).cast("decimal(37, 14)")  # what both engines make of it, and Ibis does not know
    share = engine.rounded(share, "decimal(18, 6)").cast("float64")
    none = joined.quality.isnull() | has_gap(joined.gap_year, months_before(as_of, 12))
    return ibis.ifelse(none, ibis.null("float64"), share)
