"""Occasions with what blocks ask of them: spend, units, channel, the moment of the first sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.traits.blocks.amounts import in_local
from tasks.traits.blocks.clocks import clocks, store_zones
from tasks.traits.blocks.setting import Setting

#: Kinds of lines that sell goods, and that take them back; shipping is revenue, but no unit and nothing to discount.
SOLD, BACK = ("sale", "exchange", "gift_card_redemption"), ("return",)
#: Day and channel of an order are packed into one integer, of which a group-by takes the least: the day since 1970,
#: shifted so that none is negative, above the channel's rank.
_BITS, _SHIFT = 20, 1 << 20
_UNKNOWN = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of occasions: `spend`, `units`; ranks from 0 by channel; `zones`, and by store its zone's place."""

    spend: bool = False
    units: bool = False
    channels: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    zone_of: Mapping[str, int] | None = None


def channels(setting: Setting) -> tuple[str, ...]:
    """The channels that occur, by code points."""
    found = setting.engine.to_arrow(setting.tables["transactions"].select("channel").distinct())
    return tuple(sorted(name for name in found["channel"].to_pylist() if name is not None))


def asked_of(setting: Setting, *, spend: bool, units: bool, channel: bool, time: bool) -> Asked:
    """What is asked, with the channels and zones of the market where they are."""
    zones, zone_of = store_zones(setting) if time else ((), {})
    return Asked(spend, units, channels(setting) if channel else (), zones, zone_of)


def occasions(setting: Setting, asked: Asked, codes: ir.Table) -> ir.Table:
    """One row per occasion of a customer, as in `tasks.traits.occasions`: `customer` (of `codes`), `day` since 1970.

    Where asked: `spend` (gross, local) with `gaps`, the lines that do not convert; `units` of all its lines; `channel`,
    the rank of that of the first sale, by day, then by name (null: none known); `moment` of the first sale in UTC, with
    the `zone` of its store.
    """
    lines = setting.tables["transactions"]
    lines = lines.filter(lines.member_number.notnull())
    lines = _ranked(setting, lines, "channel", {name: rank for rank, name in enumerate(asked.channels)})
    lines = _ranked(setting, lines, "store_id", asked.zone_of or {})
    row = ibis._
    keyed = {"member_number": row.member_number, "order": ibis.coalesce(row.returned_order_id, row.order_id)}
    keyed |= {"net": row.net, "packed": (row.local_date.epoch_days().cast("int64") + _SHIFT) << _BITS}
    sums = {"net": row.net.sum(), "packed": row.packed.min(where=row.net > 0)}
    if asked.channels:
        keyed["packed"] += row.rank_channel.fill_null(_UNKNOWN)
    if asked.zones:
        keyed["moment"] = row.sold_at
        sums["moment"] = row.moment.min(where=row.net > 0)
    if asked.zone_of:
        keyed["zone"] = row.rank_store_id.fill_null(0)
        sums["zone"] = row.zone.min(where=row.net > 0)
    if asked.units:
        keyed["units"] = ibis.ifelse(row.kind.isin([*SOLD, *BACK]), row.quantity, 0)
        sums["units"] = row.units.sum()
    if asked.spend:
        lines, local = in_local(setting, lines)
        keyed["spend"] = local("gross")
        sums |= {"spend": row.spend.sum(), "gaps": row.spend.isnull().sum()}
    orders = lines.select(**keyed).group_by("member_number", "order").agg(**sums)
    counted = orders.filter(row.net > 0).join(codes, "member_number")
    kept = [name for name in ("spend", "gaps", "units", "moment", "zone") if name in orders.columns]
    columns = {"day": ((row.packed >> _BITS) - _SHIFT).cast("int32")}
    if asked.channels:
        columns["channel"] = (row.packed & _UNKNOWN).nullif(_UNKNOWN).cast("int32")
    return counted.select("customer", *kept, **columns)


def _ranked(setting: Setting, lines: ir.Table, column: str, ranks: Mapping[str, int]) -> ir.Table:
    """Lines with `rank_<column>`; without ranks as they are."""
    if not ranks:
        return lines
    names, numbers = pa.array(ranks.keys(), pa.string()), pa.array(ranks.values(), pa.int64())
    table = setting.engine.from_arrow(pa.table({"name": names, f"rank_{column}": numbers}), f"{column}s")
    return lines.left_join(table, lines[column] == table.name).drop("name")


def on_the_clock(setting: Setting, asked: Asked, seen: ir.Table) -> ir.Table:
    """Occasions with `second`, that of the store's own day at their moment; null where that is not known."""
    seconds = seen.moment.truncate("s").epoch_seconds().cast("int64")
    day = seen.moment.date().epoch_days().cast("int64")
    zone = seen.zone if "zone" in seen.columns else ibis.literal(0, "int64")
    timed = seen.mutate(zone=zone.cast("int64"), utc_day=day, utc_second=seconds - day * 86_400)
    days = setting.engine.to_arrow(timed.filter(timed.moment.notnull()).select("zone", "utc_day").distinct())
    table = clocks(asked.zones, zip(days["zone"].to_pylist(), days["utc_day"].to_pylist(), strict=True))
    clock = setting.engine.from_arrow(table, "clocks")
    joined = timed.left_join(clock, ["zone", "utc_day"])
    shift = ibis.ifelse(joined.utc_second < joined.change, joined.before, joined.after)
    return joined.mutate(second=(joined.utc_second + shift + 86_400) % 86_400).select(*seen.columns, "second")
