"""Whether a drop is there, whole and at rest: what it lacks, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median

from region_profiles.models import Profile
from region_profiles.source_models import Arrival
from tasks.errors import DropError, ProfileError
from tasks.ingest.discover import Drops, Found, delivered, folder_of, known_until
from tasks.objects.store import ObjectInfo, ObjectStore

#: Names of files in one reason.
LISTED = 3


def lacking(
    profile: Profile,
    store: ObjectStore,
    fetch: Callable[[ObjectInfo], Path],
    *,
    as_of: date,
    now: datetime,
    drops: Drops = "latest",
) -> tuple[str, ...]:
    """What `source.arrival` asks for and the landing has not, in words for operators; empty: read it.

    `fetch` gives a local copy of an object, as for `discover`; `now` is UTC. The first of these that lacks is told
    alone, for what follows may rest on it: the folder, the marker, files at rest, a file for each table.
    A table that is a snapshot, or named by `arrival.tables`, must be in the newest drop.

    Raises:
        ProfileError: `arrival.marker` has a place holder that is none.
    """
    arrival = profile.source.arrival
    if arrival == Arrival() or not profile.source.needs_drop:
        return ()
    try:
        folder, files = folder_of(profile.drop, store, {})
    except DropError:
        return (f"the folder {profile.drop}, or any file in it",)
    inside = [info.key.removeprefix(f"{folder}/") for info in files]
    marker = marker_of(arrival, as_of)
    if marker is not None and not any(fnmatchcase(path, marker) for path in inside):
        return (f"the marker {marker}",)
    quiet = timedelta(minutes=arrival.quiet_minutes)
    if quiet and (growing := [info for info in files if now - info.modified < quiet]):
        return tuple(_growing(growing, now))
    try:
        _, _, found = delivered(profile, store, fetch, {})
    except DropError as error:
        return (error.problem,)
    if drops == "known":
        found = [file for file in found if file.day <= known_until(profile, as_of)]
    return tuple(_tables(profile, found))


def marker_of(arrival: Arrival, as_of: date) -> str | None:
    """The marker's glob for a date: `{as_of}` stands for it, `{as_of:%Y%m%d}` for it in another form.

    >>> marker_of(Arrival(marker="{as_of:%Y%m%d}/fertig.txt"), date(2026, 6, 30))
    '20260630/fertig.txt'
    """
    if arrival.marker is None:
        return None
    try:
        return arrival.marker.format(as_of=as_of)
    except (KeyError, ValueError, IndexError, AttributeError):
        raise ProfileError(
            "no such place holder", path="source.arrival.marker", value=arrival.marker, expected="{as_of} or none"
        ) from None


def _growing(files: Iterable[ObjectInfo], now: datetime) -> Iterable[str]:
    """The files that changed last, which may still be written."""
    newest = sorted(files, key=lambda info: (now - info.modified, info.key))
    for info in newest[:LISTED]:
        seconds = max(int((now - info.modified).total_seconds()), 0)
        yield f"rest: {info.key} changed {seconds} s ago and may still be growing"
    if len(newest) > LISTED:
        yield f"{len(newest) - LISTED} more such files"


def _tables(profile: Profile, found: Sequence[Found]) -> Iterable[str]:
    arrival, tables = profile.source.arrival, profile.source.delivered
    asked = [name for name, raw in tables.items() if not raw.optional or name in arrival.tables]
    newest = max(((file.day, file.drop) for file in found), default=None)
    one_drop = profile.source.drop_date.by != "modified"
    for name in asked:
        mine = [file for file in found if file.table == name]
        of_the_newest = one_drop and (tables[name].mode == "snapshot" or name in arrival.tables)
        if not mine:
            yield f"{name}: no file like {' or '.join(tables[name].files)}"
        elif of_the_newest and newest is not None and all((file.day, file.drop) != newest for file in mine):
            yield f"{name}: the drop of {newest[0]} has no file like {' or '.join(tables[name].files)}"


def too_few(share: Decimal | None, read: Mapping[str, int], earlier: Sequence[Mapping[str, int]]) -> tuple[str, ...]:
    """Tables of fewer rows than `share` of the median of earlier drops: a part of a drop.

    `read` are rows by canonical table; `earlier` the same of publications before.

    >>> usual, half = [{"transactions": 90}, {"transactions": 100}, {"transactions": 110}], Decimal("0.5")
    >>> too_few(half, {"transactions": 40}, usual)
    ('transactions: 40 rows, usual are 100',)
    >>> too_few(half, {"transactions": 50}, usual), too_few(None, {}, usual), too_few(half, {"transactions": 1}, [])
    ((), (), ())
    """
    if share is None:
        return ()
    told = []
    for table in sorted({name for one in earlier for name in one}):
        usual = median(one[table] for one in earlier if table in one)
        if read.get(table, 0) < share * Decimal(usual):
            told.append(f"{table}: {read.get(table, 0):,} rows, usual are {usual:,.0f}")
    return tuple(told)
