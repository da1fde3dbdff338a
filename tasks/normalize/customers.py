"""Customers: who they are, who is excluded and why, who is derived from purchases, where they live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.contract import CUSTOMERS, INPUT_ONLY, SQL_TYPES
from tasks.files import PUBLISHED
from tasks.normalize.checks import Derived
from tasks.normalize.faults import Fault
from tasks.normalize.languages import resolved_sql
from tasks.normalize.mapping import Mapped
from tasks.normalize.parse_text import tidy
from tasks.normalize.tables import Staged, stage_table
from tasks.parse_date import EARLIEST_YEAR
from tasks.privacy.pseudonyms import pseudonym_sql
from tasks.privacy.tombstones import Tombstones, erased_sql
from tasks.sql import literal, literals, name

#: Kinds of exclusion; the first that applies to a customer names his lines in the ledger.
KINDS = ("erased", "objection", "no_consent", "deceased", "employee", "test", "exclude")
_KEPT = "row_faults = 0 AND aside = 0"


def stage_customers(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped | None, as_of: date
) -> Staged | None:
    """Read the customers into `strata_customers`; without a mapping the table is empty and None is returned."""
    if mapped is None:
        columns = ", ".join(f"NULL::{SQL_TYPES[c.type]} AS {name(c.name)}" for c in CUSTOMERS.mapped)
        own = "0 AS file, 0::BIGINT AS record, 0::BIGINT AS row_faults, 0::BIGINT AS field_bits, 0::TINYINT AS aside"
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE strata_customers AS SELECT {own}, {columns}, "
            "NULL::VARCHAR AS phone_status, NULL::BOOLEAN AS home_unread WHERE false"
        ).fetchall()
        return None
    return stage_table(con, profile, mapped, as_of, derive=partial(_derive, mapped, as_of))


def _derive(mapped: Mapped, as_of: date, values: Mapping[str, str]) -> Derived:
    """The phone's status; whether a home is given that is no country; the year of birth, null where it cannot be.

    Where no year is given it is that of the date.
    """
    status = "CASE WHEN value_phone IS NULL THEN 'none' ELSE split_part(value_phone, ':', 1) END"
    derived = {"phone_status": status if mapped.has("phone") else "'none'"}
    derived["home_unread"] = _home_unread(mapped)
    if not (mapped.has("birth_year") or mapped.has("birth_date")):
        return Derived(derived)
    born = values["birth_date"]
    future = f"{born} > DATE '{as_of}' AND year({born}) < 2069"
    year = f"coalesce({values['birth_year']}, year({born}) - CASE WHEN {future} THEN 100 ELSE 0 END)"
    sound = f"{year} BETWEEN {EARLIEST_YEAR} AND {as_of.year}"
    implausible = Fault("birth_year:implausible", f"NOT ({sound})", "birth_year")
    return Derived({**derived, "birth_year": year}, (implausible,))


def _home_unread(mapped: Mapped) -> str:
    """Whether a home is given that is no country, or that the profile's values do not name."""
    if not mapped.has("home_country"):
        return "false"
    unread = "text_home_country IS NOT NULL AND value_home_country IS NULL"
    named = mapped.mapping.values.get("home_country")
    if named and "*" not in named:
        unread += f" OR clean_home_country NOT IN ({literals(map(tidy, named))})"
    return f"coalesce({unread}, false)"


