"""What a report tells of movements: right, and nothing of anybody small, neither shown nor by subtraction."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from tasks.export.report.moves import FLOWS, OUTSIDE, Change, _compare

MINIMUM = 5


def compare(stayed, moved, unseen=((), ())):
    """Sizes then and now follow from who stayed and who moved."""
    then, now = Counter(stayed), Counter(stayed)
    for (first, second), count in moved.items():
        then.update({first: count} if first != OUTSIDE else {})
        now.update({second: count} if second != OUTSIDE else {})
    return _compare(then, now, Counter(moved), tuple(map(set, unseen)), MINIMUM)


def test_changes_and_flows_are_counted():
    changes, flows = compare({"a": 100, "b": 50}, {("a", "b"): 12, ("b", "a"): 7, ("", "a"): 9, ("b", ""): 6})
    assert changes["a"] == Change(then=112, now=116, joined=16, left=12)
    assert changes["b"] == Change(then=63, now=62, joined=12, left=13)
    assert flows == (("a", "b", 12), ("b", "a", 7))
    assert (changes[OUTSIDE].joined, changes[OUTSIDE].left) == (6, 9), "who left the report, who is new to it"


def test_a_small_movement_is_not_shown_and_its_segments_coming_and_going_neither():
    changes, flows = compare({"a": 100, "b": 50}, {("a", "b"): 4})
    assert flows == ()
    assert changes["a"] == Change(104, 100, None, None)
    assert changes["b"] == Change(50, 54, None, None)


def test_a_small_remainder_of_shown_flows_withholds_the_sum():
    changes, flows = compare({"a": 99, "b": 99, "c": 99}, {("a", "b"): 20, ("a", "c"): 2, ("b", "a"): 8})
    assert ("a", "b", 20) in flows
    assert changes["a"].left is None, "22 less the 20 that are shown would be 2"


def test_flows_are_given_up_where_sizes_alone_would_tell():
    # Nobody came into a: what went out is known from its sizes, 22; less a flow of 20 that leaves 2.
    _, flows = compare({"a": 99, "b": 99, "c": 99}, {("a", "b"): 20, ("a", "c"): 2})
    assert flows == ()


def test_movements_of_withheld_segments_are_never_shown():
    changes, flows = compare({"a": 99, "b": 8, "c": 9}, {("a", "b"): 7, ("c", "a"): 6}, ((), ("b",)))
    assert flows == (("c", "a", 6),)
    assert changes["b"] == Change(8, None, None, None)


def test_the_largest_flows_are_shown_in_order():
    names = [chr(97 + number) for number in range(15)]
    moved = {(one, two): 10 + number for number, (one, two) in enumerate(pairwise(names))}
    _, flows = compare(dict.fromkeys(names, 1000), moved)
    assert len(flows) == FLOWS
    assert [flow[2] for flow in flows] == sorted((flow[2] for flow in flows), reverse=True)


@pytest.mark.parametrize("seed", range(200))
def test_no_sum_of_one_segment_tells_a_small_part(seed):
    """An attacker who knows which movements occurred subtracts all that is shown from each sum that is shown."""
    rng = random.Random(seed)  # noqa: S311 - a made market
    names = ["a", "b", "c", "d", "e"][: rng.randint(2, 5)]
    stayed = {name: rng.randint(20, 200) for name in names}
    places = [(one, two) for one in [OUTSIDE, *names] for two in [OUTSIDE, *names] if one != two]
    moved = {cell: rng.choice((1, 2, 4, 5, 9, 30)) for cell in places if rng.random() < 0.5}
    changes, flows = compare(stayed, moved)
    shown = {flow[:2] for flow in flows}
    assert all(moved[cell] >= MINIMUM for cell in shown)
    for name in (*names, OUTSIDE):
        change = changes[name]
        coming, going = ([moved[c] for c in moved if c[side] == name and c not in shown] for side in (1, 0))
        for parts, told in ((coming, change.joined is not None), (going, change.left is not None)):
            other = going if parts is coming else coming
            flowing = any(name in cell for cell in shown)
            if not told and (other or not flowing):
                continue  # the sum is unknown; or sizes tell it, as they do from one report to the next
            assert len(parts) != 1 or parts[0] >= MINIMUM
            assert not parts or sum(parts) >= MINIMUM
        assert change.joined is None or change.joined == 0 or change.joined >= MINIMUM
