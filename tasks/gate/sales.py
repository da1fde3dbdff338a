"""The sales of the days since the publication before, against those of other publications; and silent stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from region_profiles.models import Profile
from tasks.gate import expected
from tasks.gate.expected import Band
from tasks.gate.explain import WEEK, explained
from tasks.gate.history import RECENT, Past, year_before
from tasks.gate.judging import judged, new_days
from tasks.gate.verdict import Check

#: A store that sold so many lines and sells none any more has no till in the drop; from this share of all on it holds.
SILENT_LINES, SILENT_SHARE = 30.0, 0.1


class Season(NamedTuple):
    """The publication of a year ago, and the recent ones, each after its own of a year before."""

    then: Past
    pairs: tuple[tuple[Past, Past], ...]


def sales(profile: Profile, now: Past, past: Sequence[Past]) -> Iterator[Check]:
    """Lines and revenue of the days since the publication before, by a year ago where that is known."""
    comparable = _comparable(now, past)
    recent, season = comparable[-RECENT:], _season(now, comparable, profile.gate.history)
    if len(recent) < profile.gate.history:
        return
    like = recent if season is None else [season.then]
    why = explained(profile, now, like, of_year=season is not None)
    lines = _band("lines", expected.TOGETHER, now, recent, season)
    if lines is not None:
        yield judged("new_lines", None, "count", float(now.measures["new"]["lines"]), lines, why)
    currency = now.measures["currency"]
    if any(one.measures["currency"] != currency for one in (*like, *recent)):
        return
    revenue = _band("revenue", expected.BASKETS, now, recent, season)
    if revenue is not None:
        yield judged("new_revenue", currency, "money", float(now.measures["new"]["revenue"]), revenue, why)


def _band(figure: str, variance: float, now: Past, recent: Sequence[Past], season: Season | None) -> Band | None:
    days = now.measures["new"]["days"]
    if season is None:
        lines = [_daily(one, "lines") for one in recent]
        return expected.flow([_daily(one, figure) for one in recent], days, lines, variance)
    growth = expected.ratios((_daily(then, figure), _daily(one, figure)) for then, one in season.pairs)
    return expected.same_season(_daily(season.then, figure), growth, days, _daily(season.then, "lines"), variance)


def _season(now: Past, comparable: Sequence[Past], history: int) -> Season | None:
    """None where there is no publication of a year ago, or too few have one to say what has grown since."""
    known = {one.as_of: one for one in comparable}

    def before(one: Past) -> Past | None:
        day = year_before(one.as_of, known)
        return None if day is None else known[day]

    then = before(now)
    pairs = tuple((old, one) for one in comparable[-RECENT:] if (old := before(one)) is not None)
    return None if then is None or len(pairs) < history else Season(then, pairs)


def _comparable(now: Past, past: Sequence[Past]) -> list[Past]:
    """Recent publications whose new days compare: of a few days only those of as many, to the same weekday."""
    new = new_days(now)
    if new is None:
        return []
    found = [one for one in past if new_days(one) is not None]
    if new["days"] < WEEK:
        found = [
            one
            for one in found
            if one.measures["new"]["days"] == new["days"] and one.as_of.weekday() == now.as_of.weekday()
        ]
    return found


def _daily(one: Past, figure: str) -> float:
    new = one.measures["new"]
    return float(new[figure]) / float(new["days"])


def silent(profile: Profile, now: Past, past: Sequence[Past]) -> Iterator[Check]:
    """Stores that always sold and sell nothing now, though the shop has not closed them."""
    new, recent = new_days(now), _comparable(now, past)[-RECENT:]
    if new is None or len(recent) < profile.gate.history:
        return
    shut = set((now.measures.get("stores") or {}).get("shut", ()))
    holiday = "holiday" in explained(profile, now, recent, of_year=False).why
    everywhere = median(_daily(one, "lines") for one in recent)
    always = set.intersection(*(set(one.measures["new"]["stores"]) for one in recent)) - {""}
    for store in sorted(always - set(new["stores"]) - shut):
        usual = median(one.measures["new"]["stores"][store] / one.measures["new"]["days"] for one in recent)
        if usual * new["days"] >= SILENT_LINES:
            large = usual >= SILENT_SHARE * everywhere and not holiday
            yield Check(
                check="store_silent",
                subject=store,
                unit="count",
                value=0.0,
                expected=(1.0, None),
                past=len(recent),
                outcome="hold" if large else "warn",
                why=("holiday",) if holiday else (),
            )
