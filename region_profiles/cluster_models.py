"""The part `clusters` of a profile: groups that the data suggests, where it does so with one voice."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from region_profiles.model_types import Code, Frozen, Share

Traits = Annotated[tuple[Code, ...], Field(min_length=2, max_length=20)]
Count = Annotated[int, Field(ge=2, le=20)]

#: How customers buy, each trait saying something that the others do not. None is null for a buyer with one order.
BEHAVIOUR: tuple[str, ...] = (
    "recency_days",
    "tenure_days",
    "lifetime_frequency",
    "basket_local",
    "discount_share",
    "returns_share",
    "categories",
    "remote_share",
)


class Clusters(Frozen):
    """Clusters of a market's customers by numeric traits; refused, with the reason, where they would not hold.

    The borders are conventions, to be set by whoever knows the market; docs/clusters.md gives their sources.
    """

    on: bool = True
    """A market with fewer than `minimum_customers` is told so and has none."""
    method: Literal["kmeans", "gaussian_mixture"] = "kmeans"
    traits: Traits = BEHAVIOUR
    """Numeric traits of the catalogue. Those that the market's data does not carry stay out, and are named."""
    logs: tuple[Code, ...] = ("lifetime_frequency", "basket_local")
    """Those of them that are taken in logs: money and counts without an upper end, where twice as much is the step that
    counts. Named here and not read from the data, whose skewness may cross a border from one month to the next."""
    k: Count | None = None
    """Number of clusters; null chooses it from `k_range` by stability and silhouette."""
    k_range: tuple[Count, Count] = (3, 8)
    """From and to, both inclusive. Two clusters mostly repeat active and lapsed, which lifecycle says better."""
    minimum_customers: int = Field(default=1000, ge=100)
    """Fewest customers with all traits known."""
    minimum_coverage: Share = Decimal("0.5")
    """A trait known of a smaller share of the customers stays out, rather than taking the customers with it."""
    minimum_stability: Share = Decimal("0.8")
    """Mean adjusted Rand index between fits on disjoint halves of the customers."""
    minimum_silhouette: Decimal = Field(default=Decimal("0.2"), ge=-1, le=1)
    """Mean silhouette. Kaufman and Rousseeuw (1990) see little structure up to .25; with eight traits few markets are
    above."""
    maximum_share: Share = Decimal("0.95")
    """Where one cluster holds more of the customers there are no clusters."""
    accept_unstable: bool = False
    """Takes the profile's own `k`, which must be set, though stability, silhouette or share speak against it."""
    minimum_jaccard: Share = Decimal("0.5")
    """A cluster keeps the code of a previous one where it shares this much of their customers."""
    sample: int = Field(default=50_000, ge=1000, le=1_000_000)
    """At most so many customers carry the fit; all are assigned."""
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
