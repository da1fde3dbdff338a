"""How all markets stand: for `strata status`, the page operations.html, and a Prefect artifact."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flows.planning.timetable import starts
from flows.settings import Settings
from flows.startup import heavy_imports
from region_profiles.loader import list_markets, load_profile
from region_profiles.models import Profile
from tasks import progress
from tasks.delivery.handing import slots
from tasks.errors import ProfileError, ProfileErrors, ReferenceDataError
from tasks.objects import ObjectStore, open_store
from tasks.publish.operations.due import Plan
from tasks.publish.operations.page import NAME, in_markdown, render_operations
from tasks.publish.operations.reading import look_at_all, markets_of
from tasks.publish.operations.records import Operations
from tasks.publish.operations.standings import standings
from tasks.publish.runs import told
from tasks.reference.rates import last_ecb_day
from tasks.run import MarketRun

log = logging.getLogger("strata.operations")
#: What is logged here is about no single market.
NOBODY = dict.fromkeys(("market", "as_of", "publication", "run"))


def refresh_operations(
    store: ObjectStore,
    profiles: Mapping[str, Profile] | None = None,
    now: datetime | None = None,
    *,
    folder: Path | None = None,
) -> Operations | None:
    """Write operations.html as the store has it now; within a flow run or with a server, the artifact `operations` too.

    For the end of every run and decision, whatever became of it. `profiles` are those at hand, others are read from
    `folder`, or where the settings say; `now` is UTC. None where it cannot be done: that fails nothing.
    """
    moment = now or datetime.now(UTC)
    with progress.about(**NOBODY, step="operations"):
        try:
            found = operations(store, folder or Settings().profiles, profiles, moment)
            store.replace(NAME, render_operations(found), "text/html; charset=utf-8")
        except Exception as error:  # noqa: BLE001 - whatever it is: what was published stands, the next run tries again
            log.warning("the page of operations is not written: %s", _why(error))
            return None
        try:
            _artifact(found)
        except Exception as error:  # noqa: BLE001 - as above; the page is there
            log.warning("the artifact of operations is not made: %s", _why(error))
        return found


def refresh_roots(runs: Iterable[MarketRun]) -> None:
    """`refresh_operations` of each publish root of these runs, by their profiles."""
    planned = list(runs)
    for root in sorted({run.publish for run in planned}):
        refresh_operations(open_store(root), {run.market: run.profile for run in planned if run.publish == root})


def _why(error: Exception) -> object:
    return told(error).get("message") or type(error).__name__


def operations(
    store: ObjectStore,
    folder: Path | None,
    profiles: Mapping[str, Profile] | None = None,
    now: datetime | None = None,
    markets: Iterable[str] | None = None,
) -> Operations:
    """How the markets of a publish root stand, or those that are named; `folder` holds the profiles if none built in.

    Raises:
        StrataError: the root cannot be listed.
    """
    moment = now or datetime.now(UTC)
    names = markets_of(store) if markets is None else list(markets)
    looked = look_at_all(store, names, moment)
    plans = plans_of(names, folder, profiles or {})
    return Operations(
        at=moment.replace(microsecond=0),
        root=store.uri,
        rates_until=_rates_until(),
        markets=standings(looked, plans, moment),
    )


def plans_of(markets: Iterable[str], folder: Path | None, profiles: Mapping[str, Profile]) -> dict[str, Plan | str]:
    """When each market is due and to whom its files go; in words why not, where its profile is faulty.

    A market without a profile has no plan. Starts are moved apart as `strata deploy` moves them where all profiles are
    at hand, else they are as the profile says.
    """
    known = dict(profiles)
    found: dict[str, Plan | str] = {}
    there = set(list_markets(folder))
    for market in markets:
        if market in known or market not in there:
            continue
        try:
            known[market] = load_profile(market, folder)
        except (ProfileError, ProfileErrors) as error:
            found[market] = str(error)
    try:
        moved = {market: one for one in starts(known) for market in one.markets}
    except ProfileError:  # markets of a group that differ: `strata deploy` refuses them
        moved = {}
    for market, profile in known.items():
        one = moved.get(market)
        found[market] = Plan(
            schedule=profile.schedule,
            time_zone=one.time_zone if one else profile.schedule.time_zone or profile.market.time_zone,
            late_by=one.late_by if one else 0,
            wait=profile.source.arrival.wait_minutes,
            deliveries=tuple((slot.team, slot.means) for team in profile.teams for slot in slots(team)),
        )
    return found


def _rates_until() -> date | None:
    try:
        return last_ecb_day()
    except ReferenceDataError:
        return None


def _artifact(found: Operations) -> None:
    """The same for Prefect's pages: within a flow run, or else where a server is named."""
    told: dict[str, Any] = {"key": "operations", "description": found.tally}
    if "prefect" in sys.modules:
        from prefect.artifacts import create_markdown_artifact
        from prefect.context import FlowRunContext

        if FlowRunContext.get() is not None:
            # A thread of an asynchronous flow would get a coroutine that nobody awaits.
            create_markdown_artifact(markdown=in_markdown(found), _sync=True, **told)  # type: ignore[call-arg]
            return
    if os.environ.get("PREFECT_API_URL"):
        with heavy_imports():
            from prefect.client.orchestration import get_client
            from prefect.client.schemas.actions import ArtifactCreate

        with get_client(sync_client=True) as client:
            client.create_artifact(ArtifactCreate(type="markdown", data=in_markdown(found), **told))
