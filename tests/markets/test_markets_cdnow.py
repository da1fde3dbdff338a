"""CDNOW master: 69,659 purchases of 23,570 customers, recomputed here line by line."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import pytest

pytestmark = pytest.mark.xdist_group("cdnow")
AS_OF = date(1998, 6, 30)


@pytest.fixture(scope="module")
def purchases(shared_data):
    """(customer, day, dollars) of every line."""
    found = []
    for line in shared_data("cdnow/CDNOW_master.txt").read_text("ascii").splitlines()[1:]:
        customer, day, _, dollars = line.split()
        found.append((customer, datetime.strptime(day, "%Y%m%d").date(), Decimal(dollars)))  # noqa: DTZ007
    return found


@pytest.fixture(scope="module")
def histories(purchases):
    """By customer, the dollars of each day."""
    found = defaultdict(lambda: defaultdict(Decimal))
    for customer, day, dollars in purchases:
        found[customer][day] += dollars
    return found


@pytest.fixture(scope="module")
def cdnow(run_markets, landing_of, examples, tmp_path_factory):
    landing = landing_of("cdnow/CDNOW_master.txt", "cdnow")
    root = tmp_path_factory.mktemp("cdnow")
    return run_markets(landing, root, AS_OF, profiles=examples / "cdnow", markets=["US"])


@pytest.fixture(scope="module")
def rows(cdnow):
    number = {row["customer_id"]: row["member_number"] for row in cdnow.canonical("US", "customers")}
    return {number[row["customer_id"]]: row for row in cdnow["US"].customers}


def test_every_purchase_is_kept_and_customers_follow_from_them(cdnow, purchases):
    ledger = cdnow["US"].ledger
    assert len(purchases) == 69_659  # shared/data/README.md
    assert (ledger["transactions"]["read"], ledger["transactions"]["kept"]) == (69_659, 69_659)
    assert ledger["customers"]["derived"] == len(cdnow["US"].customers) == 23_570  # shared/data/README.md


def test_customer_numbers_keep_their_leading_zeros(cdnow, histories):
    assert {row["member_number"] for row in cdnow["US"].tags()} == set(histories)
    assert "00001" in histories


def test_revenue_is_the_sum_of_the_lines(cdnow, purchases):
    total = sum(dollars for *_, dollars in purchases)
    for dimension in {row["dimension"] for row in cdnow["US"].segments}:
        rows = [row for row in cdnow["US"].segments if row["dimension"] == dimension]
        assert sum(row["monetary_reference"] or 0 for row in rows) == total


def test_frequency_recency_and_money_of_every_customer(rows, histories):
    assert {
        number: (row["frequency"], row["recency_days"], row["first_order_date"], row["monetary_reference"])
        for number, row in rows.items()
        if row["lifetime_orders"]
    } == {
        number: (len(days), (AS_OF - max(days)).days, min(days), sum(days.values()))
        for number, days in ((n, {d: m for d, m in all_days.items() if m > 0}) for n, all_days in histories.items())
        if days
    }


def test_who_only_bought_for_nothing_had_no_occasion(rows, histories):
    for_nothing = {number for number, days in histories.items() if not sum(days.values())}
    assert for_nothing
    assert for_nothing == {number for number, row in rows.items() if not row["lifetime_orders"]}
    assert {rows[number]["segment_lifecycle"] for number in for_nothing} == {"prospect"}
