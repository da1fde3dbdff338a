"""What customers do beside buying, and what they say: online, loyalty, campaigns, attitude, usage."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from tasks.traits.blocks.common import in_window, joined, most_frequent, share, wanted
from tasks.traits.blocks.setting import Block, Setting
from tasks.traits.scores import value_cuts

#: Points that expire within so many days are about to.
_SOON = timedelta(days=60)
#: Shares of visitors below medium and high engagement.
_ENGAGED = (Fraction(1, 2), Fraction(4, 5))


def online(setting: Setting) -> ir.Table:
    """Traits of the group online. A visit is a session, else the events of a customer, channel and day."""
    events = setting.tables["events"]
    events = events.filter(events.member_number.notnull())
    day = events.local_date.cast("string")
    visit = ibis.coalesce(events.session_id, events.channel.fill_null("") + "@" + day)
    events = events.mutate(visit=visit)
    rows = events if setting.start is None else events.filter(events.local_date > setting.start)
    visits = rows.group_by("member_number", "visit").agg(
        views=(rows.kind == "view").sum(),
        searches=(rows.kind == "search").sum(),
        cart=(rows.kind == "cart").any(),
        bought=((rows.kind == "purchase") | rows.order_id.notnull()).any(),
    )
    carts, left = visits.cart.sum(), (visits.cart & ~visits.bought).sum()
    counted = visits.group_by("member_number").agg(
        sessions=visits.count(), views=visits.views.sum(), searches=visits.searches.sum(), carts=carts, abandoned=left
    )
    latest = events.group_by("member_number").agg(last_seen=events.local_date.max())
    both = setting.engine.cache(joined([counted, latest]))
    low, high = (*value_cuts(setting.engine, both.sessions.cast("decimal(18, 2)"), _ENGAGED), None, None)[:2]
    engaged = ibis.cases((both.sessions.isnull(), "none"), else_="low") if low is None else _engaged(both, low, high)
    columns = {
        **{name: both[name].fill_null(0).cast("int64") for name in ("sessions", "views", "searches", "carts")},
        "cart_abandonment": share(both.abandoned, both.carts),
        "online_recency_days": _days_since(setting, both.last_seen),
        "engagement": engaged,
    }
    mine = both.select("member_number", **wanted(setting, "online", columns))
    return _everyone(setting, mine, {"engagement": "none", "sessions": 0, "views": 0, "searches": 0, "carts": 0})


def _engaged(both: ir.Table, low: object, high: object) -> ir.Value:
    visits = both.sessions.cast("decimal(38, 6)")
    return ibis.cases(
        (both.sessions.isnull(), "none"),
        (visits > ibis.literal(high, "decimal(38, 6)"), "high"),
        (visits > ibis.literal(low, "decimal(38, 6)"), "medium"),
        else_="low",
    )


def _days_since(setting: Setting, day: ir.Value) -> ir.Value:
    return ibis.literal(setting.as_of.toordinal() - 719163, "int64") - day.epoch_days().cast("int64")


def _everyone(setting: Setting, mine: ir.Table, defaults: dict[str, object]) -> ir.Table:
    """Every customer who is counted, with what a table that is there says of who is not in it."""
    people = setting.tables["customers"].filter(ibis._.population != "contact").select("member_number")
    whole = people.left_join(mine, "member_number").drop("member_number_right")
    known = {name: whole[name].fill_null(value) for name, value in defaults.items() if name in whole.columns}
    return whole.mutate(**known)


def loyalty(setting: Setting) -> ir.Table:
    """Traits of the group loyalty: the balance as stated, else the sum of movements; points that expire first.

    What was redeemed or expired is taken from the points that end first, so a customer's points about to expire are
    those earned that end within 60 days, at most the balance.
    """
    people = setting.tables["customers"].select("member_number", stated="loyalty_points")
    if "loyalty" not in setting.tables:
        columns = {"loyalty_points": people.stated}
        return people.select("member_number", **wanted(setting, "loyalty", columns))
    moves = setting.tables["loyalty"]
    as_of, soon = ibis.date(setting.as_of.isoformat()), ibis.date((setting.as_of + _SOON).isoformat())
    taken = moves.kind.isin(["redeem", "expire"])
    signed = ibis.ifelse(taken, -moves.points.abs(), moves.points)
    good = (moves.kind == "earn") & (moves.expires >= as_of)
    soonest = good & (moves.expires <= soon)
    sums = moves.group_by("member_number").agg(
        balance=signed.sum(where=moves.kind.isin(["earn", "redeem", "expire", "adjust"])),
        lasting=moves.points.sum(where=(moves.kind == "earn") & (moves.expires.isnull() | (moves.expires > soon))),
        ending=moves.points.sum(where=soonest),
        first_end=moves.expires.min(where=soonest),
        tier_until=moves.tier_until.max(where=moves.tier_until >= as_of),
    )
    both = people.left_join(sums, "member_number").drop("member_number_right")
    balance = ibis.coalesce(both.stated, both.balance)
    expiring = ibis.greatest(ibis.least(both.ending.fill_null(0), balance.fill_null(0) - both.lasting.fill_null(0)), 0)
    expiring = ibis.ifelse(balance.isnull(), ibis.null("int64"), expiring.cast("int64"))
    columns = {
        "loyalty_points": balance.cast("int64"),
        "points_expiring": expiring,
        "points_expire_on": ibis.ifelse(expiring > 0, both.first_end, ibis.null("date")),
        "tier_days_left": -_days_since(setting, both.tier_until),
    }
    return both.select("member_number", **wanted(setting, "loyalty", columns))


def campaigns(setting: Setting) -> ir.Table:
    """Traits of the group campaigns, in the window; a contact that bounced was not received."""
    rows = in_window(setting, setting.tables["campaigns"])
    rows = rows.filter(rows.outcome.isnull() | (rows.outcome != "bounced"))
    opened = rows.outcome.isin(["opened", "clicked", "answered"])
    answered = rows.outcome.isin(["clicked", "answered"])
    counted = rows.group_by("member_number").agg(
        received=rows.count(),
        opened=opened.fill_null(ibis.literal(value=False)).sum(),
        answered=answered.fill_null(ibis.literal(value=False)).sum(),
    )
    columns = {
        "campaigns_received": counted.received.cast("int64"),
        "campaigns_opened": share(counted.opened, counted.received),
        "campaigns_answered": share(counted.answered, counted.received),
    }
    parts = [counted.select("member_number", **wanted(setting, "campaigns", columns))]
    if setting.has("campaigns.channel"):
        parts.append(most_frequent(rows.filter(answered), "channel", "campaign_channel"))
    return _everyone(setting, joined(parts), {"campaigns_received": 0})


def attitude(setting: Setting) -> ir.Table:
    """Traits of the group attitude: what customers said in the window, and prefer as stated."""
    people = setting.tables["customers"]
    stated = {name: people[name] for name in ("preferred_channel", "preferred_time")}
    parts = [people.select("member_number", **wanted(setting, "attitude", stated))]
    if "feedback" in setting.tables:
        rows = in_window(setting, setting.tables["feedback"])
        scale = share(
            rows.rating - rows.rating_lowest.fill_null(1),
            rows.rating_highest.fill_null(5) - rows.rating_lowest.fill_null(1),
        )
        rows = rows.mutate(scaled=(scale * 1_000_000).round().cast("int64"))
        latest = _latest_nps(rows)
        sums = rows.group_by("member_number").agg(
            scaled=rows.scaled.sum(),
            rated=rows.scaled.count(),
            complaints=(rows.kind == "complaint").sum().cast("int64"),
        )
        said = joined([latest, sums])
        columns = {
            "nps": said.nps,
            "nps_class": ibis.cases(
                (said.nps.isnull(), ibis.null("string")), (said.nps >= 9, "promoter"), (said.nps >= 7, "passive"),  # noqa: PLR2004 - Reichheld 2003
                else_="detractor",
            ),
            "rating": share(said.scaled, said.rated) / 1_000_000,
            "complaints": said.complaints,
        }  # fmt: skip
        parts.append(said.select("member_number", **wanted(setting, "attitude", columns)))
        if "return_reason" in {trait.name for trait in setting.wanted("attitude")}:
            parts.append(most_frequent(rows, "reason", "return_reason"))
    return joined(parts)


def _latest_nps(rows: ir.Table) -> ir.Table:
    """The latest answer; of several on a day the lowest, which is the one to act on."""
    given = rows.filter(rows.nps.notnull())
    last = given.group_by("member_number").agg(day=given.local_date.max())
    both = given.join(last, "member_number")
    both = both.filter(both.local_date == both.day)
    return both.group_by("member_number").agg(nps=both.nps.min())


def usage(setting: Setting) -> ir.Table:
    """Traits of the group usage, in the window; rows of one case are one case."""
    rows = in_window(setting, setting.tables["usage"])
    case = ibis.coalesce(rows.case_id, rows.usage_id, rows.file.cast("string") + ":" + rows.record.cast("string"))
    served = rows.kind.isin(["service", "repair", "warranty", "complaint"])
    days = rows.filter(rows.kind == "app").group_by("member_number").agg(app_days=ibis._.local_date.nunique())
    cases = rows.mutate(case=case).filter(served).group_by("member_number", "case")
    cases = cases.agg(resolved=ibis._.resolved.fill_null(ibis.literal(value=False)).any())
    counted = cases.group_by("member_number").agg(
        service_cases=cases.count(), service_open=(~cases.resolved).sum().cast("int64")
    )
    both = joined([days, counted])
    columns = {name: both[name].cast("int64") for name in ("app_days", "service_cases", "service_open")}
    mine = both.select("member_number", **wanted(setting, "usage", columns))
    return _everyone(setting, mine, dict.fromkeys(("app_days", "service_cases", "service_open"), 0))


ONLINE = Block(("online",), online)
LOYALTY = Block(("loyalty",), loyalty)
CAMPAIGNS = Block(("campaigns",), campaigns)
ATTITUDE = Block(("attitude",), attitude)
USAGE = Block(("usage",), usage)
