"""What a run predicts, for commands that look at a drop and publish nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.normalize.task import Normalized
from tasks.objects import open_store
from tasks.predict.pooled import read_region
from tasks.predict.task import Predicted, predict
from tasks.publish.publication import find_previous
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.segment.task import with_predicted
from tasks.traits.task import Described


def predicted_as_run(
    run: MarketRun, normalized: Normalized, money: Factors, described: Described
) -> tuple[Predicted, Mapping[str, Any]]:
    """Predictions and clusters as the run of that date makes them, and the notes of traits with them.

    As there, a market too small for a model of its own takes its region's, and clusters keep the codes that they had in
    the publication of the date before. A publish root without any publication is that of a first run.

    Raises StrataError where the publish root cannot be read, or the file of regions' models is none.
    """
    before = find_previous(open_store(run.publish), run.market, run.as_of)
    pinned = read_region(run.reference, run.profile.market.region)
    held = None if before is None else (before.key, before.sha256)
    region = None if pinned is None else pinned[0]
    last = 0 if before is None else before.last_cluster
    predicted = predict(run, normalized, money, described, held, region, last)
    return predicted, with_predicted(described.notes, predicted.notes, run.profile.prediction)
