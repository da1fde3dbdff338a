"""What sets a cluster apart, in figures and words."""

import json

import numpy as np
import pytest

from tasks.cluster.describe import WORDED, describe, phrase, words
from tasks.cluster.fit import cluster
from tasks.cluster.records import Apart, Cluster
from tasks.export.labels import Labels, catalog


def spoken(context, code, **values):
    """A catalog that says where it was asked."""
    return f"<{context}:{code}{json.dumps(values) if values else ''}>"


def test_the_difference_is_to_all_others_in_the_markets_standard_deviations():
    # two of four at 3, two at 1: means 3 and 1, standard deviation 1
    column = np.array([[3.0], [3.0], [1.0], [1.0]])
    (high,), (low,) = describe(("orders",), column, column, np.array([0, 0, 1, 1]))
    assert high == Apart("orders", "high", 2.0, 3.0, 2.0)
    assert low == Apart("orders", "low", -2.0, 1.0, 2.0)


def test_three_traits_at_most_the_greatest_difference_first():
    labels = np.repeat([0, 1], 50)
    noise = np.random.default_rng(1).normal(size=(100, 6))
    columns = noise * 0.5 + np.outer(labels, [1, 0, 3, 2, 4, 0])
    found = describe(tuple("abcdef"), columns, columns, labels)
    assert [[one.trait for one in each] for each in found] == [["e", "c", "d"]] * 2


def test_a_cluster_like_the_market_is_set_apart_by_nothing():
    column = np.array([[1.0], [2.0], [1.0], [2.0]])
    assert describe(("orders",), column, column, np.array([0, 0, 1, 1])) == ((), ())


def test_known_kinds_are_described_by_what_makes_them(known, settings):
    found = cluster(known[0], settings())
    first = {(one.apart[0].trait, one.apart[0].direction) for one in found.clusters}
    assert first == {
        ("lifetime_frequency", "high"),
        ("discount_share", "high"),
        ("basket_local", "high"),
        ("recency_days", "high"),
    }
    rich = next(one for one in found.clusters if one.apart[0].trait == "basket_local")
    # 900 is the median of that kind, in the trait's own unit and not in logs
    assert rich.apart[0].median == pytest.approx(900, rel=0.05)
    assert rich.apart[0].market_median < 60


def test_words_come_from_the_catalog_by_trait_and_direction():
    often = Apart("lifetime_frequency", "high", 1.2, 9.0, 2.0)
    thrifty = Apart("discount_share", "low", -0.9, 0.0, 0.3)
    told = words(Cluster("c12", 50, 0.5, None, (often, thrifty)), lambda *key, **_: "/".join(key), " & ".join)
    assert told == "template/labelled"
    assert phrase(often, spoken) == "<cluster trait:lifetime_frequency_high>"
    assert phrase(thrifty, spoken) == "<cluster trait:discount_share_low>"
    heard = words(Cluster("c12", 50, 0.5, None, (often, thrifty)), spoken, " & ".join)
    assert '"<cluster:title{\\"number\\": \\"12\\"}>"' in heard
    assert "lifetime_frequency_high> & <cluster trait:discount_share_low" in heard


def test_a_trait_without_words_of_its_own_is_told_by_its_name():
    other = Apart("points_expiring", "low", -0.9, 0.0, 3.0)
    assert phrase(other, spoken) == '<cluster:low{"trait": "<column:points_expiring>"}>'


def test_an_ordinary_cluster_is_called_so():
    assert "<cluster:ordinary>" in words(Cluster("c1", 50, 0.5, None, ()), spoken, " & ".join)


def test_where_the_catalog_speaks_of_clusters_it_has_all_their_words():
    has = {code for context, code in catalog("en") if context == "cluster trait"}
    assert has in (set(), {f"{trait}_{direction}" for trait in WORDED for direction in ("high", "low")})


def test_a_list_is_joined_as_the_reader_joins_it():
    parts = (Apart("lifetime_frequency", "high", 1.2, 9.0, 2.0), Apart("returns_share", "high", 0.9, 0.4, 0.1))
    labels = Labels("es-ES")
    told = words(Cluster("c2", 5, 0.5, None, parts), labels.text, labels.formatter.list)
    assert " y " in told
