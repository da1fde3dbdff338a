"""What a summary withholds cannot be computed back: tried by solving for it, over every possibility."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.suppress import links, withheld


def summed(joint):
    """Counts of each row from customers by their combination of segments."""
    counts = Counter()
    for rows, number in joint.items():
        for row in rows:
            counts[row] += number
    return dict(counts)


def possible(counts, hidden, equations):
    """All values of the withheld rows that fit what is published: each at least one, each equation kept.

    An equation is (rows that count once, rows that count minus once, constant).
    """
    rows = sorted(hidden)
    total = equations[0][2]
    for values in product(range(1, total + 1), repeat=len(rows)):
        guess = counts | dict(zip(rows, values, strict=True))
        if all(sum(guess[r] for r in plus) - sum(guess[r] for r in minus) == c for plus, minus, c in equations):
            yield dict(zip(rows, values, strict=True))


def equations_of(counts, found=()):
    total = sum(count for (dimension, _), count in counts.items() if dimension == "a")
    own = [([row for row in counts if row[0] == d], [], total) for d in sorted({d for d, _ in counts})]
    return own + [(sorted(left), sorted(right), 0) for pair in found for left, right in pair]


def assert_protected(counts, hidden, minimum, found=()):
    assert {row for row, count in counts.items() if 0 < count < minimum} <= hidden
    if not hidden or len(hidden) == len(counts):
        return  # with every row the total is withheld too: nothing is left to subtract from
    solutions = list(possible(counts, hidden, equations_of(counts, found)))
    for row in (row for row in hidden if counts[row] < minimum):
        values = {solution[row] for solution in solutions}
        assert len(values) > 1, f"{row} can be computed: {values}"
        assert max(values) >= minimum, f"{row} is known to be under {minimum}: {values}"


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([5, 40, 9], []),  # none is under 5
        ([3, 40, 9], [3, 9]),  # one alone would be the total less the others: the next smallest goes too
        ([1, 5, 40], [1, 5]),
        ([3, 4, 40], [3, 4]),  # two protect each other, 7 >= 5 + 2 - 1
        ([1, 1, 40, 9], [1, 1, 9]),  # 1 + 1 = 2 could be told apart from nothing
        ([2, 3, 40], [2, 3, 40]),  # 2 + 3 = 5: neither could be 5
        ([3], [3]),
        ([0, 3, 9, 20], [3, 9]),  # an empty segment holds nobody and hides nobody
    ],
)
def test_next_smallest_rows_protect_the_small_ones(sizes, expected):
    counts = {("a", f"s{place}"): size for place, size in enumerate(sizes)}
    hidden = withheld(counts, 5)
    assert sorted(counts[row] for row in hidden) == sorted(expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 5))
def test_subtraction_from_the_total_tells_nothing(sizes, minimum):
    counts = {("a", f"s{place}"): size for place, size in enumerate(sizes)}
    assert_protected(counts, withheld(counts, minimum), minimum)


def test_small_segment_is_not_betrayed_by_another_dimension_that_holds_the_same_people():
    """Prospects and lapsed customers are just those without a value tier: 53 less 50 would be the prospects."""
    joint = {
        (("lifecycle", "prospect"), ("value", "none")): 3,
        (("lifecycle", "lapsed"), ("value", "none")): 50,
        (("lifecycle", "loyal"), ("value", "high")): 8,
        (("lifecycle", "lost"), ("value", "high")): 70,
    }
    counts = summed(joint)
    assert withheld(counts, 5) == {("lifecycle", "prospect"), ("lifecycle", "loyal")}  # seen alone: not enough
    hidden = withheld(counts, 5, links(joint))
    assert {("lifecycle", "prospect"), ("lifecycle", "lapsed")} <= hidden


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(1, 5), min_size=2, max_size=5))
def test_linked_dimensions_tell_nothing_together(cells):
    joint = {(("a", f"s{left}"), ("b", f"t{right}")): number for (left, right), number in cells.items()}
    counts, found = summed(joint), links(joint)
    assert_protected(counts, withheld(counts, 3, found), 3, found)


def test_result_does_not_depend_on_the_order_of_rows():
    counts = {("a", name): size for name, size in zip("vwxyz", [2, 9, 9, 9, 30], strict=True)}
    assert withheld(counts, 5) == withheld(dict(reversed(counts.items())), 5) == {("a", "v"), ("a", "w")}
