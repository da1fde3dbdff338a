"""What the market's own past says: what holds, what only tells, what explains."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from region_profiles.loader import load_profile
from tasks.gate import expected
from tasks.gate.drift import renames
from tests.gate.conftest import Shop, changed, times


@pytest.fixture
def series():
    """27 months of a shop of 2,000 lines a month; the last is March 2025, with Easter in the April after."""
    return Shop(2_000, mood=0.05).months(np.random.default_rng(7), 27)


def test_a_first_publication_is_never_held_by_history(series, judge):
    assert judge(series[0], []) == []


def test_with_fewer_than_the_profiles_number_of_publications_nothing_is_judged(series, judge, profile):
    assert profile.gate.history == 4
    assert judge(times(series[3], 0.1), series[:3]) == []
    assert judge(times(series[4], 0.1), series[:4]) != []


def test_a_good_publication_passes_every_check(series, judge):
    found = judge(series[-1], series[:-1])
    assert {check.outcome for check in found} == {"ok"}
    assert {check.check for check in found} == {
        "rows_read", "rows_kept", "customers", "revenue", "new_lines", "new_revenue", "segments", "nulls",
    }  # fmt: skip


def test_a_halved_drop_is_held_and_each_check_says_what_it_expected(series, judge):
    bad = times(series[-1], 0.5)
    found = {(check.check, check.subject): check for check in judge(bad, series[:-1]) if check.outcome == "hold"}
    rows = found["rows_kept", "transactions"]
    assert rows.value == pytest.approx(bad.ledger["transactions"]["kept"], rel=1e-3)
    low, high = rows.expected
    assert rows.value < low < series[-1].ledger["transactions"]["kept"] < high
    assert rows.past == 11  # of twelve publications each but the first follows one
    assert ("revenue", "EUR") in found


def test_a_doubled_drop_is_held(series, holding):
    assert "rows_kept" in holding(times(series[-1], 2), series[:-1])


def test_a_file_that_came_twice_is_held_though_its_rows_were_told_apart(series, holding):
    now = series[-1]
    ledger = {**now.ledger["transactions"], "read": now.ledger["transactions"]["read"] * 2}
    assert holding(replace(now, ledger={**now.ledger, "transactions": ledger}), series[:-1]) == ["rows_read"]


def test_new_days_without_their_file_are_held_though_the_whole_hardly_changed(series, holding):
    now = times(series[-1], 0, new_only=True)
    found = holding(
        changed(now, new={**now.measures["new"], "stores": series[-1].measures["new"]["stores"]}), series[:-1]
    )
    assert found == ["new_lines", "new_revenue"]


def test_a_store_whose_till_is_missing_is_held_by_its_number(series, judge):
    new = series[-1].measures["new"]
    now = changed(series[-1], new={**new, "stores": {**new["stores"], "S2": 0}})
    del now.measures["new"]["stores"]["S2"]
    (silent,) = [check for check in judge(now, series[:-1]) if check.check == "store_silent"]
    assert (silent.subject, silent.outcome) == ("S2", "hold")
    shut = changed(now, stores={"open": 3, "shut": ["S2"]})
    assert [check for check in judge(shut, series[:-1]) if check.check == "store_silent"] == []


def test_three_times_the_purchases_in_twice_the_stores_are_explained(series, judge):
    july, past = series[18], series[:18]
    new = july.measures["new"]
    many = {**new, "lines": new["lines"] * 3, "revenue": str(float(new["revenue"]) * 3)}
    same_stores = {check.check: check for check in judge(changed(july, new=many), past)}
    assert same_stores["new_lines"].outcome == "hold"
    opened = changed(july, new=many, stores={"open": 8, "shut": []})
    explained = {check.check: check for check in judge(opened, past)}
    assert (explained["new_lines"].outcome, explained["new_lines"].why) == ("warn", ("store_opened",))


def test_lunar_new_year_on_other_days_than_last_year_does_not_hold(judge):
    """2025-01-29 and 2026-02-17: January had the weeks before it in 2025, February has them in 2026.

    Germany has a carnival that moves, too, but of less weight: there as much more is held.
    """
    series = Shop(5_000, mood=0.03, season=(1,) * 12).months(np.random.default_rng(3), 26, start=date(2024, 1, 1))
    year_ago, now = series[13], series[25]
    assert (year_ago.as_of, now.as_of) == (date(2025, 2, 28), date(2026, 2, 28))
    feast = times(now, 2.6, new_only=True)
    (china,) = [one for one in judge(feast, series[:25], profile=load_profile("CN")) if one.check == "new_lines"]
    assert (china.outcome, china.why, china.detail) == ("warn", ("moving_feast",), "lunar_new_year")
    (germany,) = [one for one in judge(feast, series[:25]) if one.check == "new_lines"]
    assert germany.outcome == "hold"


def test_a_christmas_that_the_past_has_not_seen_is_explained(judge):
    series = Shop(5_000, mood=0.03).months(np.random.default_rng(4), 12, start=date(2024, 1, 1))
    december = times(series[11], 1.5, new_only=True)
    (check,) = [one for one in judge(december, series[4:11]) if one.check == "new_lines"]
    assert (check.outcome, check.why) == ("warn", ("season",))
    assert "advent" in check.detail


def test_an_odd_month_that_was_approved_does_not_make_the_next_ones_odd(series, holding):
    odd = [*series[:20], times(series[20], 3, new_only=True), *series[21:-1]]
    assert holding(series[-1], odd) == []


def test_segments_that_swap_are_held_and_new_rules_are_not(series, judge):
    sizes = series[-1].measures["segments"]["value"]
    swapped = changed(series[-1], segments={"value": {**sizes, "a": sizes["d"] * 2, "d": sizes["a"]}})
    (check,) = [one for one in judge(swapped, series[:-1]) if one.check == "segments"]
    assert (check.outcome, check.subject, check.unit) == ("hold", "value", "index")
    ruled = replace(swapped, definitions={"value": {"kind": "rules"}})
    (check,) = [one for one in judge(ruled, series[:-1]) if one.check == "segments"]
    assert (check.outcome, check.why) == ("ok", ("rules_changed",))


def test_a_column_that_went_shows_in_its_nulls_and_explains_them(series, judge):
    now = changed(series[-1], nulls={"customers": {"birth_year": 1.0}}, columns={"sales": ["day"]})
    found = {(check.check, check.subject): check for check in judge(now, series[:-1])}
    assert found["nulls", "customers.birth_year"].outcome == "hold"
    assert found["nulls", "customers.birth_year"].why == ("column_gone",)
    assert found["column_gone", "sales.amount"].outcome == "warn"


def test_columns_that_come_go_or_change_their_name_are_told_apart(series, judge):
    now = changed(series[-1], columns={"sales": ["Day", "currency", "amount"], "visits": ["who"]})
    told = [(check.check, check.subject, check.detail) for check in judge(now, series[:-1]) if check.outcome == "warn"]
    assert told == [
        ("column_renamed", "sales.day", "Day"),
        ("column_came", "sales.currency", None),
        ("table_came", "visits", None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        (["Kd-Nr", "Ort"], ["Ort", "KdNr"], [("Kd-Nr", "KdNr")]),  # by its name
        (["a", "Betrag", "z"], ["a", "amount", "z"], [("Betrag", "amount")]),  # by its place
        (["a", "b"], ["b", "a"], []),
    ],
)
def test_a_renamed_column_is_known_by_its_name_or_its_place(before, after, pairs):
    assert renames(before, after) == pairs


def test_a_small_table_that_vanishes_is_told_and_holds_nothing(series, judge):
    with_points = [replace(one, ledger={**one.ledger, "loyalty": {"read": 900, "kept": 900}}) for one in series[:-1]]
    (check,) = [one for one in judge(series[-1], with_points) if one.subject == "loyalty"]
    assert (check.check, check.value, check.outcome) == ("rows_read", 0, "warn")


def test_publications_of_an_older_program_are_judged_by_what_they_know(series, judge):
    old = [replace(one, measures={}, definitions={}) for one in series[:-1]]
    assert {check.check for check in judge(series[-1], old)} == {"rows_read"}
    assert {check.outcome for check in judge(times(series[-1], 0.5), old)} == {"ok"}


def test_sales_of_a_day_are_compared_with_those_of_its_weekday(judge):
    """A Sunday sells half of a Tuesday here; a Tuesday that sells so little is held."""
    days = Shop(3_000, mood=0.05, season=(1,) * 12).days(np.random.default_rng(5), 150)
    by_weekday = {day.as_of.weekday(): number for number, day in enumerate(days[120:140], 120)}
    sunday, tuesday = by_weekday[6], by_weekday[1]
    assert [c.outcome for c in judge(days[sunday], days[:sunday]) if c.check == "new_lines"] == ["ok"]
    weak = times(days[tuesday], 0.3, new_only=True)
    assert [c.outcome for c in judge(weak, days[:tuesday]) if c.check == "new_lines"] == ["hold"]


def test_chance_of_the_stability_index_agrees_with_the_distribution():
    from scipy.stats import chi2

    for parts, level in ((3, 0.99), (10, 0.99), (5, 0.99999)):
        exact = chi2.ppf(level, parts - 1) * (1 / 500 + 1 / 700)
        assert expected.chance_of_stability(parts, 500, 700, level) == pytest.approx(exact, rel=0.05)
