"""A raw table as a draft sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.draft.evidence import Column

#: Records looked at in each file; a note says so where there are more.
ROWS = 200_000


@dataclass(frozen=True)
class Sample:
    """One raw table: where it lies, how it is written, and its columns' values."""

    file: str
    columns: tuple[Column, ...]
    sheet: str | None = None
    ascii: bool = True
    encodings: tuple[str, ...] = ()
    """Code pages that fit a file that is not UTF-8; the first is the one its columns were read with."""
    delimiter: str | None = None
    skip: int = 0
    header: bool = True
    whole: bool = True
    files: tuple[str, ...] = field(default=())
    """Globs of all files with this header."""
    folders: int = 1
    """How many folders they lie in."""

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def rows(self) -> int:
        """Number of records read."""
        return len(self.columns[0].values) if self.columns else 0
