"""One sheet for each segment, audience or the contacts: its rows, the most valuable first, with the reason why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from region_profiles.models import Population, Profile, RulesDimension
from tasks.export.base import BASE, LISTED, Base
from tasks.export.labels import Labels, segment_codes
from tasks.export.shown import shown
from tasks.export.workbook.fields import TEXT, Field, heading_width
from tasks.export.workbook.reasons import reasons
from tasks.export.workbook.styles import Styles, heading_height, right_to_left
from tasks.export.workbook.texts import fit, width
from tasks.segment.dimensions import OUTSIDE
from tasks.sql import name

#: Days from Excel's day 0 to that of Arrow; true for days from March 1900 on.
_EPOCH = 25_569
_FACTS = ("recency_days", "frequency", "monetary_local")


@dataclass(frozen=True, slots=True)
class Part:
    """What one sheet shows: rows of `source` that `where` keeps, `size` in all, in an order; notes stand above them.

    `name` is what the sheet itself is called, where that is not its title.
    `capped` is the note of a sheet that does not hold them all, with `shown` and `all` to fill; `reason` the code of
    the last column's heading, None without that column.
    """

    title: str
    size: int
    capped: Callable[[str, str], str]
    notes: tuple[str, ...] = ()
    source: str = BASE
    where: str = LISTED
    order: str = "rowid"
    reason: str | None = "reason"
    name: str = ""


def leading_dimension(profile: Profile, population: Population) -> str | None:
    """The dimension whose segments have sheets, of those that teams see: the first of rules, else the first."""
    names = shown(profile, population)
    rules = (name for name in names if isinstance(profile.dimensions[name], RulesDimension))
    return next(rules, next(iter(names), None))


def segment_counts(con: duckdb.DuckDBPyConnection, profile: Profile, base: Base, dimension: str) -> dict[str, int]:
    """Customers of each segment of a dimension that has any, in the profile's order, the other population apart."""
    column = name(f"segment_{dimension}")
    found = con.execute(f"SELECT {column}, count(*) FROM {BASE} WHERE {column} IS NOT NULL AND {LISTED} GROUP BY 1")
    counts = dict(found.fetchall())
    counts.pop(OUTSIDE[profile.dimensions[dimension].population], None)
    order = dict.fromkeys((*segment_codes(profile.dimensions[dimension]), *base.codes[f"segment_{dimension}"]))
    return {code: counts[code] for code in order if code in counts}


def write_part(
    con: duckdb.DuckDBPyConnection, sheet: Any, styles: Styles, fields: Sequence[Field], part: Part, limit: int,
    labels: Labels, currency: str,
) -> int:  # fmt: skip
    """Title, notes and, where it is capped, how many there are; then the rows. Returns how many are shown."""
    if right_to_left(labels):
        sheet.right_to_left()
    rows = _rows(con, fields, part, limit, labels, currency)
    notes = list(part.notes)
    if part.size > rows.num_rows:
        notes.append(part.capped(*(str(labels.formatter.decimal(n)) for n in (rows.num_rows, part.size))))
    sheet.set_row(0, 22)
    sheet.write_string(0, 0, part.title, styles.title)
    for row, text in enumerate(notes, 1):
        sheet.write_string(row, 0, text, styles.sentence)
    top = len(notes) + 2
    headings = [(one.heading, one.width) for one in fields]
    forms = [*map(styles.column, fields)]
    if part.reason:
        headings.append(_reason(rows, labels.text("column", part.reason)))
        forms.append(styles.get(indent=1, align="right" if right_to_left(labels) else "left"))
    _headings(sheet, styles, headings, top)
    _cells(sheet, forms, rows, top + 1)
    _ready_for_reading(sheet, fields, top, top + max(1, rows.num_rows), len(headings) - 1)
    return int(rows.num_rows)


def _ready_for_reading(sheet: Any, fields: Sequence[Field], top: int, last: int, right: int) -> None:
    """A filter, headings that stay, no hint beside numbers that are text, and pages as wide as the paper."""
    from xlsxwriter.utility import xl_range

    sheet.autofilter(top, 0, last, right)
    sheet.freeze_panes(top + 1, 1)
    texts = [xl_range(top + 1, column, last, column) for column, one in enumerate(fields) if one.format == TEXT]
    sheet.ignore_errors({"number_stored_as_text": " ".join(texts)})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _reason(rows: pa.Table, heading: str) -> tuple[str, float]:
    """Heading and width of the reason: that of the longest one, without limit, for it is the last column."""
    texts = rows.column("reason")
    longest = max(texts.unique().to_pylist(), key=len, default="")
    return heading, float(max(width(longest) + 4, heading_width(heading)))


def _headings(sheet: Any, styles: Styles, every: Sequence[tuple[str, float]], row: int) -> None:
    for column, (text, wide) in enumerate(every):
        sheet.set_column(column, column, wide)
        sheet.write_string(row, column, text, styles.heading)
    sheet.set_row(row, heading_height(every))


def _rows(
    con: duckdb.DuckDBPyConnection, fields: Sequence[Field], part: Part, limit: int, labels: Labels, currency: str
) -> pa.Table:
    """Cells as a table, the reason last, dates as Excel's day numbers."""
    cells = [f"{one.sql} AS {name(f'c{place}')}" for place, one in enumerate(fields)]
    facts = [f"{fact} AS {name(f'why_{fact}')}" for fact in _FACTS]
    table: pa.Table = con.sql(
        f"SELECT {', '.join([*cells, *facts])} FROM {part.source} WHERE {part.where} "
        f"ORDER BY {part.order} LIMIT {limit}"
    ).to_arrow_table()
    whole = [pa.concat_arrays(one.chunks) if one.num_chunks else pa.array([], one.type) for one in table.columns]
    seen = {f"c{place}": _cell(column) for place, column in enumerate(whole[: len(fields)])}
    if part.reason is None:
        return pa.table(seen)
    recency, days, spent = whole[len(fields) :]
    return pa.table({**seen, "reason": reasons(labels, recency, days, spent, currency)})


def _cell(array: pa.Array) -> pa.Array:
    if pa.types.is_string(array.type):
        return fit(array)
    if pa.types.is_date(array.type):
        return pc.add(array.cast(pa.int32()), _EPOCH)
    return array


def _cells(sheet: Any, forms: Sequence[Any], rows: pa.Table, first: int) -> None:
    """Write row after row, as a workbook of constant memory asks; text is written as text, whatever it looks like."""
    writers = [sheet.write_string if pa.types.is_string(kind) else sheet.write_number for kind in rows.schema.types]
    columns = list(zip(writers, forms, strict=True))
    values = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    for place, row in enumerate(values, first):
        for column, (value, (write, form)) in enumerate(zip(row, columns, strict=True)):
            if value is not None:
                write(place, column, value, form)
