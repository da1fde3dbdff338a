"""`strata backfill`: earlier dates, or those that a change has made stale, oldest first."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from flows.commands.run import Landing, Profiles, Publish, terminal
from flows.startup import heavy_imports
from tasks.errors import Terminal

if TYPE_CHECKING:
    from flows.backfilling.dates import Done
    from flows.backfilling.foresight import Foreseen
    from tasks.run import MarketRun

#: A market, its dates, and what is foreseen of them.
Wanted = list[tuple["MarketRun", list[date]]]


def backfill(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all with a drop if none.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First as-of date.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last as-of date; the local yesterday if none."),
    ] = None,
    every: Annotated[str, typer.Option(help="day, week or month: as-of dates as the market's schedule has them.")] = (
        "month"
    ),
    known: Annotated[str, typer.Option(help="Drops that count: those known `then`, or the `latest`.")] = "latest",
    at_once: Annotated[
        int | None, typer.Option(min=1, help="Markets at a time; STRATA_MARKETS_AT_ONCE if none.")
    ] = None,
    landing: Landing = None,
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Also all dates that are stale, or become so.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and how long it takes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a date, for programs.")] = False,
) -> None:
    """Publish earlier dates, each market oldest first; what is there and unchanged is left alone.

    Interrupted anywhere, the same command goes on where it was. A date is made anew where its files, the profile,
    reference figures or the publication before it have changed. Where PREFECT_API_URL names a server, its deployment
    does it; else this process.

    Exit code 0: all dates are published or unchanged; 1: one failed, is left or held; 2: the request is wrong.

    For example:

    strata backfill DE JP --from 2023-01-31 --to 2025-12-31 --every month --dry-run

    strata backfill --rebuild --yes
    """
    with heavy_imports():
        from flows.planning.runs import plan

    _check(every, known)
    texts = None if profiles is None else str(profiles)
    runs = plan(markets, landing=landing, publish=publish, profiles=texts)
    wanted = _wanted(runs, since, until, every, known, rebuild=rebuild)
    console = terminal()
    asked = _parameters(markets, since, until, every, known, rebuild, at_once, landing, publish, texts)
    if dry_run or not yes:
        foreseen = _foresee(wanted, rebuild=rebuild)
        _show(console, wanted, foreseen, _at_once(at_once), as_json=as_json)
        if dry_run:
            return
        if not sys.stdin.isatty():
            raise Terminal("nothing is done without leave", hint="say --yes, or --dry-run to look only")
        typer.confirm("Go on?", abort=True)
    raise typer.Exit(_execute(console, wanted, asked, _at_once(at_once), rebuild=rebuild, as_json=as_json))


def _check(every: str, known: str) -> None:
    if every not in {"day", "week", "month"}:
        raise typer.BadParameter(f"{every!r} is none of day, week, month", param_hint="--every")
    if known not in {"then", "latest"}:
        raise typer.BadParameter(f"{known!r} is neither then nor latest", param_hint="--known")


def _wanted(
    runs: Sequence[MarketRun], since: datetime | None, until: datetime | None, every: Any, known: Any, *, rebuild: bool
) -> Wanted:
    from flows.backfilling.dates import wanted

    if since is None and not rebuild:
        raise Terminal("--from is not given", hint="say the first as-of date, or --rebuild alone for stale dates")
    return wanted(runs, since.date() if since else None, until.date() if until else None, every, known)


def _at_once(given: int | None) -> int:
    from flows.settings import Settings

    return given or Settings().markets_at_once


def _parameters(
    markets: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    every: str,
    known: str,
    rebuild: bool,
    at_once: int | None,
    landing: str | None,
    publish: str | None,
    profiles: str | None,
) -> dict[str, Any]:
    """What the deployment's flow is given; what was not said is left to it."""
    said = {
        "markets": markets,
        "since": since and since.date().isoformat(),
        "until": until and until.date().isoformat(),
        "every": every,
        "known": known,
        "rebuild": rebuild,
        "at_once": at_once,
        "landing": landing,
        "publish": publish,
        "profiles": profiles,
    }
    return {name: value for name, value in said.items() if value is not None}


def _foresee(wanted: Wanted, *, rebuild: bool) -> list[Foreseen]:
    from flows.backfilling.foresight import foreseen_of
    from tasks.objects import open_store
    from tasks.publish.pointer import read_pointer, stale_successors

    found = []
    with tempfile.TemporaryDirectory(prefix="strata-backfill-") as folder:
        for run, days in wanted:
            versioned = read_pointer(open_store(run.publish), run.market)
            pointer = versioned.pointer if versioned else None
            stale = stale_successors(pointer) if rebuild and pointer else ()
            first = min([*days, *stale], default=None)
            # Whatever follows a date that is made anew is stale afterwards.
            after = [day for day in (pointer.selected if pointer else ()) if rebuild and first and day > first]
            every_day = sorted({*days, *stale, *after})
            told = foreseen_of(run, every_day, pointer, _copies(run, Path(folder)))
            found += [one for one in told if one.as_of in {*days, *stale} or one.state != "unchanged"]
    return found


