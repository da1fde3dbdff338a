"""The cells of the tables beside customers and purchases, in the market's own words and forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa

from tasks.sample import forms
from tasks.sample.cells import CALENDAR, LineCells, Pieces, dates
from tasks.sample.engagement import EVENTS, OUTCOMES, USES
from tasks.sample.people import OLDEST
from tasks.sample.pieces import Number, Words
from tasks.sample.prices import GOODS, Prices
from tasks.sample.programme import MOVEMENTS
from tasks.sample.shop import CHANNELS, Longs
from tasks.sample.spec import MarketSpec, Numbers
from tasks.sample.spec_tables import FieldSpec
from tasks.sample.voices import SAID

STATUS = ("open", "won", "lost", "expired")
#: By table: what its column `kind` may say, and the numbers that begin its ids.
KINDS = {"events": EVENTS, "feedback": SAID, "usage": USES, "loyalty": MOVEMENTS}
IDS = {"event_id": "E", "feedback_id": "F", "usage_id": "U", "movement_id": "M", "contact_id": "C", "quote_id": "Q",
       "contract_id": "V"}  # fmt: skip
#: Days that points and contracts may last beyond the history.
LONGEST = 1500
#: Amounts of quotes and companies are rounded to so many steps between one price and ten times it.
STEPS, AMOUNTS = 30, 200
DAYS_IN = ("day", "expires", "tier_until", "valid_until", "ends")
EMPLOYEES = (1, 3, 6, 9, 14, 22, 40, 75, 120, 250, 600)


def amount_code(amounts: Longs, unit: int) -> Longs:
    """The nearest of the amounts that are written; `unit` is the least of them.

    >>> amount_code(np.array([100, 1000, 1]), 100)
    array([ 0, 30,  0])
    """
    codes: Longs = np.rint(np.log10(np.maximum(amounts, unit) / unit) * STEPS).astype(np.int64)
    return codes.clip(0, AMOUNTS - 1)


def counted_from_oldest(days: Longs) -> Longs:
    """Codes of days; none where the day is before all."""
    return np.where(days < 0, -1, days - OLDEST)


class RelationCells:
    """Pieces of one of these tables."""

    def __init__(self, spec: MarketSpec, table: str, prices: Prices, members: pa.Array, lines: LineCells) -> None:
        self._spec, self._table, self._prices = spec, table, prices
        self._members, self._lines = members, lines

    def __call__(self, field: FieldSpec) -> Pieces:
        """The pieces of a field."""
        if field.value in IDS:
            return (IDS[field.value], Number("id", 6))
        if field.value == "stamp":
            return self._lines(field)
        if field.value in {"date", "starts", "expires", "tier_until", "valid_until", "ends"}:
            by = {"date": "day", "starts": "day"}.get(field.value, field.value)
            days = CALENDAR + [CALENDAR[-1] + timedelta(days=n + 1) for n in range(LONGEST)]
            return (Words(by, dates(self._spec, field, days), clean=True),)
        if field.value.startswith("="):
            return (field.value.removeprefix("="),)
        return self._plain(field) or self._own(field)

    def _plain(self, field: FieldSpec) -> Pieces:
        numbers = {"session_id": "session", "case_id": "case", "rating": "rating", "nps": "nps", "value": "value",
                   "notice_days": "notice", "sites": "sites", "employees": "employees"}  # fmt: skip
        spec = self._spec
        lists: dict[str, tuple[str, Sequence[str]]] = {
            "store_id": ("store", [store.id for store in spec.stores]),
            "tier": ("tier", list(spec.people.tiers)),
            "campaign": ("campaign", [campaign.name for campaign in spec.campaigns]),
            "survey": ("survey", [survey.code for survey in spec.surveys]),
            "version": ("survey", [survey.version or "" for survey in spec.surveys]),
            "question": ("question", [q for survey in spec.surveys for q in survey.questions]),
            "answer": (
                "answer",
                [text for survey in spec.surveys for texts in survey.questions.values() for text in texts or ()],
            ),
            "interest": ("interest", spec.interests),
            "source": ("source", list(spec.sources)),
        }
        if field.value in lists:
            by, words = lists[field.value]
            return (Words(by, words),)
        return (Number(numbers[field.value]),) if field.value in numbers else ()

    def _own(self, field: FieldSpec) -> Pieces:
        spec, table, value = self._spec, self._table, field.value
        prefix, width = spec.order
        simple: dict[str, Callable[[], Pieces]] = {
            "member_number": lambda: (Words("customer", self._members, clean=True),),
            "parent": lambda: (Words("parent", self._members, clean=True),),
            "order_id": lambda: (
                Words("order_channel", [prefix.get(channel, "") for channel in CHANNELS]),
                Number("order", width),
            ),
            "kind": lambda: (Words("what", self._words("kind", self._kinds())),),
            "outcome": lambda: (Words("outcome", self._words("outcome", OUTCOMES)),),
            "status": lambda: (Words("status", self._words("status", STATUS)),),
            "resolved": lambda: (Words("resolved", self._words("resolved", ("no", "yes"))),),
            "reason": lambda: (Words("reason", spec.voices.reasons if spec.voices else ()),),
            "text": lambda: (Words("text", (*spec.voices.good, *spec.voices.bad) if spec.voices else ()),),
            "points": lambda: (Words("minus", ["", "-" if field.form == "signed" else ""]), Number("points")),
            "strength": lambda: (Words("strength", [forms.number(n, 2, self._style()) for n in range(101)]),),
            "amount": lambda: (Words("amount", self._amounts(field, spec.money.price)),),
            "revenue": lambda: (Words("revenue", self._amounts(field, spec.money.price * 1000)),),
            "industry": lambda: (Words("industry", list(spec.business.industries) if spec.business else ()),),
        }
        if value == "channel":
            names = CHANNELS if table != "campaigns" else [campaign.channel for campaign in spec.campaigns]
            return (Words("mailed" if table == "campaigns" else "channel", self._words("channel", names)),)
        if value in simple:
            return simple[value]()
        if table == "places":
            return (Words("row", self._places(value)),)
        return (Words("product", self._goods(value)),)

    def _words(self, column: str, codes: Sequence[str]) -> list[str]:
        """The market's own words of a column of this table; channels of the shop are called as everywhere."""
        own = self._spec.words.get(f"{self._table}_{column}", {})
        if column == "channel" and self._table != "campaigns":
            own = {**self._spec.words["channel"], **own}
        return [own.get(code, code) for code in codes]

    def _kinds(self) -> Sequence[str]:
        if self._table == "contracts" and self._spec.business:
            return list(self._spec.business.contracts)
        return KINDS[self._table]

    def _style(self) -> Numbers:
        return self._spec.numbers.model_copy(update={"prefix": ""})

    def _amounts(self, field: FieldSpec, unit: float) -> list[str]:
        """The amounts that there are; a cell that holds a number has no signs but the decimal one."""
        decimals = self._spec.money.decimals
        values = [unit * 10 ** (step / STEPS) for step in range(AMOUNTS)]
        places = [int(2 - np.floor(np.log10(value))) for value in values]  # three digits say enough
        rounded = [round(value, place) for value, place in zip(values, places, strict=True)]
        style = Numbers() if field.type == "number" else self._spec.numbers
        return [forms.number(round(value * 10**decimals), decimals, style) for value in rounded]

    def _goods(self, value: str) -> list[str]:
        """By product: what the products table says of it, or its number where another table names it."""
        spec, names = self._spec, self._spec.products
        if value in {"product_id", "product_name"}:
            (words,) = self._lines(FieldSpec(value=value))
            return [str(word) for word in words.words[:GOODS]]  # type: ignore[union-attr]
        if value in {"price", "cost"}:
            share = 1.0 if value == "price" else 0.45
            prices = np.rint(self._prices.unit[:GOODS, -1] * share).astype(int).tolist()
            return [forms.number(price, spec.money.decimals, spec.numbers) for price in prices]
        if value == "brand":
            return [spec.brands[number * 5 // GOODS % len(spec.brands)] for number in range(GOODS)]
        found = [getattr(spec.goods[names[number % len(names)]], value) for number in range(GOODS)]
        return ["" if one is None else str(one) for one in found]

    def _places(self, value: str) -> list[str]:
        """By city that the table knows: its postcode as customers have it, how many live there, where it lies."""
        cities = [(city, code) for group in self._spec.people.groups for city, code in group.cities]
        once = dict.fromkeys(self._spec.places, "") | {city: c for city, c in cities if city in self._spec.places}
        if value == "city":
            return list(once)
        if value == "postcode":
            return list(once.values())
        words = self._spec.words.get("area", {})
        found = [getattr(self._spec.places[city], value) for city in once]
        return [words.get(str(one), str(one)) for one in found]
