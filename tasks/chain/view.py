"""What the workbook and the report read: the figures, and in which order and by which names they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from region_profiles.models import Profile
from tasks.chain.comparing import Comparison
from tasks.chain.figures import Figures
from tasks.chain.measures import GUEST, WITHHELD, Measures, summed
from tasks.chain.publication import ChainManifest
from tasks.chain.rows_of_segments import CHAIN
from tasks.chain.tables import Tables
from tasks.export.labels import segment_codes
from tasks.export.report.words import Words
from tasks.segment.definitions import MARKET, STRATUM

Row = Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """A chain at a date. `manifest` has no exports yet."""

    markets: Sequence[Figures]
    comparisons: Mapping[str, Comparison]
    tables: Tables
    manifest: ChainManifest

    @property
    def as_of(self) -> date:
        """The chain's date."""
        return self.manifest.as_of

    @property
    def profile(self) -> Profile:
        """Whose order and names of segments are followed: the first market's of those whose totals are compared."""
        return lead(self.markets, self.comparisons).profile

    @property
    def currency(self) -> str:
        """The reporting currency of what is added up."""
        return lead(self.markets, self.comparisons).reference_currency

    @cached_property
    def segments(self) -> Sequence[Row]:
        """Rows of the segments' table."""
        rows: list[Row] = self.tables.segments.to_pylist()
        return rows

    def scope(self, scope: str, dimension: str) -> dict[str, Row]:
        """Rows of a scope and a dimension by segment, in the profile's order; withheld ones, then guests, last."""
        found = {
            row["segment"]: row for row in self.segments if row["scope"] == scope and row["dimension"] == dimension
        }
        return {code: found[code] for code in self.order(dimension, found)}

    def of_market(self, country: str, dimension: str) -> dict[str, Row]:
        """A market's rows of a dimension by segment."""
        rows = (row for row in self.segments if row["market"] == country and row["dimension"] == dimension)
        return {row["segment"]: row for row in rows}

    def order(self, dimension: str, codes: Iterable[str]) -> list[str]:
        """Segments in the profile's order, then by name."""
        rank = {code: place for place, code in enumerate(segment_codes(self.profile.dimensions.get(dimension)))}
        last = {WITHHELD: 1, GUEST: 2}
        return sorted(codes, key=lambda code: (last.get(code, 0), rank.get(code, len(rank)), code))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that the report shows, of those that some markets share: as many as teams see of a market."""
        shared = [
            name for name, one in self.comparisons.items() if one.markets and name not in {MARKET, STRATUM, "language"}
        ]
        wanted = [name for name in self.profile.exports.dimensions if name in shared] or shared
        return tuple(wanted[: self.profile.exports.most_dimensions])

    @property
    def total(self) -> Row | None:
        """The chain's total; null where no two markets share what it counts."""
        return next(iter(self.scope(CHAIN, MARKET).values()), None)

    def names(self, words: Words, dimension: str, codes: Iterable[str]) -> dict[str, str]:
        """The segments' names; what is withheld is one of them."""
        every = list(codes)
        known = words.names(dimension, [code for code in every if code != WITHHELD])
        return {code: known.get(code) or words.say("together", "chain") for code in every}


def lead(markets: Sequence[Figures], comparisons: Mapping[str, Comparison]) -> Figures:
    """The market whose profile tells the order and the names: the first of those whose totals are compared."""
    together = comparisons[MARKET].markets
    return next((one for one in markets if one.country in together), markets[0])


def of_customers(figures: Figures) -> Measures:
    """The market without its guests."""
    first = figures.dimensions[0]
    return summed(one for (name, code), one in figures.rows.items() if name == first and code != GUEST)
