"""The door of segment: traits to segments, strata and moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis

from region_profiles.models import Profile
from region_profiles.predict_models import Prediction
from tasks.catalogue.business import FROM_MODEL
from tasks.contract import CUSTOMERS
from tasks.door import door
from tasks.fetched import fetched
from tasks.memo import digest_of, remember
from tasks.predict.task import FILE as PREDICTED_FILE
from tasks.predict.task import Predicted
from tasks.run import MarketRun
from tasks.segment.effective import effective, unpredicted
from tasks.segment.language import AS_OF
from tasks.segment.market import save, segment_past
from tasks.segment.market import segment as to_segments
from tasks.traits.customer import in_order
from tasks.traits.stored import load
from tasks.traits.task import Described

SECTIONS = {"market", "money", "traits", "dimensions", "stratum", "audiences", "holdout", "privacy"}


@dataclass(frozen=True, slots=True)
class Segments:
    """`customers`, `segments` and `audiences.parquet` in `folder`; `customers` counts them.

    `profile` is the run's with only the dimensions and audiences that are on: what comes after goes by it. `why` as of
    `Segmented`.
    """

    folder: Path
    profile: Profile
    why: Mapping[str, Mapping[str, str] | str]
    customers: int
    notes: Mapping[str, Any]
    digest: str
    reused: bool


@door("segment")
def segment(
    run: MarketRun, described: Described, predicted: Predicted, previous: tuple[str, str] | None, past: bool = False
) -> Segments:
    """Put each customer in one segment of every dimension. What the contract marks personal stays behind.

    `previous` is key and sha256 of canonical/customers.parquet of the publication before. Raises ProfileError where a
    dimension of the stratum is off. `past`: only what an earlier date is compared by.
    """
    known = with_predicted(described.notes, predicted.notes, run.profile.prediction)

    def compute(folder: Path) -> dict[str, Any]:
        engine = run.open_engine()
        before = None if previous is None else engine.read_parquet(fetched(run, *previous))
        result = load(engine, described.folder, known, predicted.folder / PREDICTED_FILE)
        # Ten queries follow: each would score and join again, and Ibis compile it all. The date is a column, for as a
        # literal it would make each month's SQL another.
        dated = result.customers.mutate(**{AS_OF: ibis.literal(run.as_of)})
        kept = engine.cache(dated.drop(*(set(dated.columns) & set(known["off"]))))
        result = replace(result, customers=in_order(kept))
        if past:
            customers, sums = segment_past(engine, run.profile, result, before, run.as_of)
            rows = {"customers": engine.write(customers, folder / "customers.parquet", ("customer_id",))}
            engine.write(sums, folder / "segments.parquet", ("dimension", "segment"))
            return {"rows": rows, "why": {}}
        made = to_segments(engine, run.profile, result, before, run.as_of)
        public = made.customers.drop(*(set(made.customers.columns) & CUSTOMERS.personal))
        notes = save(engine, replace(made, customers=public), folder)
        engine.drop(kept)
        return notes

    depends_on = {
        "traits": described.digest,
        "traits_notes": described.notes,
        "predicted": predicted.digest,
        "predicted_notes": predicted.notes,
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "previous": None if previous is None else previous[1],
        "engine": run.engine,
        "past": past,
    }
    found = remember(run.results, "segments", depends_on, compute)
    notes = {name: value for name, value in found.notes.items() if name not in {"rows", "why"}}
    on, _ = effective(run.profile, known)
    customers = found.notes["rows"]["customers"]
    return Segments(found.folder, on, found.notes["why"], customers, notes, found.digest, found.reused)


def with_predicted(described: Mapping[str, Any], predicted: Mapping[str, Any], settings: Prediction) -> dict[str, Any]:
    """Notes of traits with what is predicted among them: `coverage` by population and trait, `off` with reasons.

    `weak`: by population, the grade of predictions below the profile's least; they are traits, and carry no dimension.
    `unpredicted`: why nothing is, by population.
    """
    weak = settings.weak(predicted["prediction"])
    shares = {
        population: {
            **traits,
            **{
                trait: share
                for trait, share in predicted["coverage"].get(population, {}).items()
                if population not in weak or trait not in FROM_MODEL
            },
        }
        for population, traits in described["coverage"].items()
    }
    refused = predicted["clusters"].get("refused")
    off = {**described["off"], **({"cluster": refused} if refused else {})}
    why = unpredicted(predicted["prediction"])
    return {**described, "coverage": shares, "off": off, "weak": weak, "unpredicted": why}
