"""Why a customer stands in a segment, in a sentence of their own figures: as one column, made of distinct values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tasks.export.labels import Labels


def reasons(labels: Labels, recency: pa.Array, days: pa.Array, spent: pa.Array, currency: str) -> pa.Array:
    """Texts such as `last purchase 3 days ago · 2 purchase days in the period · €120.00 spent in the period`.

    `recency` are days since the last purchase, null for who never bought; `days` are purchase days of the window, and
    `spent` is money of the window in `currency` (double or decimal). What a customer has none of is left out. Numbers
    are counted in the reader's language once for each that occurs.

    >>> reasons(Labels("en-US"), *map(pa.array, ([3, None], [2, 0], [120.0, None])), "USD").to_pylist()
    ['last purchase 3 days ago · 2 purchase days in the period · $120.00 spent in the period', 'no purchase yet']
    """
    last = _counted(recency, lambda n: labels.text("why", "today") if n == 0 else labels.count("why", "days_ago", n))
    last = pc.fill_null(last, labels.text("why", "never"))
    bought = _counted(_unless_zero(days), lambda n: labels.count("why", "purchase_days", n))
    amount = labels.formatter.money(_unless_zero(spent), currency)
    money = _filled(labels.text("why", "spent"), {"amount": amount})
    join = labels.text("why", "join")
    text = _joined(join, last, bought)
    return _joined(join, text, money)


def _unless_zero(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, 0), pa.scalar(None, column.type), column)


def _counted(column: pa.Array, spell: Callable[[int], str]) -> pa.Array:
    """Each number's text; every distinct number is spelled once."""
    coded = column.dictionary_encode()
    texts = pa.array([spell(number) for number in coded.dictionary.to_pylist()], pa.string())
    return texts.take(coded.indices)


def _joined(message: str, first: pa.Array, second: pa.Array) -> pa.Array:
    """Both parts in the message's order; the first alone where there is no second."""
    return pc.coalesce(_filled(message, {"first": first, "second": second}), first)


def _filled(message: str, values: Mapping[str, pa.Array]) -> pa.Array:
    """A message with whole columns in its placeholders; null where a column is."""
    parts = re.split(r"%\((\w+)\)s", message)
    pieces = [values[part] if index % 2 else pa.scalar(part) for index, part in enumerate(parts)]
    return pc.binary_join_element_wise(*pieces, pa.scalar(""))
