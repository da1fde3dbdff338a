"""The days of drops, by paths or by markers, and whether modification times contradict what names say."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path, PurePosixPath

from region_profiles.models import DropDate
from tasks.errors import DropError
from tasks.objects.store import ObjectInfo

#: A year first, as in 2026-08, 2026-08-31, 202608 and 2569-01 (a Buddhist year orders as well as any).
_DATED = re.compile(r"(?<!\d)((?:19|2[0-9])\d\d)([-_.]?)(0[1-9]|1[0-2])(?:\2(0[1-9]|[12]\d|3[01]))?(?!\d)")
#: What is read of a marker's first line.
MARKER_SIGNS = 100
#: Later than every day of a month that a name gives without one: the month's drop comes at its end.
_END = 99


def path_day(rule: DropDate, inside: str, key: str) -> date:
    """The day of a drop by `drop_date.pattern`; without the group `day` the month's last. DropError where none is."""
    try:
        found = re.search(rule.pattern or "", inside)
    except re.error as error:
        raise DropError(f"drop_date.pattern is no regular expression: {error}", value=rule.pattern) from None
    if rule.pattern is None or found is None or not {"year", "month"} <= found.groupdict().keys():
        raise DropError(
            "no date in the path",
            file=key,
            expected=f"a match of {rule.pattern!r} with the groups year, month, and day where there is one",
            hint="correct source.drop_date.pattern",
        )
    try:
        year, month = int(found["year"]), int(found["month"])
        told = found.groupdict().get("day")
        return date(year, month, int(told) if told else calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise DropError(
            f"no such day in the path: {error}",
            file=key,
            value=found[0],
            hint="rename the folder, or correct source.drop_date.pattern",
        ) from None


def marked_days(
    rule: DropDate, folder: str, objects: Iterable[ObjectInfo], fetch: Callable[[ObjectInfo], Path]
) -> dict[str, date]:
    """The day that each folder's marker says, by folder inside the drop. DropError where there is none."""
    markers = {}
    for info in objects:
        if PurePosixPath(info.key).name != rule.marker:
            continue
        with fetch(info).open(encoding="utf-8-sig", errors="replace") as marker:
            text = marker.readline(MARKER_SIGNS).strip()
        try:
            markers[info.key[len(folder) + 1 :].rpartition("/")[0]] = date.fromisoformat(text)
        except ValueError:
            raise DropError(
                "the marker's first line is no date", file=info.key, value=text[:40], expected="YYYY-MM-DD"
            ) from None
    if not markers:
        raise DropError(
            "no drop is complete: the marker is missing", path=folder, expected=rule.marker, hint="wait for the upload"
        )
    return markers


def named_day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day that a name tells; 99 for the day where it tells none.

    >>> named_day("2026-08_calosc"), named_day("sales_20260831.csv"), named_day("shop_1234.csv")
    ((2026, 8, 99), (2026, 8, 31), None)
    """
    found = _DATED.search(text)
    return None if found is None else (int(found[1]), int(found[3]), int(found[4] or _END))


def refuse_contradiction(table: str, paths: Sequence[str], *, folders_only: bool) -> None:
    """DropError where files, in the order of their modification, have names whose dates run otherwise.

    Copying a landing sets the times anew: then an older row would win, and a withdrawn consent come back.
    `folders_only`: files beside each other are parts of one drop, whatever their names.
    """
    days = []
    for path in paths:
        folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        day = named_day(folder) or (None if folders_only else named_day(name))
        if day is not None:
            days.append((day, path))
    for (day, path), (following, later) in pairwise(days):
        if following < day:
            raise DropError(
                f"the files of {table} were modified in another order than their names say: {later} after {path}",
                expected="drops in the order of their dates, for the later row wins",
                hint="declare source.drop_date: {by: path, pattern: ...} with the groups year, month and perhaps day",
            )
