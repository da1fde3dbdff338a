"""Rows of languages, of moves between segments, and of stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tasks.chain.comparing import Comparison
from tasks.chain.figures import Figures
from tasks.chain.measures import Measures, summed
from tasks.chain.rows_of_segments import CHAIN, grouped, measured, whose
from tasks.chain.stores import SUMS, StoreYear, total
from tasks.segment.definitions import MARKET

# --- languages --------------------------------------------------------------------------------------------------------


def language_rows(
    markets: Sequence[Figures], groups: Mapping[str, Sequence[Figures]], comparisons: Mapping[str, Comparison],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Rows of languages: of every market and of the groups; then by segment, of every market and of the chain."""
    for one in markets:
        whole = summed(one.languages.values())
        for language, measures in one.languages.items():
            yield {**whose(one), "language": language, **measured([(one, measures)], whole)}
        for (language, dimension, segment), cell in one.spoken.items():
            if cell is not None:
                row = {"language": language, "dimension": dimension, "segment": segment}
                yield {**whose(one), **row, **measured([(one, cell)], one.languages[language])}
    for scope, members in groups.items():
        group = [one for one in members if one.country in comparisons[MARKET].markets]
        whole = summed(measures for one in group for measures in one.languages.values())
        for language in sorted({code for one in group for code in one.languages}):
            parts = [(one, one.languages[language]) for one in group if language in one.languages]
            unseen = sum(language in one.hidden_languages for one in group)
            yield {"scope": scope, "language": language, **measured(parts, whole),
                   "markets_withheld": unseen}  # fmt: skip
    yield from _spoken_rows(markets, comparisons)


def _spoken_rows(markets: Sequence[Figures], comparisons: Mapping[str, Comparison]) -> Iterator[dict[str, Any]]:
    """Languages by segment of all markets that are compared: what each shows, added up."""
    cells: dict[tuple[str, str, str], list[tuple[Figures, Measures | None]]] = {}
    for one in markets:
        for key, cell in one.spoken.items():
            if one.country in comparisons[key[1]].markets:
                cells.setdefault(key, []).append((one, cell))
    wholes: dict[tuple[str, str], dict[str, Any]] = {}
    for (language, dimension, _), found in cells.items():
        shown = [cell for _, cell in found if cell is not None]
        wholes[language, dimension] = summed([wholes.get((language, dimension), summed([])), *shown])
    for (language, dimension, segment), found in sorted(cells.items(), key=lambda pair: pair[0]):
        parts = [(one, cell) for one, cell in found if cell is not None]
        if parts:
            row = {"language": language, "dimension": dimension, "segment": segment}
            yield {"scope": CHAIN, **row, **measured(parts, wholes[language, dimension]),
                   "markets_withheld": len(found) - len(parts)}  # fmt: skip


# --- migration --------------------------------------------------------------------------------------------------------


def migration_rows(markets: Sequence[Figures], comparisons: Mapping[str, Comparison]) -> Iterator[dict[str, Any]]:
    """Flows of every market, and of the chain what its markets show of them."""
    sums: dict[tuple[str, str | None, str | None, str, str | None], list[int | None]] = {}
    for one in markets:
        for flow in one.moves or ():
            row = {"dimension": flow.dimension, "previous_segment": flow.before, "segment": flow.after,
                   "move": flow.move, "cause": flow.cause}  # fmt: skip
            yield {**whose(one), **row, "previous_as_of": one.book.previous_as_of, "customers": flow.customers,
                   "markets": 1, "markets_withheld": int(flow.customers is None)}  # fmt: skip
            if flow.dimension in comparisons and one.country in comparisons[flow.dimension].markets:
                key = (flow.dimension, flow.before, flow.after, flow.move, flow.cause)
                sums.setdefault(key, []).append(flow.customers)
    for key, counts in sorted(sums.items(), key=lambda pair: tuple(part or "" for part in pair[0])):
        shown = [count for count in counts if count is not None]
        names = ("dimension", "previous_segment", "segment", "move", "cause")
        yield {"scope": CHAIN, **dict(zip(names, key, strict=True)), "markets": len(shown),
               "markets_withheld": len(counts) - len(shown), "customers": sum(shown) if shown else None}  # fmt: skip


# --- stores -----------------------------------------------------------------------------------------------------------


def store_rows(markets: Sequence[Figures], comparisons: Mapping[str, Comparison]) -> Iterator[dict[str, Any]]:
    """Each store, the like-for-like sum of each market (without store_id), and those of the groups."""
    for one in markets:
        if one.stores is not None:
            money = {"currency": one.currency, "reference_currency": one.reference_currency}
            for store in one.stores:
                yield {**whose(one), **money, **_year(store), "store_id": store.store_id}
            yield {**whose(one), **money, **_year(total(one.stores))}
    known = [one for one in markets if one.stores is not None and one.country in comparisons[MARKET].markets]
    for scope, group in grouped(known).items():
        years = [total(one.stores or ()) for one in group]
        alike = [year for year in years if year.months]
        if alike:
            constant = [_constant(year) for year in alike]
            whole = _year(total(alike)) | {
                "net_local": None, "net_local_before": None, "stores": sum(year.stores for year in alike),
                "net_reference_constant": None if None in constant else sum(filter(None, constant), Decimal(0)),
                "reference_currency": group[0].reference_currency,
            }  # fmt: skip
            yield {"scope": scope, **whole}


def _year(store: StoreYear) -> dict[str, Any]:
    names = ("stores", "opened", "closed", "months", *SUMS)
    return {**{name: getattr(store, name) for name in names}, "net_reference_constant": _constant(store)}


def _constant(store: StoreYear) -> Decimal | None:
    """This year's money at last year's average rate of the same stores: growth that exchange rates did not make."""
    if store.net_local_before <= 0:
        return None
    return (store.net_local * store.net_reference_before / store.net_local_before).quantize(Decimal("0.000001"))
