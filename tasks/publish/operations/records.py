"""Records of how markets stand, as `strata status --json` gives them and operations.html shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

from tasks.publish.manifest import Record

Word = Literal["failed", "held", "late", "stale", "waiting", "never", "ok"]
Judged = Literal["passed", "warned", "held", "approved"]
#: What needs a hand first: nothing comes any more; a person must decide; it is overdue; it is there but built on sand.
#: A market that waits for its drop needs none yet.
URGENCY: tuple[Word, ...] = ("failed", "held", "late", "stale", "waiting", "never", "ok")
#: Dates or checks that one sentence names.
NAMED = 5


class Need(Record):
    """Something that needs a hand: `says` what it is, `todo` the next step."""

    word: Word
    says: str
    todo: str


class Counts(Record):
    """A table of the ledger; `balanced` where every row that was read is accounted for."""

    table: str
    read: int
    kept: int
    duplicate: int
    filtered: int
    quarantined: int
    balanced: bool


class Handed(Record):
    """A delivery of the current publication. `open`: claimed and not yet done; `missing`: not tried, or in vain."""

    team: str
    means: str
    state: Literal["delivered", "open", "missing"]
    when: datetime | None = None


class Tried(Record):
    """An attempt. `seconds` of work, without waiting for the drop; null where it has no end."""

    run: str
    as_of: date
    started: datetime
    outcome: str
    seconds: float | None
    step: str | None = None
    says: str | None = None


class Rates(Record):
    """Exchange rates of the publication's purchases: days without any by currency, and the weakest kinds used."""

    without: dict[str, int]
    kinds: tuple[str, ...]


class Standing(Record):
    """A market. Dates are as-of dates, moments UTC; `next_run` carries the market's own offset from UTC.

    `age_days`: from the as-of date to the market's local today, so 1 is yesterday's. `missed`: starts of the schedule
    whose publication should be there. `gate`: the verdict on the current publication; null where it was not judged.
    `quarantined` is a share of all rows read.
    """

    market: str
    word: Word
    needs: tuple[Need, ...]
    doing: str | None = None
    current: date | None = None
    publication: str | None = None
    published: datetime | None = None
    revision: int = 0
    age_days: int | None = None
    missed: int = 0
    schedule: str | None = None
    next_run: datetime | None = None
    time_zone: str | None = None
    stale: tuple[date, ...] = ()
    balanced: bool | None = None
    quarantined: float | None = None
    ledger: tuple[Counts, ...] = ()
    gate: Judged | None = None
    warnings: tuple[str, ...] = ()
    deliveries: tuple[Handed, ...] = ()
    newest_purchase: date | None = None
    rates: Rates | None = None
    attempts: tuple[Tried, ...] = ()


class Operations(Record):
    """All markets of a publish root at a moment (UTC), those that need a hand first; `rates_until`: the ECB's."""

    at: datetime
    root: str
    rates_until: date | None
    markets: tuple[Standing, ...]

    @property
    def needy(self) -> tuple[Standing, ...]:
        """The markets that need a hand."""
        return tuple(one for one in self.markets if one.needs)

    @property
    def tally(self) -> str:
        """In a line: how many markets, and how many need a hand."""
        of = f"{len(self.markets)} market{'' if len(self.markets) == 1 else 's'}"
        need = len(self.needy)
        return f"{need} of {of} need{'s' if need == 1 else ''} a hand" if need else f"{of}, none needs a hand"


def listed(names: Iterable[str]) -> str:
    """At most NAMED of them.

    >>> listed(["a", "b"]), listed(str(number) for number in range(8))
    ('a, b', '0, 1, 2, 3, 4 and 3 more')
    """
    every = list(names)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def ago(span: timedelta) -> str:
    """In the largest unit that fits.

    >>> ago(timedelta(days=31)), ago(timedelta(hours=7)), ago(timedelta(minutes=2))
    ('31 d', '7 h', '2 min')
    """
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((1440, "d"), (60, "h")):
        if abs(minutes) >= size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"
