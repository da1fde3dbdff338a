"""The customers of the publication before under today's rules: what a change of the profile alone would have done."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE, EXACT, SCORES
from tasks.engine import DuckDB
from tasks.run import MarketRun
from tasks.segment.market import placed
from tasks.traits.customer import in_order
from tasks.traits.scores import score


def write_ruled(run: MarketRun, profile: Profile, published: Path, as_of: date, to: Path) -> bool:
    """Write customer_id and the segments that published traits give under `profile`.

    Scores are cut again from the published values. Traits that are not published (personal ones) are null. Whoever was
    in a tier is held there by hysteresis. False, and nothing written, where the file is of a program so old that it
    lacks what scores are made of.
    """
    engine = DuckDB(run.cursor())
    table = engine.read_parquet(published)
    if not {"lifetime_orders", *EXACT} <= set(table.columns):
        return False
    table = table.mutate(**{exact: table[name].cast("decimal(38, 6)") for name, exact in EXACT.items()})
    if "population" not in table.columns:
        table = table.mutate(population=ibis.literal("person"))
    base = table.drop(*(one for one in table.columns if one in SCORES or one not in {*CATALOGUE, *EXACT.values()}))
    scored, _ = score(engine, profile.traits.scores, engine.cache(base))
    engine.write(placed(engine, profile, in_order(scored), table, as_of), to, ("customer_id",))
    return True
