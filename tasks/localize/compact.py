"""Short forms of big numbers for charts: 1.2K, 12 Mio., 1.2万 (UTS 35 part 3, 'Compact Number Formats')."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
from babel import Locale, localedata

from tasks.localize import cells
from tasks.localize.exact import WIDE, not_numbers
from tasks.localize.patterns import Style

#: Digits that a short form shows at least: 1.2K, but 12K and 123K.
SIGNIFICANT = 2
#: Short forms group from five digits on, in every language: 1000T, 10,000T.
_UNGROUPED = 1

Patterns = Mapping[str, Mapping[str, str]]
Build = Callable[[str | None], Style]
"""From a short pattern, its digits as one 0, to a style; None is the plain pattern."""


@dataclass(frozen=True, slots=True)
class Short:
    """A number as it will be shown: units of the last of `digits` decimals, with a pattern (None: the plain one)."""

    pattern: str | None
    digits: int
    units: int


@cache
def category(language: str) -> Callable[[Decimal], str]:
    """CLDR's plural rule of a language, from the data locale's name or the nearest that Babel has."""
    name = language.replace("-", "_")
    while name and not localedata.exists(name):
        name = name.rpartition("_")[0]
    return Locale.parse(name or "en").plural_form


def rounded(number: Decimal) -> Decimal:
    """A number above zero to whole units, or to two significant digits if these are more.

    >>> rounded(Decimal("123.5")), rounded(Decimal("1.25")), rounded(Decimal("9.96"))
    (Decimal('124'), Decimal('1.3'), Decimal('10'))
    """
    places = max(SIGNIFICANT - 1 - number.adjusted(), 0) if number else 0
    once = number.quantize(Decimal(1).scaleb(-places), context=WIDE)
    return once.quantize(Decimal(1), context=WIDE) if once.adjusted() >= SIGNIFICANT - 1 else once


def short(number: Decimal, patterns: Patterns, language: str) -> Short:
    """How an absolute number is shown. A pattern `0` says that the language has no short form at that size."""
    magnitude = number.adjusted() if number else 0
    while True:
        shift, forms = _form(magnitude, patterns)
        shown = rounded(number.scaleb(-shift, context=WIDE))
        grown = shown.adjusted() + shift
        if not shown or grown <= magnitude:
            break
        magnitude = grown
    digits = max(-int(shown.as_tuple().exponent), 0)
    pattern = None
    if forms:
        whole = shown.to_integral_value()
        plain = whole if shown == whole else shown.normalize()
        pattern = forms.get(category(language)(plain), forms["other"])
    return Short(pattern, digits, int(shown.scaleb(digits, context=WIDE)))


def _form(magnitude: int, patterns: Patterns) -> tuple[int, Mapping[str, str]]:
    """By how many digits a number of that magnitude is shortened, and the patterns of it."""
    sizes = {len(name) - 1: forms for name, forms in patterns.items()}
    size = max((size for size in sizes if size <= magnitude), default=None)
    if size is None:
        return 0, {}
    above = sizes[size]["other"].partition(";")[0]
    return (size - above.count("0") + 1, sizes[size]) if above.strip("0") else (0, {})


def strings(column: pa.Array, patterns: Patterns, language: str, build: Build) -> pa.Array:
    """Text of each number; each distinct one is thought about once, those of one pattern are written together."""
    kind = column.type
    if not (
        pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)
    ):
        raise not_numbers(kind)
    coded = column.dictionary_encode()
    found = coded.dictionary.to_pylist()
    values = [Decimal(repr(value)) if isinstance(value, float) else Decimal(value) for value in found]
    parts = [short(abs(value), patterns, language) for value in values]
    texts = np.empty(len(values), dtype=object)
    for key in dict.fromkeys((part.pattern, part.digits) for part in parts):
        rows = [place for place, part in enumerate(parts) if (part.pattern, part.digits) == key]
        style = replace(build(key[0]), least=0, most=key[1], ungrouped=_UNGROUPED, power=0, step=1)
        numbers = np.array([parts[row].units for row in rows], dtype=object)
        negative = np.array([values[row].is_signed() for row in rows], dtype=np.bool_)
        texts[rows] = cells.strings(style, numbers, negative).to_pylist()
    return pa.array(texts.tolist(), pa.string()).take(coded.indices)
