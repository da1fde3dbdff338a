"""`strata status`: how each market stands, and what needs a hand, the most urgent first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from flows.commands.run import terminal
from flows.planning.zones import publish_roots
from flows.settings import Settings
from flows.telling.publications import Json, Profiles, Publish

if TYPE_CHECKING:
    from tasks.publish.operations.records import Operations, Standing, Word

STYLES: dict[Word, str] = {
    "failed": "bold red", "held": "magenta", "late": "yellow", "stale": "yellow", "waiting": "cyan", "never": "dim",
    "ok": "green",
}  # fmt: skip
COLUMNS = (
    "market", "state", "current as of", "age", "next run", "quarantined", "gate", "purchases", "took (median)",
    "last attempt", "for", "outcome",
)  # fmt: skip
RIGHT = frozenset({"age", "quarantined"})


def status(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all published if none.")] = None,
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    as_json: Json = False,
) -> None:
    """How each market stands, what needs a hand first: failed, held, late, stale, never published, or ok.

    `late` goes by the schedule of the market's profile, two hours after its run should have begun. It reads the publish
    roots alone, never Prefect: for each market its pointer, one manifest and the last ten attempts. operations.html
    beside the list of markets shows the same as of the last run's end. docs/operations.md says what each word means.

    Exit code 0: nothing needs a hand; 1: something does; 2: an option is wrong, or a root cannot be read.

    For example:

    strata status --publish s3://published

    strata status DE JP --json
    """
    from flows.telling.operations import operations
    from tasks.objects import open_store
    from tasks.publish.operations.reading import markets_of

    settings, now = Settings(), datetime.now(UTC)
    uris = publish_roots(settings, publish)
    stores = [open_store(uri) for uri in uris]
    folder = Path(profiles) if profiles else settings.profiles
    asked = sorted({name.upper() for name in markets}) if markets else None
    there = {store.uri: markets_of(store) for store in stores}
    known = {market for names in there.values() for market in names}
    found = []
    for number, store in enumerate(stores):  # a market that no root knows is told of once
        mine = [name for name in there[store.uri] if asked is None or name in asked]
        strange = [name for name in asked or () if name not in known] if number == 0 else []
        found.append(operations(store, folder, now=now, markets=[*mine, *strange]))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2, ensure_ascii=False))
    else:
        _tell(found, uris)
    raise typer.Exit(1 if any(one.needy for one in found) else 0)


def _tell(found: list[Operations], uris: list[str]) -> None:
    console = terminal()
    if not any(one.markets for one in found):
        roots = ", ".join(uris)
        console.print(f"nothing is published at {roots}: `strata run` publishes", highlight=False, soft_wrap=True)
        return
    for one in found:
        if one.markets:
            console.print(_table(one.markets))
    for one in found:
        for market in one.markets:
            told = [(market.doing, "")] if market.doing else []
            for says, style in [*told, *((f"{need.says}; {need.todo}", STYLES[need.word]) for need in market.needs)]:
                console.print(Text.assemble((market.market, style), f": {says}"), soft_wrap=True)
    for one, uri in zip(found, uris, strict=True):
        if one.markets:
            console.print(one.tally + (f" at {uri}" if len(found) > 1 else ""), highlight=False, soft_wrap=True)


def _table(found: Iterable[Standing]) -> Table:
    from tasks.publish.operations.page import cells

    table = Table(box=None, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in RIGHT else "left", no_wrap=True)
    for one in found:
        market, word, *rest = cells(one)
        last = one.attempts[0] if one.attempts else None
        attempt = (f"{last.started:%Y-%m-%d %H:%M}", str(last.as_of), last.outcome) if last else ("", "", "")
        table.add_row(market, f"[{STYLES[one.word]}]{word}[/]", *rest, *attempt)
    return table
