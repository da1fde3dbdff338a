"""After the gate: each team gets its bundle, once for each publication, team and means; a withdrawal takes it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from flows.delivering.orders import Delivered, Order, order_for
from flows.delivering.outgoing import to_teams
from flows.delivering.recalling import recall_all
from tasks.delivery.parcel import Issue
from tasks.errors import PublicationError, StrataError, Terminal
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_manifest

if TYPE_CHECKING:
    from tasks.run import MarketRun

__all__ = ["Delivered", "Order", "deliver", "deliver_market", "order_for", "recall"]
#: In place of a team's name where none could be reached at all.
EVERYBODY = "all teams"


def deliver_market(run: MarketRun, publication: str) -> tuple[Delivered, ...]:
    """Deliver a publication to the teams of its market, if it is the current one; a failure is told, never raised.

    What is delivered already is not delivered again, and costs one look at the pointer.
    """
    try:
        return deliver(Order.of(run), publication)
    except StrataError as error:
        return (Delivered(EVERYBODY, "", "failed", str(error), publication),)
    except Exception as error:  # noqa: BLE001  # whatever it is: the publication stands, and the next one tries again
        return (Delivered(EVERYBODY, "", "failed", type(error).__name__, publication),)


def deliver(
    order: Order,
    publication: str | None = None,
    *,
    as_of: date | None = None,
    teams: Collection[str] = (),
    again: Collection[str] = (),
    dry_run: bool = False,
) -> tuple[Delivered, ...]:
    """Deliver the current publication, or that of a date that is asked for; first what is withdrawn is recalled.

    `publication`: nothing is delivered unless it is the current one. `teams`: these alone. `again`: these get it once
    more.

    Raises:
        Terminal: nothing is published for the date, or there is no such team.
    """
    store = open_store(order.publish)
    found = read_pointer(store, order.country)
    if found is None:
        raise PublicationError("nothing is published", market=order.country, path=order.publish)
    _known(order, {*teams, *again})
    back = () if dry_run else tuple(recall_all(order, found.pointer))
    pointer = (read_pointer(store, order.country) or found).pointer if back else found.pointer
    if publication is not None and pointer.name(publication) != pointer.publication:
        return back
    day = as_of or pointer.current
    if day is None:
        raise PublicationError("no publication counts now", market=order.country, hint="the last one was withdrawn")
    if day not in pointer.selected:
        raise PublicationError("nothing is published for that date", market=order.country, value=str(day))
    manifest = read_manifest(store, order.country, day, pointer.selected[day])
    issue = Issue(store, pointer, manifest, order.profile, order.digest)
    chosen = [team for team in order.profile.teams if not teams or team.name in teams]
    return (*back, *to_teams(order, issue, chosen, again, dry_run=dry_run))


def _known(order: Order, teams: Collection[str]) -> None:
    known = {team.name for team in order.profile.teams}
    if strange := sorted(set(teams) - known):
        raise Terminal(
            "the market has no such team", market=order.country, value=", ".join(strange),
            expected=" or ".join(sorted(known)) or "teams in its profile",
        )  # fmt: skip


def recall(order: Order | MarketRun, publication: str) -> tuple[Delivered, ...]:
    """Tell everybody who has got a publication that it is withdrawn; a failure is told, and `strata deliver` repeats.

    The pointer must not select it any more: `strata withdraw` calls this after its swap. Nobody is told twice.
    """
    if not isinstance(order, Order):
        order = Order.of(order)
    try:
        found = read_pointer(open_store(order.publish), order.country)
        return () if found is None else tuple(recall_all(order, found.pointer, publication))
    except StrataError as error:
        return (Delivered(EVERYBODY, "", "failed", str(error), publication),)
