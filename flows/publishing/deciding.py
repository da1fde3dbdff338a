"""What `strata approve` and `strata withdraw` share: where the pointer lies, who decides, asking before it moves."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.planning.zones import configured, publish_root
from flows.settings import Settings
from tasks.errors import ObjectMissing, StrataError, Terminal

if TYPE_CHECKING:
    from flows.delivering.teams import Delivered, Order
    from tasks.objects import ObjectStore, PointerMode
    from tasks.publish.pointer import Pointer

Market = Annotated[str, typer.Argument(help="ISO country code.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of the publication.")]
Id = Annotated[str | None, typer.Option("--publication", help="Id of the publication, where a date has several.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record. No personal data.")]
Who = Annotated[str | None, typer.Option("--who", help="Who decides; the user's login if not given.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a market's pointer lies, and how it moves."""

    country: str
    store: ObjectStore
    mode: PointerMode

    def pointer(self) -> Pointer | None:
        """The pointer as it is now."""
        from tasks.publish.pointer import read_pointer

        found = read_pointer(self.store, self.country)
        return found and found.pointer


def desk(market: str, publish: str | None, profiles: Path | None) -> Desk:
    """The desk of a market, in the roots of its residency zone.

    Raises:
        Terminal: no publish root.
    """
    from flows.planning.runs import zone_of
    from tasks.objects import open_store

    settings, country = Settings(), market.upper()
    zone = zone_of(country, profiles or settings.profiles)
    own = configured(settings).get(zone)
    mode = (own.pointer if own else None) or settings.pointer
    return Desk(country, open_store(publish_root(settings, publish, zone)), mode)


def reason(why: str) -> str:
    """The reason given; Terminal for an empty one: whoever reads the record needs it."""
    if not why.strip():
        raise Terminal("--why is empty", hint="say why, for whoever reads the record")
    return why.strip()


def login(who: str | None) -> str:
    """Who decides: as given, else the user's login; a container's user may have a number and no name."""
    if who and who.strip():
        return who.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes`, or somebody at a terminal says so. Terminal where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Terminal("nobody can be asked here", hint="say --yes, or --dry-run to see what would happen")
    return typer.confirm(question)


def complete(at: Desk, as_of: date, publication: str) -> None:
    """Terminal unless the publication's manifest is there: an erasure or a lifecycle rule may have taken it away."""
    from tasks.publish.reading import read_manifest

    try:
        read_manifest(at.store, at.country, as_of, publication)
    except ObjectMissing:
        raise Terminal(
            "the publication is not in the store any more",
            market=at.country,
            value=f"{as_of} {publication}",
            hint="run the market again for that date",
        ) from None


def move(at: Desk, change: Callable[[Pointer], Pointer | None]) -> tuple[Pointer, Pointer]:
    """Move the pointer by compare-and-swap, then the pages for people; the pointer before and after."""
    from tasks.objects import require
    from tasks.publish.index import refresh_market, refresh_root
    from tasks.publish.pointer import update_pointer

    def changed(pointer: Pointer | None) -> Pointer | None:
        if pointer is None:
            raise Terminal("nothing was ever published or held here", market=at.country, path=at.store.uri)
        return change(pointer)

    require(at.store, at.mode)
    before, after = update_pointer(at.store, at.country, changed, at.mode)
    if before is None or after is None:
        raise AssertionError("a pointer that was changed exists")
    refresh_market(at.store, at.country)
    refresh_root(at.store)
    return before, after


def to_teams(
    market: str, publish: str | None, profiles: Path | None, act: Callable[[Order], Iterable[Delivered]]
) -> tuple[list[str], bool]:
    """Deliver or recall after a decision: a sentence for each team, and whether all went well. It undoes nothing."""
    from flows.delivering.teams import order_for

    try:
        done = list(act(order_for(market, publish, profiles)))
    except StrataError as error:
        return [f"not delivered: {error}"], False
    return [f"{one.team}, {one.means}: {one.state} {one.detail}".rstrip() for one in done], all(
        one.good for one in done
    )


def now() -> datetime:
    """The moment of the decision, UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def tell(told: dict[str, Any], sentences: list[str], *, as_json: bool) -> None:
    """What happened, for a person or for a program."""
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str) if as_json else "\n".join(sentences))


def stale_sentence(country: str, pointer: Pointer) -> tuple[list[str], list[str]]:
    """Dates built upon what is no longer selected, and a sentence on them."""
    from tasks.publish.pointer import stale_successors

    dates = [str(day) for day in stale_successors(pointer)]
    if not dates:
        return [], []
    return dates, [
        f"{country}: stale, because an earlier date changed: {', '.join(dates)}; run them again, oldest first"
    ]
