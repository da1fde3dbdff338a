"""What the files of a market are written from: its customers with contacts, and who is in which audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from region_profiles.models import Profile
from tasks.catalogue.business import FROM_MODEL
from tasks.errors import Terminal
from tasks.export import cells
from tasks.export.contacts import SOURCES, contacts_sql
from tasks.export.kinds import CELLS
from tasks.files import parquet
from tasks.localize import display_digits
from tasks.localize.patterns import precision
from tasks.segment.audiences import ordered
from tasks.sql import literal, name

#: DuckDB's temporary table that the files are written from: one row a customer, in the files' order.
BASE = "export_customers"
#: Who is in which audience: `place` (rowid of BASE), audience, audience_rank, aside (yes: kept out, as holdout).
MEMBERS = "export_members"
#: Who stands in lists of customers; contacts of accounts stand under their account.
LISTED = "population <> 'contact'"

#: Decimals of money in customers.parquet (docs/contracts.md, Traits).
PUBLISHED_DECIMALS = 2

#: Traits that customers.parquet must have beside the dimensions.
TRAITS = (
    "customer_id", "type", "language", "home_country", "home_store", "first_order_date", "last_order_date",
    "recency_days", "orders", "frequency", "monetary_local", "currency", "monetary_reference", "reference_currency",
    "monetary_ppp", "effort", "r_score", "f_score", "m_score", "stratum",
)  # fmt: skip
#: Traits that a market may lack, with their types.
OPTIONAL = {
    "population": "VARCHAR", "role": "VARCHAR", "expected_revenue": "DECIMAL(18, 2)", "next_purchase_date": "DATE",
    "holdout": "VARCHAR",
}  # fmt: skip
_OF_CONTACTS = ("account", "language_evidence", "name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Base:
    """What the files of a market share: how many customers, which codes occur, which identifiers must stay text."""

    rows: int
    dimensions: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    marked: Mapping[str, bool]
    longest: int = 0
    """Signs of the longest name or address."""
    listed: int = 0
    """Rows without contacts of accounts."""
    extra: tuple[str, ...] = ()
    """Columns that this market has and others do not: population, predictions, holdout, the app."""
    audiences: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Customers of each audience that has any, by priority; and how many of them it keeps out as holdout."""


def load_base(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    customers: str,
    contacts: str,
    audiences: str | None = None,
    *,
    weak: frozenset[str] = frozenset(),
) -> Base:
    """Make BASE from customers.parquet (segment) and the canonical customers (normalize), and MEMBERS from `audiences`.

    Order: expected revenue where there are predictions, then revenue in the market's own currency, as lists show it,
    each from high to low and unknown last, then customer_id. An address or number stands only where its channel's
    consent is yes; unknown is no. Contacts have their account's holdout. What is predicted of the populations in `weak`
    is nothing to act on: no list shows it. Raises Terminal if a column lacks, or a customer has not exactly one row of
    contacts.
    """
    dimensions = tuple(profile.dimensions)
    _require(con, customers, (*TRAITS, *(f"segment_{one}" for one in dimensions)))
    _require(con, contacts, ("member_number", *_OF_CONTACTS, *SOURCES))
    con.execute(_base_sql(con, profile, customers, contacts, audiences, weak))
    rows, distinct, unmatched, listed = con.execute(
        "SELECT count(*), count(DISTINCT customer_id), count(*) - count(member_number), "
        f"count(*) FILTER ({LISTED}) FROM {BASE}"
    ).fetchall()[0]
    if unmatched or rows != distinct:
        raise Terminal(
            f"{unmatched} of {rows} customers lack a member number, {rows - distinct} rows are repeated",
            expected="one row of contacts for each customer_id",
            hint="segments and contacts must come from the same run",
        )
    coded = [column for column, kind in CELLS.items() if kind in {"label", "code"}]
    coded += [f"segment_{one}" for one in dimensions]
    codes = dict(zip(coded, map(tuple, con.execute(_codes_sql(coded)).fetchall()[0]), strict=True))
    texts = [column for column, kind in CELLS.items() if kind == "text"]
    lengths = ", ".join(f"max(length({name(column)}))" for column in texts)
    longest = con.execute(f"SELECT coalesce(greatest({lengths}), 0) FROM {BASE}").fetchall()[0][0]
    return Base(
        rows,
        dimensions,
        codes,
        _marked(con),
        longest,
        listed,
        _extra(con, codes),
        _members(con, profile, audiences),
    )


