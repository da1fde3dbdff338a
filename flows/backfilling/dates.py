"""Many dates of a market, oldest first: what is there already is left alone, and an interrupted one goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, get_args

from flows.backfilling.foresight import Foreseen, facts_now, foresee, note_identity
from flows.planning.runs import local_yesterday
from flows.publishing.market import stratify_market
from flows.running.cancelling import cancel, cancellable, pause
from flows.running.outcomes import MarketOutcome
from flows.running.unforeseen import unforeseen
from region_profiles.model_types import Weekday
from region_profiles.models import Profile
from tasks.errors import NoPurchases, StrataError, Terminal, Transient
from tasks.objects import open_store
from tasks.publish.changes import Facts, changes
from tasks.publish.index import refresh_root
from tasks.publish.pointer import Pointer, read_pointer, stale_successors
from tasks.publish.reading import read_manifest
from tasks.run import MarketRun

Every = Literal["day", "week", "month"]
#: Seconds before a step is tried again that a retry may help.
PAUSES = (2.0, 10.0)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one date of a market: never a personal value.

    `skipped`: the market had sold nothing yet. `left`: an earlier date failed, and this one would build upon it.
    """

    market: str
    as_of: date
    state: Literal["published", "unchanged", "held", "failed", "skipped", "left"]
    why: tuple[str, ...] = ()
    publication: str | None = None
    error: str | None = None
    seconds: float = 0.0
    looked: bool = True
    """Whether a run was needed to know; not where files, profile and figures are those of the publication."""


#: How a date is made.
Make = Callable[[MarketRun], MarketOutcome]
Tell = Callable[[Done], object]


def dates(profile: Profile, since: date, until: date, every: Every) -> tuple[date, ...]:
    """The as-of dates from `since` to `until`, both inclusive, that a schedule of this rhythm would have.

    A run's as-of date is the day before it: of weekly runs that before `schedule.weekday`, of monthly ones that before
    `schedule.day`, which is the month's last where the profile says nothing.

    Raises:
        Terminal: `since` is later than `until`.
    """
    if since > until:
        raise Terminal("there is no such span of dates", value=f"{since} to {until}", hint="mend --from or --to")
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    schedule = profile.schedule
    weekday = get_args(Weekday).index(schedule.weekday)

    def counts(day: date) -> bool:
        run = day + timedelta(days=1)
        return every == "day" or (run.weekday() == weekday if every == "week" else run.day == schedule.day)

    return tuple(day for day in days if counts(day))


def wanted(
    runs: Sequence[MarketRun], since: date | None, until: date | None, every: Every, known: Literal["then", "latest"]
) -> list[tuple[MarketRun, list[date]]]:
    """Each planned run with its dates; none without `since`, and none after the market's local yesterday.

    Raises:
        Terminal: the span is none, or no date of the rhythm lies in it.
    """
    drops: Literal["known", "latest"] = "known" if known == "then" else "latest"
    found = []
    for run in runs:
        yesterday = local_yesterday(run.profile)
        days = dates(run.profile, since, min(until or yesterday, yesterday), every) if since else ()
        if since and not days:
            raise Terminal(
                f"no {every} ends between {since} and {until or yesterday}",
                market=run.market,
                hint="widen the span, or say --every day",
            )
        found.append((replace(run, drops=drops), list(days)))
    return found


def make(run: MarketRun) -> MarketOutcome:
    """The run, without Prefect: a step is tried again where that may help, and no error leaves with data in it."""
    try:
        return stratify_market(run, patient)
    except StrataError:
        raise
    except Exception as error:
        if os.environ.get("STRATA_DEBUG"):
            raise
        bare = unforeseen(error)
    raise bare  # outside of the handler: no traceback leads to the text


def patient(door: Callable[..., Any]) -> Callable[..., Any]:
    """The door, called again after a pause where its error is Transient."""

    def call(*args: Any, **named: Any) -> Any:
        for seconds in PAUSES:
            try:
                return door(*args, **named)
            except Transient:
                pause(seconds)
        return door(*args, **named)

    return call


