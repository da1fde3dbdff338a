"""The stage's main call: a market's raw tables to canonical files, a ledger of every row, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.contract import SQL_TYPES, TABLES
from tasks.errors import ProfileError, StrataError
from tasks.normalize import corrections, customers, functions
from tasks.normalize.contradictions import check_lines, check_table
from tasks.normalize.duplicates import find_doubles, repeated_files
from tasks.normalize.faults import Fault
from tasks.normalize.ledger import count_staged, move
from tasks.normalize.mapping import Mapped, of_market, plan
from tasks.normalize.quarantine import refused_sql, write_quarantine
from tasks.normalize.returns import find_rate_dates
from tasks.normalize.sql import literal, name
from tasks.normalize.tables import Staged, stage_table
from tasks.normalize.transactions import STAGED, Lines, content_columns, stage_lines, write_lines
from tasks.privacy.pseudonyms import forget_key, key_fingerprint, use_key
from tasks.privacy.tombstones import parse_tombstones
from tasks.records import Ledger, Sources, TableLedger

PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
_KEPT = "row_faults = 0 AND aside = 0"
_ORDER = ("corrections", "stores", "rates", "customers", "transactions")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A market's canonical files (None where the profile maps none), its ledger, and evidence for the manifest."""

    customers: Path
    transactions: Path
    quarantine: Path
    stores: Path | None = None
    corrections: Path | None = None
    rates: Path | None = None
    ledger: Ledger = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Run:
    """What the steps of one call share."""

    con: duckdb.DuckDBPyConnection
    profile: Profile
    sources: Sources
    work: Path
    as_of: date
    plans: dict[str, Mapped]
    staged: dict[str, Staged] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)

    def count(self, query: str) -> int:
        return int(self.con.execute(f"SELECT count(*) FROM {query}").fetchall()[0][0])


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
    try:
        plans = {table: plan(con, profile, sources, table, position) for position, table in enumerate(_ORDER)}
        if plans["transactions"] is None:
            raise ProfileError("there is no mapping of transactions", path="source.mapping.transactions")
        mine = {table: of_market(mapped, profile) for table, mapped in plans.items() if mapped is not None}
        run = _Run(con, profile, sources, work, as_of, mine)
        _corrections(run)
        for table in ("stores", "rates"):
            if table in mine:
                _simple(run, table)
        people = _customers(run)
        lines = _lines(run)
        excluded = customers.find_excluded(
            con, profile, erased, f"(SELECT DISTINCT member_number FROM {STAGED} WHERE member_number IS NOT NULL)"
        )
        _finish_lines(run, lines, excluded)
        _finish_customers(run, people)
        return _result(run, pseudonym_key)
    except StrataError as error:
        error.market = error.market or profile.market.country
        raise
    finally:
        forget_key(con)


def _corrections(run: _Run) -> None:
    """Corrections first: what they exclude and merge is needed by all the rest."""
    resolved = corrections.Resolved()
    if "corrections" in run.plans:
        checks = (
            Fault("value:missing", "value_action IN ('merge', 'language', 'event') AND text_value IS NULL", "value"),
            Fault("value:itself", "value_action = 'merge' AND text_value = text_member_number", "value"),
            Fault(
                "value:unknown",
                "value_action = 'language' AND text_value IS NOT NULL AND strata_language(text_value, '') IS NULL",
                "value",
            ),
        )
        staged = _simple(run, "corrections", checks, later=("effective", run.as_of))
        rows = run.con.execute(
            "SELECT member_number, action, value, effective, record FROM strata_corrections "
            f"ANTI JOIN strata_corrections_doubles USING (file, record) WHERE {_KEPT} ORDER BY file, record"
        ).fetchall()
        resolved = corrections.resolve((corrections.Correction(*row) for row in rows), staged.mapped.driving.name)
    corrections.store(run.con, resolved)


