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
    from tasks.publish.manifest import Manifest
    from tasks.publish.pointer import Pointer

#: `tasks.publish.deciding.approving` or `withdrawing`, and what teams get or are told.
Change = Callable[..., "Pointer | None"]
Act = Callable[["Order"], "Iterable[Delivered]"]
Market = Annotated[str, typer.Argument(help="ISO country code.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of the publication.")]
Id = Annotated[str | None, typer.Option("--publication", help="Id of the publication, where a date has several.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record. No personal data.")]
Who = Annotated[str | None, typer.Option("--who", help="Who decides; the user's login if not given.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a market's pointer lies, how it moves, and what was said of roots and profiles."""

    country: str
    store: ObjectStore
    mode: PointerMode
    publish: str | None
    profiles: Path | None

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
    return Desk(country, open_store(publish_root(settings, publish, zone)), mode, publish, profiles)


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


def complete(at: Desk, as_of: date, publication: str) -> Manifest:
    """The publication's manifest; Terminal without one: an erasure or a lifecycle rule may have taken it away."""
    from tasks.publish.reading import read_manifest

    try:
        return read_manifest(at.store, at.country, as_of, publication)
    except ObjectMissing:
        raise Terminal(
            "the publication is not in the store any more",
            market=at.country,
            value=f"{as_of} {publication}",
            hint="run the market again for that date",
        ) from None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of which publication, by whom and why; it is told to a person, or as JSON to a program."""

    at: Desk
    as_of: date
    publication: str
    who: str
    why: str
    dry_run: bool
    as_json: bool

    def __str__(self) -> str:
        """The publication."""
        return f"{self.at.country}: {self.as_of} {self.publication}"

    def tell(self, state: str, *sentences: str, **more: Any) -> None:
        """What came of it."""
        told = {
            "market": self.at.country,
            "as_of": self.as_of,
            "publication": self.publication,
            "who": self.who,
            "why": self.why,
            "dry_run": self.dry_run,
            "state": state,
            **more,
        }
        typer.echo(
            json.dumps(told, ensure_ascii=False, indent=2, default=str) if self.as_json else "\n".join(sentences)
        )

    def stands(self, would: str, question: str, *, yes: bool, **more: Any) -> bool:
        """Whether to go on: neither in a dry run, nor where whoever is asked says no; that is told.

        Raises:
            Terminal: nobody can be asked.
        """
        if self.dry_run:
            self.tell("dry_run", would, **more)
        elif _confirmed(question, yes=yes):
            return True
        else:
            self.tell("unchanged", "left as it is")
        return False

    def move(self, change: Change) -> Pointer:
        """Move the pointer by compare-and-swap, then the market's pages; the pointer afterwards."""
        from tasks.objects import require
        from tasks.publish.index import refresh_market, refresh_root
        from tasks.publish.pointer import update_pointer

        moment = datetime.now(UTC).replace(microsecond=0)

        def changed(pointer: Pointer | None) -> Pointer | None:
            if pointer is None:
                raise Terminal(
                    "nothing was ever published or held here", market=self.at.country, path=self.at.store.uri
                )
            return change(pointer, self.as_of, self.publication, who=self.who, when=moment, why=self.why)

        require(self.at.store, self.at.mode)
        _, after = update_pointer(self.at.store, self.at.country, changed, self.at.mode)
        if after is None:
            raise AssertionError("a pointer that was changed exists")
        refresh_market(self.at.store, self.at.country)
        refresh_root(self.at.store)
        return after

    def ended(self, state: str, sentence: str, after: Pointer, answers: str, act: Act | None, **more: Any) -> None:
        """Let teams hear of it, write the page of operations anew, and tell all; what teams got is the fact `answers`.

        Raises:
            Exit: of the command, 0, or 1 where some team could not be reached.
        """
        from flows.telling.operations import refresh_operations

        got, well = ([], True) if act is None else _to_teams(self.at, act)
        refresh_operations(self.at.store, folder=self.at.profiles)
        stale, sentences = _stale(self.at.country, after)
        when = after.events[-1].when
        facts = {**more, "current": after.current, "stale": stale, "when": when, answers: got}
        self.tell(state, sentence, *sentences, *got, **facts)
        raise typer.Exit(0 if well else 1)


def _confirmed(question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes`, or somebody at a terminal says so. Terminal where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Terminal("nobody can be asked here", hint="say --yes, or --dry-run to see what would happen")
    return typer.confirm(question)


def _to_teams(at: Desk, act: Act) -> tuple[list[str], bool]:
    """Deliver or recall after a decision: a sentence for each team, and whether all went well. It undoes nothing."""
    from flows.delivering.teams import order_for

    try:
        done = list(act(order_for(at.country, at.publish, at.profiles)))
    except StrataError as error:
        return [f"not delivered: {error}"], False
    told = [f"{one.team}, {one.means}: {one.state} {one.detail}".rstrip() for one in done]
    return told, all(one.good for one in done)


def _stale(country: str, pointer: Pointer) -> tuple[list[str], list[str]]:
    """Dates built upon what is no longer selected, and a sentence on them."""
    from tasks.publish.pointer import stale_successors

    dates = [str(day) for day in stale_successors(pointer)]
    if not dates:
        return [], []
    return dates, [
        f"{country}: stale, because an earlier date changed: {', '.join(dates)}; run them again, oldest first"
    ]
