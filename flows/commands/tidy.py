"""`strata tidy`: what attempts that died left behind, in the publish roots and in this machine's work folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.planning.zones import publish_roots, scratch_folders
from flows.settings import Settings
from flows.telling.publications import Json, Publish


def tidy(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all published if none.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Only what nobody has written to for so many days.")] = 7,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Also finished steps of the work folder unused for so many days.")
    ] = None,
    publish: Publish = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete it; without this it is only listed.")] = False,
    as_json: Json = False,
) -> None:
    """List, and with --yes delete, what attempts that died left: nothing reads it, and no run needs it gone.

    In the publish roots: folders of publications that the market's pointer names nowhere, neither as selected nor in
    any event. In this machine's work folder: steps that never became finished, and files that DuckDB spilled. Dates
    that a run is at now are left alone. Finished steps with --steps would be computed anew where a run asks for them.
    Deleting in a bucket needs the right DeleteObject. docs/reliability.md says what dies how.

    Exit code 0: listed or deleted; 2: an option is wrong, or a root cannot be read.

    For example:

    strata tidy

    strata tidy DE --days 30 --yes

    strata tidy --steps 60 --yes
    """
    settings, now = Settings(), datetime.now(UTC)
    asked = None if not markets else {name.upper() for name in markets}
    age, unused = timedelta(days=days), None if steps is None else timedelta(days=steps)
    told: list[dict[str, Any]] = []
    for uri in publish_roots(settings, publish):
        told += _of_root(uri, asked, now, age, yes=yes)
    for work in scratch_folders(settings):
        told += _of_work(work, asked, now, age, unused, yes=yes)
    if as_json:
        typer.echo(json.dumps({"deleted": yes, "found": told}, indent=2))
        return
    for one in told:
        note = "" if one["deleted"] or not yes else ", left: a run is at it, or it cannot be deleted"
        typer.echo(f"{one['kind']}: {one['where']}, {one['bytes']:,} bytes, last {one['last']}{note}")
    done = sum(one["deleted"] for one in told)
    typer.echo(_sentence(len(told), done, sum(one["bytes"] for one in told), yes=yes))


def _of_root(uri: str, asked: set[str] | None, now: datetime, age: timedelta, *, yes: bool) -> Iterator[dict[str, Any]]:
    from tasks.objects import open_store
    from tasks.publish.leftovers import leftovers, remove

    store = open_store(uri)
    for country in [folder.removeprefix("country=") for folder in store.folders("country=")]:
        if asked is None or country in asked:
            for one in leftovers(store, country, now, age):
                kind = "publication that was never selected" if one.complete else "publication without a manifest"
                deleted = yes and remove(store, one, now)
                yield _row(kind, f"{store.uri}/{one.prefix}", one.size, one.newest, deleted=deleted)


def _of_work(
    work: Path, asked: set[str] | None, now: datetime, age: timedelta, unused: timedelta | None, *, yes: bool
) -> Iterator[dict[str, Any]]:
    from tasks.scratch import scraps

    kinds = {"unfinished": "unfinished step", "spilled": "spilled file", "step": "step that nobody used"}
    for one in scraps(work, now, age, unused):
        if asked is None or one.path.parent.name in asked:
            if yes:
                one.remove()
            yield _row(kinds[one.kind], str(one.path), one.size, one.used, deleted=yes and not one.path.exists())


def _sentence(found: int, done: int, size: int, *, yes: bool) -> str:
    if not found:
        return "nothing is left over"
    return f"deleted {done} of {found}" if yes else f"{found} left over, {size:,} bytes; --yes deletes"


def _row(kind: str, where: str, size: int, last: datetime, *, deleted: bool) -> dict[str, Any]:
    return {"kind": kind, "where": where, "bytes": size, "last": f"{last:%Y-%m-%d %H:%M} UTC", "deleted": deleted}
