"""Runs one market in processes that are killed on the way; started by the tests beside it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import pandas as pd

from flows.delivering import outgoing
from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from region_profiles.operation_models import ToFolder
from tasks import objects
from tasks.errors import StrataError
from tasks.reference.factors import factors
from tasks.run import MarketRun
from tests.deaths import Deadly, failed, serve

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
    profile = run.profile
    if "deliver" in command:  # no part of the digest
        means = (ToFolder(means="folder", to=command["deliver"]),)
        teams = tuple(team.model_copy(update={"deliver": means}) for team in profile.teams)
        profile = profile.model_copy(update={"teams": teams})
    return replace(run, profile=profile, profile_digest=digest, pointer=command["pointer"])


def hurried(share: float) -> None:
    """Pauses between attempts take this share of their time."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds * share)


def later(hours: float) -> None:
    """Deliveries see a clock that is so much ahead."""

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(hours=hours)

    outgoing.datetime = Later


def prepared(command):
    """What a fork does: the run that the command means. The figures are read before, or each fork would read them."""
    try:
        run = variant(command)
    except StrataError as error:  # the landing is looked at
        told = failed(error)
        return lambda: told
    factors(run.profile, [("EUR", AS_OF, AS_OF)], AS_OF)

    def attempt():
        deadly_stores(command.get("call"))
        hurried(command.get("pauses", 1))
        later(command.get("hours", 0))
        try:
            outcome = stratify_market(run)
        except StrataError as error:
            return failed(error)
        return {"state": outcome.state, "publication": outcome.publication, "hints": outcome.hints}

    return attempt


if __name__ == "__main__":
    assert pd, "a fork would import it again and again"
    serve(prepared)
