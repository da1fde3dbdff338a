"""The full list as a workbook: BASE streamed through the bulk writer in chunks of Arrow."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from rustpy_xlsxwriter import write_worksheet

from region_profiles.models import SHEET_ROWS
from tasks.errors import Terminal
from tasks.export.base import BASE, LISTED
from tasks.export.workbook.fields import TEXT, Field
from tasks.export.workbook.styles import bulk_format, bulk_heading, heading_height
from tasks.export.workbook.texts import fit
from tasks.sql import name

_BATCH = 16_384
_PROPERTIES = "docProps/core.xml"
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: How the zip archives of workbooks are stamped, since they know no date before.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_list(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    sheet: str,
    fields: Sequence[Field],
    rows: int,
    *,
    right_to_left: bool,
    as_of: date,
    note: str = "",
) -> None:
    """Write BASE's `rows` customers as one sheet of typed cells, in BASE's order; memory does not grow with them.

    Money comes as doubles: fifteen digits are exact, as they are in any workbook. `note` stands above the headings.
    The same rows give the same bytes. Raises Terminal beyond SHEET_ROWS: a worksheet ends at row 1,048,576.
    """
    if rows > SHEET_ROWS:
        raise Terminal(
            f"{rows} customers do not fit on one worksheet",
            path="exports.list_rows",
            value=rows,
            expected=f"at most {SHEET_ROWS} rows: a worksheet ends at row 1,048,576",
            hint="let exports.formats have csv: that list has no limit",
        )
    first = 1 if note else 0
    write_worksheet(
        _reader(con, fields),
        str(target),
        sheet_name=sheet,
        header_row=first,
        freeze_row=first + 1,
        freeze_col=1,
        autofilter=True,
        merge_ranges=[(0, 0, 0, max(1, len(fields) - 1), note)] if note else None,
        column_widths=[one.width for one in fields],
        column_formats=[bulk_format(one, rtl=right_to_left) for one in fields],
        header_format=bulk_heading(),
        row_heights={first: heading_height([(one.heading, one.width) for one in fields])},
        sheet_view={"right_to_left": True} if right_to_left else None,
        ignore_errors=[one.heading for one in fields if one.format == TEXT],
        page_setup={"landscape": True, "repeat_rows": first},
    )
    stamp(target, as_of)


def _reader(con: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> pa.RecordBatchReader:
    """BASE's rows in its order, which DuckDB keeps by itself: ORDER BY would hold all of them."""
    cells = ", ".join(f"{one.sql} AS {name(f'c{place}')}" for place, one in enumerate(fields))
    found = con.sql(f"SELECT {cells} FROM {BASE} WHERE {LISTED}").to_arrow_reader(_BATCH)
    schema = pa.schema([pa.field(one.heading, kind) for one, kind in zip(fields, found.schema.types, strict=True)])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in found:
            columns = [fit(one) if pa.types.is_string(one.type) else one for one in batch.columns]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def stamp(target: Path, as_of: date) -> None:
    """Date a workbook's properties to the as-of day: the bulk writer knows only the clock.

    What stands before the properties in the archive is left as it is, so a large sheet is not packed again.
    """
    with zipfile.ZipFile(target) as archive:
        infos = archive.infolist()
        place = [info.filename for info in infos].index(_PROPERTIES)
        last = [(info, archive.read(info)) for info in infos[place:]]
    with zipfile.ZipFile(target, "a") as archive:
        archive.start_dir = last[0][0].header_offset
        for info, content in last:
            archive.filelist.remove(archive.NameToInfo.pop(info.filename))
            made = zipfile.ZipInfo(info.filename, _EPOCH)
            made.external_attr, made.compress_type = info.external_attr, zipfile.ZIP_DEFLATED
            dated = _MOMENT.sub(f"{as_of.isoformat()}T00:00:00Z".encode(), content)
            archive.writestr(made, dated if info.filename == _PROPERTIES else content)
