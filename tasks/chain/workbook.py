"""The chain's workbook: markets, shares of segments, and the tables to filter, with native charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.chain import report_markets, report_segments
from tasks.chain.measures import WITHHELD
from tasks.chain.rows_of_segments import ALL, CHAIN
from tasks.chain.sheets import Column, book, dress, head, series, table
from tasks.chain.stores import SUMS
from tasks.chain.view import Row, View
from tasks.export.customers import heading
from tasks.export.report.words import Words
from tasks.export.workbook.fields import COUNT, DATE, GENERAL, SHARE, money_format
from tasks.export.workbook.overview import period
from tasks.export.workbook.styles import SERIES, Styles, right_to_left
from tasks.export.workbook.texts import sheet_names
from tasks.segment.definitions import MARKET

_PIXELS_A_ROW = 20
#: Colours of stacked segments, from dark to light and around: neighbours differ in both schemes of Excel.
_STACK = (*SERIES, "#6A9F58", "#9467A8", "#C44E52", "#8C8C8C", "#4FB0AE", "#B8860B", "#5A6ACF", "#A3C4DC",
          "#E8B98A", "#B5CFAE", "#C9B3D6", "#E0A6A8", "#C8C8C8")  # fmt: skip


def write_workbook(view: View, locale: str, target: Path) -> int:
    """Write the workbook; the rows of its table of segments.

    Sheets: markets with charts, shares of customers by market for each dimension that is compared, all segments,
    languages, migration, stores. Cells are typed. The same chain gives the same bytes.
    """
    words = Words(locale, view.profile)
    names = [words.say(f"section_{one}", "chain") for one in ("markets", "segments", "languages", "moves", "stores")]
    names.insert(2, words.say("all_figures", "chain"))
    with book(target, view.as_of) as made:
        styles = Styles(made, rtl=right_to_left(words.labels))
        markets, shares, figures, languages, moves, stores = (made.add_worksheet(one) for one in sheet_names(names))
        _markets(made, markets, styles, words, view)
        _shares(made, shares, styles, words, view)
        rows = _figures(figures, styles, words, view)
        _languages(languages, styles, words, view)
        _moves(moves, styles, words, view)
        _stores(stores, styles, words, view)
    return rows


def _measures(words: Words, view: View, rows: Sequence[Row]) -> list[Column]:
    """The columns of measures, money with its currency beside it."""
    label = words.labels.text
    reference = money_format(view.currency)
    return [
        (label("column", "customers"), COUNT, [row["customers"] for row in rows]),
        (label("column", "share_customers"), SHARE, [row["share_customers"] for row in rows]),
        (label("column", "orders"), COUNT, [row["orders"] for row in rows]),
        (label("column", "monetary_reference"), reference, _cents(rows, "monetary_reference")),
        (label("column", "reference_currency"), GENERAL, [row["reference_currency"] for row in rows]),
        (label("column", "share_revenue"), SHARE, [row["share_revenue"] for row in rows]),
        (heading(view.profile, "monetary_ppp", words.labels), "#,##0", _cents(rows, "monetary_ppp")),
        (label("column", "monetary_local"), "#,##0.00", _cents(rows, "monetary_local")),
        (label("column", "currency"), GENERAL, [row["currency"] for row in rows]),
    ]


def _cents(rows: Iterable[Row], name: str) -> list[Decimal | None]:
    return [None if row[name] is None else round(row[name], 2) for row in rows]


def _whose(words: Words, row: Row) -> str:
    """A market, or a group of markets."""
    if row["market"] is not None:
        return words.labels.country_name(row["market"])
    return words.say("chain" if row["scope"] == CHAIN else row["scope"], "chain")


def _markets(made: Any, sheet: Any, styles: Styles, words: Words, view: View) -> None:
    rows = [view.of_market(one.country, MARKET)[ALL] for one in view.markets]
    rows.sort(key=lambda row: (-(row["monetary_reference"] or 0), row["market"]))
    notes = [text for block in report_markets.markets(words, view)[1:] for text in _points(block)]
    lines = [words.say("title", "chain"), words.say("as_of", date=words.day(view.as_of)),
             period(view.profile, words.labels, view.as_of), *notes]  # fmt: skip
    top = head(sheet, styles, lines)
    groups = {row["scope"]: row for row in view.segments if row["dimension"] == MARKET and row["market"] is None}
    every = [*rows, *groups.values()]
    development = {one.country: words.say(one.income.development, "chain") for one in view.markets}
    columns: list[Column] = [
        (words.labels.text("index", "market"), GENERAL, [_whose(words, row) for row in every]),
        (words.say("date"), DATE, [row["market_as_of"] or view.as_of for row in every]),
        (words.say("income", "chain"), GENERAL, [development.get(row["market"] or "") for row in every]),
        *_measures(words, view, every),
    ]
    below = table(sheet, styles, words, columns, top)
    sheet.freeze_panes(top + 1, 1)
    for place, (title, name) in enumerate((("revenue_chart", "monetary_reference"), ("customers_chart", "customers"))):
        chart = made.add_chart({"type": "bar"})
        column = next(n for n, (text, _, _) in enumerate(columns) if text == words.labels.text("column", name))
        series(chart, sheet.get_name(), (top + 1, len(rows)), columns, column, SERIES[place])
        dress(chart, words.say(title, "chain"), 110 + 24 * len(rows), words)
        sheet.insert_chart(
            below + 1, place * 5, chart, {"object_position": 3, "description": words.say(title, "chain")}
        )


def _points(block: Any) -> list[str]:
    return [str(text) for one in getattr(block, "blocks", ()) for text in getattr(one, "points", ())]


def _shares(made: Any, sheet: Any, styles: Styles, words: Words, view: View) -> None:
    """For each dimension that is compared: a row for each market, a column for each segment, and stacked bars."""
    top = 0
    for dimension in view.dimensions:
        whole = view.scope(CHAIN, dimension)
        codes = [code for code, row in whole.items() if row["customers"]]
        together = view.comparisons[dimension].markets
        found = [view.of_market(market, dimension) for market in together]
        names = view.names(words, dimension, codes)
        columns: list[Column] = [
            (words.dimension(dimension), GENERAL, [words.labels.country_name(one) for one in together])
        ]
        columns += [
            (names[code], SHARE, [rows[code]["share_customers"] if code in rows else None for rows in found])
            for code in codes
        ]
        below = table(sheet, styles, words, columns, top)
        chart = made.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for place in range(1, len(columns)):
            colour = _STACK[(place - 1) % len(_STACK)]
            series(chart, sheet.get_name(), (top + 1, len(together)), columns, place, colour)
        height = 140 + 24 * len(together) + 8 * len(codes)
        title = f"{words.dimension(dimension)} · {words.labels.text('column', 'share_customers')}"
        dress(chart, title, height, words, legend=True)
        sheet.insert_chart(below + 1, 0, chart, {"object_position": 3, "description": title})
        top = below + 3 + height // _PIXELS_A_ROW


def _figures(sheet: Any, styles: Styles, words: Words, view: View) -> int:
    """Every row of chain.parquet, by dimension, market and segment in the profile's order."""
    rows: list[Row] = []
    for dimension in view.comparisons:
        own = [row for row in view.segments if row["dimension"] == dimension]
        for market, scope in dict.fromkeys((row["market"], row["scope"]) for row in own):
            found = {row["segment"]: row for row in own if (row["market"], row["scope"]) == (market, scope)}
            rows += [found[code] for code in view.order(dimension, found)]
    names: dict[tuple[str, str], str] = {}
    for dimension in view.comparisons:
        codes = {row["segment"] for row in rows if row["dimension"] == dimension}
        told = {ALL: words.say("total")} if dimension == MARKET else view.names(words, dimension, sorted(codes))
        names |= {(dimension, code): text for code, text in told.items()}
    yes, no = words.say("yes", "chain"), words.say("no", "chain")
    columns: list[Column] = [
        (words.labels.text("column", "dimension"), GENERAL, [words.dimension(row["dimension"]) for row in rows]),
        (words.labels.text("index", "market"), GENERAL, [_whose(words, row) for row in rows]),
        (words.labels.text("column", "segment"), GENERAL, [names[row["dimension"], row["segment"]] for row in rows]),
        (words.say("is_compared", "chain"), GENERAL, [yes if row["compared"] else no for row in rows]),
        (words.say("markets", "chain"), COUNT, [row["markets"] for row in rows]),
        *_measures(words, view, rows),
    ]
    table(sheet, styles, words, columns)
    sheet.freeze_panes(1, 3)
    return len(rows)


