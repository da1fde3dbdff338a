"""A chain's publication as a folder: Parquet for programs, a workbook and a report for readers of each locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from region_profiles.loader import profile_digest
from tasks.chain.comparing import Comparison
from tasks.chain.figures import Figures
from tasks.chain.publication import (
    OUTPUT_VERSION,
    AbsentEntry,
    ChainManifest,
    DimensionEntry,
    MarketEntry,
)
from tasks.chain.reading import Absent
from tasks.chain.report import render_report
from tasks.chain.view import View, lead
from tasks.chain.workbook import write_workbook
from tasks.export.labels import catalog_digests
from tasks.files import PUBLISHED
from tasks.publish.manifest import exports_of
from tasks.sql import literal
from tasks.sql import name as quoted

#: Columns that order the rows of each file totally.
_ORDER = {
    "chain": ("dimension", "scope", "market", "segment"),
    "languages": ("dimension", "scope", "market", "language", "segment"),
    "migration": ("dimension", "scope", "market", "previous_segment", "segment", "cause"),
    "stores": ("scope", "market", "store_id"),
}


def describe(
    as_of: date,
    markets: Sequence[Figures],
    absent: Sequence[Absent],
    comparisons: Mapping[str, Comparison],
    *,
    locales: Sequence[str],
    stale_days: int,
) -> ChainManifest:
    """The manifest before there are files; its id digests all that their bytes depend on."""
    manifest = ChainManifest(
        as_of=as_of,
        publication="",
        output_version=OUTPUT_VERSION,
        locales=tuple(locales),
        stale_days=stale_days,
        markets=tuple(_entry(one, as_of, stale_days) for one in markets),
        absent=tuple(AbsentEntry(country=one.country, reason=one.reason, first=one.first) for one in absent),
        dimensions={
            name: DimensionEntry(definition=one.definition, compared=one.markets, apart=dict(one.apart))
            for name, one in comparisons.items()
        },
        words={**catalog_digests(locales), "profile": profile_digest(lead(markets, comparisons).profile)},
    )
    return manifest.model_copy(update={"publication": manifest.derived_id()})


def _entry(figures: Figures, as_of: date, stale_days: int) -> MarketEntry:
    book, days = figures.book, (as_of - figures.book.as_of).days
    return MarketEntry(
        country=figures.country,
        as_of=book.as_of,
        publication=book.manifest.publication,
        manifest=book.sha256,
        days=days,
        stale=days > stale_days,
        previous_as_of=book.previous_as_of,
        minimum_count=figures.profile.privacy.minimum_count,
        currency=figures.currency,
        reference_currency=figures.reference_currency,
        income_group=figures.income.group,
        income_year=figures.income.year,
        development=figures.income.development,
        lenses_off={str(lens): str(why) for lens, why in (book.note("money", "lenses_off") or {}).items()},
        stores=figures.stores is not None,
    )


def stage(con: duckdb.DuckDBPyConnection, view: View, folder: Path) -> ChainManifest:
    """Write the files into an empty folder; the manifest that names them.

    `chain.parquet`, `languages.parquet`, `migration.parquet`, `stores.parquet`, and for each locale
    `<locale>/chain_<as_of>_<locale>.xlsx` and `..._report.html`. The same view gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "chain": view.tables.segments,
        "languages": view.tables.languages,
        "migration": view.tables.migration,
        "stores": view.tables.stores,
    }
    rows = {f"{name}.parquet": _write(con, table, folder / f"{name}.parquet", _ORDER[name])
            for name, table in found.items()}  # fmt: skip
    for locale in view.manifest.locales:
        stem = f"{locale}/chain_{view.as_of.isoformat()}_{locale}"
        rows[f"{stem}.xlsx"] = write_workbook(view, locale, folder / f"{stem}.xlsx")
        (folder / f"{stem}_report.html").write_bytes(render_report(view, locale))
    return view.manifest.model_copy(update={"exports": exports_of(folder, rows)})


def _write(con: duckdb.DuckDBPyConnection, table: pa.Table, path: Path, order: Sequence[str]) -> int:
    con.register("staged", table)
    try:
        by = ", ".join(f"{quoted(name)} NULLS FIRST" for name in order)
        con.execute(f"COPY (SELECT * FROM staged ORDER BY {by}) TO {literal(path)} ({PUBLISHED})").fetchall()
    finally:
        con.unregister("staged")
    return int(table.num_rows)
