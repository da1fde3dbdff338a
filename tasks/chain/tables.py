"""The tables of the chain's publication: tidy rows of markets and of groups of markets that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tasks.chain.comparing import Comparison
from tasks.chain.figures import Figures
from tasks.chain.rows_of_others import language_rows, migration_rows, store_rows
from tasks.chain.rows_of_segments import grouped, segment_rows

_EXACT = pa.decimal128(38, 6)
_WHOSE = [("scope", pa.string()), ("market", pa.string()), ("market_as_of", pa.date32())]
_MEASURED = [
    ("markets", pa.int64()), ("markets_withheld", pa.int64()), ("customers", pa.int64()), ("orders", pa.int64()),
    ("monetary_reference", _EXACT), ("reference_currency", pa.string()), ("monetary_ppp", _EXACT),
    ("markets_ppp", pa.int64()), ("monetary_local", _EXACT), ("currency", pa.string()),
    ("share_customers", pa.float64()), ("share_revenue", pa.float64()),
]  # fmt: skip
SEGMENTS = pa.schema(
    [*_WHOSE, ("dimension", pa.string()), ("segment", pa.string()), ("population", pa.string()),
     ("compared", pa.bool_()), *_MEASURED]
)  # fmt: skip
LANGUAGES = pa.schema(
    [*_WHOSE, ("language", pa.string()), ("dimension", pa.string()), ("segment", pa.string()), *_MEASURED]
)
MIGRATION = pa.schema(
    [*_WHOSE, ("previous_as_of", pa.date32()), ("dimension", pa.string()), ("previous_segment", pa.string()),
     ("segment", pa.string()), ("move", pa.string()), ("cause", pa.string()), ("markets", pa.int64()),
     ("markets_withheld", pa.int64()), ("customers", pa.int64())]
)  # fmt: skip
STORES = pa.schema(
    [*_WHOSE, ("store_id", pa.string()), ("stores", pa.int64()), ("opened", pa.date32()), ("closed", pa.date32()),
     ("months", pa.int64()), ("orders", pa.int64()), ("orders_before", pa.int64()), ("net_local", _EXACT),
     ("net_local_before", _EXACT), ("currency", pa.string()), ("net_reference", _EXACT),
     ("net_reference_before", _EXACT), ("net_reference_constant", _EXACT), ("reference_currency", pa.string()),
     ("unconverted", pa.int64())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """The four files, rows sorted by their first columns."""

    segments: pa.Table
    languages: pa.Table
    migration: pa.Table
    stores: pa.Table


def tables(markets: Sequence[Figures], comparisons: Mapping[str, Comparison]) -> Tables:
    """All rows. Sums of groups are exactly those of the market rows that are shown, withheld remainders among them.

    A segment that a market withholds is in that market's row WITHHELD, so in the group's as well: `markets_withheld`
    counts them, and nobody can subtract it from a group's sum.
    """
    groups = grouped(markets)
    return Tables(
        _table(segment_rows(markets, groups, comparisons), SEGMENTS),
        _table(language_rows(markets, groups, comparisons), LANGUAGES),
        _table(migration_rows(markets, comparisons), MIGRATION),
        _table(store_rows(markets, comparisons), STORES),
    )


def _table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    empty = dict.fromkeys(schema.names)
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema)
