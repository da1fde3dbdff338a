"""Numbers as shops write them. The decimal sign is the column's, declared or inferred; never guessed from one value.

The usual forms are read by DuckDB; what it cannot read comes here, one distinct value at a time.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tasks.normalize.parse_code import currency_codes
from tasks.normalize.parse_text import LATIN_DIGITS, NATIVE_DIGITS
from tasks.sql import literal, literals

DECIMAL = "DECIMAL(18,4)"
_DIGITS = str.maketrans(NATIVE_DIGITS, LATIN_DIGITS)
#: Minus signs besides '-': U+2212, hyphens, figure and en dash, small (full-width is NFKC's).
_MINUS = dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2012\u2013\ufe63"), "-")
_GROUPS = ".,'’٬_ \u02bc"
#: Abbreviations of currencies on receipts that are neither ISO codes nor currency signs.
_ABBREVIATIONS = frozenset(
    [
        *(
            "rs",
            "rs.",
            "rp",
            "rp.",
            "rm",
            "kr",
            "kr.",
            "kč",
            "ft",
            "zł",
            "lei",
            "лв",
            "лв.",
            "ден",
            "din",
            "din.",
            "km",
        ),
        *(
            "lek",
            "fr.",
            "sfr.",
            "руб",
            "руб.",
            "р.",
            "грн",
            "元",
            "円",
            "원",
            "đ",
            "dh",
            "dhs",
            "sr",
            "le",
            "le.",
            "ksh",
        ),
        *("br", "tl", "s/", "b/.", "bs", "bs.", "د.إ", "ر.س", "ج.م", "د.ك", "ر.ق", "د.ب", "د.م", "ر.ع"),
    ]
)
#: A letter is money only where its currency is used: elsewhere l37,99 is a 237,99 of which a digit went wrong.
_LETTERS = {"r": "ZAR", "q": "GTQ", "l": "HNL"}
#: Digits of the group before the decimal sign, everywhere.
_THOUSAND = 3
_ROUND_BRACKETS = re.compile(r"\((.+)\)")
_EDGE_WORD = re.compile(r"^[^\d\s+(.,٫-][^\d\s+(-]*|[^\d\s+)-]*[^\d\s+).,٫'’-]$")


@lru_cache(maxsize=1 << 16)
def number(text: str, decimal: str, grouping: str, currencies: str = "") -> str | None:
    """Plain decimal text, or None for what is no number.

    `decimal` is the column's decimal sign, `grouping` its grouping sign (`any`: any but the decimal sign, the
    same throughout), `currencies` the ISO codes of the market's. Groups have three digits before the decimal sign,
    others two or three (1,00,000).

    >>> number("Rs. 1,00,000", ".", "any"), number("1.234,50 €", ",", "any"), number("(12.5)", ".", "any")
    ('100000', '1234.50', '-12.5')
    >>> number("1.234", ",", "."), number("1.23", ",", "."), number("12 kg", ".", "any")
    ('1234', None, None)
    >>> number("R12,50", ",", "any", "ZAR"), number("R12,50", ",", "any", "PLN")
    ('12.50', None)
    """
    plain = text.translate(_DIGITS).translate(_MINUS).strip()
    bracketed = _ROUND_BRACKETS.fullmatch(plain)
    plain = _without_currency(bracketed[1] if bracketed else plain, currencies)
    plain = re.sub(f"{re.escape(decimal)}-{{1,2}}$", "", plain)  # 5,- and 5.-- are five without cents
    negative = bracketed is not None
    if plain.endswith("-"):
        negative, plain = not negative, plain[:-1].rstrip()
    elif plain[:1] in {"-", "+"}:
        negative, plain = negative != plain.startswith("-"), _without_currency(plain[1:].lstrip(), currencies)
    whole, _, fraction = plain.partition(decimal)
    integer = _ungrouped(whole, decimal, grouping)
    if (
        integer is None
        or not (integer + fraction)
        or not (fraction == "" or (fraction.isascii() and fraction.isdigit()))
    ):
        return None
    return ("-" if negative else "") + (integer or "0") + (f".{fraction}" if fraction else "")


def _ungrouped(whole: str, decimal: str, grouping: str) -> str | None:
    if whole == "" or (whole.isascii() and whole.isdigit()):
        return whole
    sign = re.search(r"\D", whole)
    if sign is None or sign[0] == decimal or sign[0] not in _GROUPS or grouping not in {"any", sign[0]}:
        return None
    first, *groups = whole.split(sign[0])
    *inner, last = groups
    sized = len(first) in {1, 2, 3} and len(last) == _THOUSAND and all(len(group) in {2, 3} for group in inner)
    return "".join([first, *groups]) if sized and all(g.isascii() and g.isdigit() for g in (first, *groups)) else None


def _without_currency(text: str, currencies: str) -> str:
    """Without one currency sign, code or abbreviation before or after."""
    match = _EDGE_WORD.search(text)
    if match and _is_currency(match[0], currencies):
        return (text[: match.start()] + text[match.end() :]).strip()
    return text


def _is_currency(word: str, currencies: str) -> bool:
    if letter := _LETTERS.get(word.casefold()):
        return letter in currencies
    signs = any(unicodedata.category(sign) == "Sc" for sign in word)
    return (signs and len(word) <= 4) or word.upper() in currency_codes() or word.casefold() in _ABBREVIATIONS  # noqa: PLR2004 - US$, CFA signs


def early_number_sql(raw: str, decimal: str, *, typed: bool, type_: str = DECIMAL) -> str:
    """A DuckDB expression over raw text: the decimal of a number in its plainest form, else null. Blanks do not count.

    What casts read besides is no number here: exponents, which no till writes (a spreadsheet makes 5E3 of an
    article number), and digits grouped by `_`. Text of a typed file may have an exponent. A comma no cast reads.
    """
    doubtful = ([] if decimal == "." else ["."]) + ([] if typed else ["e", "E", "_"])
    plain = raw if decimal == "." else f"replace({raw}, {literal(decimal)}, '.')"
    doubt = " OR ".join(f"contains({raw}, {literal(sign)})" for sign in doubtful)
    number = f"try_cast({plain} AS {type_})"
    return f"CASE WHEN NOT ({doubt}) THEN {number} END" if doubt else number


def number_sql(
    text: str, decimal: str, grouping: str | None, currencies: str = "", *, typed: bool = False, type_: str = DECIMAL
) -> str:
    """A DuckDB expression over cleaned text: a decimal rounded half away from zero, or null for what is no number."""
    usual = {".": ",", ",": "."}.get(decimal)
    signs = (decimal, "any" if grouping is None else grouping, currencies)
    slow = f"strata_number({text}, {literals(signs)})"
    readings = [early_number_sql(text, decimal, typed=typed, type_=type_)]
    if usual is not None and grouping in {None, usual}:
        grouped = f"'-?\\d{{1,3}}([{usual}]\\d{{2,3}})*[{usual}]\\d{{3}}([{decimal}]\\d*)?'"
        ungrouped = f"replace(replace({text}, '{usual}', ''), '{decimal}', '.')"
        readings.append(f"CASE WHEN regexp_full_match({text}, {grouped}) THEN try_cast({ungrouped} AS {type_}) END")
    readings.append(f"CASE WHEN {text} IS NOT NULL THEN try_cast({slow} AS {type_}) END")
    return f"coalesce({', '.join(readings)})"
