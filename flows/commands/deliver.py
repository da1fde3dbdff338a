"""`strata deliver`: bring a publication to the teams of its market, once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.telling.publications import Json, Profiles, Publish

if TYPE_CHECKING:
    from flows.delivering.teams import Delivered


def deliver(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of the publication; default: the current one."),
    ] = None,
    team: Annotated[list[str] | None, typer.Option(help="This team alone; may be repeated.")] = None,
    again: Annotated[
        list[str] | None, typer.Option(metavar="TEAM", help="Once more for a team that has got it, or may have.")
    ] = None,
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is due, and send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a publication to its market's teams by the means of their profile: a folder, link, e-mail or SFTP server.

    Runs do this themselves for what becomes current. What was delivered is not delivered again unless --again says so;
    what failed is tried once more; what is withdrawn is recalled first. A held publication is not delivered, an older
    date only with --as-of.

    Exit code 0: all have it, or another process is at it; 1: something failed, or may have been sent or not; 2: an
    option, the profile or a setting is wrong, or nothing is published.

    For example:

    strata deliver DE

    strata deliver DE --team germany_crm --dry-run

    strata deliver DE --again germany_crm

    strata deliver DE --as-of 2026-05-31
    """
    from flows.delivering.teams import deliver as bring
    from flows.delivering.teams import order_for

    found = bring(
        order_for(market, publish, profiles),
        as_of=as_of.date() if as_of else None,
        teams=(*(team or ()), *(again or ())) if team else (),
        again=tuple(again or ()),
        dry_run=dry_run,
    )
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    else:
        tell(market.upper(), found)
    raise typer.Exit(0 if all(one.good for one in found) else 1)


def tell(market: str, found: Sequence[Delivered]) -> None:
    """What became of each delivery, for the terminal."""
    console = terminal()
    if not found:
        console.print(f"{market}: no team in the profile", highlight=False)
        return
    table = Table(box=None, header_style="bold")
    for name in ("team", "means", "state", "publication"):
        table.add_column(name)
    for one in found:
        table.add_row(one.team, one.means, one.state, one.publication)
    console.print(table)
    for one in found:
        if one.detail:
            colour = "yellow" if one.good else "red"
            console.print(f"[{colour}]{one.team}, {one.means}[/]: {one.detail}", highlight=False, soft_wrap=True)
