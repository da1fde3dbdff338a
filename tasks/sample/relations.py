"""The tables beside customers and purchases: written as the history goes, or once, with the facts about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from tasks.sample.accounts import companies, contracts, quotes
from tasks.sample.cells import LineCells, cells
from tasks.sample.deliveries import Delivery, Files
from tasks.sample.engagement import campaigns, events, usage
from tasks.sample.facts import fault_counts
from tasks.sample.faults import places
from tasks.sample.prices import GOODS
from tasks.sample.programme import loyalty
from tasks.sample.relation_cells import DAYS_IN, RelationCells, counted_from_oldest
from tasks.sample.seasons import DAYS, day_of
from tasks.sample.shop import Lines, join, take
from tasks.sample.trail import Maker, Stretch, Trail
from tasks.sample.voices import answers, feedback, interests

#: Tables of which each stretch of the history has its rows.
GROWING: dict[str, Maker] = {
    "events": events,
    "campaigns": campaigns,
    "usage": usage,
    "loyalty": loyalty,
    "feedback": feedback,
    "answers": answers,
    "interests": interests,
    "quotes": quotes,
}
#: Tables that are written once.
ONCE: dict[str, Callable[[Trail, np.random.Generator], Lines]] = {
    "companies": companies,
    "contracts": contracts,
    "products": lambda trail, rng: {"product": np.arange(GOODS)},  # noqa: ARG005  # nothing of them is drawn
    "places": lambda trail, rng: {"row": np.arange(len(trail.shop.spec.places))},  # noqa: ARG005  # as above
}
#: Of small tables at most one row to so many is broken: no shop would send, and no gate let pass, more.
WHOLE = 5
#: Share of the rows that come twice.
TWICE = 0.004


class Relation:
    """One of these tables being written."""

    def __init__(
        self,
        table: str,
        trail: Trail,
        files: Files,
        members: pa.Array,
        lines: LineCells,
        stream: Callable[[str], np.random.Generator],
    ) -> None:
        spec = trail.shop.spec
        self.table, self._trail, self._spec = table, trail, spec
        make = RelationCells(spec, table, trail.shop.prices, members, lines)
        fields = spec.tables[table]  # type: ignore[index]
        self._since = 0 if fields.since is None else day_of(fields.since)
        self._delivery = Delivery(spec, table, cells(fields, make), files)
        kinds = [kind for kind, fault in spec.faults.get(table, {}).items() if fault is not None]  # type: ignore[call-overload]
        share = self._since / DAYS
        planned = places(stream(f"{table} faults"), kinds, spec.fault_rows, 0)
        self._delivery.plan([(share + at * (1 - share), serial, kind) for at, serial, kind in planned])
        self._rng = stream(table)
        self._rows = self._again = self._excluded = 0

    @property
    def borders(self) -> list[int]:
        """Days at which one of its files begins, or what its system still knows."""
        return [*self._delivery.borders, self._since]

    def write(self, stretch: Stretch) -> None:
        """The rows of a stretch; of none there is still a file."""
        number = self._delivery.number(stretch.first)
        for rows in GROWING[self.table](self._trail, stretch, self._rng):
            self._written(number, stretch, take(rows, np.flatnonzero(rows["day"] >= self._since)))

    def write_once(self) -> None:
        """All rows, in each snapshot."""
        rows = ONCE[self.table](self._trail, self._rng)
        self._delivery.plan_at_most(len(next(iter(rows.values()))) // WHOLE)
        for number, (first, end) in enumerate(pairwise(self._delivery.borders)):
            part = rows if number == 0 else take(rows, np.arange(0))
            nothing: Lines = {}
            self._written(number, Stretch(first, DAYS if number == 0 else end, nothing, nothing), part)

    def _written(self, number: int, stretch: Stretch, rows: Lines) -> None:
        if stretch.end <= self._since:
            return  # no file of days that the system has forgotten
        size = len(next(iter(rows.values())))
        if "day" in rows:
            rows = take(rows, np.lexsort((rows.get("time", rows["day"]), rows["day"])))
        rows |= {"id": self._trail.numbers(self.table, size), "again": np.zeros(size, dtype=np.int64)}
        out = np.zeros(size, dtype=bool)
        if "customer" in rows:
            out = (rows["customer"] >= 0) & self._trail.excluded[rows["customer"]]
            rows["sound"] = ((rows["customer"] >= 0) & ~out).astype(np.int64)
        copies = take(rows, np.flatnonzero(self._rng.random(size) < TWICE))
        copies["again"] = copies["again"] + 1
        if "sound" in copies:
            copies["sound"] = copies["sound"] * 0
        self._rows += size
        self._again += len(copies["id"])
        self._excluded += int(out.sum())
        codes = join([rows, copies])
        codes |= {name: counted_from_oldest(codes[name]) for name in DAYS_IN if name in codes}
        self._delivery.write(number, stretch.first, stretch.end, codes, last=stretch.end == DAYS)

    def close(self) -> dict[str, Any]:
        """Finish the file; what a ledger must find."""
        self._delivery.close()
        market = next(iter(self._spec.markets))
        broken = fault_counts(self._delivery.faults, market)
        if self.table == "feedback":  # what was said of a store holds, whoever said it
            broken["filtered"] -= broken["faults"].get("unknown_member", 0)
        rows = self._rows + self._again + broken["broken"]
        found = {
            "rows": rows,
            "duplicate_content": self._again,
            "of_excluded_customers": self._excluded,
            "kept": rows - self._again - self._excluded - broken["quarantined"] - broken["filtered"],
            **broken,
        }
        return {"rows": rows, "markets": {market: found}}


def relations(
    trail: Trail, files: Files, members: pa.Array, lines: LineCells, stream: Callable[[str], np.random.Generator]
) -> tuple[list[Relation], list[Relation]]:
    """The market's tables that grow with the history, and those that are written once."""

    def those(names: Iterator[str]) -> list[Relation]:
        return [
            Relation(name, trail, files, members, lines, stream) for name in names if name in trail.shop.spec.tables
        ]

    return those(iter(GROWING)), those(iter(ONCE))
