"""One delivery after the other: claimed by one swap, handed over, and recorded by another."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from flows.delivering.orders import Delivered, Order, own_folder, stays, who
from flows.settings import Settings
from region_profiles.models import Team
from region_profiles.operation_models import Delivery
from tasks.delivery import log
from tasks.delivery.handing import Servers, hand_over, slots
from tasks.delivery.log import Slot
from tasks.delivery.parcel import Issue, Parcel, pack
from tasks.delivery.trying import Unclear
from tasks.errors import StrataError
from tasks.publish.pointer import Pointer, update_pointer

#: Of a claim that nobody works on any more.
_UNCLEAR = "the mail server broke off after the message"


@dataclass
class Round:
    """One team's deliveries. `parcel` is made when the first of them needs it; `open` are those that nobody has got."""

    order: Order
    issue: Issue
    team: Team
    again: Collection[str]
    replaces: bool
    folders: ExitStack
    parcel: Parcel | None = None
    open: list[str] = field(default_factory=list)

    def packed(self) -> Parcel:
        """The team's parcel."""
        if self.parcel is None:
            folder = self.folders.enter_context(own_folder())
            self.parcel = pack(self.issue, self.team, folder, replaces=self.replaces)
        return self.parcel


def to_teams(
    order: Order, issue: Issue, teams: Collection[Team], again: Collection[str], *, dry_run: bool
) -> Iterator[Delivered]:
    """Deliver to each team by each of its means what is due, files first; with `dry_run` say what is."""
    as_of, publication = issue.manifest.as_of, issue.manifest.publication
    for team in teams:
        every = slots(team)
        replaces = any(log.replaces(issue.pointer, as_of, publication, slot) for slot in every)
        with ExitStack() as folders:
            mine = Round(order, issue, team, again, replaces, folders)
            for slot, means in every.items():
                found = _planned(mine, slot) if dry_run else _deliver(mine, slot, means)
                if found.state not in {"delivered", "already"}:
                    mine.open.append(slot.means)
                yield found


def _planned(mine: Round, slot: Slot) -> Delivered:
    as_of, publication, now = mine.issue.manifest.as_of, mine.issue.manifest.publication, datetime.now(UTC)
    if log.is_due(mine.issue.pointer, as_of, publication, slot, now, mine.again):
        return Delivered.of(slot, "planned", publication)
    return _not_due(mine.issue, slot, now)


def _deliver(mine: Round, slot: Slot, means: Delivery | None) -> Delivered:
    """One delivery, if it is due and nobody else is at it."""
    order, issue, now = mine.order, mine.issue, datetime.now(UTC)
    as_of, publication = issue.manifest.as_of, issue.manifest.publication
    if not log.is_due(issue.pointer, as_of, publication, slot, now, mine.again):
        return _not_due(issue, slot, now)
    if mine.open and slot.kind == "email":
        return Delivered.of(slot, "underway", publication, f"no message before the files are there: {mine.open[0]}")
    claimed, seen = _claim(mine, slot, now)
    if not claimed:
        return _not_due(seen, slot, now)
    try:
        parcel = mine.packed()
        told = hand_over(seen, parcel, slot, means, _servers(order, parcel, means))
    except Unclear as error:
        left = log.Fact("delivering", as_of, publication, slot, who(), datetime.now(UTC), _UNCLEAR)
        order.swap(partial(log.recording, fact=left))
        return Delivered.of(slot, "unclear", publication, str(error))
    except BaseException as error:
        if isinstance(error, Exception) or slot.repeatable:  # who interrupts a message does not know whether it went
            order.swap(partial(log.releasing, publication=publication, slot=slot))
        if not isinstance(error, Exception):
            raise
        text = str(error) if isinstance(error, StrataError) else type(error).__name__
        return Delivered.of(slot, "failed", publication, text)
    done = log.Fact("delivered", as_of, publication, slot, who(), datetime.now(UTC), told)
    order.swap(partial(log.recording, fact=done))
    return Delivered.of(slot, "delivered", publication, told or "")


def _claim(mine: Round, slot: Slot, now: datetime) -> tuple[bool, Issue]:
    """Claim a delivery by one swap, so that nobody else makes it; and the issue with the pointer it was due by."""
    issue, claimed, seen = mine.issue, False, mine.issue.pointer
    as_of, publication = issue.manifest.as_of, issue.manifest.publication

    def change(pointer: Pointer | None) -> Pointer | None:
        nonlocal claimed, seen
        claimed = False
        if pointer is None or pointer.selected.get(as_of) != publication:
            return None  # withdrawn or superseded in between: what follows delivers
        seen, claimed = pointer, log.is_due(pointer, as_of, publication, slot, now, mine.again)
        claim = log.Fact("delivering", as_of, publication, slot, who(), now)
        return log.recording(pointer, claim) if claimed else None

    update_pointer(issue.store, mine.order.country, change, mine.order.pointer)
    return claimed, replace(issue, pointer=seen)


def _not_due(issue: Issue, slot: Slot, now: datetime) -> Delivered:
    publication = issue.manifest.publication
    event = log.last(issue.pointer, issue.manifest.as_of, publication, slot)
    if event is None:
        return Delivered.of(slot, "underway", publication, "another publication came in between")
    if event.event != "delivering":
        return Delivered.of(slot, "already", publication)
    since = f"since {event.when:%Y-%m-%d %H:%M:%S} UTC"
    if event.why is None and now - event.when <= log.DEAD_AFTER:
        return Delivered.of(slot, "underway", publication, since)
    again = f"it may have been sent; `strata deliver {issue.country} --again {slot.team}` sends it once more"
    why = event.why or f"whoever was sending {since} died"
    return Delivered.of(slot, "unclear", publication, f"{why}: {again}")


def _servers(order: Order, parcel: Parcel, means: Delivery | None) -> Servers:
    """The servers of the settings; Terminal where rows of customers would leave the market's zone by these means."""
    settings = Settings()
    if parcel.personal:
        stays(settings, order.profile, means)
    return Servers(settings.smtp, settings.sftp)
