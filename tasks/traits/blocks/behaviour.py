"""How customers buy: baskets, discounts, returns, channels, times; and the rhythm of their purchase days."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.seasons import seasons
from tasks.catalogue.behaviour import DAYPARTS
from tasks.traits.blocks.amounts import in_local, mean_money, most, parts, ratio, sure
from tasks.traits.blocks.orders import SOLD, Asked, asked_of, occasions, on_the_clock
from tasks.traits.blocks.rhythm import rhythm
from tasks.traits.blocks.setting import Block, Setting
from tasks.traits.occasions import customer_codes

#: Hours at which DAYPARTS begin; the last ends when the first begins.
_HOURS = (5, 11, 14, 18, 22)
#: 1970-01-01 was a Thursday.
_WEEK = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")
#: Whole weeks, more than any day before 1970.
_WEEKS = 7 * (1 << 17)
_BITS = 20

_OF_CHANNEL = {"channel_main", "channels", "channel_mix", "remote_share"}
_OF_LINES = {"discount_share", "discounted_share", "returns_share"}
_OF_RHYTHM = {"interval_days", "interval_variation", "regularity", "overdue"}


def behaviour(setting: Setting) -> ir.Table:
    """The wanted traits of the groups behaviour and rhythm, by `member_number`.

    One pass over the lines makes occasions, another sums discounts and returns.
    """
    engine = setting.engine
    names = {trait.name for group in BEHAVIOUR.groups for trait in setting.wanted(group)}
    asked = asked_of(
        setting,
        spend="basket_local" in names,
        units="basket_units" in names,
        channel=bool(names & _OF_CHANNEL),
        time="daypart" in names,
    )
    codes = engine.cache(customer_codes(setting.tables["customers"]))
    seen = engine.cache(occasions(setting, asked, codes))
    found = codes
    for part in _parts(setting, names, asked, seen):
        found = found.left_join(part, "customer").drop("customer_right")
    if names & _OF_LINES:
        found = found.left_join(_of_lines(setting, names), "member_number").drop("member_number_right")
    whole = engine.cache(found.select("member_number", *(name for name in found.columns if name in names)))
    engine.drop(codes, seen)
    return whole


def _parts(setting: Setting, names: set[str], asked: Asked, seen: ir.Table) -> Iterator[ir.Table]:
    yield _of_occasions(setting, names, asked, seen)
    if names & _OF_CHANNEL:
        yield _of_channels(setting, asked.channels, seen)
    if names & _OF_RHYTHM:
        yield rhythm(seen, setting.as_of)


def _since_1970(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _within(setting: Setting, seen: ir.Table) -> ir.BooleanValue:
    """Whether an occasion lies in the window."""
    return ibis.literal(value=True) if setting.start is None else seen.day > _since_1970(setting.start)


def _of_occasions(setting: Setting, names: set[str], asked: Asked, seen: ir.Table) -> ir.Table:
    """Traits that counts and sums of occasions tell, by `customer`."""
    if "daypart" in names:
        seen = on_the_clock(setting, asked, seen)
    within = _within(setting, seen)
    sums: dict[str, ir.Value] = {"first": seen.day.min(), "orders": seen.count(where=within)}
    weekend = ((seen.day.cast("int64") + _WEEKS) % 7).isin(
        [place for place, day in enumerate(_WEEK) if day in setting.profile.market.weekend]
    )
    sums["weekend"] = seen.count(where=within & weekend)
    if asked.spend:
        sums |= {"spend": seen.spend.sum(where=within), "gaps": seen.gaps.sum(where=within)}
    if asked.units:
        sums["units"] = seen.units.sum(where=within)
    if "daypart" in names:
        sums |= {name: seen.count(where=within & sure(held)) for name, held in _dayparts(seen.second).items()}
    if "season" in names:
        sums |= {name: seen.count(where=held) for name, held in _seasons(setting, seen.day).items()}
    told = seen.group_by("customer").agg(**sums)
    traits: dict[str, ir.Value] = {
        "tenure_days": ibis.literal(_since_1970(setting.as_of), "int64") - told.first,
        "weekend_share": ratio(told.weekend, told.orders),
    }
    if asked.spend:
        complete = ibis.ifelse(told.gaps == 0, told.orders, 0)
        traits["basket_local"] = mean_money(parts(setting.engine, told.spend.fill_null(0)), complete)
    if asked.units:
        traits["basket_units"] = ratio(parts(setting.engine, told.units.fill_null(0)), told.orders * 10_000)
    if "daypart" in names:
        traits["daypart"] = most({name: told[name] for name in DAYPARTS})
    if "season" in names:
        traits["season"] = most({name: told[name] for name in set(seasons(setting.profile.market.country))})
    return told.select("customer", **traits)


def _dayparts(second: ir.Value) -> dict[str, ir.BooleanValue]:
    begin = [hour * 3600 for hour in _HOURS]
    parts_of_day = dict(zip(DAYPARTS, itertools.pairwise(begin), strict=False))
    held = {name: (second >= since) & (second < until) for name, (since, until) in parts_of_day.items()}
    return {**held, DAYPARTS[-1]: (second >= begin[-1]) | (second < begin[0])}


def _seasons(setting: Setting, day: ir.Value) -> dict[str, ir.BooleanValue]:
    months = seasons(setting.profile.market.country)
    # By way of the timestamp both engines agree that it is a date.
    month = (ibis.timestamp("1970-01-01") + day.as_interval("D")).cast("date").month()
    return {
        name: month.isin([place for place, season in enumerate(months, 1) if season == name])
        for name in sorted(set(months))
    }


def _of_channels(setting: Setting, channels: tuple[str, ...], seen: ir.Table) -> ir.Table:
    """Traits of the occasions in the window whose channel is known, by `customer`."""
    known = seen.filter(_within(setting, seen), seen.channel.notnull())
    counted = known.group_by("customer", "channel").agg(n=known.count())
    names = setting.profile.traits.remote_channels
    remote = counted.channel.isin([rank for rank, name in enumerate(channels) if name in names])
    best = (counted.n << _BITS) + ((1 << _BITS) - 1 - counted.channel)
    told = counted.group_by("customer").agg(
        best=best.max(),
        channels=counted.count(),
        orders=counted.n.sum(),
        remote=counted.n.sum(where=remote).fill_null(0),
    )
    told = told.mutate(rank=(1 << _BITS) - 1 - (told.best & ((1 << _BITS) - 1)))
    ranks = pa.array(range(len(channels)), pa.int64())
    table = pa.table({"rank": ranks, "channel_main": pa.array(channels, pa.string())})
    named = told.left_join(setting.engine.from_arrow(table, "channels"), "rank")
    mix = ibis.cases((named.remote == 0, "store_only"), (named.remote == named.orders, "remote_only"), else_="both")
    share = ratio(named.remote, named.orders)
    return named.select("customer", "channel_main", "channels", channel_mix=mix, remote_share=share)


def _of_lines(setting: Setting, names: set[str]) -> ir.Table:
    """Discounts and returns of the window by the lines' own dates, by `member_number`.

    Discounts are on the basis of the drop's amounts, and so is the spend they are set against.
    """
    basis = "gross" if setting.profile.tax.amounts == "gross" else "net"
    lines = setting.tables["transactions"]
    lines = lines.filter(lines.member_number.notnull())
    if setting.start is not None:
        lines = lines.filter(lines.local_date > setting.start)
    lines, local = in_local(setting, lines)
    sale = lines.kind.isin(SOLD) & (lines.net >= 0) & ~lines.returned.fill_null(ibis.literal(value=False))
    sums: dict[str, ir.Value] = {}
    if "returns_share" in names:
        sums |= {"taken": local("net").sum(where=lines.net > 0), "given": local("net").sum(where=lines.net < 0)}
    if names & {"discount_share", "discounted_share"}:
        sums |= {"price": local(basis).sum(where=sale), "discount": local("discount").sum(where=sale)}
        sums |= {
            "lines": lines.count(where=sure(sale)),
            "discounted": lines.count(where=sure(sale & (lines.discount > 0))),
        }
    told = lines.group_by("member_number").agg(**sums)
    amount = {
        name: parts(setting.engine, told[name].fill_null(0))
        for name in ("taken", "given", "price", "discount")
        if name in sums
    }
    traits: dict[str, ir.Value] = {}
    if "returns_share" in names:
        traits["returns_share"] = ratio(-amount["given"], amount["taken"])
    if names & {"discount_share", "discounted_share"}:
        traits["discount_share"] = ratio(amount["discount"], amount["discount"] + amount["price"])
        traits["discounted_share"] = ratio(told.discounted, told.lines)
    return told.select("member_number", **traits)


BEHAVIOUR = Block(("behaviour", "rhythm"), behaviour)
