"""The sections of the chain's report on markets: who is in, what customers spend, what cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tasks.chain.report_segments import listed
from tasks.chain.rows_of_segments import ALL, SCOPES
from tasks.chain.view import Row, View, of_customers
from tasks.export.report.blocks import Block, Group, Points, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.words import NOTHING, Words
from tasks.segment.definitions import MARKET

#: What a part of a definition is to a reader; all else is `other`.
_DIFFERS = {
    "alone": "alone", "borders": "borders", "currency": "currency", "digest": "other", "else": "rules",
    "fallback": "rank", "market": "own", "most": "own", "ppp": "ppp", "profile_changed": "profile_changed",
    "quantiles": "borders", "reporting_currency": "reporting_currency", "scores": "scores", "segments": "rules",
    "tiers": "borders", "trait": "trait", "window": "window",
}  # fmt: skip


def markets(words: Words, view: View) -> list[Block]:
    """Each market with its date and its part, and those that are missing or late."""
    rows = sorted((view.of_market(one.country, MARKET)[ALL] for one in view.markets), key=_by_revenue)
    total = view.total
    every = {one: words.labels.country_name(one) for one in (row["market"] for row in rows)}
    head = (
        words.labels.text("index", "market"), words.say("date"), words.say("customers"),
        words.labels.text("column", "monetary_reference"), words.labels.text("column", "share_revenue"),
    )  # fmt: skip
    whole = (total or {}).get("monetary_reference") or Decimal(0)
    told = []
    for row in rows:
        amount, own = row["monetary_reference"], row["compared"] and whole > 0
        share = words.percent(float(amount / whole)) if own and amount is not None else NOTHING
        day = str(words.formatter.date(row["market_as_of"] or view.as_of, "medium"))
        money = words.money(amount, row["reference_currency"])
        told.append((every[row["market"]], day, words.number(row["customers"]), money, share))
    longest = max((row["monetary_reference"] or 0 for row in rows), default=0) or 1
    drawn = [
        Bar(every[row["market"]], words.short(row["monetary_reference"] or Decimal(0), row["reference_currency"]),
            float(max(row["monetary_reference"] or 0, 0) / longest))
        for row in rows
    ]  # fmt: skip
    title = words.say("revenue_chart", "chain")
    blocks: list[Block] = [bar_chart(words, title, drawn, Table(head, told, words=2, caption=title))]
    notes = list(_missing(words, view))
    return [*blocks, Group(words.say("missing", "chain"), [Points(notes)])] if notes else blocks


def _by_revenue(row: Row) -> tuple[Decimal, str]:
    return -(row["monetary_reference"] or Decimal(0)), row["market"]


def _missing(words: Words, view: View) -> Iterator[str]:
    for one in view.manifest.markets:
        if one.stale:
            name = words.labels.country_name(one.country)
            yield words.labels.count("chain", "stale", one.days, market=name, date=words.day(one.as_of))
    for gone in view.manifest.absent:
        values = {"market": words.labels.country_name(gone.country)}
        if gone.first is not None:
            values["date"] = words.day(gone.first)
        yield words.say(f"absent_{gone.reason}", "chain", **values)


def lenses(words: Words, view: View) -> list[Block]:
    """What a customer spends, in each market, at market exchange rates and at comparable prices."""
    rows = []
    for one in view.markets:
        people = of_customers(one)
        number = people["customers"]
        worth = [people[name] / number if number and people[name] is not None else None
                 for name in ("monetary_reference", "monetary_ppp")]  # fmt: skip
        name = words.labels.country_name(one.country)
        group = words.say(one.income.development, "chain")
        comparable = NOTHING if worth[1] is None else words.number(round(worth[1]))
        rows.append((name, group, words.money(worth[0], one.reference_currency), comparable))
    head = (
        words.labels.text("index", "market"), words.say("income", "chain"), words.say("per_customer", "chain"),
        words.say("per_customer_ppp", "chain"),
    )  # fmt: skip
    blocks: list[Block] = [Text(words.say("lenses_intro", "chain"))]
    blocks.append(Table(head, sorted(rows), words=2, caption=words.say("section_lenses", "chain")))
    off = [
        words.say("lens_off", "chain", market=words.labels.country_name(one.country), lens=words.say(f"lens_{lens}"))
        for one in view.manifest.markets
        for lens in sorted(one.lenses_off)
        if lens in {"ppp", "reference", "effort"}
    ]
    return [*blocks, Points(off)] if off else blocks


def development(words: Words, view: View) -> list[Block]:
    """Developed and developing markets: sizes, and how their customers divide."""
    scopes = [scope for scope in SCOPES[2:] if view.scope(scope, MARKET)]
    if len(scopes) < 2:  # noqa: PLR2004 - a group alone is the chain
        return []
    names = {scope: words.say(scope, "chain") for scope in scopes}
    rows = []
    for scope in scopes:
        row = view.scope(scope, MARKET)[ALL]
        money = words.money(row["monetary_reference"], view.currency)
        shares = [words.percent(_part(view, row, name)) for name in ("customers", "monetary_reference")]
        rows.append((names[scope], words.number(row["markets"]), words.number(row["customers"]), shares[0], money,
                     shares[1]))  # fmt: skip
    head = (
        words.say("income", "chain"), words.say("markets", "chain"), words.say("customers"),
        words.labels.text("column", "share_customers"), words.labels.text("column", "monetary_reference"),
        words.labels.text("column", "share_revenue"),
    )  # fmt: skip
    blocks: list[Block] = [Text(words.say("development_intro", "chain"))]
    blocks.append(Table(head, rows, caption=words.say("section_development", "chain")))
    for name in view.dimensions:
        own = {scope: text for scope, text in names.items() if view.scope(scope, name)}
        blocks += [_divided(words, view, name, own)] if len(own) > 1 else []
    return blocks


def _part(view: View, row: Row, measure: str) -> float | None:
    whole = (view.total or {}).get(measure)
    return None if not whole or row[measure] is None else float(Decimal(row[measure]) / Decimal(whole))


def _divided(words: Words, view: View, dimension: str, scopes: Mapping[str, str]) -> Group:
    """Shares of customers by segment, a column for each scope."""
    found = {scope: view.scope(scope, dimension) for scope in scopes}
    told = {code for rows in found.values() for code, row in rows.items() if row["share_customers"]}
    codes = view.order(dimension, told)
    names = view.names(words, dimension, codes)
    rows = [
        (names[code], *(words.percent(found[scope].get(code, {}).get("share_customers")) for scope in scopes))
        for code in codes
    ]
    head = (words.dimension(dimension), *scopes.values())
    caption = f"{words.dimension(dimension)} – {words.labels.text('column', 'share_customers')}"
    return Group(words.dimension(dimension), [Table(head, rows, caption=caption)])


def apart(words: Words, view: View) -> list[Block]:
    """Markets that are not compared in a dimension, and in what their definition differs."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, one in view.comparisons.items():
        for market, why in one.apart.items():
            reasons = dict.fromkeys(words.say(f"differs_{_DIFFERS.get(code, 'other')}", "chain") for code in why)
            found.setdefault((words.dimension(name), str(words.formatter.list(list(reasons)))), []).append(market)
    if not found:
        return []
    rows = [(dimension, listed(words, markets), reasons) for (dimension, reasons), markets in found.items()]
    head = (words.labels.text("column", "dimension"), words.say("markets", "chain"), words.say("differs", "chain"))
    table = Table(head, rows, words=3, caption=words.say("section_apart", "chain"))
    return [Text(words.say("apart_intro", "chain")), table]


def reading(words: Words, view: View) -> list[str]:
    """What the reader must know."""
    points = [words.say("read_totals", "chain"), words.say("read_guests")]
    if any(one.hidden or one.hidden_languages for one in view.markets):
        points.append(words.say("read_together", "chain"))
    vintage = words.labels.year(view.profile.money.ppp.vintage)
    points += [words.say("read_ppp", "chain", vintage=vintage), words.say("read_development", "chain")]
    return points
