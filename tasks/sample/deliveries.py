"""Which rows go to which file: one file, files by year, month and day, older snapshots beside the newest.

Some rows go to two files: the last days of a delivery again in the next one, a whole file again under another name.
"""

from __future__ import annotations

import shutil
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tasks.sample.faults import broken
from tasks.sample.files import Format, Writer, digest
from tasks.sample.people import OLDEST
from tasks.sample.pieces import Cell
from tasks.sample.seasons import DAYS, day_of
from tasks.sample.spec import FIRST, LAST, MarketSpec
from tasks.sample.spec_tables import TableSpec

Codes = dict[str, np.ndarray[Any, np.dtype[np.int64]]]


@dataclass(slots=True)
class Files:
    """The files of a drop, with how many data rows each has."""

    out: Path
    spec: MarketSpec
    written: dict[Path, tuple[str, int]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The drop's folder."""
        return self.out / self.spec.drop

    def finish(self) -> list[dict[str, Any]]:
        """Facts of each file, by path; a workbook's parts are counted with the first."""
        return [
            {
                "path": path.relative_to(self.out).as_posix(),
                "table": self.written[path][0],
                "rows": self.written[path][1],
                "bytes": path.stat().st_size,
                "sha256": digest(path),
            }
            for path in sorted(self.written)
        ]


@dataclass(slots=True)
class _Target:
    """A file being written, and the day until which rows go there."""

    path: Path
    until: int
    writer: Writer
    rows: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By market: lines that count (`content`), lines that a later one replaced (`key`), broken rows by kind."""


class Delivery:
    """The files of one table, written stretch by stretch."""

    def __init__(self, spec: MarketSpec, table: str, cells: Sequence[Cell], files: Files) -> None:
        self._spec, self._name, self._cells, self._files = spec, table, cells, files
        self._table: TableSpec = spec.tables[table]  # type: ignore[index]
        self._format = Format(spec, self._table, cells)
        self._targets: list[_Target] = []
        self.borders = self._borders()
        """Days at which a delivery begins, and the end."""
        self._number = -1
        self._planned: list[tuple[float, int, str]] = []
        self._last_days: list[Codes] = []
        """Lines that the next delivery begins with."""
        self.faults: Counter[tuple[str, str]] = Counter()
        """Broken rows by market and kind, in each file that has them."""
        self.again: Counter[tuple[str, str]] = Counter()
        """Lines that came in an earlier file, too: by market and whether they count or not, `content` or `key`."""

    def _borders(self) -> list[int]:
        starts = {0, DAYS, *(day_of(day) + 1 for day in self._spec.snapshots)}
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            daily = self._table.daily_since is not None and day >= self._table.daily_since
            if (
                (self._table.by == "year" and (day.month, day.day) == (1, 1))
                or (self._table.by == "month" and day.day == 1)
                or (self._table.by == "day" or daily)
            ):
                starts.add(number)
        return sorted(starts)

    def plan(self, faults: Sequence[tuple[float, int, str]]) -> None:
        """Broken rows to write, each with its share of the way through."""
        self._planned = list(faults)

    def plan_at_most(self, rows: int) -> None:
        """Leave out the last broken rows where there are more."""
        self._planned = self._planned[:rows]

    def write(self, number: int, first: float, end: float, codes: Codes, *, last: bool) -> None:
        """Rows of delivery `number`, of the days `first` to `end - 1`."""
        if number != self._number:
            self._number = number
            if self._table.by != "all" or not self._targets:
                self.close()
                self._open(self.borders[number + 1])
                self._repeat()
        if self._table.overlap:
            late = codes["day"] + OLDEST >= self.borders[number + 1] - self._table.overlap
            self._last_days.append({name: values[late] for name, values in codes.items()})
        count = len(next(iter(codes.values())))
        sound = self._sound(codes, count)
        due = [fault for fault in self._planned if len(sound) and (fault[0] * DAYS < end or last)]
        self._planned = self._planned[len(due) :]
        within = [min(max((share * DAYS - first) / (end - first), 0.0), 0.999) for share, _, _ in due]
        places = [(int(sound[int(at * len(sound))]), *fault[1:]) for at, fault in zip(within, due, strict=True)]
        for target in self._targets:
            if end <= target.until:
                rows = broken(self._spec, self._name, self._cells, self._format.columns, codes, places, target.writer)
                target.writer.rows(codes, count, rows)
                target.rows += count + len(rows)
                target.counts += self._counted(codes)
        kinds = Counter((self._market(codes, place), kind) for place, _, kind in places)
        self.faults += kinds
        for target in self._targets:
            target.counts += kinds

    def _sound(self, codes: Codes, count: int) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Rows that a broken one may be made of: `sound` where it says so, else sales, else any."""
        if "sound" in codes:
            return np.flatnonzero(codes["sound"])
        sales = np.flatnonzero(codes["kind"] == 0) if "kind" in codes else np.arange(count)
        return sales if len(sales) else np.arange(count)

    def number(self, day: int) -> int:
        """The delivery that a day belongs to."""
        return bisect_right(self.borders, day) - 1

    def _repeat(self) -> None:
        """Write the last days of the delivery before once more."""
        for codes in self._last_days:
            for target in self._targets:
                target.writer.rows(codes, len(codes["day"]), [])
                target.rows += len(codes["day"])
            self.again += self._counted(codes)
        self._last_days = []

    def _counted(self, codes: Codes) -> Counter[tuple[str, str]]:
        """Lines by market and whether a later one replaces them; nothing for other tables."""
        if "replaced" not in codes:
            return Counter()
        markets = list(self._spec.markets)
        of_store = np.array([markets.index(self._of_store(store)) for store in range(len(self._spec.stores))])
        group = of_store[codes["store"]] * 2 + codes["replaced"]
        counts = np.bincount(group, minlength=2 * len(markets)).tolist()
        return Counter(
            {(markets[at // 2], ("content", "key")[at % 2]): lines for at, lines in enumerate(counts) if lines}
        )

    def _market(self, codes: Codes, row: int) -> str:
        if "store" in codes:
            return self._of_store(codes["store"][row])
        first = next(iter(self._spec.markets))
        return first if "group" not in codes else self._spec.people.groups[codes["group"][row]].market or first

    def _of_store(self, store: int) -> str:
        names = {name: market for market, name in self._spec.markets.items()}
        return names.get(self._spec.stores[store].country, next(iter(names.values())))

    def _open(self, end: int) -> None:
        day = FIRST + timedelta(days=end - 1)
        moments: list[tuple[date, str]] = [(day if self._table.by != "all" else LAST, "")]
        if self._spec.snapshots:
            moments = [(snapshot, f"{snapshot}/") for snapshot in (*self._spec.snapshots, LAST)]
        for moment, folder in moments:
            name = self._table.path.format(year=moment.year, month=f"{moment.month:02}", day=f"{moment.day:02}")
            path = self._files.folder / (folder + name)
            writer = self._format.open(path)
            until = day_of(moment) + 1 if self._spec.snapshots or self._table.by != "all" else DAYS
            self._targets.append(_Target(path, until, writer))

    def close(self) -> None:
        """Finish the open files."""
        for target in self._targets:
            target.writer.close()
            parts = sorted(target.path.parent.glob(f"{target.path.stem}_*{target.path.suffix}"))
            for number, path in enumerate([target.path] if target.path.exists() else parts):
                self._files.written[path] = (self._name, target.rows if number == 0 else 0)
            if self._table.copy_as and not any(name == "copy" for name, _ in self._files.written.values()):
                copy = target.path.with_name(self._table.copy_as)
                shutil.copyfile(target.path, copy)
                self._files.written[copy] = ("copy", target.rows)
                lines = Counter({key: n for key, n in target.counts.items() if key[1] in {"content", "key"}})
                self.again += lines
                self.faults += target.counts - lines
        self._targets = []
