"""What would keep a market's teams from getting their bundles, before anything is sent: for `validate` and `doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from flows.delivering.orders import stays
from flows.planning.zones import configured
from flows.settings import Settings
from region_profiles.models import Profile, Team
from region_profiles.operation_models import ByEmail, ByLink, BySftp, Delivery, ToFolder
from tasks.delivery.handing import Servers
from tasks.delivery.mail import address
from tasks.errors import StrataError, Terminal
from tasks.objects import open_store


def delivery_faults(settings: Settings, profile: Profile, publish: str | None = None) -> Iterator[str]:
    """A sentence for each means of each team that cannot work as things are set; none for what can."""
    for team in profile.teams:
        for means in team.deliver:
            try:
                _check(settings, profile, team, means, publish)
            except StrataError as error:
                yield f"team {team.name}, {means.means}: {error}"


def _check(settings: Settings, profile: Profile, team: Team, means: Delivery, publish: str | None) -> None:
    servers = Servers(settings.smtp, settings.sftp)
    match means:
        case ByEmail():
            address(servers.mail().sender)
            for one in means.to:
                address(one)
            if means.attach and "customers" in team.grants:
                raise Terminal(
                    "lists of customers never travel in a message",
                    hint="leave `attach` out, and add `link`, `folder` or `sftp`",
                )
        case BySftp():
            servers.named(means.server)
        case ToFolder():
            open_store(means.to)
        case ByLink():
            root = publish or _root(settings, profile)
            if root is not None:
                open_store(root).presign("probe", 60)
    if "customers" in team.grants:
        stays(settings, profile, means)


def _root(settings: Settings, profile: Profile) -> str | None:
    zones = configured(settings)
    return zones[profile.market.zone].publish if profile.market.zone in zones else settings.publish
