"""When each market runs: the schedules of the profiles as cron lines, spread so that markets do not start together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from region_profiles.models import Profile, Schedule
from tasks.errors import ProfileError

DAY = 24 * 60
#: Minutes between two starts: a worker picks a run up within seconds, and a usual market is done in fewer.
APART = 5
#: A day of each half of the year: clocks that agree in winter may differ in summer.
HALVES = (datetime(2026, 1, 15), datetime(2026, 7, 15))  # noqa: DTZ001 - the zone comes with the market
#: Cron's numbers of weekdays.
CRON_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


@dataclass(frozen=True, slots=True)
class Start:
    """Markets that start together: `cron` in `time_zone`; `region` and `zone` say which deployment holds them."""

    slug: str
    region: str
    zone: str
    markets: tuple[str, ...]
    cron: str
    time_zone: str
    late_by: int = 0
    """Minutes after the profile's own time, so that it does not start with another."""


@dataclass(frozen=True, slots=True)
class _Wish:
    slug: str
    markets: tuple[str, ...]
    region: str
    zone: str
    schedule: Schedule
    clock: ZoneInfo


@dataclass(slots=True)
class _Taken:
    """Minutes of the UTC day at which something starts, in winter and in summer."""

    minutes: tuple[set[int], ...] = field(default_factory=lambda: (set(), set()))

    def free(self, found: tuple[int, ...]) -> bool:
        near = range(-APART + 1, APART)
        return not any((minute + by) % DAY in taken for minute, taken in zip(found, self.minutes, strict=True)
                       for by in near)  # fmt: skip

    def take(self, found: tuple[int, ...]) -> None:
        for minute, taken in zip(found, self.minutes, strict=True):
            taken.add(minute)


def starts(profiles: Mapping[str, Profile]) -> tuple[Start, ...]:
    """The schedules of these markets, sorted by region and slug; markets that never run by themselves have none.

    A start is at its market's time or some minutes later on the same local day: never before the tills have delivered,
    and never on another as-of date. Which market waits for which follows from their codes alone.

    Raises:
        ProfileError: two markets of a group differ in their schedule.
    """
    taken = _Taken()
    found = []
    for wish in _wishes(profiles):
        asked = wish.schedule.at.hour * 60 + wish.schedule.at.minute
        later = range(asked, DAY, APART)
        minute = next((one for one in later if taken.free(_in_utc(one, wish.clock))), asked)
        taken.take(_in_utc(minute, wish.clock))
        cron = _cron(wish.schedule, minute)
        found.append(
            Start(wish.slug, wish.region, wish.zone, wish.markets, cron, wish.clock.key, late_by=minute - asked)
        )
    return tuple(sorted(found, key=lambda one: (one.region, one.zone, one.slug)))


def _wishes(profiles: Mapping[str, Profile]) -> Iterable[_Wish]:
    together: dict[tuple[str, str, str], list[str]] = {}
    for market, profile in sorted(profiles.items()):
        if profile.schedule.every != "never":
            slug = f"group-{profile.schedule.group}" if profile.schedule.group else market
            key = (profile.market.region, profile.market.zone, slug.lower().replace("_", "-"))
            together.setdefault(key, []).append(market)
    for (region, zone, slug), markets in together.items():
        first = profiles[markets[0]]
        for market in markets[1:]:
            other, same = profiles[market].schedule, first.schedule
            if (other.every, other.at, other.weekday, other.day) != (same.every, same.at, same.weekday, same.day):
                raise ProfileError(
                    f"{markets[0]} and {market} are of one group and run at different times",
                    path="schedule",
                    value=f"{other.every} at {other.at:%H:%M}",
                    expected=f"{same.every} at {same.at:%H:%M}, as {markets[0]} says",
                    hint="write the group's schedule into the region's file",
                )
        clock = ZoneInfo(first.schedule.time_zone or first.market.time_zone)
        yield _Wish(slug, tuple(markets), region, zone, first.schedule, clock)


def _in_utc(minute: int, clock: ZoneInfo) -> tuple[int, ...]:
    """A minute of the local day as minutes of the UTC day, in winter and in summer."""
    found = []
    for day in HALVES:
        moment = (day + timedelta(minutes=minute)).replace(tzinfo=clock).astimezone(UTC)
        found.append(moment.hour * 60 + moment.minute)
    return tuple(found)


def _cron(schedule: Schedule, minute: int) -> str:
    """A cron line.

    >>> _cron(Schedule(), 185), _cron(Schedule(every="week", weekday="sunday"), 0), _cron(Schedule(every="month"), 61)
    ('5 3 * * *', '0 0 * * 0', '1 1 1 * *')
    """
    at = time(minute // 60, minute % 60)
    day = schedule.day if schedule.every == "month" else "*"
    weekday = CRON_DAYS.index(schedule.weekday) if schedule.every == "week" else "*"
    return f"{at.minute} {at.hour} {day} * {weekday}"
