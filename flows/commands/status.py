"""`strata status`: per market the current publication, its age, its last attempt, and what needs a look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.settings import Settings
from flows.zones import publish_roots
from tasks.errors import StrataError

if TYPE_CHECKING:
    from tasks.objects import ObjectStore
    from tasks.publish.pointer import Pointer
    from tasks.publish.runs import Attempt

#: An attempt without an end after this long has died: the largest markets take minutes.
DEAD_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Standing:
    """One market: its pointer and its last attempt, where it has them, and what needs a look."""

    market: str
    pointer: Pointer | None
    attempt: Attempt | None
    troubles: tuple[str, ...]


def status(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all published if none.")] = None,
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
) -> None:
    """List each market's current publication and its last attempt; below, what needs a look.

    Exit code 0: nothing does; 1: a last attempt failed or died, a publication is stale, or a pointer cannot be read;
    2: an option is wrong. It reads the publish root alone, never Prefect.

    Example: strata status --publish s3://published
    """
    from tasks.objects import open_store

    uris = publish_roots(Settings(), publish)
    stores = [open_store(uri) for uri in uris]
    console = terminal()
    there = {name: store for store in stores for name in _markets(store)}
    names = sorted(name.upper() for name in markets) if markets else sorted(there)
    if not names:
        roots = ", ".join(uris)
        console.print(f"nothing is published at {roots}: `strata run` publishes", highlight=False, soft_wrap=True)
        return
    now = datetime.now(UTC)
    found = [_standing(there.get(name, stores[0]), name, now) for name in names]
    console.print(_table(found, now))
    troubles = [(one.market, trouble) for one in found for trouble in one.troubles]
    for market, trouble in troubles:
        console.print(f"[yellow]{market}[/]: {trouble}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if troubles else 0)


def _markets(store: ObjectStore) -> list[str]:
    keys = (info.key.split("/", 1)[0] for info in store.list("country="))
    return sorted({key.removeprefix("country=") for key in keys})


def _standing(store: ObjectStore, market: str, now: datetime) -> Standing:
    """What the store says; what cannot be read is a trouble of this market and hides no other."""
    from tasks.publish.pointer import read_pointer
    from tasks.publish.runs import Attempt

    pointer = attempt = None
    troubles = []
    try:
        versioned = read_pointer(store, market)
        pointer = versioned.pointer if versioned else None
    except StrataError as error:
        troubles.append(str(error))
    try:
        last = max((info.key for info in store.list(f"country={market}/runs/")), default=None)
        attempt = Attempt.from_bytes(store.read(last), f"{store.uri}/{last}") if last else None
    except StrataError as error:
        troubles.append(str(error))
    if pointer is None and attempt is None and not troubles:
        troubles.append("nothing is published and nothing was tried")
    troubles += _stale(pointer) if pointer else []
    troubles += _of_attempt(attempt, now) if attempt else []
    return Standing(market, pointer, attempt, tuple(troubles))


def _stale(pointer: Pointer) -> Iterator[str]:
    from tasks.publish.pointer import stale_successors

    dates = ", ".join(str(day) for day in stale_successors(pointer))
    if dates:
        yield f"stale, because an earlier date was published again: {dates}; run them again, oldest first"


def _of_attempt(attempt: Attempt, now: datetime) -> Iterator[str]:
    if attempt.outcome in {"failed", "cancelled"}:
        error = attempt.error or {}
        told = error.get("message") or f"{error.get('type', 'unknown error')}: the log of the run says more"
        yield f"the last attempt {attempt.outcome} in {attempt.step}: {told}"
    elif attempt.outcome == "running" and now - attempt.started > DEAD_AFTER:
        yield f"the last attempt began {_age(now - attempt.started)} ago and never ended: run it again"


def _table(found: Iterable[Standing], now: datetime) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("market", "current as of", "age", "publication", "revision", "last attempt", "for", "outcome"):
        table.add_column(name, justify="right" if name in {"age", "revision"} else "left")
    for one in found:
        pointer, attempt = one.pointer, one.attempt
        current = pointer.current if pointer else None
        table.add_row(
            one.market,
            str(current or "none"),
            _age(timedelta(days=(now.date() - current).days)) if current else "",
            (pointer.publication if pointer else None) or "",
            str(pointer.revision if pointer else 0),
            f"{attempt.started:%Y-%m-%d %H:%M}" if attempt else "",
            str(attempt.as_of) if attempt else "",
            attempt.outcome if attempt else "",
        )
    return table


def _age(span: timedelta) -> str:
    """In the largest unit that fits.

    >>> _age(timedelta(days=31)), _age(timedelta(hours=7)), _age(timedelta(minutes=2))
    ('31 d', '7 h', '2 min')
    """
    minutes = int(span.total_seconds()) // 60
    for size, unit in ((1440, "d"), (60, "h")):
        if abs(minutes) >= size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"