def backfill_market(
    run: MarketRun,
    days: Sequence[date],
    *,
    rebuild: bool = False,
    make: Make = make,
    tell: Tell = lambda _: None,
    stop: threading.Event | None = None,
) -> tuple[Done, ...]:
    """Make each date's publication anew where what its id digests has changed; oldest first, one after another.

    Each publication is the next one's predecessor, so an error ends the market's backfill: later dates are `left`.
    Where it is interrupted, the same call goes on: dates that are published are recognized by their facts.

    Args:
        run: the market's run; its as-of date does not matter.
        days: as-of dates, in any order.
        rebuild: also all dates, whichever, that are stale or become so, because an earlier one was published anew.
        make: makes one date.
        tell: called after each date.
        stop: no date is begun once it is set.
    """
    store = open_store(run.publish)
    found: list[Done] = []
    over: set[date] = set()
    last = max(days, default=None)
    while not (stop and stop.is_set()):
        versioned = read_pointer(store, run.market)
        pointer = versioned.pointer if versioned else None
        todo = sorted({*days, *(stale_successors(pointer) if rebuild and pointer else ())} - over)
        if not todo:
            break
        of_the_day = replace(run, as_of=todo[0], deliver=run.deliver and todo[0] == max(last or todo[-1], todo[-1]))
        done = _one(of_the_day, pointer, make)
        over.add(done.as_of)
        for one in (done, *(_left(run.market, todo[1:], done) if done.state == "failed" else ())):
            found.append(one)
            tell(one)
        if done.state == "failed":
            break
    return tuple(found)


def _left(market: str, days: Sequence[date], failed: Done) -> Iterator[Done]:
    return (Done(market, day, "left", (f"{failed.as_of} failed, and it builds upon that",)) for day in days)


def _one(run: MarketRun, pointer: Pointer | None, make: Make) -> Done:
    """One date, made or recognized; an error is part of what it comes to."""
    started = time.monotonic()
    try:
        known = facts_now(run, run.work / "drops")
        foreseen = foresee(run, pointer, known)
        if foreseen.state == "unchanged" and foreseen.sure:
            publication = pointer.selected[run.as_of] if pointer else None
            why = ("files, profile and figures are those of the publication",)
            return Done(run.market, run.as_of, "unchanged", why, publication, None, _since(started), looked=False)
        outcome = make(_told(run, foreseen))
        if known is not None and outcome.publication and outcome.state in {"published", "unchanged"}:
            note_identity(run, known, outcome.publication)
        differ = _why(run, pointer, outcome)
        error = f"{outcome.error}: {outcome.detail}" if outcome.error else None
        return Done(run.market, run.as_of, outcome.state, differ, outcome.publication, error, _since(started))
    except NoPurchases:
        return Done(run.market, run.as_of, "skipped", ("no purchase up to then",), None, None, _since(started))
    except StrataError as error:
        told = str(error).removeprefix(f"{run.market}: ")
        return Done(run.market, run.as_of, "failed", (), None, f"{type(error).__name__}: {told}", _since(started))


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _told(run: MarketRun, foreseen: Foreseen) -> MarketRun:
    because = "; ".join((foreseen.state, *foreseen.why))
    return replace(run, facts={"asked_by": "backfill", "drops": run.drops, "because": because, **run.facts})


def _why(run: MarketRun, pointer: Pointer | None, outcome: MarketOutcome) -> tuple[str, ...]:
    """Why the date was made anew: the facts in which the new manifest differs from that which it supersedes.

    Of one that is held, what holds it.
    """
    old = pointer.selected.get(run.as_of) if pointer else None
    if outcome.state == "unchanged":
        return (outcome.detail,)
    if outcome.state == "held":
        return outcome.hints or (outcome.detail,)
    if outcome.publication is None or old in {None, outcome.publication}:
        return ()
    store = open_store(run.publish)
    pair = (read_manifest(store, run.market, run.as_of, name) for name in (str(old), outcome.publication))
    before, now = (Facts.of(manifest) for manifest in pair)
    return changes(before, now)


def backfill(
    wanted: Sequence[tuple[MarketRun, Sequence[date]]],
    *,
    at_once: int,
    rebuild: bool = False,
    make: Make = make,
    tell: Tell = lambda _: None,
) -> tuple[Done, ...]:
    """Several markets, each oldest first, so many at once; one that fails stops no other.

    An interrupt lets no further date begin, stops those under way, and is raised again.
    """
    stop = threading.Event()

    def interruptible(run: MarketRun) -> MarketOutcome:
        with cancellable():
            return make(run)

    def market(one: tuple[MarketRun, Sequence[date]]) -> tuple[Done, ...]:
        run, days = one
        return backfill_market(run, days, rebuild=rebuild, make=interruptible, tell=tell, stop=stop)

    with ThreadPoolExecutor(at_once, "market") as pool:
        futures = [pool.submit(market, one) for one in wanted]
        try:
            found = [one for future in futures for one in future.result()]
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            cancel()
            raise
    if any(one.state == "published" for one in found):
        for root in sorted({run.publish for run, _ in wanted}):
            refresh_root(open_store(root))
    return tuple(found)
