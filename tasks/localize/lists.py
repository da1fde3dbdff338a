"""Enumerations: 'a, b and c' (UTS 35 part 2, 'List Patterns')."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import Terminal

#: Between the texts of a list while it is one text: Unicode keeps it from ever being a character.
_BETWEEN = "\ufdd0"

#: Where the word between the last two depends on the one behind it: language, pattern, what follows, pattern then.
#: Spanish has no y before i nor o before o; Hebrew's prefix has a hyphen before other scripts (ICU 77, listformatter).
_BEFORE = (
    ("es", "{0} y {1}", re.compile(r"(?i)(i|hi(?![ae]))"), "{0} e {1}"),
    ("es", "{0} o {1}", re.compile(r"(?i)(h?o|8|11(?!\d)(?!(?:\d{3})*\d))"), "{0} u {1}"),
    ("he", "{0} ו{1}", re.compile("[^\u0590-\u05ff\ufb1d-\ufb4f]"), "{0} ו-{1}"),
)

Kind = Literal["and", "or"]


def joined(facts: Mapping[str, Any], language: str, texts: Sequence[str], kind: Kind) -> str:
    """One text of several, in their order; empty of none."""
    two, start, middle, end = facts[f"list.{kind}"]
    if len(texts) < 2:  # noqa: PLR2004  nothing to join
        return "".join(texts)
    last = two if len(texts) == 2 else end  # noqa: PLR2004
    for its, pattern, follows, other in _BEFORE:
        if language == its and last == pattern and follows.match(texts[-1]):
            last = other
    whole = texts[0]
    for place, text in enumerate(texts[1:], start=1):
        pattern = last if place == len(texts) - 1 else start if place == 1 else middle
        before, between, after = re.split(r"\{[01]\}", pattern)
        whole = f"{before}{whole}{between}{text}{after}"
    return whole


def strings(facts: Mapping[str, Any], language: str, column: pa.Array, kind: Kind) -> pa.Array:
    """A column of lists: each distinct one is joined once. Null where the list is, or one of its texts.

    Raises:
        Terminal: if the column holds no lists of texts.
    """
    of = column.type.value_type if pa.types.is_list(column.type) else column.type
    if not (pa.types.is_null(of) or (of != column.type and pa.types.is_string(of))):
        raise Terminal("not a column of lists", value=str(column.type), expected="lists of texts")
    coded = pc.binary_join(column.cast(pa.list_(pa.string())), _BETWEEN).dictionary_encode()
    every = (text.split(_BETWEEN) for text in coded.dictionary.to_pylist())
    return pa.array([joined(facts, language, one, kind) for one in every], pa.string()).take(coded.indices)
