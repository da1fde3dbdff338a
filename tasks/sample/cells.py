"""The cells of each table: which pieces write a value, in the market's own words and forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from tasks.sample import forms
from tasks.sample.business import company_names
from tasks.sample.people import BIRTHDAYS, OLDEST, PHONES, People, vocabulary_of
from tasks.sample.pieces import SLICE, Cell, Number, Piece, Words, plain_columns
from tasks.sample.prices import GOODS, Prices, tax_of
from tasks.sample.seasons import DAYS
from tasks.sample.shop import CHANNELS, TICK
from tasks.sample.spec import FIRST, MarketSpec, Numbers
from tasks.sample.spec_tables import FieldSpec, TableSpec

KINDS = ("sale", "return", "shipping", "gift_card_sale", "gift_card_redemption")
#: Values that JSON writes without quotes.
FIGURES = frozenset({"quantity", "unit_price", "amount", "tax", "discount", "line_id", "loyalty_points"})
CONSENTS = ("yes", "no", "unknown")
GENDERS = ("female", "male", "other", "")
Pieces = tuple[Piece, ...]


def cells(table: TableSpec, pieces: Callable[[FieldSpec], Pieces]) -> tuple[Cell, ...]:
    """The columns of a table, in order."""
    return tuple(
        Cell(header, field.value, pieces(field), field.type == "number", field.type)
        for header, field in table.fields.items()
    )


def dates(spec: MarketSpec, field: FieldSpec, days: Sequence[date]) -> list[str]:
    """Each day in the field's form."""
    system = field.digits or spec.numbers.digits
    return [forms.day(day, field.form or spec.dates, system) for day in days]


#: Days that codes count from: registrations come before the history, a UTC date may stand a day beside the local one.
CALENDAR = [FIRST + timedelta(days=day) for day in range(OLDEST, DAYS + 5)]


def _style(spec: MarketSpec, field: FieldSpec) -> Numbers:
    return spec.numbers if field.digits is None else spec.numbers.model_copy(update={"digits": field.digits})


