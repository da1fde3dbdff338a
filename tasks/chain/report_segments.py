"""The sections of the chain's report on segments, languages, moves and stores."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tasks.chain.languages import UNKNOWN
from tasks.chain.measures import GUEST, WITHHELD
from tasks.chain.rows_of_segments import CHAIN
from tasks.chain.view import Row, View
from tasks.export.report.blocks import Block, Group, Table, Text
from tasks.export.report.charts import Bar
from tasks.export.report.drawn import bar_chart
from tasks.export.report.words import NOTHING, Words

#: Languages and flows that stand by name; the files have them all.
LANGUAGES, FLOWS = 12, 10
_PLUS = {ord(sign): "+" for sign in "-\u2212"}


def signed(words: Words, share: Decimal) -> str:
    """A change in percent with its sign: CLDR writes both signs alike."""
    text = words.percent(-abs(share))
    return text.translate(_PLUS) if share > 0 else text


def growth(view: View) -> Decimal | None:
    """Like-for-like growth of the chain at constant exchange rates; null where no store tells."""
    row = _years(view).get(CHAIN)
    return None if row is None else _change(row["net_reference_constant"], row["net_reference_before"])


def _change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None or before <= 0 else now / before - 1


def segments(words: Words, view: View) -> list[Block]:
    """Each shared dimension: the chain's sizes, and the markets with the smallest and the largest share."""
    return [_dimension(words, view, name) for name in view.dimensions]


def _dimension(words: Words, view: View, dimension: str) -> Group:
    rows = view.scope(CHAIN, dimension)
    people = {code: row for code, row in rows.items() if code != GUEST and row["share_customers"] is not None}
    people = {code: row for code, row in people.items() if row["customers"]}
    names = view.names(words, dimension, rows)
    longest = max((row["customers"] for row in people.values()), default=0) or 1
    drawn = [
        Bar(names[code], words.number(row["customers"]), row["customers"] / longest) for code, row in people.items()
    ]
    together = view.comparisons[dimension].markets
    told = []
    for code, row in rows.items():
        if not row["customers"] and not row["monetary_reference"]:
            continue
        ends = ("", "") if code in {GUEST, WITHHELD} else _ends(words, view, dimension, code, together)
        shares = [words.percent(row[name]) for name in ("share_customers", "share_revenue")]
        told.append((names[code], words.number(row["customers"]), *shares, *ends))
    head = (
        words.labels.text("column", "segment"), words.say("customers"),
        *(words.labels.text("column", name) for name in ("share_customers", "share_revenue")),
        words.say("lowest", "chain"), words.say("highest", "chain"),
    )  # fmt: skip
    title = words.say("sizes_chart")
    intro = Text(words.say("compared", "chain", markets=listed(words, together)), note=True)
    table = Table(head, told, caption=words.dimension(dimension))
    return Group(words.dimension(dimension), [intro, bar_chart(words, title, drawn, table)])


def _ends(words: Words, view: View, dimension: str, code: str, together: Iterable[str]) -> tuple[str, str]:
    """The market with the smallest share of customers in a segment, and that with the largest, of those that tell."""
    shares = sorted(
        (row["share_customers"], market)
        for market in together
        if (row := view.of_market(market, dimension).get(code)) and row["share_customers"] is not None
    )
    if len(shares) < 2:  # noqa: PLR2004 - two ends
        return NOTHING, NOTHING
    low, high = (
        words.detailed(words.labels.country_name(market), words.percent(share))
        for share, market in (shares[0], shares[-1])
    )
    return low, high


def listed(words: Words, countries: Iterable[str]) -> str:
    """Countries by name, in one text."""
    return str(words.formatter.list([words.labels.country_name(one) for one in countries]))


def languages(words: Words, view: View) -> list[Block]:
    """The chain's customers by language, the largest first."""
    rows = [row for row in view.tables.languages.to_pylist() if row["scope"] == CHAIN and row["dimension"] is None]
    named = sorted((row for row in rows if row["language"] != WITHHELD), key=lambda row: -row["customers"])
    shown = named[:LANGUAGES]
    names = {row["language"]: language(words, row["language"]) for row in shown}
    longest = max((row["customers"] for row in shown), default=0) or 1
    drawn = [Bar(names[row["language"]], words.number(row["customers"]), row["customers"] / longest) for row in shown]
    told = [
        (names[row["language"]], words.number(row["customers"]), words.percent(row["share_customers"]),
         words.number(row["markets"]), words.money(row["monetary_reference"], view.currency))
        for row in shown
    ]  # fmt: skip
    head = (
        words.labels.text("column", "language"), words.say("customers"), words.labels.text("column", "share_customers"),
        words.say("markets", "chain"), words.labels.text("column", "monetary_reference"),
    )  # fmt: skip
    title = words.say("section_languages", "chain")
    return [bar_chart(words, title, drawn, Table(head, told, caption=title), named=False)] if shown else []


