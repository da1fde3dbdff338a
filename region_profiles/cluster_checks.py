"""What the types of `clusters` cannot say."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from region_profiles.cluster_models import Clusters
from region_profiles.findings import Fault, nearest, repeated


def check_clusters(clusters: Clusters, numbers: Collection[str]) -> Iterator[Fault]:
    """Faults of the part `clusters`; `numbers` are the catalogue's numeric traits."""
    for key, traits in (("traits", clusters.traits), ("logs", clusters.logs)):
        path = ("clusters", key)
        yield from repeated(traits, path, "trait")
        for number, name in enumerate(traits):
            if name not in numbers:
                yield Fault((*path, number), "is no numeric trait", name, "a numeric trait", nearest(name, numbers))
    least, most = clusters.k_range
    if least > most:
        yield Fault(("clusters", "k_range"), "is not rising", f"[{least}, {most}]", "the smaller number first")
    if clusters.accept_unstable and clusters.k is None:
        problem = "needs a k: only a number that the profile sets is taken against the evidence"
        yield Fault(("clusters", "accept_unstable"), problem, "true", "clusters.k")
