"""The reference tables: those of region_profiles/reference, each replaced by a newer one of the user's folder.

Small CSV files, read as text: 'NA' is Namibia. Who uses figures of a table digests those figures, not the file, so a
publication keeps its id when a refresh changes what it does not use.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import region_profiles
from tasks.errors import ReferenceDataError

BUILT_IN = Path(region_profiles.__file__).parent / "reference"

Row = dict[str, str]

#: Columns of each table; a file without them is refused.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "purchasing_power": ("country", "year", "aggregate", "factor", "currency", "source", "vintage"),
    "consumer_prices": ("country", "year", "inflation", "source"),
    "incomes": ("country", "year", "gdp_per_head", "source"),
    "income_groups": ("country", "year", "group", "source"),
    "currencies": ("currency", "name", "minor_units", "withdrawn"),
    "pegs": ("currency", "anchor", "rate", "since", "until", "source"),
    "irrevocable": ("currency", "successor", "rate", "since", "kind", "source"),
    "annual_rates": ("currency", "year", "per_usd", "source"),
}


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, columns: tuple[str, ...]) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ReferenceDataError(
                f"columns {', '.join(missing)} are missing",
                file=str(path),
                expected=", ".join(columns),
                hint="make the file with `strata reference refresh`",
            )
        return tuple(reader)


@lru_cache(maxsize=64)
def _grouped(path: Path, changed: int, columns: tuple[str, ...]) -> Mapping[str, tuple[Row, ...]]:
    grouped: dict[str, list[Row]] = {}
    for row in _read(path, changed, columns):
        grouped.setdefault(row[columns[0]], []).append(row)
    return {key: tuple(rows) for key, rows in grouped.items()}


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the tables are: the built-in ones, and a folder whose files win over them."""

    overlay: Path | None = None

    def path(self, file: str) -> Path:
        """The file that holds, by its name."""
        newer = self.overlay / file if self.overlay else None
        return newer if newer and newer.is_file() else BUILT_IN / file

    def rows(self, table: str) -> tuple[Row, ...]:
        """All rows of a table.

        Raises:
            ReferenceDataError: if a column is missing.
        """
        path = self.path(f"{table}.csv")
        return _read(path, path.stat().st_mtime_ns, COLUMNS[table])

    def of(self, table: str, key: str) -> tuple[Row, ...]:
        """Rows of one country, or of one currency: the table's first column."""
        path = self.path(f"{table}.csv")
        return _grouped(path, path.stat().st_mtime_ns, COLUMNS[table]).get(key, ())


def default_reference() -> Reference:
    """The tables that hold for this process: STRATA_REFERENCE names the user's folder.

    >>> default_reference().of("pegs", "AED")[0]["rate"]
    '3.6725'
    """
    folder = os.environ.get("STRATA_REFERENCE")
    return Reference(Path(folder) if folder else None)


@dataclass(slots=True)
class Used:
    """Figures that a run used, by table; their digests go into the publication's id."""

    figures: dict[str, set[str]] = field(default_factory=dict)

    def add(self, table: str, figures: Iterable[object]) -> None:
        """Note figures as used; any objects with a stable text."""
        self.figures.setdefault(table, set()).update(map(str, figures))

    def digests(self) -> dict[str, str]:
        """Table name -> sha256 of its figures in order."""
        return {
            table: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
            for table, lines in sorted(self.figures.items())
            if lines
        }
