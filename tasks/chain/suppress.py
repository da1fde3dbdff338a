"""Which cells of a table must be withheld so that nobody small can be counted from the sums that are known."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)


def withheld_cells(
    counts: Mapping[Cell, int],
    minimum: int,
    lines: Iterable[Collection[Cell]],
    secret: Collection[Cell] = (),
    untold: Collection[Cell] = (),
) -> frozenset[Cell]:
    """Cells to withhold: those from 1 to below `minimum`, those that are `secret` or `untold`, and what protects them.

    `counts` holds customers by cell, `lines` are sets of cells whose sum a reader may know: rows, columns.
    In each line the withheld cells are none, or at least two that sum to minimum + number - 1 or more: since each holds
    a customer, subtraction then cannot tell that any of them is under the minimum (as `tasks.export.suppress` has it
    for the segments of one dimension). A line that cannot be protected so is withheld whole. `untold` cells, which
    nobody publishes, need no protection by themselves where they reach the minimum. What follows only from several
    lines together is not looked for.

    >>> table = {("de", "new"): 3, ("de", "old"): 40, ("fr", "new"): 9, ("fr", "old"): 30}
    >>> rows = [[("de", "new"), ("de", "old")], [("fr", "new"), ("fr", "old")]]
    >>> columns = [[("de", "new"), ("fr", "new")], [("de", "old"), ("fr", "old")]]
    >>> sorted(withheld_cells(table, 5, [*rows, *columns])) == sorted(table)
    True
    >>> sorted(withheld_cells(table, 5, rows))
    [('de', 'new'), ('de', 'old')]
    """
    some = {cell: count for cell, count in counts.items() if count > 0}
    kept = {*secret, *untold}
    hidden = {cell for cell, count in some.items() if count < minimum or cell in kept}
    harmless = {cell for cell in untold if some.get(cell, 0) >= minimum and cell not in secret}
    groups = [[cell for cell in line if cell in some] for line in lines]
    before = -1
    while len(hidden) > before:
        before = len(hidden)
        for group in groups:
            if not harmless.issuperset(hidden.intersection(group)):
                _protect(group, some, minimum, hidden)
    return frozenset(hidden)


def _protect(group: Collection[Cell], counts: Mapping[Cell, int], minimum: int, hidden: set[Cell]) -> None:
    """Withhold the next smallest cells of a line until its withheld ones are protected, or all are withheld."""
    shown = sorted((cell for cell in group if cell not in hidden), key=lambda cell: (counts[cell], repr(cell)))
    parts = [counts[cell] for cell in group if cell in hidden]
    for cell in shown:
        if not parts or (len(parts) > 1 and sum(parts) >= minimum + len(parts) - 1):
            return
        hidden.add(cell)
        parts.append(counts[cell])
