"""Words of an explanation from the catalogs: a locale's own, or plain codes and ISO dates for whoever works here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE
from tasks.export.labels import Labels

#: Context of the sentences.
CONTEXT = "explain"
#: Decimals of a rate and of shares; money has as many as it is published with.
_RATE_DECIMALS, _DECIMALS, _CENTS = 9, 6, 2


@dataclass(frozen=True, slots=True)
class Wording:
    """`tasks.segment.telling.Words` by `labels`; with `codes` names stay codes and dates are ISO 8601."""

    profile: Profile
    labels: Labels
    codes: bool = False

    def text(self, code: str, **values: object) -> str:
        """A message of CONTEXT with its places filled."""
        return self.labels.text(CONTEXT, code, **values)

    def count(self, code: str, n: int) -> str:
        """A message of CONTEXT that counts."""
        return self.labels.count(CONTEXT, code, n)

    def trait(self, name: str) -> str:
        """As in the heading of its column."""
        if self.codes:
            return name
        found = self.labels.find(name, "column", "trait") or name
        money = self.profile.money
        places = {"vintage": self.labels.year(money.ppp.vintage), "currency": money.reporting_currency}
        return found % places if "%(" in found else found

    def dimension(self, name: str) -> str:
        """As in the report."""
        return name if self.codes else self.labels.find(name, "dimension") or name

    def segment(self, dimension: str, code: str | None) -> str:
        """As in the report; the word for unknown where there is none."""
        if code is None:
            return self.text("null")
        return code if self.codes else self.labels.segments(self.profile, dimension, [code])[code]

    def audience(self, name: str) -> str:
        """As in the report."""
        return name if self.codes else self.labels.find(name, "audience") or name

    def named(self, context: str, code: str) -> str:
        """A code in a context of its own; countries by CLDR."""
        if self.codes:
            return code
        return self.labels.country_name(code) if context == "country" else self.labels.find(code, context) or code

    def sentence(self, context: str, code: str, **values: object) -> str:
        """A message of another context with its places filled."""
        return self.labels.text(context, code, **values)

    def value(self, trait: str, value: object) -> str:
        """Numbers and dates by the formatter, codes by their labels, null by its word."""
        if value is None:
            return self.text("null")
        if isinstance(value, date):
            return value.isoformat() if self.codes else str(self.labels.formatter.date(value))
        if isinstance(value, int | float | Decimal):
            return self._number(trait, value)
        return self._coded(trait, str(value))

    def _number(self, trait: str, value: float | Decimal) -> str:
        if trait == "birth_year":
            return str(value) if self.codes else self.labels.year(int(value))
        most = _RATE_DECIMALS if trait == "rate" else _DECIMALS
        return str(self.labels.formatter.decimal(value, least=self._least(trait), most=most))

    def column(self, trait: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """`value` of many at once."""
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            distinct = values.unique().drop_null().to_pylist()
            words = pa.array([self._coded(trait, one) for one in distinct], pa.string())
            found = words.take(pc.index_in(values, pa.array(distinct, values.type)).combine_chunks())
        elif pa.types.is_date(values.type):
            found = values.cast(pa.string()) if self.codes else self.labels.formatter.date(values)
        else:
            found = self.labels.formatter.decimal(values, least=self._least(trait), most=_DECIMALS)
        return pc.fill_null(found, self.text("null"))

    def _least(self, trait: str) -> int:
        return _CENTS if trait in CATALOGUE and CATALOGUE[trait].type == "money" else 0

    def _coded(self, trait: str, code: str) -> str:
        if self.codes:
            return code
        if trait == "language":
            return self.labels.language_name(code)
        return self.labels.find(code, f"value {trait}", f"segment {trait}", trait) or code

    def listed(self, texts: Sequence[str], kind: str = "and") -> str:
        """Several as one text of the reader's language."""
        given: Any = kind
        return self.labels.formatter.list(list(texts), given)


def wording(profile: Profile, locale: str | None) -> Wording:
    """The words of a locale; without one English sentences about codes."""
    return Wording(profile, Labels(locale or "en", profile.exports.digits if locale else "default"), locale is None)
