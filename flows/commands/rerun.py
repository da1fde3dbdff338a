"""`strata rerun --failed`: what failed or died, once more for the same date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.commands.backfill import in_words, summary
from flows.commands.run import Landing, Profiles, Publish, terminal
from flows.planning.zones import publish_roots
from flows.settings import Settings
from flows.startup import heavy_imports
from tasks.errors import StrataError, Terminal

if TYPE_CHECKING:
    from flows.backfilling.dates import Done
    from flows.backfilling.rerun import Again
    from tasks.run import MarketRun


def rerun(
    market: Annotated[
        list[str] | None, typer.Option("--market", "-m", help="ISO country code; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Every date tried since then (UTC) that failed."),
    ] = None,
    dead_after: Annotated[
        int, typer.Option(min=0, help="Minutes after which an attempt without an end, of another machine, is dead.")
    ] = 360,
    at_once: Annotated[
        int | None, typer.Option(min=1, help="Markets at a time; STRATA_MARKETS_AT_ONCE if none.")
    ] = None,
    landing: Landing = None,
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Attempts that failed, were cancelled or died.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an attempt, for programs.")] = False,
) -> None:
    """Repeat the markets whose last attempt failed or died, for the same as-of date; what was done is not redone.

    What failed stands in the publish root (runs/*.json); Prefect is not asked. Where PREFECT_API_URL names a server,
    its deployments do it, else this process.

    Exit code 0: nothing had failed, or all is published now; 1: something failed again or is held; 2: the request is
    wrong.

    For example:

    strata rerun --failed

    strata rerun --failed --market JP --since 2026-06-01
    """
    from flows.backfilling.rerun import markets_of, to_repeat
    from tasks.objects import open_store

    if not failed:
        raise Terminal("what is to be repeated is not said", hint="say --failed; `strata run` runs markets anew")
    asked = {name.upper() for name in market or ()}
    moment = datetime.now(UTC)
    after = since.replace(tzinfo=UTC) if since else None
    found: list[Again] = []
    for uri in publish_roots(Settings(), publish):
        store = open_store(uri)
        names = [name for name in markets_of(store) if not asked or name in asked]
        found += to_repeat(store, names, now=moment, since=after, dead_after=timedelta(minutes=dead_after))
    console = terminal()
    for one in found:
        told = {"market": one.market, "as_of": str(one.as_of), "why": one.why}
        line = json.dumps(told, ensure_ascii=False) if as_json else f"{one.market} {one.as_of}: {one.why}"
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    if not found and not as_json:
        console.print("no last attempt failed or died", highlight=False)
    texts = None if profiles is None else str(profiles)
    if found and not dry_run:
        raise typer.Exit(_again(console, found, landing, publish, texts, at_once, as_json=as_json))


def _again(
    console: Console,
    found: Sequence[Again],
    landing: str | None,
    publish: str | None,
    profiles: str | None,
    at_once: int | None,
    *,
    as_json: bool,
) -> int:
    from flows.backfilling.serverside import named, run_again
    from flows.planning.runs import plan

    wanted: list[tuple[MarketRun, list[Again]]] = []
    wrong = 0
    for name in sorted({one.market for one in found}):
        try:  # a market whose profile is broken stops no other
            (run,) = plan([name], landing=landing, publish=publish, profiles=profiles)
            wanted.append((run, [one for one in found if one.market == name]))
        except StrataError as error:
            wrong += 1
            why = str(error).removeprefix(f"{name}: ")
            console.print(f"{name} failed: {why}", highlight=False, soft_wrap=True, markup=False)
    if named():
        said = {"landing": landing, "publish": publish, "profiles": profiles}
        code = run_again(console, wanted, {name: value for name, value in said.items() if value is not None})
        return max(code, min(wrong, 1))
    done = _here(console, wanted, at_once or Settings().markets_at_once, as_json=as_json)
    return 1 if wrong or any(one.state in {"failed", "left", "held"} for one in done) else 0


def _here(
    console: Console, wanted: Iterable[tuple[MarketRun, list[Again]]], at_once: int, *, as_json: bool
) -> tuple[Done, ...]:
    with heavy_imports():
        from flows.backfilling.dates import backfill
        from flows.telling.operations import refresh_roots

    def tell(done: Done) -> None:
        if not as_json:
            console.print(in_words(done), highlight=False, soft_wrap=True, markup=False)

    done: tuple[Done, ...] = ()
    runs = list(wanted)
    try:
        for group in _alike(runs):
            done += backfill([(run, [one.as_of for one in dates]) for run, dates in group], at_once=at_once, tell=tell)
    finally:
        refresh_roots(run for run, _ in runs)
    if not as_json:
        console.print(summary(done), highlight=False)
    return done


def _alike(
    wanted: Iterable[tuple[MarketRun, list[Again]]],
) -> list[list[tuple[MarketRun, list[Again]]]]:
    """The runs with the engine and the choice of drops of their attempts; those of the latest drops first."""
    groups: dict[str, list[tuple[MarketRun, list[Again]]]] = {}
    for run, dates in wanted:
        kinds = sorted({_kind(one) for one in dates}, reverse=True)
        for drops, engine in kinds:
            changed: Any = {"drops": drops, **({"engine": engine} if engine else {})}
            mine = [one for one in dates if _kind(one) == (drops, engine)]
            groups.setdefault(drops, []).append((replace(run, facts={"asked_by": "rerun"}, **changed), mine))
    return list(groups.values())


def _kind(again: Again) -> tuple[str, str]:
    return str(again.attempt.facts.get("drops", "latest")), again.attempt.engine or ""
