"""What a changed profile would do: sizes, revenue, who moves where, whom one may write to; nothing is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from region_profiles.models import Dimension, Profile, RulesDimension, TiersDimension
from tasks.engine import DuckDB
from tasks.errors import ProfileError
from tasks.plain import plain
from tasks.segment import audiences
from tasks.segment.language import SEGMENT
from tasks.segment.sides import AFTER, BEFORE, Current, Described, Sides, side_by_side
from tasks.sql import name as quoted

#: Customers named for each move.
EXAMPLES = 3
#: Parts of a profile that change what customers are, not where they belong: those need the purchases.
_OF_RUN = (
    "market", "source", "plausibility", "tax", "money", "languages", "traits", "prediction", "clusters", "privacy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """A segment before and after, with its revenue (window, local, gross); None where there is no such dimension."""

    dimension: str
    segment: str
    before: int | None
    after: int | None
    revenue_before: Decimal | None = None
    revenue_after: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Customers who change segment, their revenue, and the first few ids."""

    dimension: str
    before: str
    after: str
    customers: int
    revenue: Decimal
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """An audience before and after: `listed` customers, those of them whom one may write to now (holdout left out)."""

    audience: str
    listed_before: int | None
    listed_after: int | None
    contacted_before: int | None
    contacted_after: int | None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to look at, as a code (dead, small, off, doubt) with what it is about and the reason."""

    code: str
    dimension: str
    segment: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the changed profile would make of the same customers; sizes and moves largest first within a dimension."""

    market: str
    as_of: date
    currency: str
    customers: int
    sizes: tuple[Size, ...]
    moves: tuple[Move, ...]
    audiences: tuple[Reach, ...]
    warnings: tuple[Warned, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: decimals and dates as text."""
        found: dict[str, Any] = plain(asdict(self))
        return found


def needs_run(before: Profile, after: Profile) -> tuple[str, ...]:
    """Paths of the settings that changed and that published traits cannot show."""
    found = []
    for part in _OF_RUN:
        one, two = (getattr(side, part).model_dump() for side in (before, after))
        ignored = {"traits": {"scores"}, "privacy": {"minimum_count"}}.get(part, set())
        found += [f"{part}.{key}" for key in one if key not in ignored and one[key] != two[key]]
    return tuple(found)


def preview(
    engine: DuckDB, current: Current, before: Profile, after: Profile, described: Described | None = None
) -> Preview:
    """Compare what is published with what the next run would make of the same data under `after`.

    Segments before are the published ones, so hysteresis is in it. Dimensions that did not change are not computed
    again. Money is as published, to the cent. Rules of `after` must have passed `check_rules`.

    Raises:
        ProfileError: `after` changes what needs the purchases (`needs_run`), and no `described` is given; or a
            dimension of its stratum is off.
    """
    asked = needs_run(before, after)
    if asked and described is None:
        raise ProfileError(
            "a preview cannot see this change",
            market=after.market.country,
            path=", ".join(asked),
            expected="the value of the published profile",
            hint="give --landing, so that customers are described again; or run into another publish root and compare",
        )
    sides = side_by_side(engine, current, before, after, described)
    sizes = tuple(_sizes(sides, before))
    moves = [
        move for name in (*sides.changed, "stratum") if name in (*sides.was, "stratum") for move in _moves(sides, name)
    ]
    moves.sort(key=lambda move: (-move.customers, move.dimension, move.before, move.after))
    reach = tuple(_reach(sides, before))
    total, currency = sides.sql("SELECT count(*), max(currency) FROM {table}")[0]
    warnings = tuple(_warnings(sides, before, sizes))
    market = after.market.country
    return Preview(market, current.as_of, currency or "", total, sizes, tuple(moves), reach, warnings)


# --- sizes and moves --------------------------------------------------------------------------------------------------


def _counted(sides: Sides, side: str, name: str) -> dict[str, tuple[int, Decimal]]:
    """Customers (contacts apart) and revenue by segment."""
    column, money = f"{side}{name}", f"local_{side.removesuffix('_')}"
    rows = sides.sql(
        f"SELECT {quoted(column)}, count(*), coalesce(sum({money}), 0) FROM {{table}} "
        f"WHERE population <> 'contact' AND {quoted(column)} IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _sizes(sides: Sides, before: Profile) -> Iterator[Size]:
    """Every segment that either side has or declares, in the order of the profiles."""
    now = sides.profile.dimensions
    for name in dict.fromkeys((*sides.was, *now, "stratum")):
        one = _counted(sides, BEFORE, name) if name in (*sides.was, "stratum") else None
        two = _counted(sides, AFTER, name) if name in (*now, "stratum") else None
        codes = [*(_declared(before.dimensions.get(name)) if one is not None else ()), *_declared(now.get(name))]
        for code in dict.fromkeys((*codes, *(one or ()), *(two or ()))):
            left = None if one is None else one.get(code, (0, Decimal(0)))
            right = None if two is None else two.get(code, (0, Decimal(0)))
            if (left or (0,))[0] or (right or (0,))[0] or code in _declared(now.get(name)):
                yield Size(name, code, *_of(left, right, 0), *_of(left, right, 1))


def _of(left: tuple[Any, ...] | None, right: tuple[Any, ...] | None, place: int) -> tuple[Any, Any]:
    return None if left is None else left[place], None if right is None else right[place]


def _declared(dimension: Dimension | None) -> tuple[str, ...]:
    if isinstance(dimension, RulesDimension):
        return tuple(dict.fromkeys((*(one.code for one in dimension.segments), dimension.otherwise)))
    return (*dimension.tiers, dimension.nobody) if isinstance(dimension, TiersDimension) else ()


def _moves(sides: Sides, name: str) -> list[Move]:
    before, after = quoted(f"{BEFORE}{name}"), quoted(f"{AFTER}{name}")
    rows = sides.sql(
        f"SELECT {before}, {after}, count(*), coalesce(sum(local_after), 0), min(customer_id, {EXAMPLES}) "
        f"FROM {{table}} WHERE {before} <> {after} AND population <> 'contact' GROUP BY ALL"
    )
    return [Move(name, one, two, count, revenue, tuple(ids)) for one, two, count, revenue, ids in rows]


# --- audiences and warnings -------------------------------------------------------------------------------------------


def _reach(sides: Sides, before: Profile) -> Iterator[Reach]:
    """Each audience that is on: how many it lists, and to how many of them one may write."""
    names = [name for name in before.audiences if name not in sides.off]
    differ = [name for name in names if sides.reach_changes(before, name)]
    two = _listed(sides, sides.profile, AFTER)
    one = {name: two[name] for name in names if name not in differ and name in two}
    if differ:
        kept = {name: before.audiences[name] for name in differ}
        one |= _listed(sides, before.model_copy(update={"audiences": kept}), BEFORE)
    for name in dict.fromkeys((*names, *two)):
        left, right = one.get(name), two.get(name)
        yield Reach(name, *_of(left, right, 0), *_of(left, right, 1))


def _listed(sides: Sides, profile: Profile, side: str) -> dict[str, tuple[int, int]]:
    """By audience the customers it lists, and those of them who are not held out."""
    rules = audiences.conditions(profile, sides.every)
    placed = [name.removeprefix(side) for name in sides.table.columns if name.startswith(side)]
    renamed = sides.table.mutate(**{f"{SEGMENT}{name}": sides.table[f"{side}{name}"] for name in placed})
    rows = audiences.memberships(profile, rules, audiences.with_segments(renamed, sides.every))
    counts = rows.group_by("audience").agg(listed=rows.count(), held=rows.count(where=rows.holdout == "yes"))
    found = {row["audience"]: row for row in sides.engine.to_arrow(counts).to_pylist()}
    none = {"listed": 0, "held": 0}
    sums = {name: found.get(name, none) for name in profile.audiences}
    return {name: (row["listed"], row["listed"] - row["held"]) for name, row in sums.items()}


def _warnings(sides: Sides, before: Profile, sizes: Sequence[Size]) -> Iterator[Warned]:
    """Rules that take nobody, segments that are too small, dimensions and audiences that go off."""
    minimum = sides.profile.privacy.minimum_count
    for size in sizes:
        dimension = sides.profile.dimensions.get(size.dimension)
        if size.after is None or dimension is None or size.dimension not in sides.changed:
            continue
        outside = {"person": "account", "account": "person"}[dimension.population]
        if not size.after and isinstance(dimension, RulesDimension) and size.segment != dimension.otherwise:
            if not size.before and before.dimensions.get(size.dimension) == dimension:
                continue  # as dead as before: no news
            yield Warned("dead", size.dimension, size.segment)
        elif 0 < size.after < minimum and size.segment != outside:
            yield Warned("small", size.dimension, size.segment, f"{size.after} < {minimum}")
    for kind, was in (("dimensions", sides.was), ("audiences", sides.reached)):
        for name in was:
            if name in sides.told[f"{kind}_off"]:
                yield Warned("off", name, "", str(sides.told[f"{kind}_off"][name]["reason"]))
