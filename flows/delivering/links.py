"""Pages of links that expire, for teams that read a private bucket with nothing but a browser."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flows.delivering.teams import Order, order_for
from region_profiles.models import Team
from tasks.delivery.bundle import Entry
from tasks.delivery.letter import letter, until_lines
from tasks.delivery.pages import links
from tasks.delivery.parcel import Issue, contents, deliveries
from tasks.errors import PublicationError, Terminal
from tasks.objects import ObjectStore, open_store
from tasks.publish.reading import publication_prefix, read_current

_STAMP = "%Y%m%dT%H%M%SZ"
_HTML = "text/html; charset=utf-8"


class Link(NamedTuple):
    """A page for one team in one locale, and when it ends."""

    team: str
    locale: str
    until: datetime
    link: str


def links_of(
    market: str, publish: str | None, profiles: Path | None, teams: Collection[str], hours: int
) -> tuple[Link, ...]:
    """Write a page for each team and locale of the current publication, and sign it.

    Raises:
        PublicationError: nothing is published.
        Terminal: the publish root is a folder, or there is no such team.
    """
    order = order_for(market, publish, profiles)
    issue = _issue(order)
    known = {team.name: team for team in order.profile.teams}
    if strange := sorted(set(teams) - known.keys()):
        raise Terminal(
            "the market has no such team", market=order.country, value=", ".join(strange),
            expected=" or ".join(sorted(known)) or "teams in its profile",
        )  # fmt: skip
    until = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
    return tuple(
        _page(issue, team, locale, until, hours * 3600)
        for team in known.values()
        if not teams or team.name in teams
        for locale in team.locales
    )


def _issue(order: Order) -> Issue:
    store = open_store(order.publish)
    found = read_current(store, order.country)
    if found is None:
        raise PublicationError("nothing is published", market=order.country, path=order.publish)
    return Issue(store, *found, order.profile, order.digest)


def _page(issue: Issue, team: Team, locale: str, until: datetime, seconds: int) -> Link:
    words, told, entries = contents(issue, team, locale)
    prefix = publication_prefix(issue.country, issue.manifest.as_of, issue.manifest.publication)

    def href(entry: Entry) -> str:
        return issue.store.presign(prefix + entry.export.path, seconds)

    page = links(words, letter(words, issue.profile, told), entries, href, until_lines(words, until))
    at = f"{deliveries(issue.country, issue.manifest.publication, team.name)}links/"
    _sweep(issue.store, at)
    key = f"{at}{locale}_{until:{_STAMP}}.html"
    link = issue.store.presign(key, seconds)
    issue.store.replace(key, page, _HTML)
    return Link(team.name, locale, until, link)


def _sweep(store: ObjectStore, prefix: str) -> None:
    """Remove pages whose links have ended."""
    now = datetime.now(UTC)
    for info in store.list(prefix):
        stamp = info.key.rpartition("_")[2].removesuffix(".html")
        try:
            ended = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC) < now
        except ValueError:
            continue
        if ended:
            store.delete(info.key)
