"""The localized CSV files once more for programs: the same rows, codes in place of words, one dialect everywhere.

UTF-8 without a mark, comma, LF, decimal point, ISO dates, text as it is. Headings are the columns' own names, which no
language changes; a label and its code are one column, the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from region_profiles.models import Profile
from tasks.export import cells
from tasks.export.base import LISTED, Base
from tasks.export.customers import lines_sql
from tasks.export.dialect import MACHINE
from tasks.export.labels import Labels
from tasks.export.summary import MEASURES, Summary


def customers(
    profile: Profile, columns: Iterable[str], base: Base, labels: Labels, *, where: str = LISTED
) -> tuple[str, str]:
    """Header line and SELECT of lines for the columns of a customers file (`customer_columns`), in BASE's order."""
    names = tuple(dict.fromkeys(column.partition("|")[0] for column in columns))
    coded = [f"{one}|code" if one in base.codes else one for one in names]
    return cells.line(list(names), MACHINE), lines_sql(profile, coded, base, labels, MACHINE, where=where)


def segments(summary: Summary) -> tuple[str, Iterator[pa.RecordBatch]]:
    """Header line and lines of the summary: figures empty where `withheld` is true."""
    head = ["dimension", "segment", *MEASURES, *summary.currencies, "withheld"]

    def lines() -> Iterator[pa.RecordBatch]:
        written = []
        for row, figures in summary.rows.items():
            hidden = row in summary.hidden
            values = [None if hidden else figures[measure] for measure in MEASURES]
            line = [*row, *values, *summary.currencies.values(), "true" if hidden else "false"]
            written.append(cells.line([cells.cell(value, MACHINE) for value in line], MACHINE))
        yield pa.record_batch({"line": pa.array(written, pa.string())})

    return cells.line(head, MACHINE), lines()
