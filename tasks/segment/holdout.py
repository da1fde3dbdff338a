"""The standing holdout: customers who stay out of campaigns, so that what campaigns do can be measured."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Holdout
from tasks.engine import Engine
from tasks.segment.sums import apportioned

_ASIDE, _TARGETED = "yes", "no"


def with_holdout(
    engine: Engine, setting: Holdout, customers: ir.Table
) -> tuple[ir.Table, dict[str, Any], tuple[ir.Table, ...]]:
    """Customers with `holdout`, notes, and tables to drop once it is computed.

    `customers` have customer_id, population, stratum and `previous_holdout`, of the publication before: who was in the
    holdout there stays in, who was out stays out. Of new customers each stratum gives those of the lowest sha256 of
    salt and customer_id, as many as it lacks of its share; shares in whole customers add up to the market's. Contacts
    have none of their own: null. A market below the minimum draws nobody, and `holdout` is null there, so that all are
    new once it is large enough.
    """
    counted = customers.filter(customers.population != "contact")
    was = counted.previous_holdout
    sizes = {
        "n": counted.count(),
        "aside": counted.count(where=(was == _ASIDE).fill_null(ibis.literal(value=False))),
        "new": counted.count(where=was.isnull()),
    }
    rows = engine.to_arrow(counted.group_by("stratum").agg(**sizes)).to_pylist()
    rows.sort(key=lambda row: str(row["stratum"]))
    market, before = sum(row["n"] for row in rows), sum(row["aside"] for row in rows)
    if not setting.share or (market < setting.minimum and not before):
        why = "share is 0" if not setting.share else f"fewer than {setting.minimum} customers"
        return customers.mutate(holdout=ibis.null("string")), {"share": str(setting.share), "off": why}, ()
    drawn = _lacking(setting, rows) if market >= setting.minimum else {}
    kept: tuple[ir.Table, ...] = ()
    inside: ir.BooleanValue = ibis.literal(value=False)
    if drawn:
        kept = (engine.cache(_drawn(engine, setting, counted, drawn)),)
        customers = customers.left_join(kept[0], customers.customer_id == kept[0].drawn_id)
        inside = customers.drawn_id.notnull()
    fresh = ibis.ifelse(inside, _ASIDE, _TARGETED)
    stays = customers.previous_holdout.fill_null(fresh)
    holdout = ibis.ifelse(customers.population == "contact", ibis.null("string"), stays)
    notes = {
        "share": str(setting.share),
        "customers": before + sum(drawn.values()),
        "of": market,
        "drawn": sum(drawn.values()),
        "by_stratum": {row["stratum"]: row["aside"] + drawn.get(row["stratum"], 0) for row in rows},
    }
    return customers.mutate(holdout=holdout), notes, kept


def _lacking(setting: Holdout, rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many new customers each stratum has to give."""
    targets = apportioned([row["n"] for row in rows], setting.share)
    lacking = {
        row["stratum"]: min(row["new"], target - row["aside"]) for row, target in zip(rows, targets, strict=True)
    }
    return {stratum: n for stratum, n in lacking.items() if n > 0}


def _drawn(engine: Engine, setting: Holdout, counted: ir.Table, wanted: dict[str, int]) -> ir.Table:
    """`drawn_id` of the new customers with the lowest digests of each stratum; equal digests do not occur."""
    numbers = pa.table(
        {"drawn_stratum": pa.array(wanted, pa.string()), "wanted": pa.array(wanted.values(), pa.int64())}
    )
    new = counted.filter(counted.previous_holdout.isnull()).select("customer_id", "stratum")
    new = new.mutate(digest=(ibis.literal(setting.salt) + new.customer_id).hexdigest("sha256"))
    place = ibis.row_number().over(ibis.window(group_by="stratum", order_by="digest"))
    ranked = new.mutate(place=place)
    asked = engine.from_arrow(numbers, "wanted")
    joined = ranked.join(asked, ranked.stratum == asked.drawn_stratum)
    return joined.filter(joined.place < joined.wanted).select(drawn_id="customer_id")
