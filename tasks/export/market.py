"""A market's localized files: the whole market in each locale that its teams name, and the tags for machines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.export import machine, summary
from tasks.export.background import Background
from tasks.export.base import drop_base, load_base
from tasks.export.customers import tags_sql
from tasks.export.dialect import MACHINE, excel_dialect
from tasks.export.files import ExportFile, batches, write_lines
from tasks.export.job import Job, readers_of, teams_of
from tasks.export.labels import Labels
from tasks.export.lists import lists
from tasks.export.report import Facts, load_facts, write_report
from tasks.export.workbook import workbooks


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

    `segmented_dir` holds customers, segments, audiences and membership.parquet (docs/contracts.md, Segments);
    `contacts` is the canonical customers file of normalize, the only place of member numbers, names, addresses and
    numbers. The list of customers has all of the market but contacts of accounts, who have their own. Which kinds of
    files there are is the profile's `exports.formats`; reports need the `background`. The same inputs give the same
    bytes. Raises Terminal where the files do not fit together, and ProfileError for a locale that CLDR does not know.
    """
    listed = segmented_dir / "audiences.parquet"
    try:
        base = load_base(
            con,
            profile,
            str(segmented_dir / "customers.parquet"),
            str(contacts),
            str(listed) if listed.exists() else None,
            weak=frozenset(profile.prediction.weak(background.predicted.get("prediction", {})) if background else ()),
        )
        figures = summary.load_summary(con, profile, str(segmented_dir / "segments.parquet"), base)
        job = Job(con, profile, base, figures, out, f"{profile.market.country}_{as_of.isoformat()}", as_of)
        facts = None
        if background is not None and "html" in profile.exports.formats:
            facts = load_facts(con, profile, base, figures, background, segmented_dir, as_of)
        files = [_tags(job)]
        for locale in dict.fromkeys(locale for team in profile.teams for locale in team.locales):
            files += _of_locale(job, locale, facts, background)
    finally:
        drop_base(con)
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
            yield from lists(job, locale, reader)


def _tags(job: Job) -> ExportFile:
    head, select = tags_sql(job.base, job.as_of.isoformat(), MACHINE)
    teams = tuple(team.name for team in job.profile.teams if "customers" in team.grants)
    path, body = f"tags/{job.stem}_tags.csv", batches(job.con, select)
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
