"""`strata link`: pages of links to a market's files in a private bucket, which expire."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.telling.publications import Json, Profiles, Publish


def link(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    team: Annotated[list[str] | None, typer.Option(help="This team alone; may be repeated.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long the links work.")] = 72,
    publish: Publish = None,
    profiles: Profiles = None,
    *,
    as_json: Json = False,
) -> None:
    """Print for each team and locale a link to a page with links to the files it may see, of the current publication.

    Whoever has such a link can open the files until it expires, so hand it to the team alone. With temporary
    credentials links end when these do. Publish roots that are folders have no links.

    Exit code 0: here they are; 2: a folder, no such team, or nothing is published.

    For example:

    strata link DE

    strata link DE --team germany_crm --hours 24
    """
    from flows.delivering.links import links_of

    found = links_of(market, publish, profiles, tuple(team or ()), hours)
    if as_json:
        rows = [{**one._asdict(), "until": one.until.isoformat()} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(f"{one.team} {one.locale} (until {one.until:%Y-%m-%d %H:%M} UTC)\n{one.link}")
