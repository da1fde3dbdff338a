"""A reader's words and numbers, as the report's sentences need them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from markupsafe import Markup, escape

from region_profiles.models import Profile
from tasks.culture.calendar import Near
from tasks.errors import Terminal
from tasks.export.labels import Labels
from tasks.export.locales import cldr, lineage, right_to_left
from tasks.export.summary import MARK
from tasks.localize import Formatter, formatter

#: First-strong isolates: a number or name of the other direction leaves the sentence around it in order.
_OPEN, _CLOSE = "\u2068", "\u2069"
#: No sign of a city's name: controls, and what would turn the text around.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
NOTHING = "–"
_SHORTENED = 10_000
_PLUS = {ord(sign): "+" for sign in "-\u2212"}
_HUNDREDTH = Decimal("0.01")
#: Languages that write sentences one behind the other without a blank.
_UNSPACED = frozenset({"ja", "zh"})


class Words:
    """Labels and formatter of one locale; the page's language is that of its catalog."""

    def __init__(self, locale: str, profile: Profile) -> None:
        self.labels = Labels(locale, profile.exports.digits)
        self.profile = profile
        # Words that fall back to another language would be odd with the direction of the asked one.
        self.tag = locale if self.labels.language in lineage(locale) else self.labels.language
        self.rtl = right_to_left(self.tag)
        self.formatter: Formatter = formatter(self.tag, profile.exports.digits)

    def say(self, code: str, context: str = "report", /, **values: str) -> str:
        """A message with its values."""
        message = self.labels.text(context, code)
        return message % self._isolated(values) if values else message

    def count(self, code: str, n: int, **values: str) -> str:
        """A message of the report that counts."""
        return self.labels.count("report", code, n, **self._isolated(values))

    def withheld(self) -> str:
        """Why figures are not shown."""
        minimum = self.number(self.profile.privacy.minimum_count)
        return f"{MARK} {self.say('withheld', 'template', minimum=minimum)}"

    def _isolated(self, values: Mapping[str, str]) -> dict[str, str]:
        return {key: self._apart(text) for key, text in values.items()}

    def _apart(self, text: str) -> str:
        return f"{_OPEN}{text}{_CLOSE}" if self.rtl else text

    # --- several of a kind ---

    def sentences(self, texts: Iterable[str]) -> str:
        """Sentences, one behind the other as the language sets them."""
        return ("" if self.tag.split("-")[0] in _UNSPACED else " ").join(texts)

    def items(self, texts: Iterable[str]) -> str:
        """Labelled items (`labelled`), one behind the other: an 'and' would read as if it were of the last one."""
        return self.say("separator", "list").join(texts)

    def places(self, names: Iterable[str]) -> str:
        """Names as the shop wrote them, of whatever direction, one behind the other."""
        return self.items(self._apart(self.place(one)) for one in names)

    def names(self, dimension: str, codes: Iterable[str]) -> dict[str, str]:
        """The segments of a dimension."""
        return self.labels.segments(self.profile, dimension, codes)

    def dimension(self, code: str) -> str:
        """A dimension's name."""
        return self.labels.text("dimension", code)

    def occasion(self, one: Near) -> str:
        """A holiday or moment."""
        return str(one.name) if one.code is None else self.say(one.code, "moment")

    def foreign(self, one: Near) -> bool:
        """Whether the calendar has no name of a holiday in the reader's language."""
        return one.language is not None and one.language.split("-")[0] != self.tag.split("-")[0]

    def marked(self, one: Near) -> Markup:
        """A holiday or moment, saying in which language it is where that is not the reader's."""
        name = self.occasion(one)
        return Markup('<span lang="{}">{}</span>').format(one.language, name) if self.foreign(one) else escape(name)

    # --- numbers; None is withheld ---

    def number(self, value: int | None) -> str:
        """A count."""
        return MARK if value is None else str(self.formatter.decimal(value))

    def difference(self, then: int | None, now: int | None) -> str:
        """How a count has changed, with its sign."""
        if then is None or now is None:
            return MARK
        if now <= then:
            return str(self.formatter.decimal(now - then))
        # CLDR writes both signs alike, with the same marks of direction.
        return str(self.formatter.decimal(then - now)).translate(_PLUS)

    def signed(self, value: float) -> str:
        """A number with one decimal and its sign; what rounds to nothing has none."""
        near = Decimal(f"{value:.1f}")
        text = str(self.formatter.decimal(-abs(near), least=1, most=1)) if near else ""
        return (text.translate(_PLUS) if value > 0 else text) or str(self.formatter.decimal(0, least=1, most=1))

    def signed_percent(self, share: float) -> str:
        """A share with its sign; what rounds to nothing has none."""
        text = self.percent(-abs(share))
        return text.translate(_PLUS) if share > 0 else text

    def percent(self, share: Decimal | float | None, most: int = 1, *, least: int = 0) -> str:
        """A share; a dash where there is none. What rounds to nothing has no sign: -0 % would look like a fault."""
        if share is None:
            return NOTHING
        return str(self.formatter.percent(share if round(share, most + 2) else 0, least=least, most=most))

    def percents(self, shares: Iterable[Decimal | float | None]) -> list[str]:
        """Shares of one column of a table, whole ones all of them or each with one decimal; None is withheld."""
        every = list(shares)
        places = int(any(one is not None and round(Decimal(one), 3) % _HUNDREDTH for one in every))
        return [MARK if one is None else self.percent(one, places, least=places) for one in every]

    def money(self, amount: Decimal | int | None, currency: str, *, digits: int | None = 0) -> str:
        """An amount, without decimals where none are asked for."""
        return NOTHING if amount is None else str(self.formatter.money(amount, currency, digits=digits))

    def exact(self, amount: Decimal, currency: str) -> str:
        """An amount to the last decimal of its currency; of no known currency, the bare number."""
        try:
            return str(self.formatter.money(amount, currency))
        except Terminal:
            return str(self.formatter.decimal(amount, least=2, most=2))

    def short(self, amount: Decimal, currency: str) -> str:
        """An amount as charts show it: whole below ten thousand, where short forms would drop its grouping sign."""
        if abs(amount) < _SHORTENED:
            return self.money(amount, currency)
        return str(self.formatter.compact(amount, currency))

    def day(self, day: date) -> str:
        """A whole date."""
        return str(self.formatter.date(day, "long"))

    def days(self, first: date, last: date) -> str:
        """A day, or the first and the last of several."""
        one, two = (str(self.formatter.date(day, "medium")) for day in (first, last))
        return one if first == last else self.say("range", "template", first=one, last=two)

    def labelled(self, label: str, value: str) -> str:
        """A label, the language's own colon, and what it labels."""
        return self.say("labelled", "template", label=label, value=value)

    def detailed(self, text: str, detail: str) -> str:
        """A name and a remark in the language's own brackets."""
        return self.say("detail", "template", text=text, detail=detail)

    def currency(self, code: str) -> str:
        """A currency's name; XXX is unknown."""
        return str(cldr(self.labels.language).currencies.get(code) or code)

    @staticmethod
    def place(name: str, most: int = 60) -> str:
        """A city as the shop wrote it, without what would damage the page."""
        clean = " ".join(_CONTROLS.sub(" ", name).split())
        return clean if len(clean) <= most else clean[: most - 1] + "…"

    # --- reasons ------------------------------------------------------------------------------------------------------

    def reasons(self, found: Mapping[str, int], table: str = "transactions") -> list[tuple[str, int]]:
        """Reasons in the reader's words with their rows, the most frequent first; equal words are one reason."""
        told: dict[str, int] = {}
        for code, rows in found.items():
            text = self.reason(code, table)
            told[text] = told.get(text, 0) + rows
        return sorted(told.items(), key=lambda pair: (-pair[1], pair[0]))

    def reason(self, code: str, table: str = "transactions") -> str:
        """A reason of a table's ledger: `where: ...`, `customer:employee`, `unmatched:receipts`, `date:missing`."""
        first, _, second = code.partition(":")
        if first == "where":
            return self.say("where", "reason")
        if code == "customer:unknown":
            return self.say("unknown_customer", "reason")
        if first == "customer" and (kind := self.labels.find(second, "reason")):
            return self.say("purchases_of" if table == "transactions" else "rows_of", "reason", reason=kind)
        if first == "unmatched":
            return self.say("unmatched", "fault", field=second)
        if second and self.labels.find(second, "fault"):
            field = self.labels.find(first, "field", "column") or first
            return self.say(second, "fault", field=field)
        return self.labels.find(code, "reason") or self.say("other", "reason", code=code)
