"""Telling who has got a publication that it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from flows.delivering.orders import Delivered, Order, own_folder, who
from flows.settings import Settings
from tasks.delivery import log
from tasks.delivery.handing import Recall, Servers, slots, take_back
from tasks.delivery.log import Slot
from tasks.errors import StrataError
from tasks.objects import open_store
from tasks.publish.pointer import Event, Pointer

#: Of a recall that reaches nobody, because there is nobody any more.
_GONE = "not told: the profile has no such means any more"


def recall_all(order: Order, pointer: Pointer, only: str | None = None) -> Iterator[Delivered]:
    """Recall each publication that is withdrawn, or one of them, from whoever has got it and was not told."""
    for publication in log.withdrawn(pointer):
        if only is None or publication == pointer.name(only):
            for slot, event in log.reached(pointer, publication):
                yield _recall(order, pointer, publication, slot, event)


def _recall(order: Order, pointer: Pointer, publication: str, slot: Slot, event: Event) -> Delivered:
    team = next((one for one in order.profile.teams if one.name == slot.team), None)
    means = slots(team) if team else {}
    why = None if slot in means else _GONE
    overwritten = log.last(pointer, event.as_of, publication, slot) is None
    back = Recall(open_store(order.publish), pointer, order.profile, event.as_of, publication, overwritten=overwritten)
    try:
        if team is not None and slot in means:
            settings = Settings()
            with own_folder() as folder:
                take_back(back, team, slot, means[slot], Servers(settings.smtp, settings.sftp), folder)
    except Exception as error:  # noqa: BLE001  # it is withdrawn all the same, and the next delivery recalls
        text = str(error) if isinstance(error, StrataError) else type(error).__name__
        return Delivered.of(slot, "failed", publication, f"recall: {text}")
    done = log.Fact("recalled", event.as_of, publication, slot, who(), datetime.now(UTC), why)
    order.swap(partial(log.recording, fact=done))
    return Delivered.of(slot, "recalled", publication, why or "")
