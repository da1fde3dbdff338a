"""Checks against the market's own past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from region_profiles.models import Profile
from tasks.gate.drift import Drift
from tasks.gate.history import RECENT, Past
from tasks.gate.sales import sales, silent
from tasks.gate.shape import nulls, segments
from tasks.gate.stocks import stocks
from tasks.gate.verdict import Check


def against(profile: Profile, now: Past, past: Sequence[Past], drift: Drift) -> Iterator[Check]:
    """The checks that at least `gate.history` earlier publications allow; fewer judge nothing."""
    recent = past[-RECENT:]
    if len(recent) < profile.gate.history:
        return
    yield from stocks(profile, now, recent)
    yield from sales(profile, now, past)
    yield from silent(profile, now, past)
    yield from segments(profile, now, recent)
    yield from nulls(profile, now, recent, drift)