def _languages(sheet: Any, styles: Styles, words: Words, view: View) -> None:
    rows = [row for row in view.tables.languages.to_pylist() if row["dimension"] is None]
    told = {code: report_segments.language(words, code) for code in {row["language"] for row in rows}}
    columns: list[Column] = [
        (words.labels.text("index", "market"), GENERAL, [_whose(words, row) for row in rows]),
        (words.labels.text("column", "language"), GENERAL, [told[row["language"]] for row in rows]),
        (words.say("markets", "chain"), COUNT, [row["markets"] for row in rows]),
        *_measures(words, view, rows),
    ]
    table(sheet, styles, words, columns)
    sheet.freeze_panes(1, 2)


def _moves(sheet: Any, styles: Styles, words: Words, view: View) -> None:
    rows = view.tables.migration.to_pylist()
    outside = words.say("outside", "chain")
    names: dict[tuple[str, str | None], str] = {}
    for dimension in {row["dimension"] for row in rows}:
        own = [row for row in rows if row["dimension"] == dimension]
        codes = {row[side] for row in own for side in ("previous_segment", "segment") if row[side] is not None}
        names |= {(dimension, code): text for code, text in view.names(words, dimension, sorted(codes)).items()}
    causes = [None if row["cause"] is None else words.say(f"cause_{row['cause']}", "chain") for row in rows]
    sides = [[names.get((row["dimension"], row[side]), outside) for row in rows]
             for side in ("previous_segment", "segment")]  # fmt: skip
    columns: list[Column] = [
        (words.labels.text("column", "dimension"), GENERAL, [words.dimension(row["dimension"]) for row in rows]),
        (words.labels.text("index", "market"), GENERAL, [_whose(words, row) for row in rows]),
        (words.say("from"), GENERAL, sides[0]),
        (words.say("to"), GENERAL, sides[1]),
        (words.say("cause", "chain"), GENERAL, causes),
        (words.say("customers"), COUNT, [WITHHELD if row["customers"] is None else row["customers"] for row in rows]),
        (words.say("since", "chain"), DATE, [row["previous_as_of"] for row in rows]),
    ]
    table(sheet, styles, words, columns)
    sheet.freeze_panes(1, 2)


