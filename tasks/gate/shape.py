"""The shape of a publication against its past: sizes of segments, shares of nulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from region_profiles.models import Profile
from tasks.gate import expected
from tasks.gate.drift import Drift
from tasks.gate.explain import Explained
from tasks.gate.history import Past
from tasks.gate.judging import CORE, judged
from tasks.gate.verdict import Check

#: Points of share by which nulls of a column may always rise.
NULLS = 0.2
#: The index of stability: 0.1 is worth a look, 0.25 another population, as the field has it, unless chance says more.
LOOK, ANOTHER = 0.1, 0.25
LOOK_LEVEL, ANOTHER_LEVEL = 0.99, 0.99999


def segments(profile: Profile, now: Past, recent: Sequence[Past]) -> Iterator[Check]:
    """How far each dimension's distribution moved since the publication before, against how far it usually does."""
    for dimension, sizes in sorted(now.measures["segments"].items()):
        known = [one for one in recent if dimension in one.measures.get("segments", {})]
        same = [one for one in known if one.definitions.get(dimension) == now.definitions.get(dimension)]
        if known and (not same or same[-1] is not known[-1]):
            yield Check(check="segments", subject=dimension, unit="index", outcome="ok", why=("rules_changed",))
            continue
        if len(same) < profile.gate.history:
            continue
        counts = [one.measures["segments"][dimension] for one in same]
        moves = [expected.stability(one, other) for one, other in pairwise(counts)]
        yield _moved(dimension, counts[-1], sizes, moves)


def _moved(dimension: str, before: Mapping[str, int], after: Mapping[str, int], moves: Sequence[float]) -> Check:
    value = expected.stability(before, after)
    parts, sizes = len(set(before) | set(after)), (sum(before.values()), sum(after.values()))
    look, another = (
        max(floor, expected.chance_of_stability(parts, *sizes, level), 2 * max(moves))
        for floor, level in ((LOOK, LOOK_LEVEL), (ANOTHER, ANOTHER_LEVEL))
    )
    return Check(
        check="segments",
        subject=dimension,
        unit="index",
        value=round(value, 4),
        expected=(None, round(another, 4)),
        past=len(moves) + 1,
        outcome="hold" if value > another else "warn" if value > look else "ok",
    )


def nulls(profile: Profile, now: Past, recent: Sequence[Past], drift: Drift) -> Iterator[Check]:
    """The share of nulls of each column; fewer nulls than before are no fault."""
    why = [code for code, there in (("column_gone", drift.gone), ("column_renamed", drift.renamed)) if there]
    for table, columns in sorted(now.measures["nulls"].items()):
        rows = int(now.ledger[table]["kept"])
        for column, share in sorted(columns.items()):
            shares = [one.measures.get("nulls", {}).get(table, {}).get(column) for one in recent]
            known = [value for value in shares if value is not None]
            if len(known) < profile.gate.history or rows < expected.LEAST:
                continue
            band = expected.null_share(known, rows, NULLS)
            files = now.measures.get("without", {}).get(table, {}).get(column, ())
            gone = ("column_gone",) if files and "column_gone" not in why else ()
            said = Explained((*why, *gone), ", ".join(files) or None)
            yield judged("nulls", f"{table}.{column}", "share", share, band, said, core=table in CORE)
