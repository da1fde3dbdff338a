"""Tables of what customers did, said or agreed to: each row is somebody's, and goes where that customer goes.

Rows of a merged member are the survivor's, those of an excluded customer are filtered as `customer:<kind>`. A row whose
member is in no customers.parquet says nothing of a customer and is filtered as `customer:unknown`, except feedback:
what was said of a store or product holds whoever said it. Rows without a member stay: visitors of the web shop.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from tasks.contract import INPUT_ONLY, SQL_TYPES, TABLES
from tasks.files import PUBLISHED
from tasks.normalize.ledger import count_staged, move
from tasks.normalize.tables import Staged
from tasks.records import TableLedger
from tasks.sql import literal, name

#: By member number: whose rows they are, and why they do not count.
WHOSE = "strata_whose"
_UNKNOWN = "unknown"
_KEPT = "row_faults = 0 AND aside = 0"
_COUNT = "NULL, NULL, count(*), NULL"


def list_members(con: duckdb.DuckDBPyConnection) -> None:
    """Write `strata_whose` (member_number, survivor, verdict): canonical and excluded customers, and merged members.

    The verdict is null where rows count, else the kind of exclusion, or `unknown`.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {WHOSE} AS WITH own AS (SELECT member_number, NULL AS verdict "
        "FROM strata_written UNION ALL SELECT member_number, kind FROM strata_excluded) "
        "SELECT member_number, member_number AS survivor, verdict FROM own UNION ALL "
        f"SELECT s.member_number, s.survivor, CASE WHEN o.member_number IS NULL THEN '{_UNKNOWN}' ELSE o.verdict END "
        "FROM strata_survivors s LEFT JOIN own o ON o.member_number = s.survivor"
    ).fetchall()


def settle(con: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, dict[str, Any]]:
    """The view of the rows of a staged table that came once, with their members' survivors and `verdict`; evidence."""
    table = staged.mapped.table.name
    evidence: dict[str, Any] = {}
    replaced = ["coalesce(w.survivor, r.member_number) AS member_number"]
    joined = f"LEFT JOIN {WHOSE} w ON r.member_number = w.member_number"
    if table == "loyalty":
        points, evidence["points"] = _signed(con, staged)
        replaced.append(f"{points} AS points")
    if table == "companies":
        replaced.append("CASE WHEN p.verdict IS NULL THEN nullif(p.survivor, w.survivor) END AS parent")
        joined += f" LEFT JOIN {WHOSE} p ON r.parent = p.member_number"
    unknown = "NULL" if table == "feedback" else literal(_UNKNOWN)
    verdict = (
        f"CASE WHEN r.member_number IS NULL THEN NULL WHEN w.member_number IS NULL OR w.verdict = '{_UNKNOWN}' "
        f"THEN {unknown} ELSE w.verdict END"
    )
    once = f"SELECT * FROM {staged.relation} ANTI JOIN strata_{table}_doubles USING (file, record) WHERE {_KEPT}"
    view = f"strata_{table}_whose"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT r.* REPLACE ({', '.join(replaced)}), r.member_number AS own, "
        f"{verdict} AS verdict FROM ({once}) r {joined}"
    ).fetchall()
    if table == "companies":
        lost = f"SELECT count(*) FROM ({once}) r LEFT JOIN {WHOSE} p ON r.parent = p.member_number "
        where = "WHERE r.parent IS NOT NULL AND (p.member_number IS NULL OR p.verdict IS NOT NULL)"
        evidence["parents_unknown"] = int(con.execute(lost + where).fetchall()[0][0])
    _join_merged(con, staged, view)
    return view, evidence


def _signed(con: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, str]:
    """Points of loyalty with their signs: as given where a redemption or expiry is negative, else by kind."""
    taken = "kind IN ('redeem', 'expire')"
    query = f"SELECT 1 FROM {staged.relation} WHERE {_KEPT} AND {taken} AND points < 0 LIMIT 1"
    if con.execute(query).fetchall():
        return "r.points", "signs as given"
    return f"CASE WHEN r.{taken} THEN -r.points ELSE r.points END", "signs by kind"


def _join_merged(con: duckdb.DuckDBPyConnection, staged: Staged, view: str) -> None:
    """Rows that a merge gave one key become `duplicate: merge`, but for the survivor's own, else the last."""
    key = staged.mapped.table.key
    if "member_number" not in key or not con.execute("SELECT 1 FROM strata_survivors LIMIT 1").fetchall():
        return
    keys = ", ".join(map(name, key))
    con.execute(
        f"INSERT INTO strata_{staged.mapped.table.name}_doubles SELECT file, record, 'merge' FROM ("
        "SELECT file, record, "
        f"row_number() OVER (PARTITION BY {keys} ORDER BY own = member_number DESC, file DESC, record DESC) AS nth "
        f"FROM {view} WHERE verdict IS NULL AND member_number IN (SELECT survivor FROM strata_survivors)) WHERE nth > 1"
    ).fetchall()


def write_linked(con: duckdb.DuckDBPyConnection, staged: Staged, view: str, target: Path) -> TableLedger:
    """Write a table's canonical file, in input order and without what `INPUT_ONLY` names; return its ledger."""
    table = staged.mapped.table
    ledger = count_staged(con, staged.relation, staged.faults, staged.mapped.where)
    doubles = f"SELECT reason, {_COUNT} FROM strata_{table.name}_doubles GROUP BY reason ORDER BY reason"
    move(con, ledger, "duplicate", doubles)
    filtered = f"SELECT 'customer:' || verdict, {_COUNT} FROM {view} WHERE verdict IS NOT NULL"
    move(con, ledger, "filtered", f"{filtered} GROUP BY ALL ORDER BY ALL")
    columns = canonical_columns(table.name)
    query = f"SELECT {columns} FROM {view} WHERE verdict IS NULL ORDER BY file, record"
    rows = con.execute(f"COPY ({query}) TO {literal(str(target))} ({PUBLISHED})").fetchall()[0][0]
    ledger.kept = int(rows)  # counted independently of the rows that went elsewhere
    return ledger


def canonical_columns(table: str) -> str:
    """The columns of a table's canonical file over its staged relation, in their types."""
    return ", ".join(
        f"CAST({name(column.name)} AS {SQL_TYPES[column.type]}) AS {name(column.name)}"
        for column in TABLES[table].columns
        if column.name not in INPUT_ONLY.get(table, ())
    )
