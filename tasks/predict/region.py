"""A region's model, for its markets that have too few customers to carry one of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from region_profiles.models import Population
from tasks.alone import alone
from tasks.predict.grouped import grouped_table, joined
from tasks.predict.histories import spend_of
from tasks.predict.model import Fitted
from tasks.predict.spend import fit_spend
from tasks.predict.transactions import choose

#: Whose histories a region's model is of, and whom it serves: accounts buy otherwise.
POPULATION: Population = "person"


@dataclass(frozen=True, slots=True)
class Region:
    """What a region's markets share: the purchase model in days, and the shape of spend in units of a market's mean.

    No money crosses a border: a market multiplies the shape by its own mean of deflated amounts.
    """

    name: str
    fitted: Fitted
    markets: tuple[str, ...]
    spend: Mapping[str, float] | None = None

    def as_notes(self) -> dict[str, Any]:
        """JSON-able; `from_notes` reads it."""
        spend = None if self.spend is None else dict(self.spend)
        return {"region": self.name, "markets": list(self.markets), "spend": spend, **self.fitted.as_notes()}

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> Region:
        """A region from where it was published."""
        return cls(notes["region"], Fitted.from_notes(notes), tuple(notes["markets"]), notes["spend"])


@alone()
def pool(name: str, markets: Mapping[str, pa.Table], wanted: str = "auto") -> Region | None:
    """Fit one model to the histories of several markets; null where none holds.

    `markets`: columns `repeats`, `span`, `age` and, for the shape of spend, `spend` (as `tasks.predict.market.predict`
    takes them), in each market's own deflated money. Amounts are divided by their market's mean first.
    """
    names = sorted(markets)
    chosen = choose(wanted, joined([grouped_table(markets[market]) for market in names])).fitted if names else None
    if chosen is None:
        return None
    repeats, spend = [], []
    for market in names:
        x, m = spend_of(markets[market])
        own = fit_spend(x, m).mean
        if own is not None:
            repeats.append(x)
            spend.append(m / own)
    shape = fit_spend(np.concatenate(repeats), np.concatenate(spend)).shape() if repeats else None
    return Region(name, chosen, tuple(names), shape)
