"""Enumerations: 'a, b and c' (UTS 35 part 2, 'List Patterns')."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

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
