"""Which purchase model a market gets: the first that its data carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Any

from tasks.predict.beta_geometric import BG_NBD, MBG_NBD
from tasks.predict.fitting import fit
from tasks.predict.grouped import Grouped
from tasks.predict.model import Fitted, Model
from tasks.predict.nbd import NBD
from tasks.predict.pareto import PARETO_NBD

MODELS: Mapping[str, Model] = {model.name: model for model in (BG_NBD, MBG_NBD, PARETO_NBD, NBD)}

#: MBG/NBD begins, because BG/NBD calls every one-time buyer alive, and these are most customers of a shop.
CHAINS: Mapping[str, tuple[Model, ...]] = {
    "auto": (MBG_NBD, BG_NBD),
    "bg_nbd": (BG_NBD, MBG_NBD),
    "mbg_nbd": (MBG_NBD, BG_NBD),
    "pareto_nbd": (PARETO_NBD, MBG_NBD, BG_NBD),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The model taken, or none, and every one that was tried with what was wrong with it."""

    fitted: Fitted | None
    tried: tuple[Fitted, ...] = ()
    reasons: tuple[str, ...] = ()

    def as_notes(self) -> list[dict[str, Any]]:
        """JSON-able: the fits tried, in order."""
        return [fitted.as_notes() for fitted in self.tried]


def choose(wanted: str, data: Grouped) -> Choice:
    """Fit the models of `wanted`'s chain until one holds.

    A model whose customers leave must beat NBD, in which they do not, by Schwarz's criterion: two more parameters are
    worth a gain of ln n in log likelihood. Where none does, NBD stands (`no_death`). Where some do but none is clean,
    the likeliest of them stands with its faults: typically customers leave alike, and only a : b is told. Where NBD
    itself is at a bound nothing stands (`not_identified`).
    """
    if not data.purchases:
        return Choice(None, reasons=("no_repeats",))
    without = fit(NBD, data)
    tried: list[Fitted] = []
    for model in CHAINS[wanted]:
        found = fit(model, data)
        if found.log_likelihood - without.log_likelihood < log(data.total):
            found = replace(found, degenerate=(*found.degenerate, "no_death"))
        tried.append(found)
        if not found.degenerate:
            return Choice(found, tuple(tried), ("fallback",) if len(tried) > 1 else ())
    living = [found for found in tried if not {"no_death", "not_converged"} & set(found.degenerate)]
    if living:
        return Choice(max(living, key=lambda found: found.log_likelihood), tuple(tried), ("alike",))
    tried.append(without)
    if without.degenerate:
        return Choice(None, tuple(tried), ("not_identified",))
    return Choice(without, tuple(tried), ("no_death",))
