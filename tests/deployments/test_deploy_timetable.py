"""When markets run: on their own clocks, after their own time, never two at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows.planning.timetable import APART, starts
from region_profiles.loader import list_markets, load_profile
from region_profiles.models import Schedule
from tasks.errors import ProfileError


def scheduled(market, **schedule):
    """The market's profile with another schedule."""
    return load_profile(market).model_copy(update={"schedule": Schedule(**schedule)})


@pytest.fixture(scope="module")
def everywhere():
    """Forty markets, those without a file as well."""
    names = [*list_markets(), "AR", "AT", "AU", "CA", "CL", "CO", "CZ", "DK", "ES", "FI", "FR", "GB", "GR", "HU", "ID",
             "IE", "IL", "IT", "MY", "NO", "NZ", "PH", "PL"]  # fmt: skip
    return {name: load_profile(name) for name in names}


def in_utc(start, month):
    minute, hour = (int(part) for part in start.cron.split()[:2])
    local = datetime(2026, month, 15, hour, minute, tzinfo=ZoneInfo(start.time_zone))
    moment = local.astimezone(UTC)
    return moment.hour * 60 + moment.minute


@pytest.mark.parametrize("month", [1, 7])
def test_no_two_of_forty_markets_start_within_five_minutes_in_winter_or_in_summer(everywhere, month):
    minutes = [in_utc(start, month) for start in starts(everywhere)]
    assert len(minutes) == 40
    assert min(min((a - b) % 1440, (b - a) % 1440) for a, b in combinations(minutes, 2)) >= APART


def test_no_market_starts_before_its_own_time_and_none_on_another_local_day(everywhere):
    for start in starts(everywhere):
        minute, hour = (int(part) for part in start.cron.split()[:2])
        assert time(3, 0) <= time(hour, minute) < time(7, 0), start
        assert start.time_zone == everywhere[start.markets[0]].market.time_zone


def test_markets_whose_day_is_nearly_over_start_together_rather_than_tomorrow():
    late = {market: scheduled(market, at=time(23, 58)) for market in ("DE", "FR", "IT")}
    assert {start.cron for start in starts(late)} == {"58 23 * * *"}


def test_a_market_that_never_runs_by_itself_has_no_schedule():
    assert starts({"DE": scheduled("DE", every="never")}) == ()


@pytest.mark.parametrize(
    ("schedule", "cron"),
    [
        ({"every": "week", "weekday": "friday", "at": time(22, 15)}, "15 22 * * 5"),
        ({"every": "month", "day": 28}, "0 3 28 * *"),
    ],
)
def test_weeks_and_months_have_their_day(schedule, cron):
    assert starts({"DE": scheduled("DE", **schedule)})[0].cron == cron


def test_markets_of_a_group_start_together_by_the_clock_of_the_first():
    found = starts({name: scheduled(name, group="nordics") for name in ("SE", "FI", "DK")})
    (start,) = found
    assert (start.slug, start.markets, start.time_zone) == ("group-nordics", ("DK", "FI", "SE"), "Europe/Copenhagen")


def test_a_group_keeps_to_one_residency_zone():
    found = starts({name: scheduled(name, group="all") for name in ("DE", "CN", "JP")})
    assert [start.markets for start in found] == [("CN",), ("JP",), ("DE",)]


def test_a_group_with_two_times_is_an_error_that_names_both_markets():
    profiles = {"DE": scheduled("DE", group="dach"), "CH": scheduled("CH", group="dach", at=time(4, 0))}
    with pytest.raises(ProfileError, match="CH and DE are of one group") as caught:
        starts(profiles)
    assert caught.value.value == "day at 03:00"


def test_the_clock_may_be_another_than_the_markets():
    (start,) = starts({"US": scheduled("US", time_zone="America/Los_Angeles")})
    assert (start.cron, start.time_zone) == ("0 3 * * *", "America/Los_Angeles")


def test_on_the_days_when_clocks_change_a_market_runs_exactly_once():
    """Berlin 2026: 02:30 does not exist on 29 March and exists twice on 25 October."""
    (start,) = starts({"DE": scheduled("DE", at=time(2, 30))})
    schedule = CronSchedule(cron=start.cron, timezone=start.time_zone)
    berlin = ZoneInfo("Europe/Berlin")
    for month, day in ((3, 29), (10, 25)):
        first = datetime(2026, month, day, tzinfo=berlin)
        with ThreadPoolExecutor(1) as apart:  # a browser of another test may run this thread's event loop
            found = apart.submit(lambda day=first: asyncio.run(schedule.get_dates(n=5, start=day))).result()
        assert sum(one.astimezone(berlin).date() == first.date() for one in found) == 1
