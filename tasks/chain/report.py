"""The chain's report: sections in order, set by the template of the markets' reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tasks.chain import report_markets, report_segments
from tasks.chain.view import View
from tasks.export.report.blocks import Block, Page, Points, Section, Text
from tasks.export.report.setting import template
from tasks.export.report.words import Words
from tasks.export.workbook.overview import period


def render_report(view: View, locale: str) -> bytes:
    """The page: aggregates of several customers each, no file beside it, the same bytes for the same chain."""
    words = Words(locale, view.profile)
    page = Page(
        language=words.tag,
        rtl=words.rtl,
        title=words.say("title", "chain"),
        as_of=words.say("as_of", date=words.day(view.as_of)),
        period=period(view.profile, words.labels, view.as_of),
        skip=words.say("skip"),
        contents=words.say("contents"),
        table=words.say("table"),
        figures=list(_key_figures(words, view)),
        sections=list(_sections(words, view)),
    )
    return template("tasks.export.report", "report.html").render(page=page).encode()


def _key_figures(words: Words, view: View) -> Iterator[tuple[str, str]]:
    yield words.say("markets", "chain"), words.number(len(view.markets))
    total = view.total
    if total is not None:
        yield words.say("customers"), words.number(total["customers"])
        yield (
            words.labels.text("column", "monetary_reference"),
            words.short(Decimal(total["monetary_reference"] or 0), view.currency),
        )
        yield words.say("orders"), words.number(total["orders"])
    growth = report_segments.growth(view)
    if growth is not None:
        yield words.say("growth", "chain"), report_segments.signed(words, growth)


def _sections(words: Words, view: View) -> Iterator[Section]:
    yield _section(words, "markets", report_markets.markets(words, view))
    yield _section(words, "lenses", report_markets.lenses(words, view))
    wanted: list[tuple[str, Sequence[Block]]] = [
        ("development", report_markets.development(words, view)),
        ("segments", report_segments.segments(words, view)),
        ("languages", report_segments.languages(words, view)),
        ("moves", report_segments.moves(words, view)),
        ("stores", report_segments.stores(words, view)),
        ("apart", report_markets.apart(words, view)),
    ]
    for name, blocks in wanted:
        if blocks:
            yield _section(words, name, blocks)
    yield _section(words, "reading", [Points(report_markets.reading(words, view))])
    publication = words.labelled(words.say("publication"), view.manifest.publication)
    yield Section("asking", words.say("ask"), [Text(words.say("ask_operations")), Points([publication])])


def _section(words: Words, name: str, blocks: Sequence[Block]) -> Section:
    return Section(name, words.say(f"section_{name}", "chain"), blocks)
