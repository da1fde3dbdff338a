""".xlsx and .xls sheets as text, through Arrow into Parquet: ISO 8601 dates, plain decimals, formulas' last values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from region_profiles.models import RawTable
from tasks.errors import DropError
from tasks.files import parquet
from tasks.ingest.headers import TITLES, header_row
from tasks.ingest.part import Delivered, Part, column_names, once, typed_note
from tasks.ingest.sheet_xml import look

Cell = str | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta
#: Excel computes with fifteen digits; more are noise of binary floating point.
DIGITS = 15


def cell_text(cell: Cell) -> str | None:
    """A cell as text; null where it is empty.

    >>> [cell_text(c) for c in (3.0, 129.69600000000003, 1e21, dt.datetime(2022, 11, 8), True, "00301", "")]
    ['3', '129.696', '1000000000000000000000', '2022-11-08', 'true', '00301', None]
    """
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        return format(_plain(cell), "f")
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.timedelta):
        return str(cell.total_seconds() / 86400)
    return cell.isoformat()


def _plain(number: float) -> Decimal:
    value = Decimal(format(number, f".{DIGITS}g"))
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


def read_workbook(file: Delivered, table: RawTable, work: Path, named: frozenset[str] = frozenset()) -> Part:
    """One sheet of a workbook. `record` is the row of the sheet less its header's, so that people find it again.

    Titles may stand above the header: it is the first row with all the columns that the profile reads, `named`.

    Raises DropError for a damaged or protected workbook, a missing sheet, and several sheets where none is named.
    """
    options = sha256(repr((table.sheet, table.skip, table.header, table.columns, sorted(named))).encode()).hexdigest()[
        :12
    ]
    path = once(work / f"{file.sha256}-{options}.parquet", lambda temporary: _write(file, table, temporary, named))
    told = json.loads(pq.read_schema(path).metadata[b"strata"])
    return Part(parquet(path), tuple(told["columns"]), None, {}, {**file.inferred, **told["inferred"]})


def _write(file: Delivered, table: RawTable, target: Path, named: frozenset[str]) -> None:
    errors = look(file.path, file.name)
    try:
        sheet, inferred = _sheet(file, table)
        rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    except PasswordError:
        raise DropError("the workbook is protected", file=file.name, hint="ask for it without a password") from None
    except CalamineError as error:
        raise DropError(f"damaged workbook: {error}", file=file.name, hint="ask the shop for the file again") from None
    if errors:
        inferred["error_cells"] = f"{errors} in the workbook, read as empty"
    skip = table.skip
    if table.header and not table.columns:
        titles = header_row([[cell_text(c) for c in row] for row in rows[skip : skip + TITLES]], named)
        if titles:
            skip += titles
            inferred["header_row"] = str(skip + 1)
    before = skip + (1 if table.header else 0)
    if len(rows) < before or not any(any(cell != "" for cell in row) for row in rows):
        raise DropError("the sheet has no header", file=file.name, value=sheet.name, hint="declare sheet or skip")
    data = [(n, row) for n, row in enumerate(rows[before:], start=1) if any(cell != "" for cell in row)]
    header: list[str | None] = list(table.columns) or ([cell_text(c) for c in rows[skip]] if table.header else [])
    width = max([len(header)] + [len(row) for _, row in data[:1]])
    header += [None] * (width - len(header))
    cells = list(zip(*(row for _, row in data), strict=True)) if data else [()] * width
    used = [n for n in range(width) if (header[n] or "").strip() or any(c != "" for c in cells[n])]
    if table.header and not any((header[n] or "").strip() for n in used):
        raise DropError("the header has no names", file=file.name, line=before, hint="declare skip or columns")
    columns = column_names(header[n] or f"column_{n + 1}" for n in used)
    typed = [c for c, n in zip(columns, used, strict=True) if _typed(cells[n])]
    mixed = [c for c, n in zip(columns, used, strict=True) if _mixed(cells[n])]
    inferred |= typed_note(typed) | ({"mixed": ", ".join(mixed)} if mixed else {})
    arrays = [pa.array([number for number, _ in data], pa.int64()), pa.nulls(len(data), pa.string())]
    arrays += [pa.array([cell_text(c) for c in cells[n]], pa.string()) for n in used]
    result = pa.table(arrays, names=["record", "fault", *columns])
    told = json.dumps({"columns": columns, "inferred": inferred}, ensure_ascii=False)
    pq.write_table(result.replace_schema_metadata({"strata": told}), target, compression="lz4")


def _sheet(file: Delivered, table: RawTable) -> tuple[CalamineSheet, dict[str, str]]:
    book = CalamineWorkbook.from_path(str(file.path))
    shown = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    hidden = [n for n in book.sheet_names if n not in shown]
    inferred = {"hidden_sheets": ", ".join(hidden)} if hidden else {}
    wanted = table.sheet
    if wanted is None:
        filled = shown if len(shown) == 1 else [n for n in shown if book.get_sheet_by_name(n).height > 0]
        if len(filled) != 1:
            raise DropError(
                f"{len(filled)} sheets, and the profile names none",
                file=file.name,
                expected=f"one of {', '.join(shown)}",
                hint="declare sheet",
            )
        wanted = inferred["sheet"] = filled[0]
    elif wanted not in book.sheet_names:
        near = get_close_matches(wanted, book.sheet_names, 1)
        raise DropError(
            "no such sheet",
            file=file.name,
            value=wanted,
            expected=f"one of {', '.join(book.sheet_names)}",
            hint=f"did you mean {near[0]}?" if near else None,
        )
    return book.get_sheet_by_name(wanted), inferred


def _typed(cells: Iterable[Cell]) -> bool:
    filled = [c for c in cells if c != ""]
    return sum(not isinstance(c, str) for c in filled) * 2 > len(filled)


def _mixed(cells: Iterable[Cell]) -> bool:
    kinds = {isinstance(c, str) for c in cells if c != ""}
    return len(kinds) > 1