def _copies(run: MarketRun, folder: Path) -> Path:
    """Where copies of the drop's files go: what is fetched from a bucket the run needs anyway."""
    remote = "://" in run.landing and not run.landing.startswith("file://")
    return run.work / "drops" if remote else folder


def _show(console: Console, wanted: Wanted, foreseen: list[Foreseen], at_once: int, *, as_json: bool) -> None:
    if as_json:
        for one in foreseen:
            print(json.dumps(asdict(one), default=str, ensure_ascii=False))  # noqa: T201 - for programs, unwrapped
        return
    table = Table(box=None, header_style="bold")
    for name in ("market", "as of", "would be", "why"):
        table.add_column(name)
    for one in foreseen:
        table.add_row(one.market, str(one.as_of), one.state, "; ".join(one.why))
    console.print(table)
    console.print(_estimate(wanted, foreseen, at_once), highlight=False, soft_wrap=True)


def _estimate(wanted: Wanted, foreseen: Iterable[Foreseen], at_once: int) -> str:
    from flows.backfilling.foresight import pace
    from tasks.objects import open_store

    told = list(foreseen)
    counts = {state: sum(one.state == state for one in told) for state in dict.fromkeys(one.state for one in told)}
    said = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "nothing to do"
    known = {run.market: pace(open_store(run.publish), run.market) for run, _ in wanted}
    each = {name: known[name].seconds(one for one in told if one.market == name) for name in known}
    measured = [seconds for seconds in each.values() if seconds is not None]
    unknown = sorted(name for name, seconds in each.items() if seconds is None)
    if unknown and len(unknown) == len(each):
        return f"{said}; how long it takes no earlier run says"
    usual = sum(measured) / len(measured)
    whole = [usual if seconds is None else seconds for seconds in each.values()]
    seconds = max(*whole, sum(whole) / at_once)
    guess = f", {', '.join(unknown)} as the others" if unknown else ""
    return f"{said}; about {_duration(seconds)} with {at_once} at once, by earlier runs{guess}"


def _duration(seconds: float) -> str:
    """In words.

    >>> _duration(40), _duration(600), _duration(9000)
    ('40 s', '10 min', '2.5 h')
    """
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - as above


def _execute(
    console: Console, wanted: Wanted, asked: dict[str, Any], at_once: int, *, rebuild: bool, as_json: bool
) -> int:
    from flows.backfilling.serverside import named, run_backfills

    if named():
        return run_backfills(console, wanted, asked)
    return _here(console, wanted, at_once, rebuild=rebuild, as_json=as_json)


def _here(console: Console, wanted: Wanted, at_once: int, *, rebuild: bool, as_json: bool) -> int:
    with heavy_imports():
        from flows.backfilling.dates import backfill as fill
        from flows.telling.operations import refresh_roots
        from tasks import progress

    def tell(done: Done) -> None:
        line = json.dumps(asdict(done), default=str, ensure_ascii=False) if as_json else in_words(done)
        console.print(line, highlight=False, soft_wrap=True, markup=False)

    with console.status("working") as status:
        at: dict[str, str] = {}

        def show(market: str, step: str, detail: str) -> None:
            at[market] = f"{step} {detail}".strip()
            status.update("  ".join(f"{name} {where}" for name, where in sorted(at.items())))
            if step == "waiting" and not console.is_terminal and not as_json:
                console.print(f"{market}: waiting {detail}", highlight=False, soft_wrap=True, markup=False)

        ending = progress.listen(show)
        try:
            found = fill(wanted, at_once=at_once, rebuild=rebuild, tell=tell)
        except KeyboardInterrupt:
            console.print("interrupted: the same command goes on from here", highlight=False)
            return 1
        finally:
            ending()
            refresh_roots(run for run, _ in wanted)
    if not as_json:
        console.print(summary(found), highlight=False)
    return 1 if any(one.state in {"failed", "left", "held"} for one in found) else 0


def in_words(done: Done) -> str:
    """One date in a line."""
    told = (*done.why, *((done.error,) if done.error else ()))
    because = f": {'; '.join(told)}" if told else ""
    return f"{done.market} {done.as_of} {done.state} {done.publication or ''}".rstrip() + because


def summary(found: Sequence[Done]) -> str:
    """How many dates came to what."""
    states = list(dict.fromkeys(one.state for one in found))
    return ", ".join(f"{sum(one.state == state for one in found):,} {state}" for state in states) or "nothing to do"
