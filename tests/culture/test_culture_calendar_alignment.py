"""The window of last year to compare with, and what is near."""

from datetime import date, timedelta

import pytest

from region_profiles.models import Calendar
from region_profiles.territories import territories
from tasks.culture.calendar import aligned, moments_between, near
from tasks.culture.calendar.table import table
from tasks.errors import Terminal


def window(first, last):
    return date.fromisoformat(first), date.fromisoformat(last)


# --- comparisons ------------------------------------------------------------------------------------------------------

#: Easter 2023-04-09, 2024-03-31, 2025-04-20, 2026-04-05 (US Naval Observatory); Lunar New Year 2025-01-29, 2026-02-17
#: (Hong Kong Observatory); Ramadan from 2025-03-01 and 2026-02-18, Eid al-Fitr 2025-03-30 and 2026-03-20 (WAM); Chuseok
#: 2024-09-17, 2025-10-06 (KASI); Diwali 2025-10-20, 2026-11-08 (DoPT); Thanksgiving 2023-11-23, 2024-11-28,
#: 2025-11-27 (5 U.S.C. 6103); Orthodox Easter 2024-05-05, 2025-04-20 (Church of Greece).
ALIGNED = {
    "easter week": ("DE", "2025-04-14", "2025-04-21", "2024-03-25", 385, "easter"),
    "a week without Easter, which last year's had": ("DE", "2025-03-25", "2025-04-01", "2024-03-05", 385, "easter"),
    "holy week, when 52 weeks before was the week before it": (
        "US",
        "2024-03-25",
        "2024-03-31",
        "2023-04-03",
        357,
        "easter",
    ),
    "an earlier Easter": ("GB", "2026-03-30", "2026-04-05", "2025-04-14", 350, "easter"),
    "orthodox Easter": ("GR", "2025-04-14", "2025-04-20", "2024-04-29", 350, "orthodox_easter"),
    "lunar new year": ("CN", "2026-02-16", "2026-02-22", "2025-01-28", 384, "lunar_new_year"),
    "the weeks before lunar new year": ("VN", "2026-01-26", "2026-02-15", "2025-01-07", 384, "lunar_new_year"),
    "chuseok": ("KR", "2025-10-01", "2025-10-08", "2024-09-12", 384, "chuseok"),
    "ramadan": ("AE", "2026-02-18", "2026-03-19", "2025-03-01", 354, "ramadan"),
    "eid": ("AE", "2026-03-20", "2026-03-22", "2025-03-30", 355, "eid_al_fitr"),
    "diwali": ("IN", "2026-11-02", "2026-11-08", "2025-10-14", 384, "diwali"),
    "a later Thanksgiving": ("US", "2024-11-25", "2024-12-01", "2023-11-20", 371, "thanksgiving"),
    "Thanksgiving 52 weeks later": ("US", "2025-11-24", "2025-11-30", "2024-11-25", 364, None),
    "no feast": ("DE", "2025-06-23", "2025-06-29", "2024-06-24", 364, None),
    "a quarter with the feast in both years": ("CN", "2026-01-01", "2026-03-31", "2025-01-02", 364, None),
    "a whole year": ("DE", "2025-01-01", "2025-12-31", "2024-01-03", 364, None),
}


@pytest.mark.parametrize("case", ALIGNED)
def test_windows_align_with_the_feast_that_moved(case):
    country, first, last, then, shift, by = ALIGNED[case]
    start, end = window(first, last)
    found = aligned(country, start, end)
    assert (found.start.isoformat(), found.shift_days, found.by) == (then, shift, by)
    assert found.end - found.start == end - start


def test_of_two_feasts_in_conflict_the_weightier_decides_and_the_other_is_named():
    """Malaysia, February 2026: Lunar New Year moved by 384 days, Ramadan by 354."""
    found = aligned("MY", *window("2026-02-09", "2026-02-22"))
    assert found.by == "lunar_new_year"
    assert found.unaligned == ("ramadan",)


def test_a_feast_that_is_not_announced_makes_the_alignment_expected():
    assert aligned("AE", *window("2029-01-20", "2029-01-26")).expected
    assert not aligned("DE", *window("2025-04-14", "2025-04-21")).expected


def test_a_moment_that_the_market_drops_does_not_move_its_windows():
    kept = aligned("MY", *window("2026-02-09", "2026-02-15"), Calendar(drop=("lunar_new_year", "ramadan")))
    assert (kept.shift_days, kept.by) == (364, None)


def test_a_moment_that_the_market_adds_moves_its_windows():
    added = aligned("AE", *window("2026-11-02", "2026-11-08"), Calendar(add={"diwali": "IN"}))
    assert (added.shift_days, added.by) == (384, "diwali")


def test_every_territory_has_a_window_of_equal_length_within_45_days_of_52_weeks():
    start, end = window("2026-03-02", "2026-04-05")
    for country in territories():
        found = aligned(country, start, end)
        assert found.end - found.start == end - start, country
        assert abs(found.shift_days - 364) <= 45, country


MARKETS = ["AE", "BG", "BR", "CN", "DE", "EG", "GR", "IL", "IN", "JP", "KR", "MX", "MY", "NG", "US", "VN"]


