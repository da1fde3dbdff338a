"""Masks: what a value looks like without what it says, for quarantine, logs and errors.

A mask keeps the shape (which signs stand where) because that is what mends a mapping: `99/99/9999` tells a data
operator that dates came in another order. It keeps no letter and no digit: in Chinese or Japanese the first character
of a name is the family name, so 'first character and length' would give away half of it.
"""

from __future__ import annotations

import unicodedata

#: Longer values are cut: the length of an address is a trait of its own.
LIMIT = 24
_UPPER, _LETTERS, _DIGITS = r"\p{Lu}", r"[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]", r"\p{N}"


def mask(value: object) -> str:
    """The shape of a value: upper-case letters A, other letters a, digits 9, at most 24 signs.

    >>> mask("Jane.Doe@example.com")
    'Aaaa.Aaa@aaaaaaa.aaa'
    >>> mask("田中 0312")
    'aa 9999'
    """
    text = str(value)
    return "".join(map(_sign, text[:LIMIT])) + ("…" if len(text) > LIMIT else "")


def _sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Lu":
        return "A"
    return {"L": "a", "M": "a", "N": "9"}.get(category[0], sign)


def mask_sql(expression: str) -> str:
    """The same mask as a DuckDB expression over a VARCHAR expression.

    >>> mask_sql("v")[:30]
    'regexp_replace(regexp_replace('
    """
    masked = f"left({expression}, {LIMIT})"
    for pattern, sign in ((_DIGITS, "9"), (_LETTERS, "a"), (_UPPER, "A")):
        masked = f"regexp_replace({masked}, '{pattern}', '{sign}', 'g')"
    return f"{masked} || CASE WHEN length({expression}) > {LIMIT} THEN '…' ELSE '' END"