class LineCells:
    """Pieces of the transactions table."""

    def __init__(self, spec: MarketSpec, people: People, prices: Prices, members: pa.Array) -> None:
        self._spec, self._prices, self._members = spec, prices, members
        self._people = people
        self._table = prices.table()

    def __call__(self, field: FieldSpec) -> Pieces:
        """The pieces of a field."""
        money = self._money(field)
        return (Words("money", money),) if money is not None else self._other(field)

    def _other(self, field: FieldSpec) -> Pieces:
        spec, words = self._spec, self._spec.words
        prefix, width = spec.order
        channels = [words["channel"].get(channel, channel) for channel in CHANNELS]
        prefixes = [prefix.get(channel, "") for channel in CHANNELS]
        simple: dict[str, Callable[[], Pieces]] = {
            "order_id": lambda: (Words("channel", prefixes), Number("order", width)),
            "returned_order_id": lambda: (Words("returned_channel", prefixes), Number("returned", width)),
            "line_id": lambda: (Number("line"),),
            "member_number": lambda: (Words("customer", self._members, clean=True),),
            "store_id": lambda: (Words("store", [store.id for store in spec.stores]),),
            "store_name": lambda: (Words("store", [store.name for store in spec.stores]),),
            "market": lambda: (Words("store", [store.country for store in spec.stores]),),
            "product_id": lambda: (Words("product", self._products()),),
            "product_name": lambda: (Words("product", self._product_names()),),
            "channel": lambda: (Words("channel", channels),),
            "payment": lambda: (Words("payment", [*spec.payments, words["payment"]["gift_card"]]),),
            "kind": lambda: (Words("kind", [words["kind"].get(kind, kind) for kind in KINDS]),),
            "currency": lambda: (Words("currency", list(self._prices.currencies)),),
            "quantity": lambda: (Words("units", self._quantities(field)),),
            "tax": lambda: (Words("tax", self._taxes(field)),),
            "date": lambda: self._moment(field)[:1],
            "time": lambda: self._moment(field)[1:],
            "stamp": lambda: self._stamp(field),
        }
        return simple[field.value]() if field.value in simple else (field.value.removeprefix("="),)

    def _money(self, field: FieldSpec) -> list[str] | None:
        names = {"unit_price": "unit_price", "amount": "amount", "discount": "discount"}
        if field.value not in names:
            return None
        amounts = self._table[names[field.value]]
        signed = amounts
        if field.value == "amount" and self._spec.returns != "kind":
            signed = np.where(self._table["back"] == 1, -amounts, amounts)
        return self._written(field, signed)

    def _written(self, field: FieldSpec, amounts: np.typing.NDArray[np.int64]) -> list[str]:
        style, decimals = _style(self._spec, field), self._spec.money.decimals
        distinct, at = np.unique(amounts, return_inverse=True)
        texts = [forms.number(int(amount), decimals, style) for amount in distinct]
        return [texts[number] for number in at]

    def _taxes(self, field: FieldSpec) -> list[str]:
        amounts, prices, basis = self._table["amount"], self._prices, self._spec.money.basis
        taxed = np.stack([tax_of(amounts, rate, basis) for rate in prices.rates], axis=1)
        card = (self._table["product"] >= GOODS) & (self._table["product"] < prices.shipping)
        taxed[card] = 0
        if self._spec.returns != "kind":
            taxed = np.where(self._table["back"][:, None] == 1, -taxed, taxed)
        return self._written(field, taxed.ravel())

    def _quantities(self, field: FieldSpec) -> list[str]:
        style = _style(self._spec, field).model_copy(update={"prefix": ""})
        back = -1 if self._spec.returns == "negative" else 1
        return [forms.number(sign * units, 0, style) for units in range(6) for sign in (1, back)]

    def _products(self) -> list[str]:
        goods = [f"{10_000 + number * 37:06}" for number in range(GOODS)]
        return [*goods, *(f"GC{number + 1}" for number in range(self._prices.gift_cards)), "SHIP"]

    def _product_names(self) -> list[str]:
        names = self._spec.products
        goods = [f"{names[number % len(names)]} {number // len(names) + 1}" for number in range(GOODS)]
        words = self._spec.words["kind"]
        return [*goods, *([words["gift_card_sale"]] * self._prices.gift_cards), words["shipping"]]

    def _moment(self, field: FieldSpec) -> Pieces:
        spec, suffix = self._spec, "_utc" if field.zone == "utc" else ""
        form = field.time or (field.form if field.value == "time" and field.form else spec.times)
        system = field.digits or spec.numbers.digits
        times = [forms.time(tick * TICK, form, system) for tick in range(86_400 // TICK)]
        days = [] if field.value == "time" else dates(spec, field, CALENDAR)
        return (Words("day" + suffix, days, clean=True), Words("time" + suffix, times, clean=True))

    def _stamp(self, field: FieldSpec) -> Pieces:
        """Date and time in one cell; the time's form holds what stands between and after them."""
        day, time = self._moment(field)
        return (day, time)


class CustomerCells:
    """Pieces of the customers table."""

    def __init__(self, spec: MarketSpec, members: pa.Array, rng: np.random.Generator) -> None:
        self._spec, self._members = spec, members
        self._birthdays = [date(1941, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 24_500, BIRTHDAYS)]

    def __call__(self, field: FieldSpec) -> Pieces:
        """The pieces of a field."""
        spec, people, words = self._spec, self._spec.people, self._spec.words
        groups = people.groups
        flags = words.get("flag", words["consent"])
        yes_no = [flags["no"], flags["yes"]]
        simple: dict[str, Callable[[], Pieces]] = {
            "member_number": lambda: (Words("customer", self._members, clean=True),),
            "name": lambda: self._template(people.name),
            "given_name": lambda: self._template("{given}"),
            "family_name": lambda: self._template("{family}"),
            "address": lambda: self._template(people.address),
            "email": lambda: (people.email[0], Number("mail"), "@", Words("domain", people.email[1])),
            "phone": lambda: (Words("phone", self._phones(field)),),
            "birth_date": lambda: (Words("birth", dates(spec, field, self._birthdays)),),
            "gender": lambda: (Words("gender", [words["gender"].get(code, "") for code in GENDERS]),),
            "home_country": lambda: (Words("home_country", self._named("country", "countries")),),
            "language": lambda: (Words("language", self._named("language", "languages")),),
            "city": lambda: (Words("city", [city for group in groups for city, _ in group.cities]),),
            "subdivision": lambda: (
                Words("city", [spec.subdivisions.get(city, "") for group in groups for city, _ in group.cities]),
            ),
            "postcode": lambda: (Words("city", self._postcodes(field)),),
            "home_store": lambda: (Words("home_store", [store.id for store in spec.stores]),),
            "market": lambda: (Words("group", [spec.markets[g.market] if g.market else "" for g in groups]),),
            "registered": lambda: (Words("registered", dates(spec, field, CALENDAR)),),
            "loyalty_tier": lambda: (Words("tier", list(people.tiers)),),
            "loyalty_points": lambda: (Number("points"),),
            "visitor": lambda: (Words("visitor", yes_no),),
            "employee": lambda: (Words("employee", yes_no),),
            "test": lambda: (Words("test", yes_no),),
            "deceased": lambda: (Words("deceased", yes_no),),
            "household": lambda: (Number("household"),),
            "children": lambda: (Number("children"),),
            "type": lambda: (Words("type", self._types()),),
            "account": lambda: (Words("account", self._members, clean=True),),
            "company": lambda: (Words("company", company_names(spec)),),
            "role": lambda: (Words("role", spec.business.roles if spec.business else ()),),
        }
        if field.value in spec.stated:
            return (Words(field.value, list(spec.stated[field.value])),)
        if field.value.startswith("consent_"):
            return (Words(field.value, [words["consent"][code] for code in CONSENTS]),)
        return simple[field.value]() if field.value in simple else (field.value.removeprefix("="),)

    def _types(self) -> list[str]:
        """The market's words for persons, accounts and contacts, in the order of their codes."""
        words = {} if self._spec.business is None else self._spec.business.types
        return [words.get(code, "") for code in ("person", "account", "contact")]

    def _template(self, form: str) -> Pieces:
        """Pieces of a form such as `{family} {given}`."""
        groups = self._spec.people.groups
        known: dict[str, Piece] = {
            "given": Words("given", [*(n for g in groups for n in (*g.female, *g.male)), self._spec.people.hostile]),
            "family": Words("family", [name for group in groups for name in group.family]),
            "street": Words("street", self._spec.people.streets),
            "house": Number("house"),
        }
        parts = form.replace("{", "\0{").replace("}", "}\0").split("\0")
        return tuple(known[part[1:-1]] if part.startswith("{") else part for part in parts if part)

    def _named(self, name: str, vocabulary: str) -> list[str]:
        """Codes of languages or countries in the market's own words, where it has some."""
        words = self._spec.words.get(name, {})
        return [words.get(code, code) for code in vocabulary_of(self._spec, vocabulary)]

    def _postcodes(self, field: FieldSpec) -> list[str]:
        system = field.digits or "latn"
        return [forms.digits(code, system) for group in self._spec.people.groups for _, code in group.cities]

    def _phones(self, field: FieldSpec) -> list[str]:
        """Numbers of the market's fictitious ranges; a tenth is not given."""
        system, texts = field.digits or "latn", []
        for number in range(PHONES):
            form = self._spec.people.phone[number % len(self._spec.people.phone)]
            filled = f"{number * 7919 % 10**9:09}"
            for digit in filled[::-1][: form.count("#")]:
                form = form.replace("#", digit, 1)
            texts.append("" if number % 10 == 0 else forms.digits(form, system))
        return texts


def member_numbers(spec: MarketSpec, people: People) -> pa.Array:
    """The member number of each customer, as text; second accounts have the web shop's prefix."""
    prefix, first, width = spec.people.member
    row_pieces = (Words("prefix", [prefix, spec.people.web_member + prefix]), Number("number", width))
    row = plain_columns([Cell("", "", row_pieces)])[0]
    size, slices = len(people), []
    for begin in range(0, max(size, 1), SLICE):
        end = min(begin + SLICE, size)
        numbers = first + 7 * np.arange(begin, end, dtype=np.int64)
        slices.append(row.lines({"prefix": people.known["prefix"][begin:end].astype(np.int64), "number": numbers}))
    return pa.concat_arrays(slices)


def shifted(codes: dict[str, np.typing.NDArray[np.int64]], offsets: np.typing.NDArray[np.int64]) -> None:
    """Add `day_utc` and `time_utc`; `offsets` are UTC offsets by day in ticks, as at noon (shops close at night)."""
    ticks = 86_400 // TICK
    moment = codes["day"] * ticks + codes["time"] - offsets[codes["day"]]
    codes["day_utc"], codes["time_utc"] = np.divmod(moment, ticks)
