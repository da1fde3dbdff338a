"""The report of one locale: sections in order, set by the template, written as one file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from region_profiles.models import Profile
from tasks.culture.calendar import Near, near
from tasks.export.background import Background
from tasks.export.files import ExportFile
from tasks.export.report import like, market, months, plans, predictions, quality, results, rules, segments
from tasks.export.report.blocks import Page, Section, Text
from tasks.export.report.facts import Facts
from tasks.export.report.setting import template
from tasks.export.report.words import Words
from tasks.export.summary import MARKET, Summary

#: Bytes of a report beyond which its notes say so: it is sent by mail, and read on slow lines.
LARGE = 300_000


def write_report(
    profile: Profile,
    facts: Facts,
    figures: Summary,
    background: Background,
    locale: str,
    out: Path,
) -> ExportFile:
    """Write `<locale>/summary/<CC>_<as_of>_<locale>_report.html` below `out`.

    Aggregates only: no personal value, no count below `Privacy.minimum_count`, nor what would tell one. The same
    arguments give the same bytes.
    """
    words = Words(locale, profile)
    content = render(profile, facts, figures, background, words).encode()
    path = f"{locale}/summary/{facts.country}_{facts.as_of.isoformat()}_{locale}_report.html"
    target = out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return ExportFile(
        path=path,
        locale=locale,
        kind="report",
        rows=0,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        teams=tuple(team.name for team in profile.teams if locale in team.locales),
        notes=(*words.labels.notes, *words.formatter.notes, *_large(locale, len(content))),
    )


def _large(locale: str, size: int) -> tuple[str, ...]:
    limit = f"{LARGE // 1000} kB"
    return (f"report: that of {locale} has {-(-size // 1000)} kB, more than {limit}",) if size > LARGE else ()


def render(
    profile: Profile,
    facts: Facts,
    figures: Summary,
    background: Background,
    words: Words,
) -> str:
    """The page as text."""
    page = Page(
        language=words.tag,
        rtl=words.rtl,
        title=words.say("title", market=words.labels.country_name(facts.country)),
        as_of=words.say("as_of", date=words.day(facts.as_of)),
        period=_period(words, facts),
        skip=words.say("skip"),
        contents=words.say("contents"),
        table=words.say("table"),
        figures=[] if facts.withheld or not facts.customers else list(_key_figures(words, facts, figures)),
        sections=list(_sections(profile, facts, figures, background, words)),
    )
    return template("tasks.export.report", "report.html").render(page=page)


def _sections(
    profile: Profile,
    facts: Facts,
    figures: Summary,
    background: Background,
    words: Words,
) -> Iterable[Section]:
    before, country = background.previous_as_of, facts.country
    coming: Sequence[Near] = near(country, facts.as_of, locale=words.tag, calendar=profile.calendar)
    told = bool(facts.customers) and not facts.withheld
    if not told:
        text = words.say("all_withheld" if facts.customers else "no_customers")
        yield Section("sizes", words.say("sizes"), [Text(text)])
    else:
        yield segments.changed(words, profile, facts, figures, before)
        yield from like.like(words, profile, facts, figures, before)
        yield from results.results(words, profile, facts, figures, before)
        yield from segments.sizes(words, profile, figures)
        yield from segments.lenses(words, facts, before)
        yield from segments.movements(words, facts, before)
        yield from months.months(words, facts, background.days)
        yield from predictions.predictions(words, profile, facts, figures, background)
        yield from predictions.clusters(words, background)
        yield from segments.languages(words, profile, figures)
        yield from market.cities(words, facts)
    yield market.calendar(words, coming)
    if told:
        yield from plans.playbooks(plans.Plans(words, profile, facts, figures, background, coming))
    yield quality.quality(words, facts, background)
    if told:
        yield from rules.rules(words, profile, background)
    if not facts.withheld:
        yield from quality.reconciliation(words, background)
    yield market.reading(words, profile, facts, figures)
    yield market.asking(words, profile, background)


def _period(words: Words, facts: Facts) -> str:
    if facts.start is None:
        return words.say("period_all", end=words.day(facts.as_of))
    return words.say("period", start=words.day(facts.start), end=words.day(facts.as_of))


def _key_figures(words: Words, facts: Facts, figures: Summary) -> Iterable[tuple[str, str]]:
    total = figures.rows[MARKET, "all"]
    yield words.say("customers"), words.number(facts.customers)
    yield words.say("buyers"), words.number(facts.buyers)
    untaxed = words.profile.tax.amounts == "untaxed"
    yield words.say("revenue_untaxed" if untaxed else "revenue"), words.money(total["monetary_local"], facts.currency)
    yield words.say("orders"), words.number(int(total["orders"] or 0))
    if facts.buyers:
        yield words.say("revenue_per_buyer"), words.money(facts.spent / Decimal(facts.buyers), facts.currency)
