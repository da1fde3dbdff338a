"""Strata: the dimensions combined, with cells that are too small or too many merged, and the merge told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from region_profiles.models import Dimension, Profile, RulesDimension
from tasks.segment.dimensions import OUTSIDE

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strata:
    """`names`: stratum of each cell of segment codes. `merged`: what became of cells that do not stand alone."""

    names: Mapping[Cell, str]
    merged: tuple[Mapping[str, object], ...]


def strata(profile: Profile, counts: Mapping[Cell, int]) -> Strata:
    """Name the cells of `profile.stratum.dimensions`, given customers by cell of segment codes.

    A cell is the groups (where rules have them) or segments of the dimensions, joined by `_`. Cells below the minimum
    merge into their parent, the first dimension alone; then, from the smallest, so do others until no more than the
    maximum are left; parents still below the minimum, and at last the smallest, merge into `else`. Customers of whom no
    dimension of the stratum is about are one stratum, named as their population, whatever their number.
    """
    setting = profile.stratum
    nowhere = tuple(OUTSIDE[profile.dimensions[name].population] for name in setting.dimensions)
    groups = [_groups(profile.dimensions[name]) for name in setting.dimensions]
    cells: dict[Cell, Cell] = {
        codes: tuple(group.get(code, code) for group, code in zip(groups, codes, strict=True))
        for codes in counts
        if codes != nowhere
    }
    sizes: Counter[Cell] = Counter()
    for codes, cell in cells.items():
        sizes[cell] += counts[codes]
    merging = _Merging(sizes)
    for depth in sorted({len(setting.dimensions), 1}, reverse=True):
        for cell, size in sorted(merging.totals().items()):
            if size < setting.minimum and len(cell) == depth:
                merging.merge(cell, f"fewer than {setting.minimum} customers")
        while len(merging.totals()) > setting.maximum and (least := merging.smallest(depth)):
            merging.merge(least, f"more than {setting.maximum} strata")
    names = {cell: "_".join(at) or setting.otherwise for cell, at in merging.place.items()}
    told = tuple(
        {"cell": "_".join(cell), "customers": sizes[cell], "into": names[cell], "reason": merging.why[cell]}
        for cell in sorted(merging.why)
    )
    apart = {nowhere: nowhere[0]} if nowhere in counts else {}
    return Strata({codes: names[cell] for codes, cell in cells.items()} | apart, told)


class _Merging:
    """Where each cell is: in itself, its parent, or nowhere of its own (the empty cell)."""

    def __init__(self, sizes: Mapping[Cell, int]) -> None:
        self.sizes = sizes
        self.place: dict[Cell, Cell] = {cell: cell for cell in sizes}
        self.why: dict[Cell, str] = {}

    def totals(self) -> Counter[Cell]:
        total: Counter[Cell] = Counter()
        for cell, size in self.sizes.items():
            total[self.place[cell]] += size
        return total

    def smallest(self, depth: int) -> Cell | None:
        found = sorted((size, cell) for cell, size in self.totals().items() if len(cell) == depth)
        return found[0][1] if found else None

    def merge(self, target: Cell, why: str) -> None:
        for cell in [cell for cell, at in self.place.items() if at == target]:
            self.place[cell] = target[:1] if len(target) > 1 else ()
            self.why[cell] = why


def _groups(dimension: Dimension) -> dict[str, str]:
    """Group of each segment; a segment without one is its own."""
    if not isinstance(dimension, RulesDimension):
        return {}
    groups = {segment.code: segment.group or segment.code for segment in dimension.segments}
    return groups | {dimension.otherwise: dimension.otherwise_group or dimension.otherwise}
