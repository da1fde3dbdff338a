"""A market's customers in clusters, or the reason why there are none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa

from region_profiles.cluster_models import Clusters
from tasks.cluster.choose import attempt, choose
from tasks.cluster.describe import describe
from tasks.cluster.matching import Matched, last_number, match, number
from tasks.cluster.methods import Model
from tasks.cluster.prepare import KNOWN_SHARE, Prepared, prepare
from tasks.cluster.records import Cluster, Clustered, Labels, Previous, Refused

#: Clusters by one trait are tiers.
FEWEST_TRAITS = 2


def cluster(customers: pa.Table, settings: Clusters, previous: Previous | None = None) -> Clustered | Refused:
    """Cluster the customers of a market: one row each, customer_id (unique) and a numeric column for each trait.

    Rows in any order, nulls where a trait is not known: such customers are in no cluster, and counted. `previous` is
    the publication before. A refusal carries `last` in its notes too, to be handed on. Terminal where
    a trait's column is no number.
    """
    last = {"last": last_number(previous)}
    if not settings.on:
        return Refused("off", notes=last)
    prepared = prepare(customers, settings)
    notes = {"method": settings.method, "seed": settings.seed, **last, **prepared.notes}
    refused = _unfit(prepared, settings)
    if refused is not None:
        return replace(refused, notes=notes)
    tried = attempt(prepared.scaled[prepared.sample], settings)
    notes["tried"] = [one.as_dict() for one in tried]
    chosen = choose(tried, settings)
    if isinstance(chosen, Refused):
        return replace(chosen, notes=notes)
    notes |= {"k_by": "profile" if settings.k else "stability", "accepted_against": list(chosen.against)}
    return _clustered(prepared, chosen.model, previous, settings, notes)


def _unfit(prepared: Prepared, settings: Clusters) -> Refused | None:
    """Why these customers carry no clusters, before any is fitted."""
    known = len(settings.traits) - sum(why != "constant" for why in prepared.unused.values())
    fewest = max(FEWEST_TRAITS, math.ceil(KNOWN_SHARE * len(settings.traits)))
    customers, all_customers = len(prepared.raw), len(prepared.ids)
    unused = {"unused_traits": dict(prepared.unused)}
    if all_customers >= settings.minimum_customers and known < fewest:
        return Refused("missing_traits", unused | {"traits": known, "minimum": fewest})
    if customers < settings.minimum_customers:
        return Refused("too_few_customers", {"customers": customers, "minimum": settings.minimum_customers})
    if len(prepared.traits) < FEWEST_TRAITS:
        return Refused("no_varying_trait", unused | {"traits": len(prepared.traits), "minimum": FEWEST_TRAITS})
    return None


def _clustered(
    prepared: Prepared, model: Model, previous: Previous | None, settings: Clusters, notes: Mapping[str, Any]
) -> Clustered:
    """Every customer in the nearest cluster, under its code."""
    _, labels = np.unique(model.assign(prepared.scaled), return_inverse=True)  # a cluster that nobody is in is none
    inside = prepared.ids.filter(pa.array(prepared.inside))
    matched = match(inside, labels, previous, float(settings.minimum_jaccard))
    clusters = _told(prepared, labels, matched)
    places = np.full(len(prepared.inside), -1, dtype=np.int32)
    places[prepared.inside] = labels
    code = pa.DictionaryArray.from_arrays(
        pa.array(places, mask=~prepared.inside), pa.array(matched.codes, type=pa.string())
    )
    return Clustered(
        pa.table({"customer_id": prepared.ids, "cluster": code.cast(pa.string())}),
        clusters,
        {
            **notes,
            "k": len(clusters),
            "last": matched.last,
            "ended": list(matched.ended),
            "clusters": [asdict(one) | {"apart": [asdict(trait) for trait in one.apart]} for one in clusters],
        },
    )


def _told(prepared: Prepared, labels: Labels, matched: Matched) -> tuple[Cluster, ...]:
    """The clusters by the number of their code."""
    sizes = np.bincount(labels).tolist()
    apart = describe(prepared.traits, prepared.raw, prepared.scaled, labels)
    found = [
        Cluster(code, size, round(size / len(labels), 6), None if kept is None else round(kept, 6), traits)
        for code, size, kept, traits in zip(matched.codes, sizes, matched.jaccard, apart, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: number(one.code)))
