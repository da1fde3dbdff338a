"""The part `clusters` of a profile."""

import pytest
from pydantic import ValidationError

from region_profiles.cluster_checks import check_clusters
from region_profiles.cluster_models import BEHAVIOUR, Clusters


def faults(numbers=BEHAVIOUR, **changes):
    return [(fault.path, fault.problem) for fault in check_clusters(Clusters(**changes), numbers)]


def test_the_default_has_no_fault():
    assert faults() == []


def test_a_trait_that_the_catalogue_lacks_is_named_with_the_nearest():
    (fault,) = check_clusters(Clusters(traits=("recency_days", "remote_shares")), BEHAVIOUR)
    assert fault.path == ("clusters", "traits", 1)
    assert fault.hint == "did you mean 'remote_share'?"


def test_a_trait_counts_once():
    assert faults(traits=("recency_days", "recency_days")) == [(("clusters", "traits", 1), "trait stands twice")]


def test_a_trait_in_logs_is_one_of_the_catalogue():
    assert faults(logs=("basket",)) == [(("clusters", "logs", 0), "is no numeric trait")]


def test_a_range_runs_upwards():
    assert faults(k_range=(5, 3)) == [(("clusters", "k_range"), "is not rising")]


def test_only_a_number_that_the_profile_sets_is_accepted_against_the_evidence():
    assert [path for path, _ in faults(accept_unstable=True)] == [("clusters", "accept_unstable")]
    assert faults(accept_unstable=True, k=4) == []


@pytest.mark.parametrize(
    "bad", [{"k": 1}, {"k": 21}, {"traits": ("orders",)}, {"method": "dbscan"}, {"minimum_stability": 2}]
)
def test_what_makes_no_sense_is_refused_by_type(bad):
    with pytest.raises(ValidationError):
        Clusters(**bad)
