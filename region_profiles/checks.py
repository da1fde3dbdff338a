"""What no type can say and needs no data: who names what that is not there, lists of the wrong length, dead letters.

Each check takes the profile and yields faults; rules' SQL is compiled elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from babel import localedata
from babel.core import get_global

from region_profiles.cluster_checks import check_clusters
from region_profiles.findings import Fault, Steps, currency, nearest, repeated, rising, zone
from region_profiles.models import Profile, Score
from region_profiles.playbook_checks import check_playbooks
from region_profiles.regimes import check_regime
from region_profiles.segment_checks import NUMBERS, check_segments
from region_profiles.source_checks import check_source
from region_profiles.territories import territories


def check(profile: Profile, market: str) -> Iterator[Fault]:
    """Every fault and warning of a profile whose types are right; `market` is the code it was asked for."""
    yield from _market(profile, market)
    yield from check_source(profile.source)
    yield from _money(profile)
    yield from _scores(profile)
    yield from check_segments(profile)
    yield from check_clusters(profile.clusters, NUMBERS)
    yield from _teams(profile)
    yield from check_regime(profile)
    yield from check_playbooks(profile)


def _market(profile: Profile, market: str) -> Iterator[Fault]:
    here = profile.market
    if here.country != market:
        yield Fault(("market", "country"), "is not the market of this file", here.country, market)
    yield from zone(here.time_zone, ("market", "time_zone"))
    known = territories()
    for number, country in enumerate(here.cross_border):
        path = ("market", "cross_border", number)
        if country not in known:
            yield Fault(path, "unknown country", country, "an ISO 3166 alpha-2 code", nearest(country, known))
        elif country == here.country:
            yield Fault(path, "is the market itself", country, "a neighbour")
    yield from repeated(here.cross_border, ("market", "cross_border"), "country")
    yield from repeated(here.languages, ("market", "languages"), "language")
    yield from repeated(here.weekend, ("market", "weekend"), "day")
    for number, period in enumerate(here.currencies):
        yield from currency(period.code, ("market", "currencies", number, "code"))
        if period.since and period.until and period.until < period.since:
            yield Fault(
                ("market", "currencies", number, "until"), "is before since", period.until, f"{period.since} or later"
            )


def _money(profile: Profile) -> Iterator[Fault]:
    yield from currency(profile.money.reporting_currency, ("money", "reporting_currency"))
    if profile.money.rates_base:
        yield from currency(profile.money.rates_base, ("money", "rates_base"))
    yield from repeated(profile.money.lenses, ("money", "lenses"), "lens")
    if "local" not in profile.money.lenses:
        yield Fault(("money", "lenses"), "local is missing", None, "local among the lenses: every amount has it")
    rates = profile.tax.rates
    for number, (one, two) in enumerate(itertools.pairwise(rates), 1):
        if two.since is None or (one.since is not None and two.since <= one.since):
            yield Fault(("tax", "rates", number, "since"), "does not rise", two.since, f"a date after {one.since}")


def _scores(profile: Profile) -> Iterator[Fault]:
    scores = profile.traits.scores
    by_name: dict[str, Score] = {name: getattr(scores, name) for name in ("recency", "frequency", "monetary")}
    for name, score in by_name.items():
        yield from _score(score, name)
    yield from _nested(by_name)
    path = ("traits", "scores", "monetary_lens")
    if scores.monetary_lens not in profile.money.lenses:
        yield Fault(
            path, "names a lens that money.lenses leaves off", scores.monetary_lens, ", ".join(profile.money.lenses)
        )
    elif scores.monetary_lens == "ppp" and scores.monetary.method == "quantiles":
        yield Fault(
            path,
            "quantiles of ppp within a market say nothing that quantiles of local money do not",
            "ppp",
            "local, or thresholds in international dollars",
            warning=True,
        )


def _score(score: Score, name: str) -> Iterator[Fault]:
    path = ("traits", "scores", name)
    if score.method == "thresholds":
        if len(score.thresholds) != score.bins - 1:
            expected = f"{score.bins - 1} borders for {score.bins} bins"
            yield Fault((*path, "thresholds"), "has the wrong length", len(score.thresholds), expected)
        yield from rising(score.thresholds, (*path, "thresholds"))
    elif score.thresholds:
        yield Fault(
            (*path, "thresholds"), f"has no meaning with method {score.method}", None, "method: thresholds, or null"
        )
    if score.method == "nested":
        others = [one for one in ("recency", "frequency", "monetary") if one != name]
        if score.within not in others:
            yield Fault((*path, "within"), "is missing or the score itself", score.within, " or ".join(others))
    elif score.within:
        yield Fault(
            (*path, "within"), f"has no meaning with method {score.method}", score.within, "method: nested, or null"
        )


def _nested(scores: dict[str, Score]) -> Iterator[Fault]:
    """A fault for the first score that is nested within itself by way of others: none of them could be cut first."""
    for name in scores:
        chain = [name]
        while (within := scores[chain[-1]].within) in scores and within not in chain:
            chain.append(within)
        if within == name and len(chain) > 1:
            told = " within ".join([*chain, name])
            expected = "a score within one that has cuts of its own"
            yield Fault(("traits", "scores", name, "within"), f"goes in a circle: {told}", within, expected)
            return


def _teams(profile: Profile) -> Iterator[Fault]:
    names = [team.name for team in profile.teams]
    for number, team in enumerate(profile.teams):
        if team.name in names[:number]:
            yield Fault(("teams", number, "name"), "team stands twice", team.name, "each name once")
        yield from repeated(team.locales, ("teams", number, "locales"), "locale")
        for index, tag in enumerate(team.locales):
            yield from _locale(tag, ("teams", number, "locales", index))


def _locale(tag: str, path: Steps) -> Iterator[Fault]:
    """A fault if a language or a territory of the tag is nobody's; en-UK is en-GB."""
    language, *rest = tag.split("-")
    if not localedata.exists(language):
        languages = [one for one in localedata.locale_identifiers() if "_" not in one]
        expected = "a BCP 47 tag of a language that CLDR has"
        yield Fault(path, "unknown language", tag, expected, nearest(tag, languages))
        return
    places = [part.upper() for part in rest if len(part) == len("DE")]
    for place in places:
        if place not in territories():
            meant = get_global("territory_aliases").get(place)
            hint = f"did you mean {language}-{meant[0]}?" if meant else nearest(place, territories())
            yield Fault(
                path, "unknown territory in a locale", tag, "a language and an ISO 3166 code, as in de-CH", hint
            )