def _stores(sheet: Any, styles: Styles, words: Words, view: View) -> None:
    rows = view.tables.stores.to_pylist()
    total, together = words.say("total"), words.say("together", "chain")
    store = [total if row["store_id"] is None else {WITHHELD: together}.get(row["store_id"], row["store_id"])
             for row in rows]  # fmt: skip
    money = [(name, words.say(name, "chain")) for name in SUMS if name.startswith("net_")]
    money.append(("net_reference_constant", words.say("net_reference_constant", "chain")))
    columns: list[Column] = [
        (words.labels.text("index", "market"), GENERAL, [_whose(words, row) for row in rows]),
        (words.say("store", "chain"), GENERAL, store),
        (words.say("stores", "chain"), COUNT, [row["stores"] for row in rows]),
        (words.say("months", "chain"), COUNT, [row["months"] for row in rows]),
        (words.say("orders"), COUNT, [row["orders"] for row in rows]),
        (words.say("orders_before", "chain"), COUNT, [row["orders_before"] for row in rows]),
        *((title, "#,##0.00", _cents(rows, name)) for name, title in money),
        (words.labels.text("column", "currency"), GENERAL, [row["currency"] for row in rows]),
        (words.labels.text("column", "reference_currency"), GENERAL, [row["reference_currency"] for row in rows]),
    ]
    table(sheet, styles, words, columns)
    sheet.freeze_panes(1, 2)
