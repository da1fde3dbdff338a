"""A market's localized files: the whole market in each locale that its teams name, and the tags for machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.export import machine, summary
from tasks.export.background import Background
from tasks.export.customers import BASE, customer_columns, header, lines_sql, load_base, tags_sql
from tasks.export.dialect import MACHINE, excel_dialect
from tasks.export.files import ExportFile, Kind, write_lines
from tasks.export.job import Job, Reader, readers_of, teams_of
from tasks.export.labels import Labels
from tasks.export.report import Facts, load_facts, write_report
from tasks.export.workbook import workbooks
from tasks.export.workbook.texts import CELL
from tasks.sql import literal

_BATCH = 65_536


def export_market(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    segmented_dir: Path,
    contacts: Path,
    out: Path,
    *,
    as_of: date,
    background: Background | None = None,
) -> tuple[ExportFile, ...]:
    """Write a market's localized files below `out`, laid out as in a publication; docs/exports.md shows them.

    `segmented_dir` holds customers.parquet, segments.parquet and membership.parquet (docs/contracts.md, Segments);
    `contacts` is the canonical customers file of normalize, the only place of member numbers, names, addresses and
    numbers. Every list has all customers of the market, but for the contact lists split by language. Which kinds of
    files there are is the profile's `exports.formats`; reports need the `background`. The same inputs give the same
    bytes. Raises Terminal where the files do not fit together, and ProfileError for a locale that CLDR does not know.
    """
    base = load_base(con, profile, str(segmented_dir / "customers.parquet"), str(contacts))
    try:
        figures = summary.load_summary(con, profile, str(segmented_dir / "segments.parquet"), base)
        job = Job(con, profile, base, figures, out, f"{profile.market.country}_{as_of.isoformat()}", as_of)
        facts = None
        if background is not None and "html" in profile.exports.formats:
            facts = load_facts(con, profile, base, figures, background, segmented_dir, as_of)
        files = [_tags(job)]
        for locale in dict.fromkeys(locale for team in profile.teams for locale in team.locales):
            files += _of_locale(job, locale, facts, background)
    finally:
        con.execute(f"DROP TABLE IF EXISTS {BASE}")
    return tuple(sorted(files, key=lambda file: file.path))


def _of_locale(job: Job, locale: str, facts: Facts | None, background: Background | None) -> Iterator[ExportFile]:
    formats, readers = job.profile.exports.formats, readers_of(job.profile, locale)
    if facts is not None and background is not None:
        yield write_report(job.profile, facts, job.figures, background, locale, job.out)
    if "xlsx" in formats:
        yield from workbooks(job, locale, readers)
    if "csv" in formats:
        yield from _segments(job, locale)
        for reader in readers:
            yield from _customers(job, locale, reader)


def _tags(job: Job) -> ExportFile:
    head, select = tags_sql(job.base, job.as_of.isoformat(), MACHINE)
    teams = tuple(team.name for team in job.profile.teams if "customers" in team.grants)
    path, body = f"tags/{job.stem}_tags.csv", _batches(job.con, select)
    return write_lines(job.out, path, head, body, locale="", kind="tags", dialect=MACHINE, teams=teams)


def _segments(job: Job, locale: str) -> Iterator[ExportFile]:
    dialect, labels = excel_dialect(locale), Labels(locale, job.profile.exports.digits)
    head = summary.header(job.profile, labels, dialect)
    body = list(summary.lines(job.profile, job.figures, labels, dialect))
    stem, teams = f"{locale}/summary/{job.stem}_{locale}_segments", teams_of(job.profile, locale)
    notes = (*dialect.notes, *labels.notes)
    yield write_lines(
        job.out, f"{stem}.csv", head, body, locale=locale, kind="segments", dialect=dialect, teams=teams, notes=notes
    )
    if job.profile.exports.machine:
        head, coded = machine.segments(job.figures)
        yield write_lines(
            job.out, f"{stem}_machine.csv", head, coded, locale=locale, kind="segments", dialect=MACHINE, teams=teams
        )


def _customers(job: Job, locale: str, reader: Reader) -> Iterator[ExportFile]:
    """A reader's customers, in a list for each language too where the profile wants it."""
    yield _rows(job, locale, reader, f"customers{reader.suffix}", "customers", "true")
    if job.profile.exports.machine:
        columns, labels = customer_columns(job.profile, reader.grants), Labels(locale, job.profile.exports.digits)
        head, select = machine.customers(job.profile, columns, job.base, labels)
        path = f"{locale}/customers/{job.stem}_{locale}_customers{reader.suffix}_machine.csv"
        body, teams = _batches(job.con, select), reader.teams
        yield write_lines(job.out, path, head, body, locale=locale, kind="customers", dialect=MACHINE, teams=teams)
    if job.profile.exports.split_by_language:
        for language, where in _languages(job.con):
            yield _rows(job, locale, reader, f"contacts{reader.suffix}_{language}", "contacts", where)


def _rows(job: Job, locale: str, reader: Reader, name: str, kind: Kind, where: str) -> ExportFile:
    dialect, labels = excel_dialect(locale), Labels(locale, job.profile.exports.digits)
    columns = customer_columns(job.profile, reader.grants)
    head = header(job.profile, columns, labels, dialect)
    select = lines_sql(job.profile, columns, job.base, labels, dialect, where=where)
    return write_lines(
        job.out,
        f"{locale}/customers/{job.stem}_{locale}_{name}.csv",
        head,
        _batches(job.con, select),
        locale=locale,
        kind=kind,
        dialect=dialect,
        teams=reader.teams,
        notes=(*dialect.notes, *labels.notes, *_long(job)),
    )


def _long(job: Job) -> tuple[str, ...]:
    """CSV keeps any text whole; a spreadsheet that opens it does not."""
    if job.base.longest <= CELL:
        return ()
    return (f"list: texts of up to {job.base.longest} signs; a spreadsheet cuts them at {CELL} when it opens the file",)


def _languages(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Each language of customers, and its condition; `und` is BCP 47's undetermined."""
    found = con.execute(f"SELECT DISTINCT language FROM {BASE} ORDER BY language NULLS LAST").fetchall()
    for (language,) in found:
        if language is None:
            yield "und", "language IS NULL"
        elif re.fullmatch(r"[A-Za-z0-9-]+", language):
            yield language, f"language = {literal(language)}"
        else:
            raise Terminal("no BCP 47 tag", column="language", value=language, expected="a tag such as pt-BR")


def _batches(con: duckdb.DuckDBPyConnection, select: str) -> Iterator[pa.RecordBatch]:
    yield from con.sql(select).to_arrow_reader(_BATCH)