def find_buyers(con: duckdb.DuckDBPyConnection, lines: str) -> None:
    """Write `strata_buyers` (member_number, lines): who occurs in the relation `lines`, and in how many that count."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE strata_buyers AS SELECT member_number, count(*) FILTER (WHERE {_KEPT}) AS lines "
        f"FROM {lines} WHERE member_number IS NOT NULL GROUP BY member_number"
    ).fetchall()


def find_excluded(
    con: duckdb.DuckDBPyConnection, profile: Profile, tombstones: Tombstones, writers: str | None = None
) -> int:
    """Write `strata_excluded` (member_number, kind, kinds): surviving members who are in no segment; return how many.

    Members are those of customers, of `strata_buyers` and of the relation `writers`. An objection or an erasure of a
    merged member holds for the person: what was asked for one number is not undone by joining it to another.
    """
    market = profile.market.country
    others = "SELECT member_number FROM strata_buyers"
    if writers:
        others += f" UNION SELECT member_number FROM {writers} WHERE member_number IS NOT NULL"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_people AS "
        "SELECT p.*, coalesce(s.survivor, p.member_number) AS survivor FROM ("
        "SELECT member_number, consent_profiling, employee, test, deceased, true AS listed "
        f"FROM strata_customers ANTI JOIN strata_customers_doubles USING (file, record) WHERE {_KEPT} UNION ALL "
        f"SELECT member_number, 'unknown', NULL, NULL, NULL, false FROM ({others}) WHERE member_number NOT IN "
        f"(SELECT member_number FROM strata_customers WHERE {_KEPT})) p "
        "LEFT JOIN strata_survivors s ON p.member_number = s.member_number"
    ).fetchall()
    conditions = {
        "objection": "consent_profiling = 'no'",
        "deceased": "deceased",
        "test": "test",
        "erased": erased_sql(tombstones, market, pseudonym_sql(market, "member_number"), "member_number"),
    }
    if profile.privacy.basis == "consent":
        conditions["no_consent"] = "member_number = survivor AND coalesce(consent_profiling, 'unknown') = 'unknown'"
    if profile.privacy.employees == "exclude":
        conditions["employee"] = "employee"
    parts = [f"SELECT survivor, {literal(kind)} FROM strata_people WHERE {when}" for kind, when in conditions.items()]
    corrected = "" if profile.privacy.employees == "exclude" else " WHERE kind <> 'employee'"
    parts.append(
        "SELECT coalesce(s.survivor, c.member_number), c.kind FROM strata_corrected c "
        f"LEFT JOIN strata_survivors s ON c.member_number = s.member_number{corrected}"
    )
    rank = f"list_position([{literals(KINDS)}], kind)"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_excluded AS SELECT member_number, arg_min(kind, rank) AS kind, "
        "string_agg(kind, ';' ORDER BY rank) AS kinds FROM (SELECT DISTINCT member_number, kind, "
        f"{rank} AS rank FROM ({' UNION ALL '.join(parts)}) t(member_number, kind)) GROUP BY member_number"
    ).fetchall()
    return int(con.execute("SELECT count(*) FROM strata_excluded").fetchall()[0][0])


def find_later(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Write `strata_later` (file, record): listed customers who came after the as-of date, to whom nobody had sold yet.

    A backfill reads the list of today, and must not count customers of the future. Excluded, merged and repeated ones
    have another reason already.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_later AS SELECT c.file, c.record FROM strata_customers c "
        "ANTI JOIN strata_customers_doubles d ON c.file = d.file AND c.record = d.record "
        "ANTI JOIN strata_survivors s ON c.member_number = s.member_number "
        "ANTI JOIN strata_excluded x ON c.member_number = x.member_number "
        "ANTI JOIN (SELECT b.member_number FROM strata_buyers b LEFT JOIN (SELECT member_number, count(*) AS lines "
        "FROM strata_doubles GROUP BY member_number) d USING (member_number) WHERE b.lines > coalesce(d.lines, 0)) b "
        "ON c.member_number = b.member_number "
        f"WHERE {_KEPT} AND c.registered > DATE '{as_of}'"
    ).fetchall()


def list_customers(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Write `strata_written`: listed customers, then derived ones; `language` is what was stated, `account` survives.

    A derived customer is a member number of the lines that count which the customers lack; its `file` is null.
    """
    find_later(con, as_of)
    listed = (
        "SELECT c.* REPLACE (coalesce(l.language, c.language) AS language, coalesce(a.survivor, c.account) AS account) "
        "FROM strata_customers c "
        "ANTI JOIN strata_customers_doubles d ON c.file = d.file AND c.record = d.record "
        "ANTI JOIN strata_survivors s ON c.member_number = s.member_number "
        "ANTI JOIN strata_excluded x ON c.member_number = x.member_number "
        "ANTI JOIN strata_later f ON c.file = f.file AND c.record = f.record "
        "LEFT JOIN strata_languages l ON c.member_number = l.member_number "
        f"LEFT JOIN strata_survivors a ON c.account = a.member_number WHERE {_KEPT}"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE strata_listed AS {listed}").fetchall()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_derived AS SELECT b.member_number, l.language FROM strata_buyers b "
        "LEFT JOIN strata_languages l USING (member_number) LEFT JOIN "
        "(SELECT member_number, count(*) AS lines FROM strata_doubles GROUP BY member_number) d USING (member_number) "
        "WHERE b.lines > coalesce(d.lines, 0) AND b.member_number NOT IN (SELECT member_number FROM strata_listed) "
        "AND b.member_number NOT IN (SELECT member_number FROM strata_excluded)"
    ).fetchall()
    union = "SELECT * FROM strata_listed UNION ALL BY NAME SELECT * FROM strata_derived"
    con.execute(f"CREATE OR REPLACE TEMP VIEW strata_written AS {union}").fetchall()


