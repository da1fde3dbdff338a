"""How a table stands in files: paths, columns, formats."""

from __future__ import annotations

from datetime import date
from typing import Literal

from region_profiles.models import Frozen


class FieldSpec(Frozen):
    """A column of a file: which value, in which form."""

    value: str
    form: str | None = None
    time: str | None = None
    zone: Literal["local", "utc"] = "local"
    digits: Literal["latn", "arab", "fullwidth"] | None = None
    type: str | None = None
    """Arrow type in Parquet; in JSON Lines `number` writes no quotes."""


class TableSpec(Frozen):
    """Files of one table; `{year}` and the like in `path` are of the last day that the file covers."""

    path: str
    by: Literal["all", "year", "month", "day"] = "all"
    daily_since: date | None = None
    """Where `by: month` turned into daily files."""
    rows: int | None = None
    """Most rows in a workbook."""
    format: Literal["csv", "jsonl", "parquet", "xlsx"] = "csv"
    delimiter: str = ","
    newline: str = "\r\n"
    title: tuple[str, ...] = ()
    """Lines before the header."""
    sheet: str = "Sheet1"
    columns: dict[str, FieldSpec | str]
    copy_as: str | None = None
    """A second name under which the first file is delivered again."""
    since: date | None = None
    """Systems forget: the first day of which they still have something."""
    overlap: int = 0
    """Each file begins with so many last days of the one before."""

    @property
    def fields(self) -> dict[str, FieldSpec]:
        """Header: field; a bare string is the name of a value."""
        return {h: FieldSpec(value=f) if isinstance(f, str) else f for h, f in self.columns.items()}
