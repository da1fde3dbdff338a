"""The market at earlier dates by today's rules and data: the same steps again, for comparing like with like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow.compute as pc

from tasks.compare.anchors import anchor_date
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

    The date of the publication before keeps its tiers by hysteresis, as it did then; the others have nothing to keep.
    """
    first = pc.min(money.table["date"]).as_py()
    found: dict[str, tuple[date, Segments]] = {}
    for name in run.profile.comparisons:
        as_of = anchor_date(name, run.as_of, None if before is None else before.as_of)
        if as_of is None or first is None or as_of < first or as_of >= run.as_of:
            continue
        past = replace(run, as_of=as_of)
        held = (before.key, before.sha256) if before is not None and name == "previous" else None
        described: Described = call(traits)(past, normalized, money, past=True)
        predicted: Predicted = call(predict)(past, normalized, money, described, held, region)
        found[name] = as_of, call(segment)(past, described, predicted, held, past=True)
    return found
