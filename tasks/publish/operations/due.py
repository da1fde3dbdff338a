"""When a market is due: the starts that its schedule asks for, on its own clock. Pure; moments come and go in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from region_profiles.operation_models import Schedule
from tasks.publish.manifest import Record

#: A start is picked up within seconds; markets of a busy hour queue for memory, and a retry pauses. Then it is late.
GRACE = timedelta(hours=2)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: More than the longest schedule's days between two starts.
_MONTH = 32


class Plan(Record):
    """When a market runs and to whom its files go, as its profile says.

    `late_by` are minutes that its start is moved so that it does not start with another, `wait` those that a run waits
    for its drop; `deliveries` are teams and means.
    """

    schedule: Schedule
    time_zone: str
    late_by: int = 0
    wait: int = 0
    deliveries: tuple[tuple[str, str], ...] = Field(default=())


def next_due(plan: Plan, now: datetime) -> datetime | None:
    """The next start after now; None for a market that never runs by itself.

    >>> from datetime import time
    >>> plan = Plan(schedule=Schedule(at=time(3)), time_zone="Asia/Tokyo", late_by=10)
    >>> next_due(plan, datetime(2026, 6, 30, 18, 30, tzinfo=UTC)).isoformat()  # 03:30 in Tokyo
    '2026-07-01T18:10:00+00:00'
    """
    today = _local(plan, now)
    days = (today + timedelta(days=ahead) for ahead in range(_MONTH + 1))
    return next((at for day in days if _runs_on(plan, day) and (at := start(plan, day)) > now), None)


def expected(plan: Plan, now: datetime) -> date | None:
    """The as-of date that must be there by now: of the last start, once it has had its time. None if there is none.

    >>> plan = Plan(schedule=Schedule(), time_zone="Europe/Berlin")
    >>> expected(plan, datetime(2026, 7, 1, 2, 59, tzinfo=UTC)), expected(plan, datetime(2026, 7, 1, 3, 0, tzinfo=UTC))
    (datetime.date(2026, 6, 29), datetime.date(2026, 6, 30))
    """
    last = now - GRACE - timedelta(minutes=plan.wait)
    today = _local(plan, last)
    days = (today - timedelta(days=back) for back in range(_MONTH + 1))
    found = next((day for day in days if _runs_on(plan, day) and start(plan, day) <= last), None)
    return None if found is None else found - timedelta(days=1)


def missed(plan: Plan, current: date | None, now: datetime) -> int:
    """Starts whose publication is not there though it must be; 0 where nothing was ever published.

    >>> weekly = Plan(schedule=Schedule(every="week"), time_zone="UTC")
    >>> missed(weekly, date(2026, 6, 7), datetime(2026, 6, 30, tzinfo=UTC))  # Mondays 15, 22, 29: not that of the 8th
    3
    """
    wanted = expected(plan, now)
    if wanted is None or current is None:
        return 0
    return sum(_runs_on(plan, day) for day in _days(current + timedelta(days=2), wanted + timedelta(days=1)))


def start(plan: Plan, day: date) -> datetime:
    """The start on a local day; where the clock jumps over it, as much later as it jumps."""
    local = datetime.combine(day, plan.schedule.at, ZoneInfo(plan.time_zone)) + timedelta(minutes=plan.late_by)
    return local.astimezone(UTC)


def _local(plan: Plan, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(plan.time_zone)).date()


def _runs_on(plan: Plan, day: date) -> bool:
    match plan.schedule.every:
        case "day":
            return True
        case "week":
            return _WEEKDAYS[day.weekday()] == plan.schedule.weekday
        case "month":
            return day.day == plan.schedule.day
        case "never":
            return False


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1))