def drop_base(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of what `load_base` made."""
    con.execute(f"DROP TABLE IF EXISTS {MEMBERS}")
    con.execute(f"DROP TABLE IF EXISTS {BASE}")


def decimals(currency: str) -> int:
    """Decimals of a currency's amounts in files: what its prices have or had lately, and no more than published money.

    >>> decimals("JPY"), decimals("EUR"), decimals("KWD"), decimals("HUF")
    (0, 2, 2, 2)
    """
    return min(PUBLISHED_DECIMALS, max(precision(currency).digits, display_digits(currency)))


def _codes_sql(columns: Iterable[str]) -> str:
    """The distinct codes of each column, sorted, as one row of lists."""
    lists = (f"list_sort(list(DISTINCT {one}) FILTER ({one} IS NOT NULL))" for one in map(name, columns))
    return f"SELECT {', '.join(f'coalesce({one}, [])' for one in lists)} FROM {BASE}"


def _marked(con: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """Accounts are looked up among member numbers: they are written alike."""
    identifiers = [column for column, kind in CELLS.items() if kind == "identifier"]
    counts = con.execute(f"SELECT {', '.join(f'count({one})' for one in identifiers)} FROM {BASE}").fetchall()[0]
    there = [one for one, count in zip(identifiers, counts, strict=True) if count]  # to compile a pattern takes 17 ms
    flags = con.execute(f"SELECT {', '.join(map(cells.sql_marked, there))} FROM {BASE}").fetchall()[0] if there else ()
    marked = dict.fromkeys(identifiers, False) | dict(zip(there, flags, strict=True))
    return marked | {"account": marked["account"] or marked["member_number"]}


def _extra(con: duckdb.DuckDBPyConnection, codes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The columns to show where their values say something."""
    dated, worth = con.execute(f"SELECT count(next_purchase_date), count(expected_revenue) FROM {BASE}").fetchall()[0]
    there = {
        "contactable_app": "yes" in codes["contactable_app"],
        "population": {"person", "account"} <= set(codes["population"]),
        "expected_revenue": worth > 0,
        "next_purchase_date": dated > 0,
        "holdout": bool(codes["holdout"]),
    }
    return tuple(column for column, shown in there.items() if shown)


def _members(con: duckdb.DuckDBPyConnection, profile: Profile, audiences: str | None) -> dict[str, tuple[int, int]]:
    rows = "SELECT NULL::VARCHAR AS customer_id, '' AS audience, 0 AS priority, '' AS holdout WHERE false"
    source = f"({rows})" if audiences is None else parquet(audiences)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {MEMBERS} AS "
        "SELECT b.rowid AS place, a.audience, a.priority AS audience_rank, a.holdout AS aside "
        f"FROM {source} a JOIN {BASE} b ON b.customer_id = a.customer_id ORDER BY a.audience, aside, place"
    )
    found = con.execute(
        f"SELECT audience, count(*), count(*) FILTER (aside = 'yes') FROM {MEMBERS} GROUP BY 1"
    ).fetchall()
    sizes = {audience: (size, held) for audience, size, held in found}
    return {code: sizes[code] for code in ordered(profile) if code in sizes}


def _base_sql(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    customers: str,
    contacts: str,
    audiences: str | None,
    weak: frozenset[str],
) -> str:
    found = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(customers)}").fetchall()}
    contact = "bool_or(population = 'contact')" if "population" in found else "false"
    own, inherit = con.execute(f"SELECT max(currency), {contact} FROM {parquet(customers)}").fetchall()[0]
    local, chain = decimals(own or profile.market.currencies[-1].code), decimals(profile.money.reporting_currency)
    traits = [f"t.{name(column)}" for column in (*TRAITS, *(f"segment_{one}" for one in profile.dimensions))]
    unsure = ", ".join(map(literal, sorted(weak | ({"contact"} if "account" in weak else set()))))
    shown = {one: f"CASE WHEN population NOT IN ({unsure}) THEN {one} END AS {one}" for one in FROM_MODEL if unsure}
    traits += [
        shown.get(one, f"t.{one}") if one in found else f"NULL::{kind} AS {one}" for one, kind in OPTIONAL.items()
    ]
    canonical = [f"p.{name(column)}" for column in ("member_number", *_OF_CONTACTS, *SOURCES)]
    holdout, accounts = "t.holdout", ""
    if inherit:  # else customers would be read and kept twice, for nobody
        holdout = "CASE WHEN t.population = 'contact' THEN a.holdout ELSE t.holdout END"
        accounts = "LEFT JOIN accounts a ON t.population = 'contact' AND a.member_number = p.account"
    lists = "SELECT customer_id, NULL AS audiences FROM t WHERE false"
    if audiences is not None:
        lists = f"""
            SELECT customer_id, string_agg(audience, ';' ORDER BY priority) AS audiences
            FROM {parquet(audiences)} GROUP BY 1"""
    joined = f"""
        WITH t AS (SELECT {", ".join(traits)} FROM {parquet(customers)} t),
        p AS (SELECT customer_id, {", ".join(canonical)} FROM {parquet(contacts)} p),
        accounts AS (SELECT p.member_number, t.holdout FROM t JOIN p USING (customer_id) WHERE t.type = 'account'),
        lists AS ({lists})
        SELECT t.* REPLACE (
                coalesce(t.population, 'person') AS population,
                {holdout} AS holdout),
            p.* EXCLUDE (customer_id), lists.audiences
        FROM t LEFT JOIN p USING (customer_id)
        {accounts}
        LEFT JOIN lists USING (customer_id)"""
    return f"""
        CREATE OR REPLACE TEMP TABLE {BASE} AS
        SELECT * REPLACE (
            CAST(monetary_local AS DECIMAL(18, {local})) AS monetary_local,
            CAST(monetary_reference AS DECIMAL(18, {chain})) AS monetary_reference,
            CAST(expected_revenue AS DECIMAL(18, {chain})) AS expected_revenue,
            CAST(monetary_ppp AS DECIMAL(18, 2)) AS monetary_ppp,
            CAST(effort AS DECIMAL(18, 6)) AS effort)
        FROM ({contacts_sql(con, profile, customers, contacts, f"({joined})")})
        ORDER BY expected_revenue DESC NULLS LAST, monetary_local DESC NULLS LAST, customer_id"""


def _require(con: duckdb.DuckDBPyConnection, source: str, columns: tuple[str, ...]) -> None:
    found = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(source)}").fetchall()}
    if lacking := [column for column in columns if column not in found]:
        raise Terminal(
            f"columns are missing: {', '.join(lacking)}",
            file=source.rsplit("/", 1)[-1],
            expected="the columns of docs/contracts.md",
            hint="this is a defect of the program: keep the files and report it",
        )