def language(words: Words, code: str) -> str:
    """A language's name; the unknown one, and those that are withheld, have one too."""
    if code == WITHHELD:
        return words.say("together", "chain")
    return words.say("unlisted") if code == UNKNOWN else words.labels.language_name(code)


def moves(words: Words, view: View) -> list[Block]:
    """The largest flows of each shared dimension, and their causes where markets tell them."""
    rows = [row for row in view.tables.migration.to_pylist() if row["scope"] == CHAIN and row["customers"]]
    blocks: list[Block] = []
    for dimension in view.dimensions:
        own = [row for row in rows if row["dimension"] == dimension]
        if own:
            blocks.append(_flows(words, view, dimension, own))
    return [Text(words.say("moves_intro", "chain")), *blocks] if blocks else []


def _flows(words: Words, view: View, dimension: str, rows: list[dict[str, Any]]) -> Group:
    pairs: dict[tuple[str | None, str | None], int] = {}
    causes: dict[str, int] = {}
    for row in rows:
        pair = (row["previous_segment"], row["segment"])
        pairs[pair] = pairs.get(pair, 0) + row["customers"]
        if row["cause"] is not None:
            causes[row["cause"]] = causes.get(row["cause"], 0) + row["customers"]
    names = view.names(words, dimension, {code for pair in pairs for code in pair if code is not None})
    largest = sorted(pairs.items(), key=lambda one: (-one[1], str(one[0])))[:FLOWS]
    told = [
        (names.get(before or "", words.say("outside", "chain")), names.get(after or "", words.say("outside", "chain")),
         words.number(count))
        for (before, after), count in largest
    ]  # fmt: skip
    head = (words.say("from"), words.say("to"), words.say("customers"))
    blocks: list[Block] = [Table(head, told, words=2, caption=words.dimension(dimension))]
    if causes:
        by = sorted(causes.items(), key=lambda one: (-one[1], one[0]))
        found = [(words.say(f"cause_{code}", "chain"), words.number(count)) for code, count in by]
        blocks.append(
            Table((words.say("cause", "chain"), words.say("customers")), found, caption=words.say("cause", "chain"))
        )
    return Group(words.dimension(dimension), blocks)


def _years(view: View) -> dict[str, Row]:
    """Like-for-like sums by market, and of the chain under CHAIN."""
    rows = [row for row in view.tables.stores.to_pylist() if row["store_id"] is None]
    return {row["market"] or row["scope"]: row for row in rows if row["scope"] in {"market", CHAIN} and row["months"]}


def stores(words: Words, view: View) -> list[Block]:
    """Like-for-like growth of each market and of the chain; markets that do not publish months of stores are named."""
    years, rows = _years(view), []
    for name, row in sorted(years.items(), key=lambda one: (one[0] == CHAIN, one[0])):
        local = _change(row["net_local"], row["net_local_before"])
        held = _change(row["net_reference_constant"], row["net_reference_before"]) if name == CHAIN else local
        actual = _change(row["net_reference"], row["net_reference_before"])
        title = words.say("total") if name == CHAIN else words.labels.country_name(name)
        changes = [NOTHING if one is None else signed(words, one) for one in (held, actual)]
        rows.append((title, words.number(row["stores"]), words.number(row["months"]), *changes))
    head = (
        words.labels.text("index", "market"), words.say("stores", "chain"), words.say("months", "chain"),
        words.say("change_constant", "chain"), words.say("change_actual", "chain"),
    )  # fmt: skip
    blocks: list[Block] = [Text(words.say("stores_intro", "chain"))]
    if rows:
        blocks.append(Table(head, rows, caption=words.say("section_stores", "chain")))
    silent = [one.country for one in view.manifest.markets if one.country not in years]
    if silent:
        blocks.append(Text(words.say("stores_none", "chain", markets=listed(words, silent)), note=True))
    return blocks
