"""`strata status`: per market the current publication, its age, its attempts."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from tasks.errors import Terminal
from tasks.objects import open_store


def status(
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
) -> None:
    """List each market's current publication and its last attempt.

    Example: strata status --publish s3://published
    """
    uri = publish or Settings().publish
    if not uri:
        raise Terminal("--publish is not given", hint="say --publish URI or set STRATA_PUBLISH")
    store = open_store(uri)
    keys = sorted(info.key for info in store.list("country="))
    table = Table(box=None, header_style="bold")
    for name in ("market", "current as of", "publication", "revision", "last attempt", "outcome"):
        table.add_column(name)
    for market in sorted({key.split("/", 1)[0].removeprefix("country=") for key in keys}):
        prefix = f"country={market}/"
        pointer = json.loads(store.read(f"{prefix}current.json")) if f"{prefix}current.json" in keys else {}
        runs = [key for key in keys if key.startswith(f"{prefix}runs/")]
        last = json.loads(store.read(runs[-1])) if runs else {}
        current = pointer.get("current")
        table.add_row(
            market,
            str(current or "none"),
            str(pointer.get("selected", {}).get(current, "")),
            str(pointer.get("revision", 0)),
            runs[-1].rsplit("/", 1)[-1].split("-", 1)[0] if runs else "",
            str(last.get("outcome", "")),
        )
    Console().print(table)
