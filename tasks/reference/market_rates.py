"""A market's own table of rates, checked against the ECB, pegs and itself before any rate of it is used.

A rate that is blank, not positive, of an unknown currency, or far from the official cross rate is faulty: it is
counted, reported and never used; another source has that day. Differences of a till's spread are not faults.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.reference.ecb import Series
from tasks.reference.rates import RateBook
from tasks.reference.tables import Reference, default_reference

#: Banks and tills add up to some 10 % to the mid rate; slips (a factor of 5 or 10, a swapped pair) lie far beyond.
TOLERANCE = 1.25
#: Where nothing official is known, a rate is compared with its neighbours; devaluations overnight reach a half.
NEIGHBOURS, SPIKE = 3, 2.0


class Quote(NamedTuple):
    """One row of the table: units of `currency` for one unit of `base`; nulls as delivered."""

    day: date | None
    currency: str | None
    base: str | None
    rate: Decimal | None
    record: int


@dataclass(frozen=True, slots=True)
class RateFinding:
    """Faulty rates of one kind: how many, whose, when, by what factor they are off, and rows that prove it.

    `reason` is blank, not_positive, no_date, no_base, unknown_currency, deviates, spike, inverted or contradicts (two
    rates for one day); `factor` is the rate over what was expected, two digits; `rows` are records, from 1.
    """

    reason: str
    count: int
    currencies: tuple[str, ...]
    first: date | None
    last: date | None
    factor: str | None = None
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        """In words.

        >>> print(RateFinding("deviates", 391, ("CAD", "EUR"), date(2015, 1, 2), date(2021, 2, 1), "5", (9, 30)))
        391 rates are 5 times the official rate (CAD, EUR; 2015-01-02 to 2021-02-01; rows 9, 30); they are not used
        """
        says = {
            "blank": "are blank",
            "not_positive": "are zero or negative",
            "no_date": "have no date",
            "no_base": "have no base: map it or set money.rates_base",
            "unknown_currency": "have a currency that ISO 4217 does not know",
            "deviates": f"are {self.factor} times the official rate",
            "spike": f"are {self.factor} times the rates around them",
            "inverted": "are the other way round: units of the base for one unit of the currency",
            "contradicts": "contradict another rate of the same day and currency",
        }[self.reason]
        period = f"{self.first} to {self.last}" if self.first else "undated"
        rows = ", ".join(map(str, self.rows))
        return f"{self.count} rates {says} ({', '.join(self.currencies)}; {period}; rows {rows}); they are not used"


@dataclass(frozen=True, slots=True)
class Checked:
    """The good quotes as series, and what was wrong with the others."""

    quotes: dict[str, dict[str, Series]]
    findings: tuple[RateFinding, ...]
    rows: int

    @property
    def faulty(self) -> int:
        """How many rows are not used."""
        return sum(finding.count for finding in self.findings)


def read_quotes(rates: pa.Table, base: str | None = None, only: Collection[str] = ()) -> list[Quote]:
    """The rows of a table of rates (date, currency, rate, and perhaps base and record; nulls allowed), in order.

    Args:
        rates: the table.
        base: base of rows that name none.
        only: the currencies that matter; all where empty.
    """
    count = rates.num_rows
    bases: list[Any] = rates["base"].to_pylist() if "base" in rates.column_names else [None] * count
    records: Any = rates["record"].to_pylist() if "record" in rates.column_names else range(1, count + 1)
    columns = (rates["date"].to_pylist(), rates["currency"].to_pylist(), bases, rates["rate"].to_pylist(), records)
    return [
        Quote(day, currency or None, own or base, None if number is None else Decimal(str(number)), record)
        for day, currency, own, number, record in zip(*columns, strict=True)
        if not only or currency in only
    ]


def check_rates(
    rates: pa.Table,
    base: str | None = None,
    *,
    carry_days: int = 7,
    reference: Reference | None = None,
) -> tuple[RateFinding, ...]:
    """What is wrong with a market's own table of rates, the most frequent first.

    Args:
        rates: columns date (date32), currency (ISO 4217), rate (decimal or float, units of the currency for one unit
            of the base; null is blank) and perhaps base.
        base: base of rows that name none (`money.rates_base`).
        carry_days: how far an ECB rate is carried (`money.ecb_carry_days`).
        reference: where official rates are.
    """
    return check(read_quotes(rates, base), RateBook(reference or default_reference(), carry_days)).findings


def check(quotes: list[Quote], official: RateBook) -> Checked:
    """Good quotes and findings; `official` knows no market table."""
    known = frozenset(row["currency"] for row in official.reference.rows("currencies"))
    verdicts: list[tuple[str, str | None] | None] = [_shape(quote, known) for quote in quotes]
    for row, verdict in _values(quotes, verdicts, official):
        verdicts[row] = verdict
    good: dict[tuple[str, str], dict[int, Decimal]] = defaultdict(dict)
    for row, (quote, fault) in enumerate(zip(quotes, verdicts, strict=True)):
        if fault or quote.day is None or quote.rate is None:
            continue
        series = good[quote.currency or "", quote.base or ""]
        if series.setdefault(quote.day.toordinal(), quote.rate) != quote.rate:
            verdicts[row] = ("contradicts", None)
    return Checked(_as_series(good), tuple(_findings(quotes, verdicts)), len(quotes))


def _as_series(good: dict[tuple[str, str], dict[int, Decimal]]) -> dict[str, dict[str, Series]]:
    found: dict[str, dict[str, Series]] = defaultdict(dict)
    for (currency, base), by_day in sorted(good.items()):
        if currency != base:
            days = sorted(by_day)
            found[currency][base] = Series(array("i", days), tuple(by_day[day] for day in days))
    return dict(found)


def _shape(quote: Quote, known: Collection[str]) -> tuple[str, str | None] | None:
    """A fault that the row shows by itself."""
    if quote.rate is None:
        return "blank", None
    if quote.rate <= 0:
        return "not_positive", None
    if quote.day is None:
        return "no_date", None
    if quote.base is None:
        return "no_base", None
    if quote.currency not in known or quote.base not in known:
        return "unknown_currency", None
    return None


def _values(
    quotes: list[Quote], verdicts: list[tuple[str, str | None] | None], official: RateBook
) -> Iterator[tuple[int, tuple[str, str | None]]]:
    """Rows whose value cannot be: against the official rate, else against the rows around."""
    alone: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for row, (quote, fault) in enumerate(zip(quotes, verdicts, strict=True)):
        if fault or not (quote.day and quote.rate and quote.currency and quote.base):
            continue
        expected = official.rate(quote.base, quote.currency, quote.day)
        if expected is None:
            alone[quote.currency, quote.base].append((quote.day, row))
            continue
        ratio = float(quote.rate) / float(expected.value)
        if not 1 / TOLERANCE <= ratio <= TOLERANCE:
            inverse = float(quote.rate) * float(expected.value)
            swapped = 1 / TOLERANCE <= inverse <= TOLERANCE
            yield row, ("inverted", None) if swapped else ("deviates", f"{ratio:.2g}")
    for dated in alone.values():
        yield from _spikes([row for _, row in sorted(dated)], quotes)


def _spikes(rows: list[int], quotes: list[Quote]) -> Iterator[tuple[int, tuple[str, str | None]]]:
    """Rows that stand alone among three before and three after; a lasting devaluation does not."""
    values = [float(quotes[row].rate or 0) for row in rows]
    for at, (row, value) in enumerate(zip(rows, values, strict=True)):
        around = values[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]
        if len(around) <= NEIGHBOURS:
            continue
        ratio = value / median(around)
        if not 1 / SPIKE < ratio < SPIKE:
            yield row, ("spike", f"{ratio:.2g}")


def _findings(quotes: list[Quote], verdicts: list[tuple[str, str | None] | None]) -> list[RateFinding]:
    groups: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for row, fault in enumerate(verdicts):
        if fault:
            groups[fault].append(row)
    findings = []
    for (reason, factor), rows in groups.items():
        days = sorted(day for row in rows if (day := quotes[row].day))
        names = Counter(quotes[row].currency or "none" for row in rows)
        findings.append(
            RateFinding(
                reason,
                len(rows),
                tuple(sorted(names)),
                days[0] if days else None,
                days[-1] if days else None,
                factor,
                tuple(quotes[row].record for row in rows[:3]),
            )
        )
    return sorted(findings, key=lambda finding: (-finding.count, finding.reason, finding.factor or ""))
