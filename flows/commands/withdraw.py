"""`strata withdraw`: a bad publication is taken back; the one before counts again, and both stay in the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from flows.commands.deciding import AsOf, Decision, DryRun, Id, Market, Who, Why, Yes, desk, login, reason
from flows.telling.publications import Json, Profiles, Publish
from tasks.errors import Terminal

if TYPE_CHECKING:
    from flows.delivering.teams import Delivered, Order
    from tasks.publish.pointer import Pointer


def withdraw(
    market: Market,
    why: Why,
    as_of: AsOf = None,
    publication: Id = None,
    publish: Publish = None,
    profiles: Profiles = None,
    who: Who = None,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a publication back, without --as-of the current one. Who, when and why stand in the pointer.

    What it superseded counts again; if there is nothing, its date has no publication and readers get the greatest
    earlier date. A run with the same inputs does not publish it again; `strata approve` does. A script names
    --publication, so that running it twice does not take back two. Teams that got it are told, and get
    what counts again if they have not. Exit code 0: it is
    withdrawn (also if it was already), or it was a dry run or the answer was no; 1: it is withdrawn, and some team
    could not be told (`strata deliver` tries again); 2: there is no such publication.

    For example:

    strata withdraw DE --why "the shop's export lacked two stores"

    strata withdraw DE --as-of 2026-05-31 --publication 243bd9c24f17ac3b93d52bc8 --why "wrong rates" --yes
    """
    from flows.delivering.teams import deliver, recall
    from tasks.publish.deciding import predecessor, standing, withdrawing

    at, why, decider = desk(market, publish, profiles), reason(why), login(who)
    pointer = at.pointer()
    if pointer is None:
        raise Terminal("nothing is published", market=at.country, path=at.store.uri)
    day, name = _meant(pointer, as_of.date() if as_of else None, publication)
    it = Decision(at, day, name, decider, why, dry_run, as_json)
    if standing(pointer, day, name) == "withdrawn":
        return it.tell("unchanged", f"{it} is withdrawn")
    before = predecessor(pointer, day)
    then = f"{before} counts for {day} again" if before else f"{day} will have no publication"
    would, question = f"{it} would be withdrawn; {then}", f"{at.country}: withdraw {day} {name}? {then}."
    if not it.stands(would, question, yes=yes, again=before):
        return None
    after = it.move(withdrawing)
    selected = after.selected.get(day)
    then = f"{selected} counts for {day} again" if selected else f"{day} has no publication"
    said = f"{it} withdrawn by {decider}; {then}; current: {after.current or 'none'}"

    def tell_teams(order: Order) -> Iterable[Delivered]:
        yield from recall(order, name)
        yield from deliver(order) if after.current else ()  # some may never have got what counts again

    return it.ended("withdrawn", said, after, "recall", tell_teams, again=selected)


def _meant(pointer: Pointer, as_of: date | None, publication: str | None) -> tuple[date, str]:
    """The publication that is named, else that of the date, else the current one: its date and id as it goes today."""
    if publication is not None:
        name = pointer.name(publication)
        days = [event.as_of for event in pointer.events if pointer.name(event.publication) == name]
        if not days or as_of not in (None, days[-1]):
            raise Terminal("there is no such publication", market=pointer.country, value=publication)
        return days[-1], name
    day = as_of or pointer.current
    if day is None or day not in pointer.selected:
        dates = ", ".join(str(one) for one in sorted(pointer.selected)[-12:])
        raise Terminal(
            "nothing is published for that date",
            market=pointer.country,
            value=str(day or ""),
            hint=f"published dates: {dates or 'none'}",
        )
    return day, pointer.selected[day]
