"""Nobody small can be counted from what the chain publishes."""

from __future__ import annotations

from itertools import product

import pytest

from tasks.chain.suppress import withheld_cells
from tests.chain.conftest import BEFORE

FILES = ("chain", "languages", "migration")


def small(rows, minimums):
    """Rows of a market, or of the chain, whose count lies under what the market may show."""
    least = min(minimums.values())
    return [row for row in rows if row["customers"] and row["customers"] < minimums.get(row["market"], least)]


def test_no_file_has_a_count_under_the_market_s_minimum(usual):
    chain, outcome = usual
    minimums = {one.country: one.minimum_count for one in outcome.manifest.markets}
    assert minimums["JP"] == 10
    for name in FILES:
        rows = chain.rows(outcome, name)
        assert rows
        assert small(rows, minimums) == []


def test_something_small_is_there_to_be_withheld(usual):
    chain, outcome = usual
    small_ones = chain.con.execute(
        f"SELECT language, count(*) AS n FROM '{chain.file('JP', 'customers')}' GROUP BY 1 HAVING n < 10"
    ).fetchall()
    assert small_ones
    assert any(one.hidden_languages for one in outcome.view.markets)


def test_a_small_segment_is_a_row_with_another_and_the_chain_s_sum_has_no_part_of_it(chain):
    """4 of DE's customers are visitors, of FR's 120: the chain's visitors are FR's, and what is left tells of no 4."""
    chain.market("DE", few=150)
    chain.market("FR", few=5)
    outcome = chain.publish()
    rows = [row for row in chain.rows(outcome, "chain") if row["dimension"] == "residence"]
    by = {(row["market"] or row["scope"], row["segment"]): row["customers"] for row in rows}
    assert ("DE", "visitor") not in by
    assert (by["DE", "*"], by["FR", "visitor"], by["chain", "visitor"]) == (600, 120, 120)
    assert by["chain", "*"] + by["chain", "visitor"] + by["chain", "resident"] == 1200
    withheld = {row["segment"]: row["markets_withheld"] for row in rows if row["scope"] == "chain"}
    assert withheld["visitor"] == 1


def test_a_market_too_small_to_show_anything_is_named_and_in_no_sum(chain):
    chain.market("DE")
    chain.market("FR", 4)
    outcome = chain.publish()
    assert [(one.country, one.reason) for one in outcome.absent if one.country == "FR"] == [("FR", "small")]
    for name in FILES:
        assert not [row for row in chain.rows(outcome, name) if row["market"] == "FR"]
    assert outcome.view.total["customers"] == 600


def test_languages_by_segment_cannot_be_told_from_their_sums(usual):
    """In each row and each column of a market's table, what is missing is nothing, or at least two of enough."""
    chain, outcome = usual
    shown = {
        (row["market"], row["dimension"], row["language"], row["segment"])
        for row in chain.rows(outcome, "languages")
        if row["market"] and row["dimension"]
    }
    minimums = {one.country: one.minimum_count for one in outcome.manifest.markets}
    lines = 0
    for country, dimension in product(minimums, ("lifecycle", "value")):
        cells = chain.con.execute(
            f"SELECT coalesce(language, 'unknown'), segment_{dimension}, count(*) "
            f"FROM '{chain.file(country, 'customers')}' GROUP BY 1, 2"
        ).fetchall()
        for place in (0, 1):
            for code in {cell[place] for cell in cells}:
                missing = [n for one, two, n in cells if (one, two)[place] == code
                           and (country, dimension, one, two) not in shown]  # fmt: skip
                lines += bool(missing)
                whole = len([cell for cell in cells if cell[place] == code]) == len(missing)
                assert (
                    not missing or whole or (len(missing) > 1 and sum(missing) >= minimums[country] + len(missing) - 1)
                )
    assert lines


def test_a_small_flow_is_withheld_with_one_that_protects_it(chain):
    chain.market("DE", as_of=BEFORE)
    lost = "CASE WHEN customer_id IN ('DE000001', 'DE000005') THEN 'lost' ELSE segment_lifecycle END"
    chain.market("DE", customers=f"SELECT * REPLACE ({lost} AS segment_lifecycle) FROM {{usual}}")
    rows = [row for row in chain.rows(chain.publish(), "migration") if row["dimension"] == "lifecycle"]
    assert rows
    assert all(row["customers"] is None for row in rows)


@pytest.mark.parametrize(
    ("stay", "hidden"),
    [(50, {"in"}), (3, {"in", "out"})],
    ids=["beside many who stay", "beside few who stay"],
)
def test_those_who_stay_protect_a_small_flow_where_they_are_many(stay, hidden):
    counts = {"in": 2, "out": 40, "stay": stay}
    found = withheld_cells(counts, 5, [["in", "stay", "out"]], untold=["stay"])
    assert found - {"stay"} == hidden


def test_of_those_who_stay_alone_nothing_need_be_protected():
    assert withheld_cells({"in": 9, "stay": 50}, 5, [["in", "stay"]], untold=["stay"]) == {"stay"}
