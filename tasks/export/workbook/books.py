"""A market's workbooks in one locale: the summary for all, with customers for those who may see them, and the list."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

from tasks.export.customers import customer_columns
from tasks.export.files import ExportFile
from tasks.export.job import Job, Reader, teams_of
from tasks.export.labels import Labels
from tasks.export.shown import shown
from tasks.export.summary import MEASURES
from tasks.export.workbook.fields import Field, list_fields
from tasks.export.workbook.listing import write_list
from tasks.export.workbook.overview import write_definitions, write_summary
from tasks.export.workbook.parts import Parts
from tasks.export.workbook.sheets import write_part
from tasks.export.workbook.styles import Styles, right_to_left
from tasks.export.workbook.texts import sheet_names


def workbooks(job: Job, locale: str, readers: Sequence[Reader]) -> Iterator[ExportFile]:
    """Write a locale's workbooks below `job.out`.

    - `<locale>/summary/<stem>_<locale>_summary.xlsx`: summary and definitions, for every team of the locale.
    - `<locale>/customers/..._customers_by_segment<suffix>.xlsx`, each reader: the same and a sheet a segment.
    - `<locale>/customers/..._customers<suffix>.xlsx`, for each reader: the list, up to `exports.list_rows` customers.

    No row of a customer is in the summary's folder, and no column in a reader's file that the reader has no grant for.
    The same inputs give the same bytes. Raises Terminal for a locale without formats.
    """
    labels = Labels(locale, job.profile.exports.digits)
    yield _public(job, locale, labels, readers)
    for reader in readers:
        yield _by_segment(job, locale, labels, reader)
        if job.base.listed <= _list_limit(job):
            yield _list(job, locale, labels, reader)


def list_name(job: Job, locale: str, reader: Reader, ending: str) -> str:
    """The file name of a reader's customer list."""
    return f"{job.stem}_{locale}_customers{reader.suffix}.{ending}"


def _list_limit(job: Job) -> float:
    """Up to how many customers the list is a workbook: without a CSV file beside it always, or not at all."""
    exports = job.profile.exports
    return exports.list_rows if "csv" in exports.formats else float("inf")


def _public(job: Job, locale: str, labels: Labels, readers: Sequence[Reader]) -> ExportFile:
    path = f"{locale}/summary/{job.stem}_{locale}_summary.xlsx"
    files = [_sheets_name(job, locale, reader) for reader in readers]
    if files:
        notes = [labels.text("workbook", "lists", file=labels.formatter.list(files))]
    else:
        notes = [labels.text("workbook", "no_rights")]
    columns = ["dimension", "segment", *MEASURES, *(f"segment_{one}" for one in shown(job.profile)), "stratum"]
    with _book(job, path) as book:
        _common(book, job, labels, notes, columns, [])
    teams = teams_of(job.profile, locale)
    return _written(job, path, locale, labels, "workbook", len(job.figures.rows), teams)


def _sheets_name(job: Job, locale: str, reader: Reader) -> str:
    return f"{job.stem}_{locale}_customers_by_segment{reader.suffix}.xlsx"


def _by_segment(job: Job, locale: str, labels: Labels, reader: Reader) -> ExportFile:
    path = f"{locale}/customers/{_sheets_name(job, locale, reader)}"
    columns = customer_columns(job.profile, reader.grants, job.base.extra)
    made = Parts(job, locale, labels, reader, columns)
    parts = [*made.segments(), *made.audiences(), *made.contacts()]
    notes, told = _notes(job, locale, labels, reader, [field for _, fields in parts for field in fields])
    if left_out := made.left_out():
        notes.append(labels.text("workbook", "left_out", columns=labels.formatter.list(left_out)))
    count, limit, currency = 0, job.profile.exports.sheet_rows, job.figures.currencies["currency"]
    with _book(job, path) as book:
        titles = [part.name or part.title for part, _ in parts]
        styles, sheets = _common(book, job, labels, notes, made.described(), titles, tuple(job.base.audiences))
        for (part, fields), sheet in zip(parts, sheets, strict=True):
            count += write_part(job.con, sheet, styles, fields, part, limit, labels, currency)
    return _written(job, path, locale, labels, "workbook", count, reader.teams, told)


def _notes(
    job: Job, locale: str, labels: Labels, reader: Reader, fields: Sequence[Field]
) -> tuple[list[str], tuple[str, ...]]:
    """What readers should know, in their language, and the same for the manifest."""
    notes, told, limit = [], [], _list_limit(job)
    if job.base.listed > limit:
        file = list_name(job, locale, reader, "csv")
        notes.append(labels.text("workbook", "list_is_csv", limit=labels.formatter.decimal(int(limit)), file=file))
        told.append(f"workbook: more than {limit:.0f} customers; the full list is CSV only")
    if any(one.cut for one in fields):
        notes.append(labels.text("workbook", "cut"))
        told.append("workbook: texts longer than a cell are cut")
    return notes, tuple(told)


def _list(job: Job, locale: str, labels: Labels, reader: Reader) -> ExportFile:
    path = f"{locale}/customers/{list_name(job, locale, reader, 'xlsx')}"
    columns = customer_columns(job.profile, reader.grants, job.base.extra)
    fields = list_fields(job.con, job.profile, columns, job.base, labels)
    long = any(one.cut for one in fields)
    target = job.out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_list(
        job.con,
        target,
        sheet_names([labels.text("workbook", "customers")])[0],
        fields,
        job.base.listed,
        right_to_left=right_to_left(labels),
        as_of=job.as_of,
        note=labels.text("workbook", "cut") if long else "",
    )
    told = ("workbook: texts longer than a cell are cut",) if long else ()
    return _written(job, path, locale, labels, "workbook", job.base.listed, reader.teams, told)


def _common(
    book: Any, job: Job, labels: Labels, notes: Sequence[str], columns: Sequence[str], more: Sequence[str],
    audiences: Sequence[str] = (),
) -> tuple[Styles, list[Any]]:  # fmt: skip
    """The sheets that every workbook has, written; and empty ones named `more`."""
    styles = Styles(book, rtl=right_to_left(labels))
    minimum = job.profile.privacy.minimum_count
    withheld = [f"* {labels.text('template', 'withheld', minimum=minimum)}"] if job.figures.hidden else []
    own = [labels.text("workbook", one) for one in ("summary", "definitions")]
    summary, definitions, *rest = [book.add_worksheet(name) for name in sheet_names([*own, *more])]
    write_summary(book, summary, styles, job.profile, job.figures, labels, [*withheld, *notes], job.as_of)
    write_definitions(definitions, styles, job.profile, columns, labels, job.figures, audiences)
    return styles, rest


@contextmanager
def _book(job: Job, path: str) -> Iterator[Any]:
    """An xlsxwriter workbook that never makes a formula, link or number of a text, dated to the as-of day.

    Rows leave memory as they are written; the files they wait in lie beside the workbook and go with it.
    """
    import xlsxwriter

    target = job.out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as waiting:
        options = {
            "constant_memory": True,
            "tmpdir": waiting,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(target), options) as book:
            book.set_properties({"created": datetime.combine(job.as_of, time())})
            yield book


def _written(
    job: Job, path: str, locale: str, labels: Labels, kind: Any, rows: int, teams: tuple[str, ...],
    notes: tuple[str, ...] = (),
) -> ExportFile:  # fmt: skip
    target = job.out / path
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    every = (*notes, *labels.notes, *labels.formatter.notes)
    return ExportFile(path, locale, kind, rows, target.stat().st_size, digest, teams, every)
