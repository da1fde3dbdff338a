"""What a delivery starts from and ends with: a market's order, and what became of each part of it."""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flows.planning.zones import configured, must_stay, publish_root
from flows.settings import Settings
from region_profiles.loader import profile_digest
from region_profiles.models import Profile
from region_profiles.operation_models import BySftp, Delivery, ToFolder
from tasks.delivery.log import Slot
from tasks.errors import Terminal
from tasks.objects import PointerMode, open_store
from tasks.publish.pointer import Pointer, update_pointer

if TYPE_CHECKING:
    from tasks.run import MarketRun

State = Literal["delivered", "recalled", "already", "underway", "unclear", "failed", "planned"]
#: Folders in which bundles are made, and the age in seconds at which one is of a process that died.
_PREFIX, _LEFT_AFTER = "strata-deliver-", 86_400


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one delivery: never a personal value or an address, for terminal, hints and logs."""

    team: str
    means: str
    state: State
    detail: str = ""
    publication: str = ""

    @classmethod
    def of(cls, slot: Slot, state: State, publication: str, detail: str = "") -> Delivered:
        """What became of a slot."""
        return cls(slot.team, slot.means, state, detail, publication)

    @property
    def good(self) -> bool:
        """Whether nobody has to look at it."""
        return self.state not in {"failed", "unclear"}

    @property
    def error(self) -> str | None:
        """What went wrong, if anything did."""
        return None if self.good else self.detail or self.state

    @property
    def hint(self) -> str | None:
        """A sentence for a run's hints, where there is something to say."""
        if self.good and not self.detail:
            return None
        return f"{self.team}, {self.means}: {self.state}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Order:
    """A market's teams, and where its publications lie."""

    country: str
    profile: Profile
    digest: str
    publish: str
    pointer: PointerMode = "cas"

    @classmethod
    def of(cls, run: MarketRun) -> Order:
        """The order that a run means."""
        return cls(run.market, run.profile, run.profile_digest, run.publish, run.pointer)

    def swap(self, change: Callable[[Pointer], Pointer | None]) -> None:
        """Change the market's pointer, which exists."""
        store = open_store(self.publish)
        update_pointer(store, self.country, lambda found: None if found is None else change(found), self.pointer)


def order_for(market: str, publish: str | None = None, profiles: Path | None = None) -> Order:
    """The order of a market by the settings, in the roots of its residency zone.

    Raises:
        ProfileErrors: the profile is faulty.
        Terminal: no publish root.
    """
    from flows.planning.runs import checked_profile

    settings, country = Settings(), market.upper()
    profile = checked_profile(country, profiles or settings.profiles, settings.reporting_currency)
    own = configured(settings).get(profile.market.zone)
    mode = (own.pointer if own else None) or settings.pointer
    root = publish_root(settings, publish, profile.market.zone)
    return Order(country, profile, profile_digest(profile), root, mode)


def stays(settings: Settings, profile: Profile, means: Delivery | None) -> None:
    """Terminal where a means leads out of the market's residency zone, or to where nobody says in which it lies."""
    zone = profile.market.zone
    if isinstance(means, ToFolder):
        must_stay(settings, zone, means.to)
    elif isinstance(means, BySftp) and configured(settings) and means.server in settings.sftp:
        found = settings.sftp[means.server].zone
        if found != zone:
            raise Terminal(
                f"lists of a market of zone {zone} must stay there, and SFTP server {means.server} is "
                + ("no zone's" if found is None else f"zone {found}'s"),
                hint=f"set STRATA_SFTP__{means.server.upper()}__ZONE, or give the team another server",
            )


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that only this user reads; what a process that was killed left of its own goes after a day."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield Path(folder)


def who() -> str:
    """Who delivers; a container's user may have a number and no name."""
    try:
        return f"strata ({getpass.getuser()})"
    except (KeyError, OSError):
        return f"strata (uid {os.getuid()})"
