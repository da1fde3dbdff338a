"""What sets a cluster apart, as figures and in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from tasks.cluster.records import Apart, Cluster, Floats, Labels, significant

#: At most so many traits describe a cluster.
TRAITS = 3
#: A smaller difference does not set anybody apart: Cohen (1988) calls half a standard deviation a medium effect.
MEDIUM = 0.5
#: Traits that have words of their own for high and low, in the catalogs as `cluster trait <name>_high` and `_low`.
WORDED = frozenset(
    {
        "recency_days",
        "tenure_days",
        "lifetime_frequency",
        "basket_local",
        "discount_share",
        "returns_share",
        "categories",
        "remote_share",
    }
)


class Text(Protocol):
    """`tasks.export.labels.Labels.text`."""

    def __call__(self, context: str, code: str, **values: object) -> str:
        """The message of a code, with its placeholders filled."""


def describe(traits: Sequence[str], raw: Floats, scaled: Floats, labels: Labels) -> tuple[tuple[Apart, ...], ...]:
    """The traits that set each cluster apart, the greatest difference first; none where it is like the others.

    Columns of `raw` and `scaled` are the traits, rows the customers of `labels`.
    """
    sizes = np.bincount(labels)
    others = np.maximum(len(labels) - sizes, 1)
    order = np.argsort(labels, kind="stable")
    borders = np.cumsum(sizes)[:-1]
    found: list[list[Apart]] = [[] for _ in sizes]
    for at, trait in enumerate(traits):
        column = scaled[:, at]
        sums = np.bincount(labels, weights=column)
        differences = (sums / sizes - (sums.sum() - sums) / others) / (column.std() or 1.0)
        medians = [float(np.median(part)) for part in np.split(raw[order, at], borders)]
        market = float(np.median(raw[:, at]))
        for cluster, (difference, median) in enumerate(zip(differences.tolist(), medians, strict=True)):
            if abs(difference) >= MEDIUM and len(sizes) > 1:
                found[cluster].append(
                    Apart(
                        trait,
                        "high" if difference > 0 else "low",
                        round(difference, 6),
                        significant(median),
                        significant(market),
                    )
                )
    return tuple(tuple(sorted(one, key=lambda apart: -abs(apart.difference))[:TRAITS]) for one in found)


def words(cluster: Cluster, text: Text, listed: Callable[[Sequence[str]], str]) -> str:
    """A cluster in one line of the reader's language, such as 'Group 2: buys often and gives much back'.

    `text` is `Labels.text`, `listed` makes one text of several (`Labels.formatter.list`).
    """
    phrases = [phrase(one, text) for one in cluster.apart]
    told = listed(phrases) if phrases else text("cluster", "ordinary")
    return text("template", "labelled", label=title(cluster.code, text), value=told)


def title(code: str, text: Text) -> str:
    """A cluster's name without its description."""
    return text("cluster", "title", number=code.removeprefix("c"))


def phrase(apart: Apart, text: Text) -> str:
    """One trait in words; by the trait's own name where it has none of its own."""
    if apart.trait in WORDED:
        return text("cluster trait", f"{apart.trait}_{apart.direction}")
    return text("cluster", apart.direction, trait=text("column", apart.trait))
