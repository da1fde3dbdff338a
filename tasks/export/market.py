"""A market's localized files: the whole market in each locale that its teams name, and the tags for machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.export import summary
from tasks.export.customers import BASE, Base, customer_columns, header, lines_sql, load_base, tags_sql
from tasks.export.dialect import MACHINE, excel_dialect
from tasks.export.files import ExportFile, Kind, write_lines
from tasks.export.labels import Labels
from tasks.sql import literal

_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Audience:
    """Teams that read a locale with the same grants."""

    teams: tuple[str, ...]
    grants: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Job:
    """What all files of a market's export share."""

    con: duckdb.DuckDBPyConnection
    profile: Profile
    base: Base
    figures: summary.Summary
    out: Path
    stem: str


def export_market(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    segmented_dir: Path,
    contacts: Path,
    out: Path,
    *,
    as_of: date,
) -> tuple[ExportFile, ...]:
    """Write a market's localized files below `out`, laid out as in a publication; docs/exports.md shows them.

    `segmented_dir` holds customers.parquet and segments.parquet (docs/contracts.md, Segments); `contacts` is the
    canonical customers file of normalize, the only place of member numbers, names, addresses and numbers. Every
    file has all customers of the market, but for the contact lists split by language; money keeps the digits it has
    in the Parquet. The same inputs give the same bytes. Raises Terminal where the files do not fit together, and
    ProfileError for a locale that CLDR does not know.
    """
    base = load_base(con, profile, str(segmented_dir / "customers.parquet"), str(contacts))
    try:
        figures = summary.load_summary(con, profile, str(segmented_dir / "segments.parquet"), base)
        stem = f"{profile.market.country}_{as_of.isoformat()}"
        job = _Job(con, profile, base, figures, out, stem)
        files = [_tags(job, as_of)]
        for locale in dict.fromkeys(locale for team in profile.teams for locale in team.locales):
            files += [_summary(job, locale), *_customers(job, locale)]
    finally:
        con.execute(f"DROP TABLE IF EXISTS {BASE}")
    return tuple(sorted(files, key=lambda file: file.path))


def audiences(profile: Profile, locale: str) -> tuple[Audience, ...]:
    """The teams of a locale that may see rows of customers, by their grants, in the profile's order."""
    by_grants: dict[frozenset[str], list[str]] = {}
    for team in profile.teams:
        if locale in team.locales and "customers" in team.grants:
            by_grants.setdefault(frozenset(team.grants), []).append(team.name)
    return tuple(Audience(tuple(names), grants) for grants, names in by_grants.items())


def _tags(job: _Job, as_of: date) -> ExportFile:
    head, select = tags_sql(job.base, as_of.isoformat(), MACHINE)
    teams = tuple(team.name for team in job.profile.teams if "customers" in team.grants)
    path, body = f"tags/{job.stem}_tags.csv", _batches(job.con, select)
    return write_lines(job.out, path, head, body, locale="", kind="tags", dialect=MACHINE, teams=teams)


def _summary(job: _Job, locale: str) -> ExportFile:
    dialect, labels = excel_dialect(locale), Labels(locale)
    head = summary.header(job.profile, labels, dialect)
    body = list(summary.lines(job.profile, job.figures, labels, dialect))
    path, notes = f"{locale}/summary/{job.stem}_{locale}_segments.csv", (*dialect.notes, *labels.notes)
    teams = tuple(team.name for team in job.profile.teams if locale in team.locales)
    return write_lines(
        job.out, path, head, body, locale=locale, kind="segments", dialect=dialect, teams=teams, notes=notes
    )


def _customers(job: _Job, locale: str) -> Iterator[ExportFile]:
    """A locale's customers, once for each set of grants; where there are several, the file names say whose."""
    readers = audiences(job.profile, locale)
    for audience in readers:
        suffix = "" if len(readers) == 1 else "_" + "-".join(audience.teams)
        yield _rows(job, locale, audience, f"customers{suffix}", "customers", "true")
        if job.profile.exports.split_by_language:
            for language, where in _languages(job.con):
                yield _rows(job, locale, audience, f"contacts{suffix}_{language}", "contacts", where)


def _rows(job: _Job, locale: str, audience: Audience, name: str, kind: Kind, where: str) -> ExportFile:
    dialect, labels = excel_dialect(locale), Labels(locale)
    columns = customer_columns(job.profile, audience.grants)
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
        teams=audience.teams,
        notes=(*dialect.notes, *labels.notes),
    )


def _languages(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Each language that customers state, and its condition; `und` is BCP 47's undetermined."""
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