def _simple(run: _Run, table: str, checks: tuple[Fault, ...] = (), later: tuple[str, date] | None = None) -> Staged:
    """Read, count and write one of the small tables."""
    mapped = run.plans[table]
    if table == "rates":
        checks = (Fault("rate:not_positive", "number_rate <= 0", "rate"),)
        later = ("date", run.as_of)
    staged = stage_table(run.con, run.profile, mapped, more_faults=checks, later=later)
    check_table(run.con, run.profile, staged, run.sources.inputs)
    doubles = _doubles(run, staged)
    run.staged[table] = staged
    ledger = count_staged(run.con, staged.relation, staged.faults, mapped.where)
    if doubles:
        query = f"SELECT reason, NULL, NULL, count(*), NULL FROM strata_{table}_doubles GROUP BY reason ORDER BY reason"
        move(run.con, ledger, "duplicate", query)
    run.ledger[table] = ledger
    run.refused.append(refused_sql(staged.relation, staged.faults))
    path = run.work / f"{table}.parquet"
    columns = ", ".join(f"CAST({name(c.name)} AS {SQL_TYPES[c.type]}) AS {name(c.name)}" for c in TABLES[table].columns)
    run.con.execute(
        f"COPY (SELECT {columns} FROM {staged.relation} ANTI JOIN strata_{table}_doubles USING (file, record) "
        f"WHERE {_KEPT} ORDER BY file, record) TO {literal(str(path))} ({PARQUET})"
    ).fetchall()
    run.paths[table] = path
    return staged


def _doubles(run: _Run, staged: Staged) -> int:
    table = staged.mapped.table
    columns = [column.name for column in table.mapped]
    return find_doubles(
        run.con,
        f"(SELECT * FROM {staged.relation} WHERE {_KEPT})",
        table.key,
        columns,
        (),
        f"strata_{table.name}_doubles",
    )


def _customers(run: _Run) -> Staged | None:
    staged = customers.stage_customers(run.con, run.profile, run.plans.get("customers"), run.as_of)
    if staged is None:
        run.con.execute(
            "CREATE OR REPLACE TEMP TABLE strata_customers_doubles AS "
            "SELECT 0 AS file, 0::BIGINT AS record, '' AS reason WHERE false"
        ).fetchall()
        return None
    run.staged["customers"] = staged
    check_table(run.con, run.profile, staged, run.sources.inputs)
    _doubles(run, staged)
    return staged


def _lines(run: _Run) -> Lines:
    mapped = run.plans["transactions"]
    stores = run.staged["stores"].relation if "stores" in run.staged else None
    lines = stage_lines(run.con, run.profile, mapped, stores, run.work / "transactions.staged.parquet", run.as_of)
    check_lines(run.con, run.profile, lines, run.sources.inputs)
    return lines


def _finish_lines(run: _Run, lines: Lines, excluded: int) -> None:
    con, mapped = run.con, lines.mapped
    ledger = count_staged(con, STAGED, lines.faults, mapped.where, amounts=True)
    key = ("order_id", "line_id") if mapped.has("order_id") and mapped.has("line_id") else ()
    files = repeated_files(run.sources.inputs, mapped.driving.name)
    kept = f"(SELECT * FROM {STAGED} WHERE {_KEPT})"
    doubles = 0
    if key or files:
        doubles = find_doubles(con, kept, key, content_columns(), files, "strata_doubles")
    by = "s.currency, s.kind, count(*), sum(coalesce(s.delivered, s.gross))"
    if doubles:
        query = (
            f"SELECT d.reason, {by} FROM {STAGED} s JOIN strata_doubles d ON s.file = d.file AND s.record = d.record "
            "GROUP BY ALL ORDER BY ALL"
        )
        move(con, ledger, "duplicate", query, amounts=True)
    if excluded:
        anti = " ANTI JOIN strata_doubles d ON s.file = d.file AND s.record = d.record" if doubles else ""
        query = (
            f"SELECT 'customer:' || x.kind, {by} FROM {STAGED} s JOIN strata_excluded x "
            f"ON s.member_number = x.member_number{anti} WHERE {_KEPT} GROUP BY ALL ORDER BY ALL"
        )
        move(con, ledger, "filtered", query, amounts=True)
    returns, found = find_rate_dates(con)
    if returns:
        run.evidence["returns"] = {"lines": returns, "order_found": found}
    run.paths["transactions"] = run.work / "transactions.parquet"
    written = write_lines(
        con,
        lines,
        run.paths["transactions"],
        doubles=doubles,
        excluded=excluded,
        rate_dates=found,
        taxed=run.profile.tax.amounts != "untaxed",
    )
    ledger.kept = written  # counted independently of the rows that went elsewhere
    ledger.check(run.profile.market.country)
    run.ledger["transactions"] = ledger
    run.refused.append(refused_sql(STAGED, lines.faults))
    run.evidence["inferred"] = {"transactions": dict(lines.evidence)} if lines.evidence else {}


