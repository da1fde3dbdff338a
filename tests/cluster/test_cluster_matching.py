"""Codes stay with the customers they stood for, and never return for others."""

import numpy as np
import pyarrow as pa
import pytest

from tasks.cluster.matching import match
from tasks.cluster.records import Previous


def previous(codes, last=0):
    """Customers a, b, c ... in these clusters; `-` is in none, a space is not a customer."""
    who = {chr(ord("a") + place): code for place, code in enumerate(codes) if code != " "}
    cells = [None if code == "-" else f"c{code}" for code in who.values()]
    table = pa.table({"customer_id": pa.array(who, pa.string()), "cluster": pa.array(cells, pa.string())})
    return Previous(table, last)


def matched(labels, before, minimum=0.5):
    """Customers a, b, c ... in the clusters of these digits."""
    ids = pa.array([chr(ord("a") + place) for place in range(len(labels))])
    return match(ids, np.array([int(one) for one in labels]), before, minimum)


def test_without_a_previous_publication_the_largest_cluster_is_c1():
    found = matched("0111122", None)
    assert (found.codes, found.jaccard, found.last) == (("c3", "c1", "c2"), (None, None, None), 3)


def test_the_same_groups_under_other_labels_keep_their_codes():
    found = matched("001122", previous("331122"))
    assert (found.codes, found.jaccard) == (("c3", "c1", "c2"), (1.0, 1.0, 1.0))


def test_jaccard_is_the_shared_over_either():
    # then a-d in c1, e-h in c2; now a-e and f-h: 4 of 5 and 3 of 4 in common
    found = matched("00000111", previous("11112222"))
    assert found.jaccard == (pytest.approx(4 / 5), pytest.approx(3 / 4))


def test_who_joins_leaves_or_was_left_out_says_nothing_about_the_clusters():
    found = matched("0011000111", previous("1122--"))
    assert (found.codes, found.jaccard) == (("c1", "c2"), (1.0, 1.0))
    assert matched("0011", previous("1122111222")).jaccard == (1.0, 1.0)


def test_a_cluster_that_became_another_gets_the_next_code_and_the_old_one_ends():
    found = matched("00000122", previous("11111222"))
    assert found.codes == ("c1", "c3", "c2")
    assert (found.ended, found.last) == ((), 3)
    gone = matched("0000000", previous("1111222"))
    assert (gone.codes, gone.ended) == (("c1",), ("c2",))


def test_a_code_that_ended_never_returns():
    found = matched("000111", previous("111   ", last=7))
    assert (found.codes, found.last) == (("c1", "c8"), 8)


def test_pairs_are_the_best_for_all_together_where_the_threshold_is_low():
    # c1 shares most with both new clusters; were 0 to take it greedily, 1 would have nothing
    found = matched("0001111", previous("1121111"), minimum=0.1)
    assert found.codes == ("c2", "c1")
    assert found.jaccard == (pytest.approx(1 / 3), pytest.approx(4 / 6))


def test_nothing_in_common_matches_nothing_even_without_a_threshold():
    found = matched("0011", previous("--  "), minimum=0)
    assert (found.codes, found.jaccard) == (("c1", "c2"), (None, None))


def test_codes_are_ordered_by_number_not_by_letter():
    before = pa.table({"customer_id": ["a", "b", "c", "d"], "cluster": ["c10", "c9", "c2", "c2"]})
    found = match(pa.array(["a", "b", "c", "d"]), np.array([0, 0, 0, 1]), Previous(before), 0.9)
    assert (found.codes, found.ended) == (("c11", "c12"), ("c2", "c9", "c10"))
