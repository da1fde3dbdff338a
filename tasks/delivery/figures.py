"""The figures that a summary may tell: those of the published segments, withheld as they were published."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.errors import ObjectMissing
from tasks.export.dialect import excel_dialect
from tasks.export.summary import MARKET
from tasks.objects import ObjectStore
from tasks.publish.manifest import Manifest
from tasks.publish.market_page import kind_of
from tasks.publish.pointer import Pointer
from tasks.publish.reading import publication_prefix, read_manifest

#: Places in a row of segments (tasks.export.summary.header): codes of dimension and segment, customers, local revenue.
_DIMENSION, _SEGMENT, _CUSTOMERS, _REVENUE = 1, 3, 4, 7


@dataclass(frozen=True, slots=True)
class Figures:
    """Customers and revenue (the market's currency) by dimension and segment, in the file's order; None: withheld."""

    customers: Mapping[tuple[str, str], int | None]
    revenue: Mapping[tuple[str, str], Decimal | None]

    @property
    def total(self) -> int | None:
        """Customers of the market."""
        return self.customers.get((MARKET, "all"))

    @property
    def dimension(self) -> str | None:
        """The first dimension."""
        return next((dimension for dimension, _ in self.customers if dimension != MARKET), None)

    def sizes(self, dimension: str) -> dict[str, int | None]:
        """Customers by segment; guests are none."""
        return {code: count for (one, code), count in self.customers.items() if one == dimension and code != "guest"}


@dataclass(frozen=True, slots=True)
class Before:
    """The publication that one is compared with: its date, its figures, and whether its rules were the same."""

    as_of: date
    figures: Figures
    same_rules: bool


def read_figures(store: ObjectStore, manifest: Manifest, locale: str) -> Figures | None:
    """Figures as the publication's file of segments has them; None where it has none (`exports.formats`).

    All locales have the same figures: where one has no such file, another's does.
    """
    found = [one for one in manifest.exports if one.locale and kind_of(one.path) == "segments"]
    found.sort(key=lambda one: (one.locale != locale, one.path))
    if not found:
        return None
    export = found[0]
    key = publication_prefix(manifest.country, manifest.as_of, manifest.publication) + export.path
    dialect = excel_dialect(export.locale or locale)
    lines = csv.reader(io.StringIO(store.read(key).decode("utf-8-sig"), newline=""), delimiter=dialect.separator)
    next(lines, None)
    customers, revenue = {}, {}
    for row in lines:
        code = row[_DIMENSION].lstrip("'"), row[_SEGMENT].lstrip("'")
        count, amount = _number(row[_CUSTOMERS], dialect.decimal), _number(row[_REVENUE], dialect.decimal)
        customers[code], revenue[code] = None if count is None else int(count), amount
    return Figures(customers, revenue)


def _number(text: str, decimal: str) -> Decimal | None:
    """A cell's number; None where a mark stands in its place.

    >>> _number("1234,50", ","), _number("*", ","), _number("", ".")
    (Decimal('1234.50'), None, None)
    """
    try:
        return Decimal(text.replace(decimal, "."))
    except InvalidOperation:
        return None


def read_before(store: ObjectStore, pointer: Pointer, manifest: Manifest, locale: str) -> Before | None:
    """The publication that this one was compared with when it was made; None for a first one, or where it is gone."""
    past = next(
        (
            event
            for event in reversed(pointer.events)
            if event.customers and event.customers == manifest.previous and event.as_of < manifest.as_of
        ),
        None,
    )
    if past is None:
        return None
    try:
        earlier = read_manifest(store, manifest.country, past.as_of, pointer.name(past.publication))
        figures = read_figures(store, earlier, locale)
    except ObjectMissing:  # an erasure has taken it away
        return None
    return None if figures is None else Before(past.as_of, figures, _rules(earlier) == _rules(manifest))


def _rules(manifest: Manifest) -> Any:
    notes: Any = manifest.notes.get("segments") or {}
    return notes.get("definitions")
