"""Developed and developing markets: by the World Bank's income groups (region_profiles/reference/income_groups.csv)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tasks.reference.tables import Reference, default_reference

#: High income. The World Bank gave up the words developed and developing in 2016; teams still ask by them, and of its
#: four groups (L, LM, UM, H) the highest comes closest to what they mean by the first.
DEVELOPED = "H"
Development = Literal["developed", "developing", "unknown"]


@dataclass(frozen=True, slots=True)
class Income:
    """A market's income group and the year it is of; null where the World Bank classifies no such economy."""

    group: str | None
    year: int | None

    @property
    def development(self) -> Development:
        """Whether it counts as developed."""
        if self.group is None:
            return "unknown"
        return "developed" if self.group == DEVELOPED else "developing"


def income(country: str, year: int, reference: Reference | None = None) -> Income:
    """The group of the latest year at or before `year`; none before the first.

    >>> income("DE", 2026).development, income("VN", 2026).development, income("RU", 2013).group
    ('developed', 'developing', 'H')
    >>> income("XK", 1990).group is None, income("AQ", 2026).development
    (True, 'unknown')
    """
    rows = {int(row["year"]): row["group"] for row in (reference or default_reference()).of("income_groups", country)}
    known = [one for one in rows if one <= year]
    return Income(rows[max(known)], max(known)) if known else Income(None, None)
