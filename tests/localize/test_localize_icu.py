"""The formatter says what ICU shows, in the main locales of all territories: the judge is Node's Intl with CLDR 47."""

from __future__ import annotations

import pytest
from localize_judge import NoJudgeError, node
from localize_report import AIM, CAUSES, by_rules, compare

from tasks.localize import main_locales


@pytest.fixture(scope="module")
def compared():
    try:
        node()
    except NoJudgeError as missing:
        pytest.skip(str(missing))
    return compare(main_locales())


def test_378_of_the_390_main_locales_are_judged(compared):
    assert (len(compared.judged), len(compared.absent)) == (378, 12)


def test_at_least_999_of_1000_values_are_equal(compared):
    total = sum(compared.values.values())
    assert total > 300_000
    assert len(compared.differences) <= (1 - AIM) * total


def test_every_difference_has_a_cause_that_the_report_explains(compared):
    assert [one for one in compared.differences if one.cause is None] == []


def test_no_cause_is_stated_that_no_longer_occurs(compared):
    """A newer ICU or CLDR may mend what is listed; then the line goes."""
    assert {one.cause for one in compared.differences} == {cause.name for cause in CAUSES}


def test_numbers_money_dates_and_times_never_differ(compared):
    assert {one.kind for one in compared.differences} == {"months", "dates with times"}


def test_locales_that_icu_lacks_follow_cldrs_rules(compared):
    count, differences = by_rules(compared.absent)
    assert count > 5_000
    assert differences == []
