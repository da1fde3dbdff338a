"""What wants a look and nobody would notice by itself: what `strata status` says needs a hand, and old facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml

from flows.planning.zones import publish_roots
from flows.settings import Settings
from flows.telling.operations import operations
from tasks.errors import ReferenceDataError
from tasks.objects import ObjectStore, open_store
from tasks.publish.operations.records import Word
from tasks.reference import ecb
from tasks.reference.tables import Reference

Topic = Word | Literal["rates", "facts", "server"]
#: Facts by hand are looked at again after a year: tax rates, feasts and names change by the year.
FACTS_DAYS = 365
#: The ECB publishes on every working day; Easter makes five days of none.
RATES_DAYS = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: what it is, since when, and what to do. Never a personal value."""

    topic: Topic
    what: str
    since: date | None
    todo: str


def review(
    settings: Settings, *, publish: str | None = None, now: datetime | None = None, facts_days: int = FACTS_DAYS
) -> tuple[Finding, ...]:
    """All findings of publish roots, reference figures and curated facts; the oldest of each topic first.

    Raises:
        StrataError: no publish root is given, or one cannot be listed.
    """
    moment = now or datetime.now(UTC)
    found = [
        finding
        for uri in publish_roots(settings, publish)
        for finding in _of_root(open_store(uri), settings.profiles, moment)
    ]
    found += _of_rates(settings, moment.date())
    found += facts_due(Path(__file__).resolve().parents[2] / "region_profiles", moment.date(), facts_days)
    return tuple(sorted(found, key=lambda one: (one.topic, one.since or date.max, one.what)))


def _of_root(store: ObjectStore, folder: Path | None, now: datetime) -> Iterator[Finding]:
    """What needs a hand, as `strata status` says it at that moment."""
    for one in operations(store, folder, now=now).markets:
        since = {"late": one.current, "stale": min(one.stale, default=None)}
        for need in one.needs:
            yield Finding(need.word, f"{one.market}: {need.says}", since.get(need.word), need.todo)


def _of_rates(settings: Settings, today: date) -> Iterator[Finding]:
    try:
        last = ecb.history(Reference(settings.reference)).last
    except ReferenceDataError as error:
        yield Finding("rates", "ECB", None, str(error))
        return
    if (today - last).days > RATES_DAYS:
        yield Finding("rates", f"the ECB's rates end on {last}", last, "run the deployment references/rates")


def facts_due(folder: Path, today: date, after_days: int) -> tuple[Finding, ...]:
    """Entries of YAML files with a `checked` date that is older than that, or none at all, one finding a file.

    A fact is curated by hand where it stands beside `source` and `checked`; null is 'known, not looked up'.
    """
    found = []
    for file in sorted(folder.rglob("*.yaml")):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        entries = list(_checked(data, ()))
        old = [(day, path) for day, path in entries if day is not None and (today - day).days > after_days]
        never = [path for day, path in entries if day is None]
        name = f"region_profiles/{file.relative_to(folder)}"
        if old:
            day, path = min(old)
            what = f"{name}: {len(old)} facts were checked over {after_days} days ago, first {path}"
            found.append(Finding("facts", what, day, "compare with their sources and set `checked`"))
        if never:
            what = f"{name}: {len(never)} sources were never looked up: {', '.join(never[:5])}"
            found.append(Finding("facts", what, None, "look them up and set `checked`"))
    return tuple(found)


def _checked(data: Any, path: tuple[str, ...]) -> Iterator[tuple[date | None, str]]:
    if isinstance(data, dict):
        if "checked" in data and (data["checked"] is None or isinstance(data["checked"], date)):
            yield data["checked"], ".".join(path)
        for key, child in data.items():
            yield from _checked(child, (*path, str(key)))
    elif isinstance(data, list):
        for number, child in enumerate(data):
            yield from _checked(child, (*path, str(number)))


def markdown(found: Iterable[Finding], today: date) -> str:
    """For an artifact: a table, or one line that says that all is well."""
    rows = [f"| {one.topic} | {one.what} | {one.since or ''} | {one.todo} |" for one in found]
    if not rows:
        return f"# Review of {today}\n\nNothing wants a look."
    head = [f"# Review of {today}: {len(rows)} to look at", "", "| topic | what | since | what to do |"]
    return "\n".join([*head, "|---|---|---|---|", *rows])
