"""What a changed profile would do: sizes before and after, who moves where; nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from region_profiles.models import Profile
from tasks.engine import Engine
from tasks.errors import ProfileError
from tasks.segment.market import Segmented, segment
from tasks.traits.catalogue import CATALOGUE, EXACT
from tasks.traits.customer import TraitsResult
from tasks.traits.scores import score

#: Customers named for each move.
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Size:
    """A segment before and after; None where it was or will not be declared."""

    dimension: str
    segment: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """Customers who change segment, with the first few ids."""

    dimension: str
    before: str
    after: str
    customers: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Both profiles on the same traits, purchases, rates and previous publication."""

    sizes: tuple[Size, ...]
    moves: tuple[Move, ...]
    notes_before: Mapping[str, Any]
    notes_after: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def published_traits(engine: Engine, customers: Path | str, before: Profile, after: Profile) -> TraitsResult:
    """The traits of a published customers.parquet, with the scores that `after` asks for.

    Money is as published, to the cent. Raises ProfileError where `after` changes the window, the lenses or the
    reporting currency: those need the transactions, so a run.
    """
    for path, old, new in (
        ("traits.window", before.traits.window, after.traits.window),
        ("money", before.money, after.money),
    ):
        if old != new:
            raise ProfileError(
                "a preview cannot see this change",
                market=after.market.country,
                path=path,
                expected="the value of the published profile",
                hint="run into another publish root and compare",
            )
    table = engine.read_parquet(customers)
    base = table.mutate(**{exact: table[name].cast("decimal(38, 6)") for name, exact in EXACT.items()})
    scored, cuts = score(engine, after.traits.scores, base.drop("r_score", "f_score", "m_score"))
    return TraitsResult(scored.select(*CATALOGUE, *EXACT.values()), {}, cuts, {})


def preview(
    engine: Engine,
    before: tuple[Profile, TraitsResult],
    after: tuple[Profile, TraitsResult],
    previous: ir.Table | None,
    as_of: date,
) -> Preview:
    """Compare two profiles on one market. The traits are the same object unless windows, scores or lenses changed.

    Dimensions that only one of the profiles has are in `sizes` alone. Moves are largest first.
    """
    one = segment(engine, before[0], before[1], previous, as_of)
    two = segment(engine, after[0], after[1], previous, as_of)
    shared = [name for name in (*before[0].dimensions, "stratum") if name in (*after[0].dimensions, "stratum")]
    moves = [move for name in shared for move in _moves(engine, name, one, two)]
    moves.sort(key=lambda move: (-move.customers, move.dimension, move.before, move.after))
    return Preview(_sizes(engine, one, two), tuple(moves), one.notes, two.notes)


def _sizes(engine: Engine, one: Segmented, two: Segmented) -> tuple[Size, ...]:
    counts = [
        {
            (row["dimension"], row["segment"]): row["customers"]
            for row in engine.to_arrow(side.segments.select("dimension", "segment", "customers")).to_pylist()
            if row["segment"] != "guest"
        }
        for side in (one, two)
    ]
    keys = dict.fromkeys([*counts[0], *counts[1]])
    return tuple(Size(*key, counts[0].get(key), counts[1].get(key)) for key in keys)


def _moves(engine: Engine, name: str, one: Segmented, two: Segmented) -> list[Move]:
    column = "stratum" if name == "stratum" else f"segment_{name}"
    old = one.customers.select("customer_id", before=column)
    new = two.customers.select(other_id="customer_id", after=column)
    both = old.join(new, old.customer_id == new.other_id).filter(ibis._.before != ibis._.after)
    both = engine.cache(both.select("customer_id", "before", "after"))
    place = ibis.row_number().over(ibis.window(group_by=["before", "after"], order_by="customer_id"))
    totals = engine.to_arrow(both.group_by("before", "after").agg(customers=both.count())).to_pylist()
    first = engine.to_arrow(both.mutate(place=place).filter(ibis._.place < EXAMPLES)).to_pylist()
    engine.drop(both)
    return [
        Move(
            name,
            row["before"],
            row["after"],
            row["customers"],
            tuple(
                sorted(e["customer_id"] for e in first if (e["before"], e["after"]) == (row["before"], row["after"]))
            ),
        )
        for row in totals
    ]


def told(found: Preview) -> str:
    """As text: sizes that change, then moves with examples."""
    lines = ["dimension, segment: before -> after"]
    for size in found.sizes:
        if size.before != size.after:
            before, after = ("-" if count is None else f"{count:,}" for count in (size.before, size.after))
            lines.append(f"  {size.dimension}, {size.segment}: {before} -> {after}")
    lines += ["moves"] if found.moves else ["nobody moves"]
    for move in found.moves:
        named = ", ".join(move.examples)
        lines.append(f"  {move.dimension}: {move.before} -> {move.after}: {move.customers:,} (such as {named})")
    return "\n".join(lines)
