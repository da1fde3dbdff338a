"""The rhythm of purchase days, counted by hand. As of 2021-02-20."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.traits.blocks.behaviour import BEHAVIOUR

AS_OF = date(2021, 2, 20)
LAST = date(2021, 2, 10)


@pytest.fixture
def rhythm_of(engine, block_of):
    def compute(*gaps, twice=False):
        days = [LAST - timedelta(days=sum(gaps[:n])) for n in range(len(gaps) + 1)]
        lines = [{"member_number": "a", "net": Decimal(5), "local_date": day} for day in days * (2 if twice else 1)]
        who = block_of(engine, BEHAVIOUR, lines[::-1])["a"]
        return tuple(who[name] for name in ("interval_days", "interval_variation", "regularity", "overdue"))

    return compute


def test_one_purchase_day_has_no_interval(rhythm_of):
    assert rhythm_of() == (None, None, "rare", None)


def test_two_purchase_days_have_one_interval_and_nothing_to_vary(rhythm_of):
    assert rhythm_of(40) == (40, None, "rare", 0.25)  # 10 days since the last


def test_orders_of_one_day_are_one_purchase_day(rhythm_of):
    assert rhythm_of(40, twice=True) == (40, None, "rare", 0.25)


def test_even_intervals_do_not_vary(rhythm_of):
    assert rhythm_of(5, 5, 5) == (5, 0, "regular", 2)


def test_variation_is_the_samples_standard_deviation_over_the_mean(rhythm_of):
    # 10, 20, 30: mean 20, variance (100 + 0 + 100) / 2, standard deviation 10: half the mean is still regular.
    assert rhythm_of(10, 20, 30) == (20, 0.5, "regular", 0.5)
    # 10, 40: mean 25, variance (225 + 225) / 1.
    assert rhythm_of(10, 40) == (25, math.sqrt(450) / 25, "irregular", 0.4)


def test_the_whole_history_counts_not_only_the_window(rhythm_of):
    assert rhythm_of(3000) == (3000, None, "rare", 10 / 3000)


def test_an_order_given_back_is_no_purchase_day(engine, block_of):
    lines = [
        {"member_number": "a", "net": Decimal(5), "local_date": date(2021, 1, 1), "order_id": "A"},
        {"member_number": "a", "net": Decimal(-5), "local_date": date(2021, 1, 9), "returned_order_id": "A"},
        {"member_number": "a", "net": Decimal(5), "local_date": LAST},
    ]
    assert block_of(engine, BEHAVIOUR, lines)["a"]["regularity"] == "rare"
    assert block_of(engine, BEHAVIOUR, lines)["a"]["interval_days"] is None
