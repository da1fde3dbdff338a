"""Runs one market in processes that are killed on the way; started by the tests beside it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pandas as pd

from flows.market import stratify_market
from flows.plan import plan
from tasks import objects
from tasks.reference.factors import factors
from tasks.run import MarketRun
from tests.deaths import Deadly, serve

AS_OF = date(2026, 6, 30)


def deadly_stores(deadline: int | None) -> None:
    """Every module that opens stores gets deadly ones."""
    real = objects.open_store
    for module in list(sys.modules.values()):
        if getattr(module, "open_store", None) is real:
            module.open_store = lambda *where, **how: Deadly(real(*where, **how), deadline)


def variant(command: dict[str, object]) -> MarketRun:
    """The run that the command means: `number` changes the profile's digest, which no step but the identity reads."""
    os.environ["STRATA_WORK"] = command["work"]
    (run,) = plan(["DE"], as_of=AS_OF, landing=command["landing"], publish=command["publish"])
    digest = sha256(f"{run.profile_digest} {command['number']}".encode()).hexdigest()
    return replace(run, profile_digest=digest, pointer=command["pointer"])


def prepared(command):
    """What a fork does: the run that the command means. The figures are read before, or each fork would read them."""
    run = variant(command)
    factors(run.profile, [("EUR", AS_OF, AS_OF)], AS_OF)

    def attempt():
        deadly_stores(command.get("call"))
        outcome = stratify_market(run)
        return {"state": outcome.state, "publication": outcome.publication}

    return attempt


if __name__ == "__main__":
    assert pd, "a fork would import it again and again"
    serve(prepared)
