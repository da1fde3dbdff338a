"""What a market has all in all, against its past: purchases, revenue, customers, rows of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from region_profiles.models import Profile
from tasks.gate import expected
from tasks.gate.expected import LEAST, Band
from tasks.gate.explain import Explained, explained
from tasks.gate.history import Past
from tasks.gate.judging import CORE, TRANSACTIONS, judged, new_days
from tasks.gate.verdict import Check

#: All, and what of it is new.
Parts = tuple[float, float]
#: Where less of a drop stays from one publication to the next, it is one of new days.
LEAST_STAYING = 0.2


def stocks(profile: Profile, now: Past, recent: Sequence[Past]) -> Iterator[Check]:
    """Purchases and revenue by what stays of them, customers and other tables by their trend."""
    history = profile.gate.history
    fresh = median(shares) if (shares := [_fresh(one) for one in recent if new_days(one)]) else 1.0
    floor = expected.room(float(profile.gate.tolerance), fresh)
    like = explained(profile, now, recent, of_year=False)
    # A feast moves what is new; stores open and close for all of it.
    why = Explained(like.why, like.detail, like.down * fresh, like.up * fresh)
    yield from _staying(now, recent, history, floor, why)
    for table in sorted({*now.ledger, *(name for one in recent for name in one.ledger)} - {TRANSACTIONS}):
        rows = [(one.as_of.toordinal(), float(one.ledger[table]["read"])) for one in recent if table in one.ledger]
        band = expected.stock(rows, now.as_of.toordinal(), floor, fresh) if len(rows) >= history else None
        if band is not None:
            value = float(now.ledger.get(table, {}).get("read", 0))
            yield judged("rows_read", table, "count", value, band, why, core=table in CORE)
    customers = [(one.as_of.toordinal(), float(one.measures["customers"])) for one in recent if one.measures]
    band = expected.stock(customers, now.as_of.toordinal(), floor, fresh) if len(customers) >= history else None
    if band is not None:
        yield judged("customers", None, "count", float(now.measures["customers"]), band, why)


def _fresh(one: Past) -> float:
    """The share of the purchases that is of the new days."""
    kept = float(one.ledger[TRANSACTIONS]["kept"])
    return min(1.0, float(one.measures["new"]["lines"]) / kept) if kept else 1.0


def _staying(now: Past, recent: Sequence[Past], history: int, floor: float, why: Explained) -> Iterator[Check]:
    """Purchases: those of the drop against those that can be used, and what stays of them and of revenue."""
    kept, read = (float(now.ledger[TRANSACTIONS][figure]) for figure in ("kept", "read"))
    past = [(float(one.ledger[TRANSACTIONS]["kept"]), float(one.ledger[TRANSACTIONS]["read"])) for one in recent]
    if min(kept, *(one for one, _ in past)) >= LEAST:
        usable = expected.kept_on([one / all_ for one, all_ in past], floor, 0.0)
        rows = Band(kept / usable.high, kept / usable.low, usable.past)
        yield judged("rows_read", TRANSACTIONS, "count", read, rows, Explained())
    pairs = [(one, two) for one, two in pairwise((*recent, now)) if _follows(one, two)]
    if len(pairs) < history or pairs[-1][1] is not now:
        return
    if (band := _stayed([(_lines(one), _lines(two)) for one, two in pairs], history, floor)) is not None:
        yield judged("rows_kept", TRANSACTIONS, "count", kept, band, why)
    if (band := _stayed([(_money(one), _money(two)) for one, two in pairs], history, floor)) is not None:
        yield judged("revenue", now.measures["currency"], "money", float(now.measures["revenue"]), band, why)


def _stayed(pairs: Sequence[tuple[Parts, Parts]], history: int, floor: float) -> Band | None:
    """What the whole may be, by how much of it stayed between the pairs of the past; the last pair is the one judged.

    What is not new should be as much as it was: all of it in a whole history, less where old days fall out. Drops of
    new days alone have nothing that stays, and are judged by their new days.
    """
    (before, _), (_, new) = pairs[-1]
    stayed = [(after - fresh) / one for (one, _), (after, fresh) in pairs[:-1] if one > 0]
    if len(stayed) < history - 1 or median(stayed) < LEAST_STAYING or before < LEAST:
        return None
    band = expected.kept_on(stayed, floor, 0.0)
    return Band(band.low * before + new, band.high * before + new, band.past)


def _follows(one: Past, two: Past) -> bool:
    """Whether the new days of a publication are those after the other one."""
    new = new_days(two)
    same = one.measures.get("currency") == two.measures.get("currency")
    return new is not None and bool(one.measures) and same and (two.as_of - one.as_of).days == new["days"]


def _lines(one: Past) -> Parts:
    """All purchases, and the new ones."""
    new = new_days(one)
    return float(one.ledger[TRANSACTIONS]["kept"]), float(new["lines"]) if new else 0.0


def _money(one: Past) -> Parts:
    """All revenue, and that of the new days."""
    new = new_days(one)
    return float(one.measures["revenue"]), float(new["revenue"]) if new else 0.0
