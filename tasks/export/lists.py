"""The lists of one reader: customers, contacts by language and by role, audiences, each store's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from tasks.errors import Terminal
from tasks.export import audiences, machine, roles, stores
from tasks.export.base import BASE, LISTED
from tasks.export.customers import customer_columns, header, lines_sql
from tasks.export.dialect import MACHINE, Dialect, excel_dialect
from tasks.export.files import ExportFile, Kind, batches, write_lines
from tasks.export.job import Job, Reader
from tasks.export.labels import Labels
from tasks.export.workbook.texts import CELL
from tasks.sql import literal


@dataclass(frozen=True)
class Lists:
    """The lists of one reader in one locale."""

    job: Job
    locale: str
    reader: Reader

    @cached_property
    def dialect(self) -> Dialect:
        """How the reader's Excel reads them."""
        return excel_dialect(self.locale)

    @cached_property
    def labels(self) -> Labels:
        """The reader's words."""
        return Labels(self.locale, self.job.profile.exports.digits)

    def select(self, columns: tuple[str, ...], **how: Any) -> str:
        """Their lines as SQL; `how` as of `lines_sql`."""
        return lines_sql(self.job.profile, columns, self.job.base, self.labels, self.dialect, **how)

    def write(
        self, name: str, kind: Kind, columns: tuple[str, ...], *, notes: tuple[str, ...] = (), **how: Any
    ) -> ExportFile:
        """One list."""
        return self.written(name, kind, columns, batches(self.job.con, self.select(columns, **how)), notes)

    def written(
        self, name: str, kind: Kind, columns: tuple[str, ...], lines: Iterable[pa.RecordBatch], notes: tuple[str, ...]
    ) -> ExportFile:
        """One list of these lines."""
        head = header(self.job.profile, columns, self.labels, self.dialect)
        every = (*self.dialect.notes, *self.labels.notes, *notes, *_long(self.job))
        path = f"{self.locale}/customers/{self.job.stem}_{self.locale}_{name}.csv"
        return write_lines(
            self.job.out, path, head, lines, locale=self.locale, kind=kind, dialect=self.dialect,
            teams=self.reader.teams, notes=every,
        )  # fmt: skip

    def machine(self, columns: tuple[str, ...]) -> ExportFile:
        """The list of customers for programs."""
        head, select = machine.customers(self.job.profile, columns, self.job.base, self.labels)
        path = f"{self.locale}/customers/{self.job.stem}_{self.locale}_customers{self.reader.suffix}_machine.csv"
        return write_lines(
            self.job.out, path, head, batches(self.job.con, select), locale=self.locale, kind="customers",
            dialect=MACHINE, teams=self.reader.teams,
        )  # fmt: skip


def lists(job: Job, locale: str, reader: Reader) -> Iterator[ExportFile]:
    """A reader's customers; by language and by store too where the profile wants it; audiences, contacts by role."""
    profile, base = job.profile, job.base
    columns = customer_columns(profile, reader.grants, base.extra)
    made = Lists(job, locale, reader)
    yield made.write(f"customers{reader.suffix}", "customers", columns)
    if profile.exports.machine:
        yield made.machine(columns)
    if profile.exports.split_by_language:
        yield from _contacts(made, columns)
    for audience in base.audiences:
        same = audiences.same(profile, made.labels, audience)
        source = audiences.source(audience)
        yield made.write(
            f"audience_{audience}{reader.suffix}", "audience", audiences.columns(columns),
            source=source, order=audiences.ORDER, constant=same,
        )  # fmt: skip
    if base.rows > base.listed:
        yield made.write(
            f"contacts_by_role{reader.suffix}", "roles", roles.columns(profile, reader.grants, base.extra),
            source=roles.SOURCE, where="true", order=roles.ORDER,
        )  # fmt: skip
    if profile.exports.by_store:
        yield from _stores(made, columns)


def _contacts(made: Lists, columns: tuple[str, ...]) -> Iterator[ExportFile]:
    """Whom to write to, by language: contacts of accounts too, but nobody of the holdout."""
    for language, where in _languages(made.job.con):
        found = f"SELECT count(*) FROM {BASE} WHERE ({where}) AND holdout = 'yes'"
        held = made.job.con.execute(found).fetchall()[0][0]
        note = (f"contacts {language}: {held} customers of the holdout are left out",) if held else ()
        name, reached = f"contacts{made.reader.suffix}_{language}", f"({where}) AND holdout IS DISTINCT FROM 'yes'"
        yield made.write(name, "contacts", columns, where=reached, notes=note)


def _stores(made: Lists, columns: tuple[str, ...]) -> Iterator[ExportFile]:
    """Each home store's customers."""
    sizes, without = stores.sizes(made.job.con)
    note = (f"stores: {without} with fewer customers have no list; at most {stores.MOST} have one",) if without else ()
    chosen = ", ".join(map(literal, sizes)) or "NULL"
    where = f"{LISTED} AND home_store IN ({chosen})"
    lines = batches(made.job.con, made.select(columns, where=where, order=stores.ORDER))
    for store, part in zip(sizes, stores.cut(lines, sizes.values()), strict=True):
        yield made.written(f"store_{stores.slug(store)}{made.reader.suffix}", "store", columns, part, note)


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
