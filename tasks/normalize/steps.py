"""The steps of a market's normalization, in their order: each reads, counts and writes one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile
from tasks.files import PUBLISHED, parquet
from tasks.normalize import controls, corrections, customers, languages, linked
from tasks.normalize.checks import LINKED
from tasks.normalize.contradictions import check_lines, check_table
from tasks.normalize.duplicates import find_doubles, find_staged_doubles, repeated_files
from tasks.normalize.ledger import count_staged, move, till_sql
from tasks.normalize.mapping import Mapped
from tasks.normalize.quarantine import refused_sql
from tasks.normalize.returns import find_rate_dates
from tasks.normalize.stores import unknown_stores
from tasks.normalize.tables import Staged, stage_table
from tasks.normalize.transactions import (
    CHANGES,
    LINES,
    STAGED,
    CanonicalLines,
    Lines,
    content_columns,
    show_lines,
    stage_lines,
    write_changes,
)
from tasks.records import Ledger, Sources, TableLedger
from tasks.sql import literal

#: Folder of what these steps pass on to each other.
PASSING = "passing"
_KEPT = "row_faults = 0 AND aside = 0"


@dataclass(slots=True)
class Run:
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
    corrections: list[corrections.Correction] = field(default_factory=list)


def read_corrections(run: Run) -> None:
    """The corrections that hold at the as-of date; `resolve_corrections` applies them once members are known."""
    if "corrections" in run.plans:
        read_table(run, "corrections")
        rows = run.con.execute(
            "SELECT member_number, action, value, effective, record FROM strata_corrections "
            f"ANTI JOIN strata_corrections_doubles USING (file, record) WHERE {_KEPT} ORDER BY file, record"
        ).fetchall()
        run.corrections = [corrections.Correction(*row) for row in rows]


def resolve_corrections(run: Run, lines: Path) -> None:
    """What the corrections come to, given the customers and the staged lines."""
    resolved = corrections.Resolved()
    if run.corrections:
        members = (
            f"(SELECT member_number FROM strata_customers WHERE {_KEPT} UNION ALL "
            f"SELECT member_number FROM {parquet(lines)})"
        )
        known = corrections.known_members(run.con, run.corrections, members)
        effective, of_nobody = corrections.of_nobody(run.corrections, known)
        if of_nobody:
            run.evidence["corrections"] = {"of_nobody": of_nobody}
        resolved = corrections.resolve(
            effective, run.plans["corrections"].driving.name, ",".join(run.profile.market.languages)
        )
    corrections.store(run.con, resolved)


def read_table(run: Run, table: str) -> None:
    """Read, count and write a table that names no customer, or corrections."""
    staged, doubles = _read(run, table)
    ledger = count_staged(run.con, staged.relation, staged.faults, staged.mapped.where)
    if doubles:
        query = f"SELECT reason, NULL, NULL, count(*), NULL FROM strata_{table}_doubles GROUP BY reason ORDER BY reason"
        move(run.con, ledger, "duplicate", query)
    run.ledger[table] = ledger
    path = run.paths[table] = run.work / f"{table}.parquet"
    run.con.execute(
        f"COPY (SELECT {linked.canonical_columns(table)} FROM {staged.relation} "
        f"ANTI JOIN strata_{table}_doubles USING (file, record) "
        f"WHERE {_KEPT} ORDER BY file, record) TO {literal(str(path))} ({PUBLISHED})"
    ).fetchall()


def _read(run: Run, table: str, path: Path | None = None) -> tuple[Staged, int]:
    """A table staged, and how many of its rows came twice."""
    staged = run.staged[table] = stage_table(run.con, run.profile, run.plans[table], run.as_of, path=path)
    check_table(run.con, run.profile, staged, run.sources.inputs)
    run.refused.append(refused_sql(staged.relation, staged.faults))
    return staged, find_staged_doubles(run.con, staged, run.sources.inputs)


def read_linked(run: Run) -> None:
    """What is told of customers, staged: it is written once it is known who is excluded and who is merged.

    The rows wait in files, but for feedback: what people wrote lies in none.
    """
    passing = run.work / PASSING
    passing.mkdir(exist_ok=True)
    for table in LINKED:
        if table in run.plans:
            _read(run, table, None if table == "feedback" else passing / f"{table}.parquet")


def read_customers(run: Run) -> Staged | None:
    """Customers, staged: they are written once the lines say who bought."""
    staged = customers.stage_customers(run.con, run.profile, run.plans.get("customers"), run.as_of)
    if staged is None:
        run.con.execute(
            "CREATE OR REPLACE TEMP TABLE strata_customers_doubles AS "
            "SELECT 0 AS file, 0::BIGINT AS record, '' AS reason WHERE false"
        ).fetchall()
        return None
    run.staged["customers"] = staged
    check_table(run.con, run.profile, staged, run.sources.inputs)
    find_staged_doubles(run.con, staged, run.sources.inputs)
    return staged


def read_lines(run: Run) -> Lines:
    """The pass over the transactions, and what contradicts their declared formats."""
    mapped = run.plans["transactions"]
    stores = run.staged["stores"].relation if "stores" in run.staged else None
    lines = stage_lines(run.con, run.profile, mapped, stores, run.work / LINES, run.as_of)
    resolve_corrections(run, lines.path)
    show_lines(run.con, lines)
    check_lines(run.con, run.profile, lines, run.sources.inputs)
    if stores is not None and (unknown := unknown_stores(run.con, stores, STAGED)):
        run.evidence["unknown_stores"] = unknown
    return lines


def finish_lines(run: Run, lines: Lines, excluded: int) -> CanonicalLines:
    """Duplicates, exclusions and returns; then the canonical lines and their ledger."""
    con, mapped = run.con, lines.mapped
    ledger = count_staged(con, STAGED, lines.faults, mapped.where, amounts=True)
    key = ("order_id", "line_id") if mapped.has("order_id") and mapped.has("line_id") else ()
    files = repeated_files(run.sources.inputs, mapped.driving.name)
    kept = f"(SELECT * FROM {STAGED} WHERE {_KEPT})"
    also = ("place", "member_number")
    looked = kept if key or files else f"(SELECT * FROM {kept} WHERE false)"
    doubles = find_doubles(con, looked, key, content_columns(), files, "strata_doubles", also)
    by = f"s.currency, s.kind, count(*), sum({till_sql('s')})"
    if doubles:
        query = (
            f"SELECT d.reason, {by} FROM {STAGED} s JOIN strata_doubles d ON s.place = d.place "
            "GROUP BY ALL ORDER BY ALL"
        )
        move(con, ledger, "duplicate", query, amounts=True)
    if excluded:
        anti = " ANTI JOIN strata_doubles d ON s.place = d.place" if doubles else ""
        query = (
            f"SELECT 'customer:' || x.kind, {by} FROM {STAGED} s JOIN strata_excluded x "
            f"ON s.member_number = x.member_number{anti} WHERE {_KEPT} GROUP BY ALL ORDER BY ALL"
        )
        move(con, ledger, "filtered", query, amounts=True)
    if "controls" in run.staged:
        run.evidence["controls"] = controls.compare(con, run.profile)
    if returns := find_rate_dates(con):
        run.evidence["returns"] = returns
    found = write_changes(
        con, lines, run.work / CHANGES, doubles=doubles, excluded=excluded, rate_dates=returns.get("order_found", 0)
    )
    # Counted independently of the rows that went elsewhere.
    ledger.kept = int(con.execute(f"SELECT count(*) FROM {found.relation}").fetchall()[0][0])
    ledger.check(run.profile.market.country)
    run.ledger["transactions"] = ledger
    run.refused.append(refused_sql(STAGED, lines.faults))
    run.evidence["inferred"] = {"transactions": dict(lines.evidence)} if lines.evidence else {}
    return found


def _finish_linked(run: Run) -> str | None:
    """The files and ledgers of what is told of customers; the relation of the languages that they write in."""
    spoken = None
    linked.list_members(run.con)
    for table in LINKED:
        if table not in run.staged:
            continue
        staged = run.staged[table]
        view, evidence = linked.settle(run.con, staged)
        path = run.paths[table] = run.work / f"{table}.parquet"
        run.ledger[table] = linked.write_linked(run.con, staged, view, path)
        if evidence:
            run.evidence[table] = evidence
        if table == "feedback" and staged.mapped.has("text"):
            messages = f"(SELECT * FROM {view} WHERE verdict IS NULL)"
            found = languages.read_messages(run.con, run.profile, "strata_written", messages)
            run.evidence["language"] = {"messages": found}
            spoken = languages.SPOKEN
    return spoken


def finish_customers(run: Run, staged: Staged | None) -> None:
    """The canonical customers, derived ones with them, what is told of them, and the ledgers."""
    con = run.con
    path = run.paths["customers"] = run.work / "customers.parquet"
    customers.list_customers(con, run.as_of)
    messages = _finish_linked(run)
    rows, derived = customers.write_customers(con, run.profile, path, messages)
    customers.write_departed(con, run.profile, run.work / "departed.parquet")
    run.evidence.setdefault("language", {})["evidence"] = languages.counted(con, path)
    ledger = _count_customers(run, staged) if staged else TableLedger("customers")
    ledger.derived = derived
    ledger.kept = rows - derived
    ledger.check(run.profile.market.country)
    run.ledger["customers"] = ledger


def _count_customers(run: Run, staged: Staged) -> TableLedger:
    con = run.con
    ledger = count_staged(con, "strata_customers", staged.faults, staged.mapped.where)
    run.refused.append(refused_sql("strata_customers", staged.faults))
    single = f"(SELECT * FROM strata_customers ANTI JOIN strata_customers_doubles USING (file, record) WHERE {_KEPT})"
    people = f"{single} ANTI JOIN strata_survivors USING (member_number) JOIN strata_excluded USING (member_number)"
    merged = f"{single} SEMI JOIN strata_survivors USING (member_number)"
    count = "NULL, NULL, count(*), NULL"
    move(con, ledger, "duplicate", f"SELECT reason, {count} FROM strata_customers_doubles GROUP BY ALL ORDER BY ALL")
    move(con, ledger, "duplicate", f"SELECT 'merge', {count} FROM {merged} HAVING count(*) > 0")
    move(con, ledger, "filtered", f"SELECT kinds, {count} FROM {people} GROUP BY kinds ORDER BY kinds")
    move(con, ledger, "filtered", f"SELECT 'after_as_of', {count} FROM strata_later HAVING count(*) > 0")
    return ledger
