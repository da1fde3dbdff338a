"""What may explain a figure out of its band: feasts that moved, public holidays, stores opened and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from statistics import median

from region_profiles.models import Profile
from tasks.culture.calendar import holidays_between
from tasks.culture.calendar.moments import Kept, kept_between
from tasks.gate.history import Past

#: A feast explains where its days, with those that lead to it, are a tenth more or less of the days compared.
TENTH = 0.1
#: So much more room: a great feast may double the sales of its weeks, or shut the shops; a small one does less.
FEAST, GREAT = log(2.0), 3
#: Days of sales so few that a public holiday among them decides.
WEEK = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Explained:
    """Codes of what explains, and how much more room that gives downwards and upwards, as logarithms of ratios."""

    why: tuple[str, ...] = ()
    detail: str | None = None
    down: float = 0.0
    up: float = 0.0


def explained(profile: Profile, now: Past, like: Sequence[Past], *, of_year: bool) -> Explained:
    """What sets the new days of a publication apart from those of the ones it is compared with.

    `of_year`: those are of the same season a year before, so that only feasts that move count. Without that every
    moment does: a Christmas that the past has not seen is none of its surprises.
    """
    feasts = _feasts(profile, now, like, moving=of_year)
    weight = max(feasts.values(), default=GREAT)
    holiday = not feasts and _span(now) < WEEK and _has_holiday(profile, now)
    opened, closed = _stores(now, like)
    found = [
        ("moving_feast" if of_year else "season", bool(feasts)),
        ("holiday", holiday),
        ("store_opened", opened > 0),
        ("store_closed", closed > 0),
    ]
    room = FEAST * weight / GREAT if feasts or holiday else 0.0
    # A new store may be larger than the others: twice its share.
    return Explained(
        tuple(code for code, applies in found if applies),
        ", ".join(feasts) or None,
        room + 2 * closed,
        room + 2 * opened,
    )


def _span(past: Past) -> int:
    new = past.measures.get("new") or {}
    return int(new.get("days", 0))


def _feasts(profile: Profile, now: Past, like: Sequence[Past], *, moving: bool) -> dict[str, int]:
    """code: weight of the moments that take more or less of the new days than of those compared."""
    shares = _shares(profile, now, moving=moving)
    others = [_shares(profile, one, moving=moving) for one in like]
    weights = {code: weight for one in (*others, shares) for code, (weight, _) in one.items()}

    def share(of: Mapping[str, tuple[int, float]], code: str) -> float:
        return of[code][1] if code in of else 0.0

    return {
        code: weight
        for code, weight in sorted(weights.items())
        if others and abs(share(shares, code) - median(share(one, code) for one in others)) > TENTH
    }


def _shares(profile: Profile, past: Past, *, moving: bool) -> dict[str, tuple[int, float]]:
    """code: weight, and the share of the new days that a moment, with the days that lead to it, takes."""
    span = _span(past)
    if not span:
        return {}
    first, last = past.as_of - (span - 1) * _DAY, past.as_of
    reach = timedelta(days=60)
    found: dict[str, tuple[int, float]] = {}
    for kept in kept_between(profile.market.country, first, last + reach, profile.calendar):
        if kept.moves or not moving:
            code, weight = kept.moment.code, kept.moves.weight if kept.moves else GREAT
            found[code] = weight, found.get(code, (0, 0.0))[1] + _days(kept, first, last) / span
    return found


def _days(kept: Kept, first: date, last: date) -> int:
    start = kept.moment.start - (kept.moves.lead if kept.moves else 0) * _DAY
    return max(0, (min(last, kept.moment.end) - max(first, start)).days + 1)


def _has_holiday(profile: Profile, now: Past) -> bool:
    first = now.as_of - (_span(now) - 1) * _DAY
    return bool(holidays_between(profile.market.country, None, first, now.as_of, "en"))


def _stores(now: Past, like: Sequence[Past]) -> tuple[float, float]:
    """Logarithm of how many times as many stores are open, and the same for fewer; by the shop's own table."""
    stores = now.measures.get("stores")
    before = [one.measures["stores"]["open"] for one in like if one.measures.get("stores")]
    if not stores or not before or not stores["open"] or not median(before):
        return 0.0, 0.0
    ratio = log(stores["open"] / median(before))
    return max(ratio, 0.0), max(-ratio, 0.0)