def _finish_customers(run: _Run, staged: Staged | None) -> None:
    con = run.con
    path = run.paths["customers"] = run.work / "customers.parquet"
    rows, derived = customers.write_customers(con, run.profile, run.paths["transactions"], path)
    faults = staged.faults if staged else None
    if faults is None or staged is None:
        ledger = TableLedger("customers")
    else:
        ledger = count_staged(con, "strata_customers", faults, staged.mapped.where)
        run.refused.append(refused_sql("strata_customers", faults))
        doubled = (
            "SELECT reason, NULL, NULL, count(*), NULL FROM strata_customers_doubles GROUP BY reason ORDER BY reason"
        )
        move(con, ledger, "duplicate", doubled)
        single = (
            f"(SELECT * FROM strata_customers ANTI JOIN strata_customers_doubles USING (file, record) WHERE {_KEPT})"
        )
        merged = (
            f"SELECT 'merge', NULL, NULL, count(*), NULL FROM {single} SEMI JOIN strata_survivors USING (member_number) "
            "HAVING count(*) > 0"
        )
        move(con, ledger, "duplicate", merged)
        gone = (
            f"SELECT kinds, NULL, NULL, count(*), NULL FROM {single} ANTI JOIN strata_survivors USING (member_number) "
            "JOIN strata_excluded USING (member_number) GROUP BY kinds ORDER BY kinds"
        )
        move(con, ledger, "filtered", gone)
    ledger.derived = derived
    ledger.kept = rows - derived
    ledger.check(run.profile.market.country)
    run.ledger["customers"] = ledger


def _result(run: _Run, key: str | None) -> Canonical:
    for counted in run.ledger.values():
        counted.check(run.profile.market.country)
    quarantine = run.work / "quarantine.parquet"
    write_quarantine(run.con, run.refused, quarantine)
    (run.work / "transactions.staged.parquet").unlink()
    inferred = run.evidence.setdefault("inferred", {})
    for table, staged in run.staged.items():
        if staged.evidence:
            inferred[table] = dict(staged.evidence)
    run.evidence["field_faults"] = {t: dict(s.field_faults) for t, s in sorted(run.staged.items()) if s.field_faults}
    run.evidence["unmapped_columns"] = _unmapped(run)
    run.evidence["key"] = key_fingerprint(key)
    tax = run.profile.tax
    run.evidence["tax"] = {"basis": tax.amounts, "rates": [f"{r.rate} since {r.since or 'ever'}" for r in tax.rates]}
    if tax.amounts != "untaxed" and not tax.rates:
        run.evidence["tax"]["note"] = "no rate is known: lines without a tax of their own count as untaxed"
    ledger = {table: run.ledger[table] for table in TABLES if table in run.ledger}
    return Canonical(**run.paths, quarantine=quarantine, ledger=ledger, evidence=run.evidence)


def _unmapped(run: _Run) -> dict[str, list[str]]:
    """Raw columns that no mapping reads: they count as personal and go nowhere."""
    used = {pair for mapped in run.plans.values() for pair in mapped.reads}
    unmapped = {
        table: [column for column in relation.columns if (table, column) not in used]
        for table, relation in sorted(run.sources.tables.items())
    }
    return {table: columns for table, columns in unmapped.items() if columns}
