"""One sheet for each segment: its customers, the most valuable first, with the reason why they stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.utility import xl_range

from region_profiles.models import Profile, RulesDimension
from tasks.export.customers import BASE, Base
from tasks.export.labels import Labels, segment_codes
from tasks.export.workbook.fields import TEXT, Field, heading_width
from tasks.export.workbook.reasons import reasons
from tasks.export.workbook.styles import Styles, heading_height, right_to_left
from tasks.export.workbook.texts import fit, width
from tasks.sql import literal, name

#: Days from Excel's day 0 to that of Arrow; true for days from March 1900 on.
_EPOCH = 25_569
_FACTS = ("recency_days", "frequency", "monetary_local")


def leading_dimension(profile: Profile) -> str:
    """The dimension whose segments have sheets: the first of rules, else the first.

    Every profile has one.
    """
    rules = (name for name, kind in profile.dimensions.items() if isinstance(kind, RulesDimension))
    return next(rules, next(iter(profile.dimensions)))


def segment_counts(con: duckdb.DuckDBPyConnection, profile: Profile, base: Base) -> dict[str, int]:
    """Customers of each segment of the leading dimension that has any, in the profile's order."""
    dimension = leading_dimension(profile)
    column = name(f"segment_{dimension}")
    found = con.execute(f"SELECT {column}, count(*) FROM {BASE} WHERE {column} IS NOT NULL GROUP BY 1").fetchall()
    counts = dict(found)
    order = dict.fromkeys((*segment_codes(profile.dimensions[dimension]), *base.codes[f"segment_{dimension}"]))
    return {code: counts[code] for code in order if code in counts}


def write_segment(
    con: duckdb.DuckDBPyConnection, sheet: Any, styles: Styles, fields: Sequence[Field], profile: Profile,
    segment: str, size: int, labels: Labels, currency: str,
) -> int:  # fmt: skip
    """Name, goal and, where it is capped, a note; then the segment's customers. Returns how many are shown."""
    dimension, limit = leading_dimension(profile), profile.exports.sheet_rows
    if right_to_left(labels):
        sheet.right_to_left()
    rows = _rows(con, fields, f"segment_{dimension}", segment, limit, labels, currency)
    goal = labels.find("goal", f"playbook {segment}")
    notes = [goal] if goal else []
    if size > rows.num_rows:
        shown, every = (labels.formatter.decimal(n) for n in (rows.num_rows, size))
        notes.append(labels.text("workbook", "capped", shown=shown, all=every))
    sheet.set_row(0, 22)
    sheet.write_string(0, 0, labels.segments(profile, dimension, [segment])[segment], styles.title)
    for row, text in enumerate(notes, 1):
        sheet.write_string(row, 0, text, styles.sentence)
    top = len(notes) + 2
    _headings(sheet, styles, [*((one.heading, one.width) for one in fields), _reason(rows, labels)], top)
    _cells(
        sheet,
        [*map(styles.column, fields), styles.get(indent=1, align="right" if right_to_left(labels) else "left")],
        rows,
        top + 1,
    )
    last = top + max(1, rows.num_rows)
    sheet.autofilter(top, 0, last, len(fields))
    sheet.freeze_panes(top + 1, 1)
    texts = [xl_range(top + 1, column, last, column) for column, one in enumerate(fields) if one.format == TEXT]
    sheet.ignore_errors({"number_stored_as_text": " ".join(texts)})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    return int(rows.num_rows)


def _reason(rows: pa.Table, labels: Labels) -> tuple[str, float]:
    """Heading and width of the reason: that of the longest one, without limit, for it is the last column."""
    heading, texts = labels.text("column", "reason"), rows.column("reason")
    longest = max(texts.unique().to_pylist(), key=len, default="")
    return heading, float(max(width(longest) + 4, heading_width(heading)))


def _headings(sheet: Any, styles: Styles, every: Sequence[tuple[str, float]], row: int) -> None:
    for column, (text, wide) in enumerate(every):
        sheet.set_column(column, column, wide)
        sheet.write_string(row, column, text, styles.heading)
    sheet.set_row(row, heading_height(every))


def _rows(
    con: duckdb.DuckDBPyConnection, fields: Sequence[Field], column: str, segment: str, limit: int, labels: Labels,
    currency: str,
) -> pa.Table:  # fmt: skip
    """Cells as a table, the reason last, dates as Excel's day numbers."""
    cells = [f"{one.sql} AS {name(f'c{place}')}" for place, one in enumerate(fields)]
    facts = [f"{fact} AS {name(f'why_{fact}')}" for fact in _FACTS]
    table: pa.Table = con.sql(
        f"SELECT {', '.join([*cells, *facts])} FROM {BASE} WHERE {name(column)} = {literal(segment)} "
        f"ORDER BY rowid LIMIT {limit}"
    ).to_arrow_table()
    whole = [pa.concat_arrays(one.chunks) if one.num_chunks else pa.array([], one.type) for one in table.columns]
    shown = {f"c{place}": _cell(column) for place, column in enumerate(whole[: len(fields)])}
    recency, days, spent = whole[len(fields) :]
    return pa.table({**shown, "reason": reasons(labels, recency, days, spent, currency)})


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
