"""Text as people see it: compatibility forms unified, invisible marks and outer blanks gone, empty is null.

DuckDB has no NFKC, so text with a sign outside ASCII goes through Arrow's kernel (utf8proc, Unicode 15), a vector at a
time; the rest stays in DuckDB. NFKC makes full-width letters and digits, half-width kana, ligatures, no-break and
ideographic spaces ordinary.
"""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

#: Marks without width or meaning in any text: soft hyphen, zero-width space, word joiner, byte order mark, directions.
MARKS = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
#: Joiners spell words in Persian, Hindi and emoji, but are noise in a code, number or date.
JOINERS = "\u200c\u200d"
#: Decimal digits of the scripts in which shops print receipts; full-width ones are NFKC's.
_ZEROS = "٠۰०০੦૦୦௦౦೦൦๐໐༠၀០᠐"
NATIVE_DIGITS = "".join(chr(ord(zero) + digit) for zero in _ZEROS for digit in range(10))
LATIN_DIGITS = "0123456789" * len(_ZEROS)

Kind = Literal["free", "code", "digits"]


def tidy_free(text: Any) -> Any:
    """Arrow: NFKC, marks and outer blanks removed; joiners stay inside words."""
    return _trimmed(pc.replace_substring_regex(_nfkc(text), f"[{MARKS}]", ""))


def tidy_code(text: Any) -> Any:
    """Arrow: as `tidy_free`, joiners removed too: ids, codes, numbers, dates."""
    return _trimmed(pc.replace_substring_regex(_nfkc(text), f"[{MARKS}{JOINERS}]", ""))


def _nfkc(text: Any) -> Any:
    return pc.utf8_normalize(text, form="NFKC")


def _trimmed(text: Any) -> Any:
    return pc.utf8_trim(pc.utf8_trim_whitespace(text), characters="\x00")


def tidy(text: str) -> str:
    r"""The same for one value, for words in a profile.

    >>> tidy(" Ｎｏ．\u200f １ ")
    'No. 1'
    """
    return str(tidy_code(pa.array([text]))[0].as_py())


def tidy_sql(raw: str, kind: Kind) -> str:
    """A DuckDB expression over the raw text expression: cleaned text, null where nothing is left.

    Native digits become Latin where `kind` is `digits` (numbers, dates); an id keeps its own.
    """
    function = "strata_free" if kind == "free" else "strata_code"
    unusual = f"{function}({raw})"
    if kind == "digits":
        unusual = f"translate({unusual}, '{NATIVE_DIGITS}', '{LATIN_DIGITS}')"
    # Bytes equal to characters: ASCII. A first and last sign above the blank need no trim, which costs more than all
    # the rest; one below it is a tab or return, which trim() would leave.
    ascii_ = f"strlen({raw}) = length({raw})"
    return (
        f"CASE WHEN {ascii_} AND {raw} >= '!' AND {raw}[-1] >= '!' THEN {raw} WHEN {raw} = '' THEN NULL "
        f"WHEN {ascii_} AND {raw} >= ' ' AND {raw}[-1] >= ' ' THEN nullif(trim({raw}), '') "
        f"ELSE nullif({unusual}, '') END"
    )
