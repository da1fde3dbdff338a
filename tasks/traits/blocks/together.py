"""Categories bought together: pairs within an order, and what a customer's categories lead to next.

Categories of an order are bits of whole numbers, so that no order is joined with itself: orders with the same bits are
counted once for all of them, and an order with hundreds of categories costs no more than one with two.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.engine import Engine

#: Bits of one int64 that are used, and how many numbers there may be: with more categories only those on most lines
#: take part.
_BITS, _WORDS = 62, 4
#: Pairs in fewer than one order of so many say nothing of the others.
_ONE_IN = 1000
_CHUNK = 1 << 14

Numbers = npt.NDArray[np.int64]


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator] # the engines have it, Ibis does not for Spark
def bit_or(number: int) -> int:  # type: ignore[empty-body]
    """All bits of a group's numbers."""


@dataclass(frozen=True, slots=True)
class Together:
    """Pairs of categories within orders, and in `codes` (category, word_0, ...) the bits of each category.

    `pairs`, by `category` and `with`: `orders` with both; `support`, their share of all orders with a known category;
    `confidence`, their share of the orders with `category`; `lift`, confidence over the share of orders with `with`.
    """

    pairs: pa.Table
    codes: pa.Table

    @property
    def words(self) -> list[str]:
        """Names of the columns of bits."""
        return list(self.codes.column_names[1:])


def together(engine: Engine, lines: ir.Table, products: ir.Table, *, minimum: int = 1) -> Together:
    """Pairs of categories that lie in at least `minimum` orders, and in at least one order of a thousand.

    Of lines with revenue, guests' too. `products` are those of `tasks.traits.blocks.protected.without_protected`.
    """
    known = products.filter(products.category.notnull()).select("product_id", "category")
    bought = lines.filter(lines.net > 0).select("order_id", "product_id").join(known, "product_id")
    names = _names(engine, known, bought)
    codes = _codes(names)
    bits = engine.from_arrow(codes, "categories")
    coded = engine.cache(known.join(bits, "category").drop("category"))
    words = codes.column_names[1:]
    sold = lines.filter(lines.net > 0).select("order_id", "product_id").join(coded, "product_id")
    orders = sold.group_by("order_id").agg(**{word: bit_or(sold[word]) for word in words})
    counted = engine.to_arrow(orders.group_by(*words).agg(n=orders.count()))
    engine.drop(bits, coded)
    return Together(_pairs(names, _matrix(counted, words), counted["n"].to_numpy(), minimum), codes)


def _names(engine: Engine, known: ir.Table, bought: ir.Table) -> list[str]:
    """Categories by code points; of too many, those on most lines."""
    names = sorted(engine.to_arrow(known.select("category").distinct())["category"].to_pylist())
    if len(names) <= _BITS * _WORDS:
        return names
    lines = engine.to_arrow(bought.group_by("category").agg(n=bought.count())).to_pylist()
    lines.sort(key=lambda row: (-row["n"], row["category"]))
    return sorted(row["category"] for row in lines[: _BITS * _WORDS])


def _codes(names: list[str]) -> pa.Table:
    count = max(1, -(-len(names) // _BITS))
    columns = {
        f"word_{word}": pa.array([1 << n % _BITS if n // _BITS == word else 0 for n in range(len(names))], pa.int64())
        for word in range(count)
    }
    return pa.table({"category": pa.array(names, pa.string()), **columns})


def _matrix(rows: pa.Table, words: list[str]) -> Numbers:
    """Bits of each row, as (rows, words)."""
    return np.stack([rows[word].to_numpy() for word in words], axis=1) if rows.num_rows else np.zeros((0, 1), np.int64)


def _held(bits: Numbers, count: int) -> npt.NDArray[np.bool_]:
    """Whether a row has a category, as (rows, categories)."""
    places = np.arange(count)
    return ((bits[:, places // _BITS] >> (places % _BITS)) & 1).astype(bool)


def _pairs(names: list[str], bits: Numbers, counts: Numbers, minimum: int) -> pa.Table:
    both = np.zeros((len(names), len(names)))
    for start in range(0, len(bits), _CHUNK):  # whole numbers below 2^53: exact in any order
        held = _held(bits[start : start + _CHUNK], len(names)).astype(float)
        both += held.T @ (held * counts[start : start + _CHUNK, None])
    single, total = np.diag(both), int(counts.sum())
    least = max(minimum, -(-total // _ONE_IN), 1)
    one, other = np.nonzero((both >= least) & ~np.eye(len(names), dtype=bool))
    orders = both[one, other]
    confidence = orders / single[one]
    return pa.table(
        {
            "category": pa.array([names[n] for n in one], pa.string()),
            "with": pa.array([names[n] for n in other], pa.string()),
            "orders": pa.array(orders.astype(np.int64)),
            "support": pa.array(orders / max(total, 1)),
            "confidence": pa.array(confidence),
            "lift": pa.array(orders * total / (single[one] * single[other])),
        }
    )


def leads(found: Together, held: pa.Table) -> pa.Table:
    """For each row of bits the category that it leads to, as `next_category`: null where to none.

    Of the categories that the row lacks the one of greatest confidence with any that it has, ties by name; only pairs
    with a lift above 1, since the others are bought together less often than by chance.
    """
    names = found.codes["category"].to_pylist()
    place = {name: n for n, name in enumerate(names)}
    score = np.zeros((len(names), len(names)))
    for row in found.pairs.to_pylist():
        if row["lift"] > 1:
            score[place[row["category"]], place[row["with"]]] = row["confidence"]
    bits = _matrix(held, found.words)
    chosen: list[str | None] = []
    for start in range(0, len(bits), _CHUNK):
        has = _held(bits[start : start + _CHUNK], len(names))
        best = np.zeros(has.shape)
        for n in np.flatnonzero(score.any(axis=1)):
            best = np.maximum(best, has[:, n, None] * score[n])
        best[has] = 0
        first = best.argmax(axis=1)  # the first of equals
        sure = best[np.arange(len(best)), first] > 0
        chosen += [names[n] if is_sure else None for n, is_sure in zip(first.tolist(), sure.tolist(), strict=True)]
    return held.append_column("next_category", pa.array(chosen, pa.string()))


def next_category(engine: Engine, found: Together, bought: ir.Table) -> ir.Table:
    """`next_category` by `member_number`, of rows (member_number, category): cached, to be dropped by the caller."""
    codes = engine.from_arrow(found.codes, "categories")
    coded = bought.join(codes, "category")
    held = engine.cache(coded.group_by("member_number").agg(**{word: bit_or(coded[word]) for word in found.words}))
    led = engine.from_arrow(leads(found, engine.to_arrow(held.select(*found.words).distinct())), "leads")
    named = engine.cache(held.join(led, found.words).select("member_number", "next_category"))
    engine.drop(codes, held, led)
    return named
