"""Published figures: what the measures and the fit are, by numbers that others computed."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score

from tasks.cluster.choose import distances, silhouette
from tasks.cluster.methods import alone, fit


@pytest.fixture(scope="module")
def iris():
    return load_iris().data


def test_the_adjusted_rand_index_of_a_split_group_is_that_of_scikit_learns_documentation():
    assert adjusted_rand_score([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(0.571429, abs=1e-6)


def test_three_clusters_of_iris_have_the_known_inertia_and_silhouette(iris):
    # Fisher's iris, k = 3: inertia 78.851441, silhouette .552819 (scikit-learn's user guide; Rousseeuw 1987)
    with alone():
        model = fit("kmeans", iris, 3, seed=1, starts=10)
    labels = model.assign(iris)
    assert ((iris - model.centres[labels]) ** 2).sum() == pytest.approx(78.851441, abs=1e-5)
    assert silhouette(distances(iris), labels) == pytest.approx(0.552819, abs=1e-6)


def test_a_mixture_assigns_iris_as_the_posterior_of_scikit_learn_does(iris):
    from sklearn.mixture import GaussianMixture

    with alone():
        labels = fit("gaussian_mixture", iris, 3, seed=1, starts=1).assign(iris)
    oracle = GaussianMixture(3, random_state=1, reg_covar=1e-3).fit(iris).predict(iris)
    assert adjusted_rand_score(labels, oracle) == 1


def test_one_cluster_alone_or_every_row_its_own_has_no_silhouette(iris):
    apart = distances(iris[:4])
    assert silhouette(apart, np.zeros(4, dtype=np.intp)) == 0
    assert silhouette(apart, np.arange(4)) == 0
