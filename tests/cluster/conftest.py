"""Markets whose groups are known beforehand."""

import numpy as np
import pyarrow as pa
import pytest

from region_profiles.cluster_models import Clusters

TRAITS = ("recency_days", "lifetime_frequency", "basket_local", "discount_share")

#: Medians of four kinds of customers, in the order of TRAITS; `sparse` are few, as the best customers are.
KINDS = {
    "regulars": (20, 30, 40.0, 0.1),
    "bargains": (60, 8, 25.0, 0.8),
    "sparse": (30, 12, 900.0, 0.05),
    "gone": (900, 2, 40.0, 0.1),
}


def market(sizes=(800, 600, 200, 400), seed=7, spread=0.25):
    """Customers of four kinds and which kind each is."""
    random = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(4), sizes)
    random.shuffle(kinds)
    middle = np.array(list(KINDS.values()))[kinds]
    noisy = middle * np.exp(spread * random.normal(size=middle.shape))
    table = pa.table(
        {
            "customer_id": [f"p{number:07d}" for number in range(len(kinds))],
            "recency_days": noisy[:, 0].astype(int),
            "lifetime_frequency": np.maximum(noisy[:, 1].astype(int), 1),
            "basket_local": np.round(noisy[:, 2], 2),
            "discount_share": np.minimum(noisy[:, 3], 1.0),
        }
    )
    return table, kinds


@pytest.fixture(scope="session")
def known():
    """The market of four kinds, and the kinds."""
    return market()


@pytest.fixture(scope="session")
def shop():
    """A function that makes such a market."""
    return market


@pytest.fixture(scope="session")
def settings():
    """A function that makes the part `clusters` for these traits."""

    def made(**changes):
        return Clusters(**{"traits": TRAITS, "k_range": (3, 6), "minimum_customers": 100, **changes})

    return made
