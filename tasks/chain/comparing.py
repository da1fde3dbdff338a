"""Which markets may be compared in which dimension, and what keeps the others apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from region_profiles.loader import profile_digest
from tasks.chain.figures import Figures
from tasks.segment.definitions import MARKET, Definition, definitions, differences, digest

#: Reasons that are no part of a definition: the profile is another than the publication's, so nobody knows what its
#: dimensions meant; no other market has the dimension as this one.
CHANGED, ALONE = "profile_changed", "alone"
Apart = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A dimension: `markets` share the definition of that digest and are compared; `apart` are not, and why.

    The reasons are names of the parts in which a market's definition differs from the shared one, or CHANGED, ALONE.
    """

    dimension: str
    definition: str | None
    markets: tuple[str, ...]
    apart: Mapping[str, Apart] = field(default_factory=dict)


def meanings(figures: Figures) -> Mapping[str, Definition]:
    """What the market's dimensions mean: as its manifest says, else as its profile does if it is still the same.

    Empty where the profile has changed since. A dimension that fell back to another trait (a lens that is off) or is
    off means something else than its profile says: that is added.
    """
    noted = figures.book.note("segments", "definitions")
    if isinstance(noted, dict):
        known: dict[str, Definition] = {
            name: one if isinstance(one, dict) else {"digest": one} for name, one in noted.items()
        }
    elif profile_digest(figures.profile) == figures.book.manifest.profile:
        known = dict(definitions(figures.profile))
    else:
        return {}
    told = figures.book.note("segments", "dimensions") or {}
    for name, notes in told.items():
        applied = {key: notes[key] for key in ("fallback", "off") if isinstance(notes, dict) and notes.get(key)}
        if applied and name in known:
            known[name] = {**known[name], **applied}
    return known


def compare(markets: Sequence[Figures]) -> dict[str, Comparison]:
    """A comparison for each dimension and for MARKET, in the order in which markets have them.

    Compared are the markets of the definition that most share, of several the one with most customers. A definition
    that one market has alone is compared with nothing, unless the chain is that one market.
    """
    known = {one.country: meanings(one) for one in markets}
    names = dict.fromkeys([MARKET, *(name for one in markets for name in one.dimensions)])
    return {name: _compared(name, [one for one in markets if _has(one, name)], known, len(markets)) for name in names}


def _has(figures: Figures, dimension: str) -> bool:
    return dimension == MARKET or dimension in figures.dimensions


def _compared(
    name: str, markets: Iterable[Figures], known: Mapping[str, Mapping[str, Definition]], every: int
) -> Comparison:
    groups: dict[str, list[Figures]] = {}
    apart: dict[str, Apart] = {}
    for one in markets:
        definition = known[one.country].get(name)
        if definition is None:
            apart[one.country] = (CHANGED,)
        else:
            groups.setdefault(digest(definition), []).append(one)
    if not groups:
        return Comparison(name, None, (), apart)
    chosen = max(groups, key=lambda code: (len(groups[code]), _customers(groups[code]), code))
    shared = known[groups[chosen][0].country][name]
    alone = len(groups[chosen]) == 1 and every > 1
    for code, group in groups.items():
        for one in group:
            if code != chosen:
                apart[one.country] = differences(shared, known[one.country][name])
            elif alone:
                apart[one.country] = (ALONE,)
    together = () if alone else tuple(one.country for one in groups[chosen])
    return Comparison(name, None if alone else chosen, together, dict(sorted(apart.items())))


def _customers(group: Iterable[Figures]) -> int:
    return sum(int(one.total["customers"]) for one in group)
