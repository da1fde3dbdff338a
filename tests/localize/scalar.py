"""CLDR's rules one value at a time, straight from UTS 35: what the vectorised formatter is compared with.

Slow, with Decimals and strings only. It shares with `tasks.localize` the distilled facts and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from tasks.localize.data import cldr, facts

LATIN = "0123456789"
BODY = re.compile("[#0,.]+")
FIELD = re.compile("('[^']*')|(" + "|".join(f"{letter}+" for letter in "yMLdEcGaHhKkms") + ")|([^A-Za-z'])")


class Scalar:
    """One locale, its default digits."""

    def __init__(self, name: str) -> None:
        self.name, self.facts = name, facts(name)
        self.numbering = self.facts["digits"] if f"{self.facts['digits']}.decimal" in self.facts else "latn"
        self.ten = cldr()["digits"][self.numbering]

    def sign(self, name: str) -> str:
        return self.facts[f"{self.numbering}.{name}"]

    # --- numbers ------------------------------------------------------------------------------------------------------

    def decimal(self, value: Decimal, least: int = 0, most: int = 3) -> str:
        return self._number(value, self.sign("number"), least, most, self.sign("decimal"), self.sign("group"))

    def percent(self, value: Decimal, least: int = 0, most: int = 0) -> str:
        pattern, signs = self.sign("percentage"), (self.sign("decimal"), self.sign("group"))
        return self._number(value * 100, pattern, least, most, *signs).replace("%", self.sign("percent"))

    def money(self, value: Decimal, currency: str, *, accounting: bool = False) -> str:
        fraction = cldr()["fractions"].get(currency, cldr()["fractions"]["DEFAULT"])["digits"]
        pattern = self.sign("accounting" if accounting else "money")
        decimal = self.facts.get(f"{self.numbering}.money_decimal", self.sign("decimal"))
        group = self.facts.get(f"{self.numbering}.money_group", self.sign("group"))
        for code in (self.facts.get("tender"), currency):
            if code and f"{code}.pattern" in self.facts:
                pattern, decimal, group = (self.facts[f"{code}.{part}"] for part in ("pattern", "decimal", "group"))
        text = self._number(value, pattern, fraction, fraction, decimal, group)
        return self._with_symbol(text, self.facts.get(currency, currency))

    def _with_symbol(self, text: str, symbol: str) -> str:
        """Currency spacing: a gap between a digit and a sign whose nearest character is no symbol and no space."""
        at = text.index("¤")
        before, after = text[:at], text[at + 1 :]
        if before and before[-1] in self.ten and before[-1].isdigit() and not _symbolic(symbol[0]):
            before += self.sign("gap_before")
        if after and after[0] in self.ten and after[0].isdigit() and not _symbolic(symbol[-1]):
            after = self.sign("gap_after") + after
        return before + symbol + after

    def _number(self, value: Decimal, pattern: str, least: int, most: int, decimal: str, group: str) -> str:
        above, _, below = pattern.partition(";")
        signed = (below or "-" + above) if value.is_signed() else above
        prefix, suffix = BODY.split(signed)
        rounded = abs(value).quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
        whole, _, fraction = f"{rounded:f}".partition(".")
        while len(fraction) > least and fraction.endswith("0"):
            fraction = fraction[:-1]
        groups = BODY.search(above).group().partition(".")[0].split(",")[1:]
        body = self._grouped(self._digits(whole), [len(one) for one in groups], group)
        tail = decimal + self._digits(fraction) if fraction else ""
        minus = self.sign("minus")
        return prefix.replace("-", minus) + body + tail + suffix.replace("-", minus)

    def _digits(self, number: str) -> str:
        return "".join(self.ten[LATIN.index(digit)] for digit in number)

    def _grouped(self, whole: str, sizes: list[int], group: str) -> str:
        """The last group has the last size, those before it the size before, or the same where the pattern has one."""
        if not sizes or len(whole) < sizes[-1] + self.facts["grouping"]:
            return whole
        further = sizes[-2] if len(sizes) > 1 else sizes[-1]
        parts, rest = [whole[-sizes[-1] :]], whole[: -sizes[-1]]
        while rest:
            parts.append(rest[-further:])
            rest = rest[:-further]
        return group.join(reversed(parts))

    # --- days and times -----------------------------------------------------------------------------------------------

    def date(self, day: date, form: str) -> str:
        return self._spelled(self.facts[f"date.{form}"], datetime(day.year, day.month, day.day))  # noqa: DTZ001  local

    def time(self, moment: datetime, form: str) -> str:
        return self._spelled(self.facts[f"time.{form}"], moment)

    def datetime(self, moment: datetime, date_form: str, time_form: str) -> str:
        joint = re.sub("'([^']*)'", r"\1", self.facts[f"at.{date_form}"])
        return joint.replace("{1}", self.date(moment.date(), date_form)).replace("{0}", self.time(moment, time_form))

    def _spelled(self, pattern: str, moment: datetime) -> str:
        """Gregorian only. U+202F is a plain space, as in all browsers."""
        text = ""
        for quoted, field, literal in FIELD.findall(pattern.replace("\u202f", " ")):
            text += self._field(field, moment) if field else literal or quoted[1:-1] or "'"
        return text

    def _field(self, field: str, at: datetime) -> str:
        letter, count = field[0], len(field)
        numbers = {"y": at.year, "M": at.month, "L": at.month, "d": at.day, "m": at.minute, "s": at.second}
        numbers |= {"H": at.hour, "h": at.hour % 12 or 12, "K": at.hour % 12, "k": at.hour or 24}
        alone = "alone." if letter in "Lc" else ""
        width = "wide" if count == 4 else "abbreviated"
        if letter in "ML" and count > 2:
            return self.facts[f"{alone}months.{width}"][at.month - 1]
        if letter in "Ec":
            return self.facts[f"{alone}days.{width}"][at.weekday()]
        if letter == "a":
            return self.facts["periods.wide"]["am" if at.hour < 12 else "pm"]
        if letter == "G":
            return self.facts[f"eras.{width}"][1]
        number = numbers[letter] % 100 if field == "yy" else numbers[letter]
        return self._digits(str(number).zfill(count))


def _symbolic(char: str) -> bool:
    return unicodedata.category(char)[0] in "SZ"