@pytest.mark.parametrize("country", MARKETS)
def test_no_week_is_compared_with_a_feast_that_it_does_not_have_unless_that_is_said(country):
    moving = {entry.code for entry in table().moments if entry.moves and country in entry.where}
    for week in range(104):
        start = date(2026, 1, 5) + timedelta(weeks=week)
        end = start + timedelta(days=6)
        found = aligned(country, start, end)
        now = {moment.code for moment in moments_between(country, start, end)}
        then = {moment.code for moment in moments_between(country, found.start, found.end)}
        assert (now ^ then) & moving <= set(found.unaligned), (country, start)


def test_a_feast_whose_next_dates_are_not_announced_is_named():
    """Mexico's Hot Sale was 25 May to 2 June 2026; that of 2027 was not announced when the table was made."""
    found = aligned("MX", *window("2027-05-24", "2027-05-30"))
    assert (found.by, found.unaligned) == (None, ("hot_sale",))


def test_unshifted_windows_have_the_same_weekdays():
    for month in range(1, 13):
        start = date(2026, month, 1)
        found = aligned("AQ", start, start + timedelta(days=27))
        assert (found.start.weekday(), found.by) == (start.weekday(), None)


def test_a_window_that_ends_before_it_starts_is_an_error():
    with pytest.raises(Terminal, match="ends before it starts"):
        aligned("DE", date(2026, 2, 1), date(2026, 1, 1))


# --- what is near -----------------------------------------------------------------------------------------------------


def codes(found):
    return [item.code or item.name for item in found]


def test_what_is_near_is_sorted_and_counts_days():
    found = near("US", date(2026, 11, 20), 40)
    assert codes(found) == ["thanksgiving", "black_friday", "cyber_monday", "christmas"]
    assert [item.days_until for item in found] == [6, 7, 10, 35]


def test_a_feast_stands_once_whether_moment_or_holiday():
    """The package has ten holidays of the Spring Festival's days and their exchange; a team reads one."""
    found = near("CN", date(2026, 2, 10), 20, locale="zh-Hans")
    assert codes(found) == ["valentines_day", "lunar_new_year"]
    assert codes(near("JP", date(2026, 4, 20), 20, locale="ja")).count("golden_week") == 1
    assert "みどりの日" not in codes(near("JP", date(2026, 4, 20), 20, locale="ja"))


def test_holidays_that_are_no_moment_have_their_name_in_the_readers_language():
    found = near("JP", date(2026, 11, 20), 10, locale="ja-JP")
    labour = next(item for item in found if item.kind == "holiday")
    assert (labour.name, labour.language, labour.days_until) == ("勤労感謝の日", "ja", 3)


def test_days_of_one_holiday_that_follow_each_other_are_one():
    """Bahrain's National Day, 16 and 17 December, where the market drops the moment."""
    found = near("BH", date(2026, 12, 10), 14, locale="en", calendar=Calendar(drop=("national_day",)))
    assert [(item.name, item.start.day, item.end.day) for item in found] == [("National Day", 16, 17)]


def test_a_season_that_runs_is_near_with_no_days_to_go():
    ramadan = next(item for item in near("AE", date(2026, 3, 1), 10) if item.code == "ramadan")
    assert (ramadan.days_until, ramadan.start) == (0, date(2026, 2, 18))


def test_the_horizon_is_the_profiles_where_none_is_given():
    assert "sweethearts_day" in codes(near("BR", date(2026, 6, 1), calendar=Calendar(horizon_days=11)))
    assert "sweethearts_day" not in codes(near("BR", date(2026, 6, 1), calendar=Calendar(horizon_days=10)))
    assert max(item.days_until for item in near("BR", date(2026, 6, 1))) <= 60


def test_moments_are_dropped_and_added_by_the_profile():
    calendar = Calendar(drop=("white_friday",), add={"diwali": "IN"})
    found = codes(near("AE", date(2026, 11, 1), 30, calendar=calendar))
    assert "diwali" in found
    assert "white_friday" not in found


def test_every_territory_says_what_is_near():
    for country in territories():
        found = near(country, date(2026, 11, 22), 60)
        assert all(item.days_until >= 0 and (item.code is None) != (item.name is None) for item in found), country


@pytest.mark.parametrize(
    ("country", "day", "code"),
    [
        ("IN", date(2026, 8, 15), "independence_day"),  # gazetted holidays of India, Department of Personnel
        ("US", date(2026, 7, 4), "independence_day"),  # 5 U.S.C. 6103
        ("FR", date(2026, 7, 14), "national_day"),  # Code du travail, L3133-1
    ],
)
def test_a_national_day_is_a_holiday_and_stands_there_once(country, day, code):
    (found,) = (one for one in near(country, day - timedelta(days=5), 10) if one.start == day)
    assert (found.kind, found.code) == ("holiday", code)


def test_a_moment_on_another_feasts_day_off_is_no_holiday():
    """In 2026 Mother's Day of the Emirates, 21 March, lies within the days off of Eid al-Fitr."""
    kinds = {one.code: one.kind for one in near("AE", date(2026, 3, 10), 20)}
    assert (kinds["mothers_day"], kinds["eid_al_fitr"]) == ("day", "holiday")


def test_a_moment_of_which_one_day_is_worked_is_a_moment():
    """Germans work on no day of Christmas' two, but on Easter Saturday, and Easter Sunday is no holiday by law."""
    kinds = {one.code: one.kind for one in near("DE", date(2026, 3, 25), 20)}
    assert kinds["easter"] == "day"
