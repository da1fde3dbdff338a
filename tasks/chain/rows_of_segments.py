"""Rows of segments: of each market, and of the markets that are compared together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tasks.chain.comparing import Comparison
from tasks.chain.figures import Figures
from tasks.chain.measures import MEASURES, Measures, summed
from tasks.segment.definitions import MARKET

#: Rows of a market, of all that are compared, and of those of them that are developed or developing.
CHAIN = "chain"
SCOPES = ("market", CHAIN, "developed", "developing", "unknown")
ALL = "all"


def grouped(markets: Sequence[Figures]) -> dict[str, list[Figures]]:
    """The markets of each scope that adds up several."""
    found = {CHAIN: list(markets)}
    for scope in SCOPES[2:]:
        found[scope] = [one for one in markets if one.income.development == scope]
    return {scope: group for scope, group in found.items() if group}


def segment_rows(
    markets: Sequence[Figures], groups: Mapping[str, Sequence[Figures]], comparisons: Mapping[str, Comparison],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Rows of each dimension: of every market, then of the groups, over those of their markets that are compared."""
    for name, comparison in comparisons.items():
        for one in markets:
            for segment, measures in _parts(one, name).items():
                row = {"dimension": name, "segment": segment, "population": one.populations.get((name, segment))}
                whole, outside = _whole([one], name), segment == one.outside(name)
                yield {**whose(one), **row, "compared": one.country in comparison.markets,
                       **measured([(one, measures)], whole, outside=outside)}  # fmt: skip
        for scope, members in groups.items():
            group = [one for one in members if one.country in comparison.markets]
            whole = _whole(group, name)
            for segment in dict.fromkeys(code for one in group for code in _parts(one, name)):
                parts = [(one, _parts(one, name)[segment]) for one in group if segment in _parts(one, name)]
                unseen = sum((name, segment) in one.hidden for one in group)
                outside = all(segment == one.outside(name) for one, _ in parts)
                yield {"scope": scope, "dimension": name, "segment": segment, "compared": True,
                       **measured(parts, whole, outside=outside), "markets_withheld": unseen}  # fmt: skip


def _whole(group: Iterable[Figures], dimension: str) -> dict[str, Any]:
    """What shares are of: all revenue, and the customers of the dimension's own population."""
    members = list(group)
    others = [_parts(one, dimension).get(one.outside(dimension) or "", {}) for one in members]
    whole = summed(one.total for one in members)
    return {**whole, "customers": whole["customers"] - sum(int(one.get("customers", 0)) for one in others)}


def _parts(figures: Figures, dimension: str) -> dict[str, Measures]:
    """Measures by segment; of MARKET the whole."""
    if dimension == MARKET:
        return {ALL: figures.total}
    return {code: one for (name, code), one in figures.rows.items() if name == dimension}


def whose(figures: Figures) -> dict[str, Any]:
    """The columns that say of which market a row is."""
    return {"scope": "market", "market": figures.country, "market_as_of": figures.book.as_of}


def measured(parts: Sequence[tuple[Figures, Measures]], whole: Measures, *, outside: bool = False) -> dict[str, Any]:
    """The columns of the sum of parts: local money only where all is of one currency, shares of `whole`.

    `share_revenue` is of money in the reporting currency. Null is what a lens does not tell, a share of nothing, and a
    share of those who are `outside` the dimension's population.
    """
    total = summed(measures for _, measures in parts)
    currencies = {one.currency for one, _ in parts}
    single = len(currencies) == 1
    return {
        **{name: total[name] for name in MEASURES},
        "markets": len(parts),
        "markets_withheld": 0,
        "markets_ppp": sum(measures["monetary_ppp"] is not None for _, measures in parts),
        "monetary_local": total["monetary_local"] if single else None,
        "currency": min(currencies) if single else None,
        "reference_currency": min((one.reference_currency for one, _ in parts), default=None),
        "share_customers": None if outside else _share(total["customers"], whole["customers"]),
        "share_revenue": _share(total["monetary_reference"], whole["monetary_reference"]),
    }


def _share(part: Decimal | int | None, whole: Decimal | int | None) -> float | None:
    return None if part is None or whole is None or whole <= 0 else float(Decimal(part) / Decimal(whole))
