"""The stage's main call: a market's raw tables to canonical files, a ledger of every row, and the evidence."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import TABLES
from tasks.errors import ProfileError, StrataError
from tasks.ingest.shape import shape
from tasks.normalize import customers, functions
from tasks.normalize.checks import LINKED, REFERENCE
from tasks.normalize.mapping import Mapped, blame_select, of_market, plan
from tasks.normalize.quarantine import write_quarantine
from tasks.normalize.steps import (
    PASSING,
    Run,
    finish_customers,
    finish_lines,
    read_corrections,
    read_customers,
    read_lines,
    read_linked,
    read_table,
)
from tasks.normalize.transactions import STAGED, CanonicalLines
from tasks.privacy.pseudonyms import forget_key, key_fingerprint, use_key
from tasks.privacy.tombstones import parse_tombstones
from tasks.records import Ledger, Sources
from tasks.sql import name

_ORDER = ("corrections", *REFERENCE, *LINKED, "customers", "transactions")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A market's canonical files, its ledger, and evidence for the manifest; `others` are those of optional tables."""

    customers: Path
    transactions: CanonicalLines
    quarantine: Path
    others: Mapping[str, Path] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)

    def file(self, table: str) -> Path | None:
        """The canonical file of a table other than transactions, or None where the market has none."""
        return {**self.others, "customers": self.customers, "quarantine": self.quarantine}.get(table)


def normalize(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    sources: Sources,
    work: Path,
    *,
    as_of: date,
    pseudonym_key: str | None,
    tombstones: Sequence[str] = (),
) -> Canonical:
    """Canonical Parquet files in `work`, as `docs/contracts.md` says.

    Raises ProfileError for a mapping that is wrong, DropError for a drop that contradicts its profile (a column that is
    not there, a join that multiplies rows, dates in another order, merges in a circle), LedgerError if rows were lost.
    """
    work.mkdir(parents=True, exist_ok=True)
    functions.register(con)
    use_key(con, pseudonym_key)
    erased = parse_tombstones(tombstones)
    mine: dict[str, Mapped] = {}
    try:
        plans = {table: plan(con, profile, sources, table, position) for position, table in enumerate(_ORDER)}
        if plans["transactions"] is None:
            raise ProfileError("there is no mapping of transactions", path="source.mapping.transactions")
        mine = {table: of_market(mapped, profile) for table, mapped in plans.items() if mapped is not None}
        run = Run(con, profile, sources, work, as_of, mine)
        read_corrections(run)
        for table in REFERENCE:
            if table in mine:
                read_table(run, table)
        read_linked(run)
        people = read_customers(run)
        lines = read_lines(run)
        customers.find_buyers(con, STAGED)
        writers = run.staged["feedback"].relation if "feedback" in run.staged else None
        excluded = customers.find_excluded(con, profile, erased, writers)
        transactions = finish_lines(run, lines, excluded)
        finish_customers(run, people)
        return _result(run, transactions, pseudonym_key)
    except StrataError as error:
        error.market = error.market or profile.market.country
        raise
    except duckdb.Error as error:
        for mapped in mine.values():
            if fault := blame_select(con, profile, mapped, error):
                raise fault from error
        raise
    finally:
        forget_key(con)
        _drop_temporary(con)
        shutil.rmtree(work / PASSING, ignore_errors=True)


def _drop_temporary(con: duckdb.DuckDBPyConnection) -> None:
    """Give the memory of this stage's temporary tables back: the session goes on to the next stages."""
    for kind, listing in (("VIEW", "duckdb_views()"), ("TABLE", "duckdb_tables()")):
        column = kind.lower() + "_name"
        found = con.execute(
            f"SELECT {column} FROM {listing} WHERE temporary AND {column} LIKE 'strata\\_%' ESCAPE '\\'"
        )
        for (temporary,) in found.fetchall():
            con.execute(f"DROP {kind} IF EXISTS {name(temporary)}").fetchall()


def _result(run: Run, transactions: CanonicalLines, key: str | None) -> Canonical:
    for counted in run.ledger.values():
        counted.check(run.profile.market.country)
    quarantine = run.work / "quarantine.parquet"
    write_quarantine(run.con, run.refused, quarantine)
    inferred = run.evidence.setdefault("inferred", {})
    for table, staged in run.staged.items():
        if staged.evidence:
            inferred[table] = dict(staged.evidence)
    run.evidence["field_faults"] = {t: dict(s.field_faults) for t, s in sorted(run.staged.items()) if s.field_faults}
    run.evidence["unmapped_columns"] = _unmapped(run)
    if joined := {table: dict(mapped.joined) for table, mapped in sorted(run.plans.items()) if mapped.joined}:
        run.evidence["joined"] = joined
    run.evidence["key"] = key_fingerprint(key)
    tax = run.profile.tax
    run.evidence["tax"] = {"basis": tax.amounts, "rates": [f"{r.rate} since {r.since or 'ever'}" for r in tax.rates]}
    if tax.amounts != "untaxed" and not tax.rates:
        run.evidence["tax"]["note"] = "no rate is known: lines without a tax of their own count as untaxed"
    ledger = {table: run.ledger[table] for table in TABLES if table in run.ledger}
    paths = dict(run.paths)
    return Canonical(paths.pop("customers"), transactions, quarantine, paths, ledger, run.evidence)


def _unmapped(run: Run) -> dict[str, list[str]]:
    """Raw columns that no mapping reads: they count as personal and go nowhere.

    Of a table that no mapping reads only the shapes: its file may have no header, and these be its first customer.
    """
    used = {pair for mapped in run.plans.values() for pair in mapped.reads}
    known = {table for table, _ in used}
    unmapped = {
        table: [
            column if table in known else shape(column) for column in relation.columns if (table, column) not in used
        ]
        for table, relation in sorted(run.sources.tables.items())
    }
    return {table: columns for table, columns in unmapped.items() if columns}
