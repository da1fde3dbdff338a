"""A fault at a path of the profile, and the small checks that several parts share."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.core import get_global

from region_profiles.territories import no_money

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a path of the profile; one that is `inherited` is only a warning where a built-in layer says so."""

    path: Steps
    problem: str
    value: object = None
    expected: str | None = None
    hint: str | None = None
    warning: bool = False
    inherited: bool = False


def nearest(word: object, known: Iterable[str]) -> str | None:
    """A hint with the nearest of the known names, or None.

    >>> nearest("delimeter", ("delimiter", "encoding"))
    "did you mean 'delimiter'?"
    """
    close = get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else None


def written(path: Steps) -> str:
    """A path as people write it.

    >>> written(("teams", 0, "locales"))
    'teams[0].locales'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def repeated(values: Iterable[object], path: Steps, what: str) -> Iterator[Fault]:
    """A fault for each value that stood before; `path` holds a list."""
    seen: set[object] = set()
    for number, value in enumerate(values):
        if value in seen:
            yield Fault((*path, number), f"{what} stands twice", value, "each once")
        seen.add(value)


def rising(values: Iterable[Decimal], path: Steps) -> Iterator[Fault]:
    """A fault for each number that is not above the one before."""
    listed = list(values)
    for number, (one, two) in enumerate(itertools.pairwise(listed), 1):
        if two <= one:
            yield Fault((*path, number), "does not rise", two, f"more than {one}")


def zone(name: str | None, path: Steps) -> Iterator[Fault]:
    """A fault if the time zone is not IANA's."""
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault(path, "unknown time zone", name, "an IANA zone", nearest(name, available_timezones()))


def currency(code: str, path: Steps) -> Iterator[Fault]:
    """A fault if the code is not ISO 4217's, or none in which anybody pays."""
    known = get_global("all_currencies")
    if code in no_money():
        hint = "metals, units of account and test codes have no amounts: ask the shop what its tills count in"
        yield Fault(path, "a currency without digits", code, "an ISO 4217 code of money, such as EUR", hint)
    elif code not in known:
        yield Fault(path, "unknown currency", code, "an ISO 4217 code", nearest(code, known))
