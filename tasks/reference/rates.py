"""One exchange rate at a day, from the first source that has it, with a mark of how sure it is.

Sources in order: the same money; irrevocable rates from their date on; the market's own table on that day; the ECB's
history (carried over weekends and holidays), pegs; the market's own table carried; an official annual average.
Rates cross through whatever both currencies lead to: AED -> USD by its peg, USD -> EUR by the ECB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tasks.errors import ReferenceDataError
from tasks.reference import ecb
from tasks.reference.tables import Reference, Used, default_reference

#: From sure to unsure; a rate made of several legs is as sure as its weakest.
WEAKNESS = ("identity", "irrevocable", "market_table", "ecb", "peg", "annual_average", "none")
_RANK = {quality: rank for rank, quality in enumerate(WEAKNESS)}
_LAST_DAY = date.max.toordinal()
ONE = Decimal(1)


class Rate(NamedTuple):
    """Units of the target for one unit of the source, and how sure that is."""

    value: Decimal
    quality: str


class Edge(NamedTuple):
    """A way from one currency to another: `per` units of it for one unit of `to`."""

    to: str
    per: Decimal
    quality: str


class Dated(NamedTuple):
    """A peg or an irrevocable rate: `per` units for one unit of `to`, between two days, both included."""

    to: str
    per: Decimal
    since: int
    until: int
    kind: str


#: currency -> base -> the market's own quotes: units of the currency for one unit of the base.
MarketQuotes = Mapping[str, Mapping[str, ecb.Series]]


def weakest(*qualities: str) -> str:
    """The least sure of several qualities.

    >>> weakest("ecb", "identity", "peg")
    'peg'
    """
    return max(qualities, key=_RANK.__getitem__)


def _ordinal(text: str, otherwise: int) -> int:
    return date.fromisoformat(text).toordinal() if text else otherwise


@dataclass(slots=True)
class RateBook:
    """Everything that is known about rates, for one run. `carry` is in days; what was used is noted in `used`."""

    reference: Reference = field(default_factory=default_reference)
    carry: int = 7
    market: MarketQuotes = field(default_factory=dict)
    used: Used = field(default_factory=Used)
    _dated: dict[tuple[str, str], tuple[Dated, ...]] = field(default_factory=dict)
    _paths: dict[tuple[str, int, bool], dict[str, Edge]] = field(default_factory=dict)
    _series: dict[str, ecb.Series | None] = field(default_factory=dict)
    _older: dict[str, tuple[str, Dated]] | None = None

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """Market rate of a day, or None where no source has it.

        >>> book = RateBook(Reference())
        >>> book.rate("AED", "USD", date(2024, 6, 1)).quality
        'peg'
        >>> book.rate("BGN", "EUR", date(2026, 1, 1))  # doctest: +ELLIPSIS
        Rate(value=Decimal('0.51129188119...'), quality='irrevocable')
        """
        if source == target:
            return Rate(ONE, "identity")
        at = day.toordinal()
        x, y = self._successor(source, at), self._successor(target, at)
        if x.to == y.to:
            return Rate(y.per / x.per, "irrevocable")
        found = self._between(x.to, y.to, at)
        if found is None:
            return None
        return Rate(found.value * y.per / x.per, weakest(found.quality, x.quality, y.quality))

    def local(self, source: str, target: str, day: date, as_of: date) -> Rate | None:
        """Money of a day in a currency of the as-of date: money that is legacy by then at the irrevocable rate.

        >>> str(RateBook(Reference()).local("BGN", "EUR", date(2024, 5, 3), as_of=date(2026, 2, 1)).value)[:12]
        '0.5112918811'
        """
        if source == target:
            return Rate(ONE, "identity")
        x, y = self._successor(source, as_of.toordinal()), self._successor(target, as_of.toordinal())
        if x.to == y.to:
            return Rate(y.per / x.per, "irrevocable")
        return self.rate(source, target, day)

    def _between(self, x: str, y: str, at: int) -> Rate | None:
        return (
            self._by_market(x, y, at, 0)
            or self._official(x, y, at, annual=False)
            or self._by_market(x, y, at, self.carry)
            or self._official(x, y, at, annual=True)
        )

    def _by_market(self, x: str, y: str, at: int, carry: int) -> Rate | None:
        """Through the market's own table; a leg that it lacks is official."""
        if not self.market:
            return None
        own_x, own_y = self._own(x, at, carry), self._own(y, at, carry)
        if own_x and own_x.to == y:
            return Rate(ONE / own_x.per, own_x.quality)
        if own_y and own_y.to == x:
            return Rate(own_y.per, own_y.quality)
        left, right = own_x or Edge(x, ONE, "identity"), own_y or Edge(y, ONE, "identity")
        if own_x is None and own_y is None:
            return None
        middle = self._official(left.to, right.to, at, annual=False)
        if middle is None:
            return None
        return Rate(middle.value * right.per / left.per, weakest(left.quality, middle.quality, right.quality))

    def _own(self, currency: str, at: int, carry: int) -> Edge | None:
        for base, quotes in sorted(self.market.get(currency, {}).items()):
            found = quotes.at(at, carry)
            if found:
                return Edge(base, found[1], "market_table")
        return None

    def _official(self, x: str, y: str, at: int, *, annual: bool) -> Rate | None:
        """Across the first currency that both lead to."""
        if x == y:
            return Rate(ONE, "identity")
        left, right = self._path(x, at, annual=annual), self._path(y, at, annual=annual)
        meeting = next((node for node in left if node in right), None)
        if meeting is None:
            return None
        return Rate(right[meeting].per / left[meeting].per, weakest(left[meeting].quality, right[meeting].quality))

    def _path(self, currency: str, at: int, *, annual: bool) -> dict[str, Edge]:
        """All that a currency leads to on a day, nearest first: {currency: units of the first for one of it}."""
        key = (currency, at, annual)
        if key not in self._paths:
            path = {currency: Edge(currency, ONE, "identity")}
            here = path[currency]
            while (edge := self._edge(here.to, at, annual=annual)) and edge.to not in path:
                here = Edge(edge.to, here.per * edge.per, weakest(here.quality, edge.quality))
                path[here.to] = here
            self._paths[key] = path
        return self._paths[key]

    def _edge(self, currency: str, at: int, *, annual: bool) -> Edge | None:
        """The best way onwards from a currency on a day."""
        if currency == "EUR":
            return None
        for dated in self._valid("irrevocable", currency, at):
            return Edge(dated.to, dated.per, "irrevocable")
        quotes = self._quotes(currency)
        found = quotes.at(at, self.carry) if quotes else None
        if found:
            self.used.add("ecb", [(currency, *found)])
            return Edge("EUR", found[1], "ecb")
        older = self._predecessors().get(currency)
        if older and at < older[1].since:
            return Edge(older[0], ONE / older[1].per, "irrevocable")
        for dated in self._valid("pegs", currency, at):
            return Edge(dated.to, dated.per, "peg")
        return self._average(currency, at) if annual else None

    def _average(self, currency: str, at: int) -> Edge | None:
        year = str(date.fromordinal(at).year)
        for row in self.reference.of("annual_rates", currency):
            if row["year"] == year:
                self.used.add("annual_rates", [tuple(row.values())])
                return Edge("USD", Decimal(row["per_usd"]), "annual_average")
        return None

    def _successor(self, currency: str, at: int) -> Edge:
        """What a currency has become by a day: itself, or its successor's successor at the product of the rates."""
        here = Edge(currency, ONE, "identity")
        if not self._dates("irrevocable", currency):
            return here
        while dated := next(self._valid("irrevocable", here.to, at), None):
            here = Edge(dated.to, here.per * dated.per, "irrevocable")
        return here

    def _valid(self, table: str, currency: str, at: int) -> Iterator[Dated]:
        for dated in self._dates(table, currency):
            if dated.since <= at <= dated.until:
                self.used.add(table, [(currency, *dated)])
                yield dated

    def _dates(self, table: str, currency: str) -> tuple[Dated, ...]:
        key = (table, currency)
        if key not in self._dated:
            self._dated[key] = tuple(
                Dated(
                    row.get("anchor") or row["successor"],
                    Decimal(row["rate"]),
                    _ordinal(row["since"], 0),
                    _ordinal(row.get("until", ""), _LAST_DAY),
                    row.get("kind", "peg"),
                )
                for row in self.reference.of(table, currency)
            )
        return self._dated[key]

    def _predecessors(self) -> dict[str, tuple[str, Dated]]:
        """The money that each currency replaced, and at what rate, where it replaced one alone: RON -> ROL."""
        if self._older is None:
            self._older = {
                dated.to: (row["currency"], dated)
                for row in self.reference.rows("irrevocable")
                for dated in self._dates("irrevocable", row["currency"])
                if dated.kind == "redenomination"
            }
        return self._older

    def _quotes(self, currency: str) -> ecb.Series | None:
        if currency not in self._series:
            self._series[currency] = ecb.series(self.reference, currency)
        return self._series[currency]


def last_ecb_day(reference: Reference | None = None) -> date:
    """The newest day of the ECB's history at hand."""
    return ecb.history(reference or default_reference()).last


def require_currency(code: str, reference: Reference | None = None) -> str:
    """The code, if ISO 4217 has or had it.

    Raises:
        ReferenceDataError: if not.
    """
    if not (reference or default_reference()).of("currencies", code):
        raise ReferenceDataError(
            "unknown currency",
            value=code,
            expected="an ISO 4217 code",
            hint="see region_profiles/reference/currencies.csv",
        )
    return code
