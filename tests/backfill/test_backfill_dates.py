"""As-of dates of a backfill are those that the market's schedule would have had."""

from __future__ import annotations

from datetime import date

import pytest

from flows.backfilling.dates import dates, wanted
from tasks.errors import Terminal
from tests.backfill.conftest import profile_of

JANUARY, MARCH = date(2024, 1, 1), date(2024, 3, 31)


def scheduled(**schedule):
    profile = profile_of()
    return profile.model_copy(update={"schedule": profile.schedule.model_copy(update=schedule)})


def test_months_end_with_their_last_day_leap_years_too():
    assert dates(profile_of(), JANUARY, MARCH, "month") == (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))


def test_weeks_end_on_sunday_for_runs_of_monday():
    found = dates(profile_of(), JANUARY, date(2024, 1, 31), "week")
    assert found == (date(2024, 1, 7), date(2024, 1, 14), date(2024, 1, 21), date(2024, 1, 28))
    assert {day.isoweekday() for day in found} == {7}


def test_a_schedule_of_its_own_moves_the_dates():
    assert dates(scheduled(weekday="friday"), JANUARY, date(2024, 1, 12), "week") == (
        date(2024, 1, 4),
        date(2024, 1, 11),
    )
    assert dates(scheduled(day=6), JANUARY, MARCH, "month") == (date(2024, 1, 5), date(2024, 2, 5), date(2024, 3, 5))


def test_every_day_includes_both_ends():
    assert len(dates(profile_of(), JANUARY, MARCH, "day")) == 91


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(Terminal, match="no such span"):
        dates(profile_of(), MARCH, JANUARY, "day")


def test_a_span_without_a_date_of_the_rhythm_is_refused(world):
    with pytest.raises(Terminal, match="DE: no month ends between"):
        wanted([world.run()], date(2024, 1, 2), date(2024, 1, 30), "month", "latest")


def test_nothing_after_the_local_yesterday_is_made(world):
    ((_, days),) = wanted([world.run()], date(2026, 1, 1), date(2199, 1, 1), "month", "latest")
    assert max(days) < date.today()  # noqa: DTZ011 - the day of the machine is near enough


def test_the_choice_of_drops_is_the_runs(world):
    assert [wanted([world.run()], None, None, "day", known)[0][0].drops for known in ("then", "latest")] == [
        "known",
        "latest",
    ]
