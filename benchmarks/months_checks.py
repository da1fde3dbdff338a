"""What months.py checks of a market's publications: who moved, why, and what the month before is said to have been."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

CAUSES = {"customer", "refund", "rule", "reference", "identity", "correction"}
#: Held by hysteresis: the band of the profile, 5 %, around the borders before and after the change.
BANDS = {"value": ("monetary_ppp", 0.05, (1000, 1200, 5000))}


@dataclass
class Found:
    """What one market's months came to."""

    market: str
    moves: Counter[str] = field(default_factory=Counter)
    restated: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    series: int = 0
    held: int = 0
    new: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def column(dimension: str) -> str:
    """Of customers.parquet."""
    return "stratum" if dimension == "stratum" else f"segment_{dimension}"


class Published:
    """The publications of a market in a root."""

    def __init__(self, root: Path, market: str) -> None:
        self.folder = root / f"country={market}"
        self.con = duckdb.connect()

    def selected(self) -> dict[str, str]:
        """Ids by as-of date."""
        pointer = self.folder / "current.json"
        return dict(json.loads(pointer.read_text())["selected"]) if pointer.exists() else {}

    def rows(self, as_of: str, name: str, columns: str = "*", publication: str | None = None) -> list[tuple[Any, ...]]:
        """Rows of a canonical file."""
        id_ = publication or self.selected()[as_of]
        path = self.folder / f"as_of={as_of}" / f"publication={id_}" / "canonical" / f"{name}.parquet"
        sql = f"SELECT {columns} FROM read_parquet(?, hive_partitioning=false)"
        return self.con.execute(sql, [str(path)]).fetchall()

    def segments(self, as_of: str, dimensions: list[str], publication: str | None = None) -> dict[str, dict[str, str]]:
        """Of each dimension each customer's segment; of one that the publication does not have, nobody's."""
        wanted = "|".join(("customer_id", *(column(name) for name in dimensions)))
        found: dict[str, dict[str, str]] = {name: {} for name in dimensions}
        rows = self.rows(as_of, "customers", f"COLUMNS('^({wanted})$')", publication)
        there = [name for name, *_ in self.con.description[1:]]
        for who, *segments in rows:
            for name, segment in zip(there, segments, strict=True):
                found[name.removeprefix("segment_")][who] = segment
        return found


def check(
    found: Found, own: Published, then: Published, days: tuple[str, str], publication: str, *, changes: bool
) -> None:
    """What a month says of the one before, against what that one published, or would have by the new rules."""
    before, day = days
    where = f"{found.market} {day}"
    wanted = "customer_id, dimension, segment, like_segment, cause, restated"
    moves = own.rows(day, "membership", wanted, publication)
    dimensions = sorted({row[1] for row in moves})
    now = own.segments(day, dimensions, publication)
    was, like = own.segments(before, dimensions), then.segments(before, dimensions)
    for name in dimensions:  # who is elsewhere than they were published is listed, and nobody else
        moved = {who for who in {*now[name], *was[name]} if now[name].get(who) != was[name].get(who)}
        if moved != {row[0] for row in moves if row[1] == name}:
            found.wrong.append(f"{where}: {name}: membership does not list exactly who moved")
    for who, name, *said in moves:
        found.moves[said[2]] += 1
        found.restated[said[3] or "-"] += 1
        if not was[name] or not now[name]:  # the dimension came on or went off: with the rules, or with the data
            found.new += 1
            wrong = None if said[2] == "rule" else f"cause {said[2]} of a dimension that is in one publication only"
        elif said[1] != like[name].get(who) and not _within(then, before, name, who):
            wrong = f"like_segment {said[1]}, by the new rules {like[name].get(who)}"
        else:
            wrong = _contradiction(*said, was[name].get(who), changes=changes)
        if wrong:
            found.wrong.append(f"{where}: {name}: {wrong}")
    check_series(found, own, then, days, publication, changes=changes)


def _contradiction(
    segment: str, like: str, cause: str, restated: str | None, was: str | None, *, changes: bool
) -> str | None:
    """What is wrong with the cause of a move from `was`, which would have been `like` under today's rules."""
    if cause not in CAUSES or (restated and not changes):
        return f"cause {cause}, restated {restated}"
    if (cause == "rule") != (bool(restated) and segment == like):
        return f"cause {cause} of {like} to {segment}, restated {restated}"
    if (restated == "rule") != (like != was):
        return f"restated {restated}: {was} to {like}"
    return None


def check_series(
    found: Found, own: Published, then: Published, days: tuple[str, str], publication: str, *, changes: bool
) -> None:
    """A month's sizes of the month before, against that one's own, or what it would have been by the new rules."""
    before, day = days
    wanted = "dimension, segment, customers, anchor, as_of"
    said = Counter({
        (name, segment): number
        for name, segment, number, anchor, as_of in own.rows(day, "comparisons", wanted, publication)
        if anchor == "previous" and str(as_of) == before and segment != "guest"
    })  # fmt: skip
    names = sorted({name for name, _ in said})
    expected = Counter((name, one) for name, who in then.segments(before, names).items() for one in who.values())
    slack = {name: near(then, before, name) for name in names} if changes else {}
    for key in sorted({*said, *expected}, key=str):
        found.series += 1
        found.held += abs(said[key] - expected[key])
        if abs(said[key] - expected[key]) > slack.get(key[0], 0):
            found.wrong.append(f"{found.market} {day}: {key}: {said[key]} a month before, published {expected[key]}")


def near(then: Published, day: str, dimension: str) -> int:
    """Customers so near to a border of a dimension, or of one that a stratum is made of, that hysteresis may decide."""
    found = 0
    for banded, (trait, share, borders) in BANDS.items():
        if dimension in {banded, "stratum"}:
            amounts = [row[0] for row in then.rows(day, "customers", trait) if row[0] is not None]
            found += sum(any(abs(float(one) / border - 1) <= share for border in borders) for one in amounts)
    return found


def _within(then: Published, day: str, dimension: str, who: str) -> bool:
    """Whether a customer is so near to a border that hysteresis decides."""
    if dimension not in BANDS:
        return False
    trait, share, borders = BANDS[dimension]
    (value,) = next(row[1:] for row in then.rows(day, "customers", f"customer_id, {trait}") if row[0] == who)
    return value is not None and any(abs(float(value) / border - 1) <= share for border in borders)
