"""Which rows of a summary must be withheld so that nobody small can be counted, not even by subtraction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

Row = tuple[str, str]
"""A dimension and one of its segments."""
Link = tuple[frozenset[Row], frozenset[Row]]
"""Rows of one dimension and rows of another that hold the same customers, so that both sum to the same count."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Customers by row, and the count from which a row may be shown."""

    counts: Mapping[Row, int]
    minimum: int

    def of(self, rows: Iterable[Row]) -> int:
        return sum(self.counts[row] for row in rows)

    def smallest(self, rows: Iterable[Row]) -> Row:
        return min(rows, key=lambda row: (self.counts[row], row))

    def safe(self, parts: Sequence[int]) -> bool:
        """Whether parts of a known sum, each at least 1, may each reach the minimum for all that subtraction tells."""
        return not parts or (len(parts) > 1 and sum(parts) >= self.minimum + len(parts) - 1)


def withheld(counts: Mapping[Row, int], minimum: int, links: Iterable[Sequence[Link]] = ()) -> frozenset[Row]:
    """Rows to withhold: those from 1 to below `minimum`, and the next smallest ones that protect them.

    `counts` holds customers by row; every dimension sums to the market's total, which every reader knows, and the
    two sides of a link to the same count. Within a dimension, and within each side of a link, the withheld rows are
    none, or at least two that sum to minimum + number - 1 or more: since each holds at least one customer, subtraction
    then cannot tell that any of them is under the minimum. (Secondary suppression: Hundepool et al., Statistical
    Disclosure Control, 2012, chapter 4.) Where a side is too small for that, the sum of the link is withheld as a row
    would be: with it another link of the two dimensions, by a row on each side. Where that is not enough, all rows are
    withheld, and the total must be.

    >>> sorted(withheld({("value", "low"): 3, ("value", "mid"): 9, ("value", "high"): 40}, 5))
    [('value', 'low'), ('value', 'mid')]
    """
    sizes = _Sizes({row: count for row, count in counts.items() if count > 0}, minimum)
    hidden = {row for row, count in sizes.counts.items() if count < minimum}
    names = sorted({dimension for dimension, _ in sizes.counts})
    dimensions = [frozenset(row for row in sizes.counts if row[0] == name) for name in names]
    pairs = [tuple(pair) for pair in links]
    before = -1
    while len(hidden) > before:
        before = len(hidden)
        whole = all(_protect_rows(dimension, hidden, sizes) for dimension in dimensions)
        if not whole or not all(_protect_links(pair, hidden, sizes) for pair in pairs):
            return frozenset(sizes.counts)
    return frozenset(hidden)


def _protect_rows(group: frozenset[Row], hidden: set[Row], sizes: _Sizes) -> bool:
    """Withhold the next smallest rows of a group until its withheld ones are protected; False if they cannot be."""
    while not sizes.safe([sizes.counts[row] for row in group & hidden]):
        shown = group - hidden
        if not shown:
            return False
        hidden.add(sizes.smallest(shown))
    return True


def _protect_sides(link: Link, hidden: set[Row], sizes: _Sizes) -> bool:
    left, right = (_protect_rows(side, hidden, sizes) for side in link)
    return left and right


def _protect_links(pair: Sequence[Link], hidden: set[Row], sizes: _Sizes) -> bool:
    """The same for the links of two dimensions; False if the two cannot be protected."""
    small = [link for link in pair if not _protect_sides(link, hidden, sizes)]
    if not small:
        return True
    rest = sorted((link for link in pair if link not in small), key=lambda link: (sizes.of(link[0]), sorted(link[0])))
    unknown = [*small, *(link for link in rest if all(side & hidden for side in link))]
    for link in rest:
        if sizes.safe([sizes.of(one[0]) for one in unknown]):
            break
        unknown += [link] if link not in unknown else []
    for link in unknown:
        hidden.update(sizes.smallest(side) for side in link if not side & hidden)
    return sizes.safe([sizes.of(link[0]) for link in unknown])


def links(combinations_found: Iterable[Sequence[Row]]) -> tuple[tuple[Link, ...], ...]:
    """The links of each two dimensions, from the distinct combinations of segments that customers have.

    Two dimensions are linked where the customers of some segments of the one are just those of some of the other:
    the connected parts of the graph of segments that share a customer. A part that is all of both is no news.

    >>> found = [(("a", "new"), ("b", "low")), (("a", "old"), ("b", "low")), (("a", "none"), ("b", "none"))]
    >>> [[(sorted(left), sorted(right)) for left, right in pair] for pair in links(found)]
    [[([('a', 'none')], [('b', 'none')]), ([('a', 'new'), ('a', 'old')], [('b', 'low')])]]
    """
    pairs: dict[tuple[str, str], set[tuple[Row, Row]]] = {}
    for rows in combinations_found:
        for left, right in combinations(rows, 2):
            pairs.setdefault((left[0], right[0]), set()).add((left, right))
    parts = [_parts(edges) for _, edges in sorted(pairs.items())]
    return tuple(tuple(pair) for pair in parts if len(pair) > 1)


def _parts(edges: Iterable[tuple[Row, Row]]) -> list[Link]:
    parts: list[Link] = []
    for left, right in sorted(edges):
        touching = [part for part in parts if left in part[0] or right in part[1]]
        parts = [part for part in parts if part not in touching]
        lefts = frozenset({left}).union(*(part[0] for part in touching))
        rights = frozenset({right}).union(*(part[1] for part in touching))
        parts.append((lefts, rights))
    return parts
