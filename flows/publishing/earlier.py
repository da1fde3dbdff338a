"""The market at earlier dates by today's rules and data: the same steps again, for comparing like with like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE, TRAITS
from tasks.compare.anchors import anchor_date
from tasks.compare.moves import looks_at
from tasks.fetched import fetched
from tasks.normalize.task import Normalized
from tasks.predict.region import Region
from tasks.predict.task import Predicted, predict
from tasks.publish.publication import Previous
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.segment.task import Segments, segment
from tasks.traits.task import Described, traits


def earlier(
    run: MarketRun,
    call: Callable[[Callable[..., Any]], Callable[..., Any]],
    normalized: Normalized,
    money: Factors,
    before: Previous | None,
    region: Region | None,
) -> dict[str, tuple[date, Segments]]:
    """As-of date and segments by name of comparison; those before the market's first purchase are left out.

    A first publication is compared with nothing: nobody has read another yet. The date of the publication before keeps
    its tiers by hysteresis, as it did then, under each name it is compared by; the others have nothing to keep. Whom it
    published was known on its date and later. Codes of clusters are matched to those it published, so its date alone
    has clusters, if it published any: elsewhere the same code would stand for other customers. Dates without clusters
    are left out of a market whose stratum stands on them.
    """
    if before is None:
        return {}
    first = pc.min(money.table["date"]).as_py()
    found: dict[str, tuple[date, Segments]] = {}
    for name in run.profile.comparisons:
        as_of = anchor_date(name, run.as_of, before.as_of)
        if as_of is None or first is None or as_of < first or as_of >= run.as_of:
            continue
        published = before.key, before.sha256
        held = published if as_of == before.as_of else None
        profile = run.profile if held and _clustered(run, held) else _without_clusters(run.profile)
        if not {*profile.stratum.dimensions} <= profile.dimensions.keys():
            continue
        past = replace(run, as_of=as_of, profile=_only_compared(profile))
        by_then = published if as_of >= before.as_of else None
        described: Described = call(traits)(past, normalized, money, past=True, published=by_then)
        predicted: Predicted = call(predict)(past, normalized, money, described, held, region, before.last_cluster)
        found[name] = as_of, call(segment)(past, described, predicted, held, past=True)
    return found


def _clustered(run: MarketRun, published: tuple[str, str]) -> bool:
    """Whether the customers of a publication have clusters."""
    return "cluster" in pq.read_schema(fetched(run, *published)).names


def _without_clusters(profile: Profile) -> Profile:
    """The profile without the dimensions that look at clusters."""
    kept = {name: one for name, one in profile.dimensions.items() if "cluster" not in looks_at(profile, name)}
    return profile.model_copy(update={"dimensions": kept})


def _only_compared(profile: Profile) -> Profile:
    """The profile whose traits are those that its dimensions look at: what is not compared need not be computed."""
    looked_at = {
        CATALOGUE[name].group for one in profile.dimensions for name in looks_at(profile, one) if name in CATALOGUE
    }
    clustered = "cluster" in looked_at
    if clustered:
        looked_at |= {CATALOGUE[name].group for name in profile.clusters.traits}
    if "prediction" in looked_at:
        looked_at.add("business")  # who has a contract is not predicted
    off = {trait.group for trait in TRAITS} - looked_at - {"identity", "money"}
    return profile.model_copy(
        update={
            "traits": profile.traits.model_copy(update={"off": tuple(sorted({*profile.traits.off, *off}))}),
            "prediction": profile.prediction.model_copy(
                update={"on": profile.prediction.on and "prediction" in looked_at}
            ),
            "clusters": profile.clusters.model_copy(update={"on": profile.clusters.on and clustered}),
        }
    )
