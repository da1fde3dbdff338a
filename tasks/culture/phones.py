"""Phone numbers as people read them: E.164 to the national or international form, as one DuckDB expression.

Source of the forms: libphonenumber's metadata, as the phonenumbers package carries it. Its patterns split a number by
length alone and choose a form by the first digits, so each form becomes `substr` and `||` under CASE: about a
hundredth of the package's own time, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import NumberFormat

from tasks.sql import literal

#: E.164: at most 15 digits, and a calling code of three at most (ITU-T E.164, 6.2).
LONGEST, LONGEST_CODE = 15, 3


def readable(phone: str, openings: Iterable[str], country: str) -> str:
    """An expression: the number for reading, in the national form where its calling code is that of `country`.

    `phone` is an expression of E.164 text; `openings` its distinct first four signs (`+491`), the frequent ones
    first. Numbers of other calling codes get the international form (`+49 1512 3456789`). What no form fits keeps its
    digits in one piece; what has no calling code that exists stays as it is. Null stays null.

    >>> import duckdb
    >>> german = readable("n", ["+491", "+120"], "DE")
    >>> duckdb.sql(f"SELECT {german} FROM (VALUES ('+4915123456789'), ('+12024561111')) t(n)").fetchall()
    [('01512 3456789',), ('+1 202-456-1111',)]
    """
    codes = dict.fromkeys(code for opening in openings if (code := calling_code(opening)))
    if not codes:
        return phone
    metadata = PhoneMetadata.metadata_for_region(country)
    own = str(metadata.country_code) if metadata else ""
    cases = (
        f"WHEN starts_with({phone}, '+{code}') THEN {_formatted(phone, code, national=code == own)}" for code in codes
    )
    return f"CASE {' '.join(cases)} ELSE {phone} END"


def calling_code(number: str) -> str | None:
    """The calling code that E.164 text opens with: codes are prefix-free, so there is one at most.

    >>> calling_code("+4915"), calling_code("+1"), calling_code("+999"), calling_code("0151")
    ('49', '1', None, None)
    """
    digits = re.match(r"\+([1-9][0-9]{0,2})", number)
    opening = digits[1] if digits else ""
    found = (opening[:length] for length in range(1, len(opening) + 1))
    return next((code for code in found if int(code) in COUNTRY_CODE_TO_REGION_CODE), None)


def _formatted(phone: str, code: str, *, national: bool) -> str:
    """The number behind its calling code in form: one case a length, and in it one a form."""
    start = len(code) + 2
    rest = f"substr({phone}, {start})"
    forms = _forms(code, national=national)
    cases = []
    for length in range(1, LONGEST - len(code) + 1):
        shapes = _shapes(forms, length, phone, start)
        if shapes:
            cases.append(f"WHEN {length} THEN {shapes}")
    shaped = f"CASE length({phone}) - {start - 1} {' '.join(cases)} ELSE {rest} END" if cases else rest
    return shaped if national else f"'+{code} ' || {shaped}"


def _shapes(forms: Sequence[NumberFormat], length: int, phone: str, start: int) -> str:
    """The forms that fit a length, by the first digits; the first that fits holds, as in libphonenumber."""
    cases, otherwise = [], f"substr({phone}, {start})"
    for form in forms:
        split = re.fullmatch(form.pattern or "", "0" * length)
        if split is None:
            continue
        groups = [split.span(number) for number in range(1, len(split.groups()) + 1)]
        text = _joined(form, groups, phone, start)
        if not form.leading_digits_pattern:
            otherwise = text
            break
        leading = f"^(?:{form.leading_digits_pattern[-1]})"
        cases.append(f"WHEN regexp_matches(substr({phone}, {start}), {literal(leading)}) THEN {text}")
    return f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise


def _joined(form: NumberFormat, groups: Sequence[tuple[int, int]], phone: str, start: int) -> str:
    r"""A form such as `(\1) \2-\3` as pieces of the number and what stands between them."""
    pieces = []
    for piece in re.split(r"(\\\d)", form.format or ""):
        if not piece:
            continue
        if re.fullmatch(r"\\\d", piece):
            begin, end = groups[int(piece[1]) - 1]
            pieces.append(f"substr({phone}, {start + begin}, {end - begin})")
        else:
            pieces.append(literal(piece))
    return f"({' || '.join(pieces)})"


@cache
def _forms(code: str, *, national: bool) -> tuple[NumberFormat, ...]:
    """The forms of a calling code, in libphonenumber's order; national ones with their trunk prefix in the form.

    The regions of one code share the forms of the first (+1: US), as in libphonenumber.
    """
    region = COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None:
        return ()
    if not national:
        return tuple(metadata.intl_number_format or metadata.number_format)
    return tuple(map(_prefixed, metadata.number_format))


def _prefixed(form: NumberFormat) -> NumberFormat:
    r"""The form with its rule for the trunk prefix, such as `(0\1)`, around the group that comes first in it."""
    rule = form.national_prefix_formatting_rule
    text = form.format or ""
    if rule:
        text = re.sub(r"\\\d", lambda first: rule.replace(r"\1", first[0]), text, count=1)
    return NumberFormat(pattern=form.pattern, format=text, leading_digits_pattern=form.leading_digits_pattern)
