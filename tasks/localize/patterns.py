"""Number patterns of CLDR (UTS 35 part 3, 'Number Format Patterns') and what they become in a locale."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from babel.core import get_global

from region_profiles.territories import no_money
from tasks.errors import Terminal
from tasks.localize.data import cldr

Digits = Literal["default", "native", "latn"]
_BODY = re.compile(r"[#0-9.,@]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern taken apart: affixes of numbers above and below zero, and sizes of groups (0: none)."""

    positive: tuple[str, str]
    negative: tuple[str, str]
    primary: int
    secondary: int


@dataclass(frozen=True, slots=True)
class Style:
    """All that a number needs to become text. Affixes are final text; fractions have `least` to `most` digits."""

    digits: str
    decimal: str
    group: str
    primary: int
    secondary: int
    ungrouped: int
    """How many digits beyond the first group a number must have before it is grouped at all."""
    positive: tuple[str, str]
    negative: tuple[str, str]
    least: int
    most: int
    power: int = 0
    """Numbers are shown times ten to this power: 2 for percents."""
    step: int = 1
    """Numbers are rounded to multiples of this many units of the last digit: 5 for cash in francs."""


@cache
def shape(pattern: str) -> Shape:
    """Take a pattern apart; `-` stands before all where numbers below zero have no pattern of their own.

    >>> shape("¤#,##,##0.00;(¤#,##,##0.00)")
    Shape(positive=('¤', ''), negative=('(¤', ')'), primary=3, secondary=2)
    """
    above, _, below = pattern.partition(";")
    positive = _affixes(above)
    body = _BODY.search(_hidden(above))
    whole = body.group().partition(".")[0].split(",") if body else [""]
    primary = len(whole[-1]) if len(whole) > 1 else 0
    secondary = len(whole[-2]) if len(whole) > 2 else primary  # noqa: PLR2004  two commas make three parts
    negative = _affixes(below) if below else (f"-{positive[0]}", positive[1])
    return Shape(positive, negative, primary, secondary)


def _hidden(pattern: str) -> str:
    """The pattern with quoted text blanked, so that positions stay."""
    return re.sub(r"'[^']*'", lambda quoted: " " * len(quoted.group()), pattern)


def _affixes(pattern: str) -> tuple[str, str]:
    body = _BODY.search(_hidden(pattern))
    return (pattern[: body.start()], pattern[body.end() :]) if body else (pattern, "")


def system(facts: Mapping[str, Any], digits: Digits) -> str:
    """The numbering system: the locale's default, its native one or Latin; the default where the signs are not known.

    A native system that is no ten digits (Chinese numerals) is the default.
    """
    wanted = {"default": facts["digits"], "native": facts["native"], "latn": "latn"}[digits]
    return wanted if f"{wanted}.decimal" in facts and wanted in cldr()["digits"] else str(facts["digits"])


def _expand(affix: str, signs: Mapping[str, str]) -> str:
    """An affix with its signs filled in and its quotes taken off."""
    parts = re.split(r"('[^']*')", affix)
    return "".join(
        (part[1:-1] or "'") if part.startswith("'") else "".join(signs.get(sign, sign) for sign in part)
        for part in parts
    )


def style(facts: Mapping[str, Any], digits: Digits, pattern: str, least: int, most: int) -> Style:
    """A plain number's or percent's style by a pattern."""
    numbering = system(facts, digits)
    signs = {"-": facts[f"{numbering}.minus"], "%": facts[f"{numbering}.percent"]}
    parts = shape(pattern)
    return Style(
        digits=cldr()["digits"][numbering],
        decimal=facts[f"{numbering}.decimal"],
        group=facts[f"{numbering}.group"],
        primary=parts.primary,
        secondary=parts.secondary,
        ungrouped=facts["grouping"] - 1,
        positive=(_expand(parts.positive[0], signs), _expand(parts.positive[1], signs)),
        negative=(_expand(parts.negative[0], signs), _expand(parts.negative[1], signs)),
        least=least,
        most=most,
        power=2 if any("%" in _hidden(affix) for affix in parts.positive) else 0,
    )


# --- money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Precision:
    """Decimals of a currency as CLDR shows it, and the smallest amount in units of the last."""

    digits: int
    step: int = 1


@cache
def precision(currency: str, *, cash: bool = False) -> Precision:
    """Decimals of a currency, of prices or of cash.

    Raises:
        Terminal: if no territory ever had that currency, or it has no amounts (gold, XXX).

    >>> precision("KWD"), precision("CHF", cash=True)
    (Precision(digits=3, step=1), Precision(digits=2, step=5))
    """
    if currency not in get_global("all_currencies") or currency in no_money():
        raise Terminal(
            "a currency without digits",
            value=currency,
            expected="an ISO 4217 code of money, such as EUR",
            hint="metals, units of account and test codes have no amounts in shops; check the profile's currencies",
        )
    fractions = cldr()["fractions"]
    its = fractions.get(currency, fractions["DEFAULT"])
    if not cash:
        return Precision(its["digits"])
    return Precision(its.get("cashDigits", its["digits"]), its.get("cashRounding", 0) or 1)


def money_style(
    facts: Mapping[str, Any],
    digits: Digits,
    currency: str,
    fraction: Precision,
    *,
    accounting: bool = False,
    short: str | None = None,
) -> Style:
    """A currency's style: its sign, gaps, signs of its own, and its pattern where it brings one.

    The format of a currency's own that the territory pays with is that of all its money, as in ICU. A `short` pattern
    stands for its pattern in charts.
    """
    numbering = system(facts, digits)
    kind = "accounting" if accounting else "money"
    own = currency if f"{currency}.pattern" in facts else facts.get("tender")
    pattern = short or (facts[f"{own}.pattern"] if own else facts[f"{numbering}.{kind}"])
    symbol = str(facts.get(currency, currency))
    plain = style(facts, digits, _signed(pattern, symbol, facts, numbering), fraction.digits, fraction.digits)
    decimal = facts.get(f"{own}.decimal") or facts.get(f"{numbering}.money_decimal") or plain.decimal
    group = facts.get(f"{own}.group") or facts.get(f"{numbering}.money_group") or plain.group
    return replace(plain, decimal=decimal, group=group, step=fraction.step)


def _signed(pattern: str, symbol: str, facts: Mapping[str, Any], numbering: str) -> str:
    """The pattern with the currency's sign, quoted, for `¤`.

    A gap stands between sign and digits where they touch and the sign there is neither a symbol nor a space
    (UTS 35, 'Currencies': currencySpacing): KWD 0.000, but $0.00. Chinese numerals are no digits there.
    """
    quoted = "'" + symbol.replace("'", "''") + "'"
    digit = unicodedata.category(cldr()["digits"][numbering][0]) == "Nd"
    after = facts[f"{numbering}.gap_after"] if digit and _is_letter_like(symbol[-1]) else ""
    before = facts[f"{numbering}.gap_before"] if digit and _is_letter_like(symbol[0]) else ""
    text = re.sub(r"¤(?=[#0])", quoted.replace("\\", r"\\") + after, pattern)
    text = re.sub(r"(?<=[0#])¤", before + quoted.replace("\\", r"\\"), text)
    return text.replace("¤", quoted)


def _is_letter_like(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "SZ"