def write_customers(
    con: duckdb.DuckDBPyConnection, profile: Profile, target: Path, messages: str | None = None
) -> tuple[int, int]:
    """Write customers.parquet from `strata_written`, listed customers in input order; return (rows, derived).

    `messages` is a relation of member_number and language: what those wrote in who stated none.
    """
    derived = int(con.execute("SELECT count(*) FROM strata_derived").fetchall()[0][0])
    columns = [column for column in CUSTOMERS.columns if column.name not in INPUT_ONLY["customers"]]
    values = _values(profile)
    known = ", ".join(
        f"CAST({values.get(c.name, name(c.name))} AS {SQL_TYPES[c.type]}) AS {name(c.name)}" for c in columns
    )
    people = resolved_sql(con, profile, "strata_written", messages)
    query = f"SELECT {known} FROM {people} ORDER BY file NULLS LAST, record NULLS LAST, member_number"
    rows = con.execute(f"COPY ({query}) TO {literal(str(target))} ({PUBLISHED})").fetchall()[0][0]
    return int(rows), derived


def _values(profile: Profile) -> Mapping[str, str]:
    """Derived columns and defaults, over listed and derived customers."""
    market = profile.market.country
    abroad = literals(profile.market.cross_border)
    consents = [column.name for column in CUSTOMERS.columns if column.name.startswith("consent_")]
    return {
        "customer_id": pseudonym_sql(market, "member_number"),
        "type": "coalesce(type, 'person')",
        "phone_status": "coalesce(phone_status, 'none')",
        "residence": (
            f"CASE WHEN visitor THEN 'visitor' WHEN home_country = {literal(market)} THEN 'resident' "
            f"WHEN home_country IN ({abroad}) THEN 'cross_border' WHEN home_country IS NOT NULL THEN 'visitor' "
            "ELSE 'unknown' END"
        ),
        "residence_evidence": (
            "CASE WHEN visitor THEN 'flag' WHEN home_country IS NOT NULL THEN 'home_country' ELSE 'none' END"
        ),
        **{consent: f"coalesce({consent}, 'unknown')" for consent in consents},
    }


def write_departed(con: duckdb.DuckDBPyConnection, profile: Profile, target: Path) -> None:
    """Write departed.parquet: customer_id, kind and into (customer_id) of who is no customer of their own.

    `kind` is `merge`, with the survivor in `into`, else why they are excluded.
    """
    market = profile.market.country
    merged = (
        f"SELECT {pseudonym_sql(market, 'member_number')} AS customer_id, 'merge' AS kind, "
        f'{pseudonym_sql(market, "survivor")} AS "into" FROM strata_survivors'
    )
    excluded = (
        f'SELECT {pseudonym_sql(market, "member_number")} AS customer_id, kind, NULL AS "into" FROM strata_excluded '
        "ANTI JOIN strata_survivors USING (member_number)"
    )
    con.execute(
        f"COPY (SELECT * FROM ({merged} UNION ALL {excluded}) ORDER BY customer_id) "
        f"TO {literal(str(target))} ({PUBLISHED})"
    ).fetchall()
