"""How a market is operated: when it runs, to whom its files go, and what holds a publication back.

None of it changes a byte of a publication, so none of it is part of the profile's digest (`OPERATIONAL`).
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from region_profiles.model_types import Code, Frozen, Share, Weekday

#: Parts of a profile that say how it is operated; `teams.deliver` and `source.arrival` are such, too.
OPERATIONAL = ("gate", "schedule")


class Schedule(Frozen):
    """When the market runs, on its own clock. The as-of date is the local day before."""

    every: Literal["day", "week", "month", "never"] = "day"
    at: time = time(3, 0)
    """Local time, after the stores have closed and their tills have delivered; markets of one moment are spread."""
    weekday: Weekday = "monday"
    """Of `week`."""
    day: int = Field(default=1, ge=1, le=28)
    """Of `month`."""
    time_zone: str | None = None
    """IANA zone; the market's where null."""
    group: Code | None = None
    """Markets of one group (and of one region and residency zone) run together, by the clock of the first of them."""


class ToFolder(Frozen):
    """A copy in a place of the team's own."""

    means: Literal["folder"]
    to: str
    """A folder or s3://bucket/prefix; bundles of other markets may lie there too."""


class ByLink(Frozen):
    """A link that expires, in the team's message."""

    means: Literal["link"]
    hours: int = Field(default=72, ge=1, le=168)


class ByEmail(Frozen):
    """A message with the summary; the bundle only where `attach` says so and no list of customers is in it."""

    means: Literal["email"]
    to: tuple[str, ...] = Field(min_length=1)
    attach: bool = False


class BySftp(Frozen):
    """The team's SFTP server; user and key come from STRATA_SFTP__<HOST'S NAME>__..., never from here."""

    means: Literal["sftp"]
    server: Code
    """Name of the server in the settings."""
    folder: str = "."


Delivery = Annotated[ToFolder | ByLink | ByEmail | BySftp, Field(discriminator="means")]


class Gate(Frozen):
    """Bounds beyond which a publication is held: whole, but not current until it is approved or a better one comes."""

    quarantined_share: Share = Decimal("0.2")
    """Of the rows of a table."""
    unconverted_share: Share = Decimal("0.01")
    """Of the purchases: those without an exchange rate. Beyond it a run fails."""
    duplicate_share: Share = Decimal("0.25")
    """Of the purchases: those that came twice. What an increment supersedes is not counted."""
    control_difference: Share = Decimal("0.01")
    """Of a control total from finance."""
    history: int = Field(default=4, ge=2)
    """Earlier publications that it takes to judge anything by the market's own past."""
    tolerance: Share = Decimal("0.25")
    """Change of a stock (rows, customers, all revenue) that never holds, however steady the past was."""
