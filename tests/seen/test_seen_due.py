"""When a market is due, on its own clock. Expected moments are worked out by hand from the zones' rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from region_profiles.operation_models import Schedule
from tasks.publish.operations.due import Plan, expected, missed, next_due, start


def plan(zone="Europe/Berlin", late_by=0, wait=0, **schedule):
    return Plan(schedule=Schedule(**schedule), time_zone=zone, late_by=late_by, wait=wait)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "now", "due"),
    [
        (plan(), "2026-07-01T00:59", "2026-07-01T01:00"),  # CEST is UTC+2
        (plan(), "2026-07-01T01:00", "2026-07-02T01:00"),
        (plan(), "2026-12-01T00:00", "2026-12-01T02:00"),  # CET is UTC+1
        (plan("America/New_York", at=time(23, 30)), "2026-07-01T03:29", "2026-07-01T03:30"),
        (plan("Asia/Kolkata"), "2026-06-30T21:29", "2026-06-30T21:30"),  # UTC+5:30
        (plan(every="week", weekday="friday"), "2026-07-01T08:00", "2026-07-03T01:00"),
        (plan(every="month", day=28), "2026-07-28T01:00", "2026-08-28T01:00"),
        (plan(late_by=25), "2026-07-01T01:00", "2026-07-01T01:25"),
    ],
)
def test_the_next_start_is_on_the_markets_own_clock(plan, now, due):
    assert next_due(plan, at(now)) == at(due)


def test_a_start_within_an_hour_that_the_clock_leaves_out_comes_an_hour_later():
    # 2026-03-29 02:00 becomes 03:00 in Berlin: 02:30 does not exist, and 03:30 CEST is 01:30 UTC.
    assert start(plan(at=time(2, 30)), date(2026, 3, 29)) == at("2026-03-29T01:30")


@pytest.mark.parametrize(
    ("plan", "now", "as_of"),
    [
        (plan(), "2026-07-01T02:59", "2026-06-29"),  # started at 01:00, with two hours to finish
        (plan(), "2026-07-01T03:00", "2026-06-30"),
        (plan(wait=90), "2026-07-01T04:29", "2026-06-29"),  # its profile lets it wait for the drop
        (plan(wait=90), "2026-07-01T04:30", "2026-06-30"),
        (plan(every="week"), "2026-07-01T08:00", "2026-06-28"),  # Monday the 29th
        (plan(every="month"), "2026-07-01T02:00", "2026-05-31"),
        (plan(every="month"), "2026-07-01T03:00", "2026-06-30"),
    ],
)
def test_a_date_must_be_there_once_its_run_has_had_its_time(plan, now, as_of):
    assert expected(plan, at(now)) == date.fromisoformat(as_of)


@pytest.mark.parametrize(
    ("plan", "current", "count"),
    [
        (plan(), "2026-06-30", 0),
        (plan(), "2026-06-29", 1),
        (plan(), "2026-06-01", 29),
        (plan(every="week"), "2026-06-28", 0),
        (plan(every="week"), "2026-06-27", 1),  # backfilled by day: Monday's date is still not there
        (plan(every="week"), "2026-06-07", 3),
        (plan(every="month"), "2026-04-30", 2),
    ],
)
def test_runs_are_missed_from_the_current_date_on(plan, current, count):
    assert missed(plan, date.fromisoformat(current), at("2026-07-01T08:00")) == count


def test_a_market_that_runs_by_hand_is_never_due_and_never_late():
    never = plan(every="never")
    now = at("2026-07-01T08:00")
    assert (next_due(never, now), expected(never, now), missed(never, date(2020, 1, 1), now)) == (None, None, 0)
