"""Backfills one market of quickly made publications in processes that are killed on the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from flows.backfilling.dates import backfill_market
from flows.backfilling.foresight import facts_now
from flows.running.outcomes import MarketOutcome
from region_profiles.loader import profile_digest
from region_profiles.models import Profile
from tasks import objects
from tasks.export.labels import catalog
from tasks.export.report.setting import template
from tasks.objects import open_store
from tasks.publish.changes import came_twice
from tasks.publish.manifest import Input, Manifest, exports_of
from tasks.publish.publication import already_published, publish
from tasks.run import MarketRun
from tests.deaths import Deadly, serve


class Quick:
    """Makes a date: the market's run without its stages. `failing` has the errors of dates."""

    def __init__(self):
        self.made, self.failing = [], {}

    def __call__(self, run: MarketRun) -> MarketOutcome:
        self.made.append(run)
        if run.as_of in self.failing:
            raise self.failing[run.as_of]
        store = open_store(run.publish)
        facts = facts_now(run, run.work / "drops").facts
        publication = came_twice(store, run.market, run.as_of, facts) or facts.publication(run.market, run.as_of)
        if already_published(store, run.market, run.as_of, publication):
            return MarketOutcome(run.market, run.as_of, "unchanged", publication, detail="nothing has changed")
        staged = run.work / "staged" / publication
        customers = staged / "canonical" / "customers.parquet"
        customers.parent.mkdir(parents=True, exist_ok=True)
        # As of a market: what customers are follows from files and profile, not from the publication before.
        customers.write_text(f"{run.as_of} {facts.profile} {[sha256 for _, _, sha256 in facts.inputs]}\n")
        inputs = tuple(
            Input(table=table, uri=uri, sha256=sha256, bytes=1, rows=1) for table, uri, sha256 in facts.inputs
        )
        manifest = Manifest(
            country=run.market,
            as_of=run.as_of,
            publication=publication,
            previous=facts.previous,
            profile=facts.profile,
            output_version=facts.output_version,
            references=dict(facts.references),
            tombstones=facts.tombstones,
            pseudonym_key=facts.pseudonym_key,
            inputs=inputs,
            ledger={"transactions": {"read": 100, "kept": 100}},
            columns={},
            exports=exports_of(staged),
        )
        published = publish(store, staged, manifest, who="test")
        return MarketOutcome(run.market, run.as_of, published.state, published.id)


def prepared(command):
    """What a fork does: the backfill of some days, told what it came to."""
    for language in ("en", "de"):
        catalog(language)
    for page in ("market.html", "root.html"):
        template("tasks.publish", page)
    profile = Profile.model_validate_json(command["profile"])
    run = MarketRun(
        "DE", date.min, profile, profile_digest(profile), command["landing"], command["publish"], Path(command["work"])
    )
    first = date.fromisoformat(command["first"])
    days = [first + timedelta(days=n) for n in range(command["days"])]

    def attempt():
        real = objects.open_store
        for module in list(sys.modules.values()):
            if getattr(module, "open_store", None) is real:
                module.open_store = lambda *where, **how: Deadly(real(*where, **how), command.get("call"))
        quick = Quick()
        done = backfill_market(replace(run), days, make=quick)
        return {"states": [one.state for one in done], "made": len(quick.made)}

    return attempt


if __name__ == "__main__":
    serve(prepared)
