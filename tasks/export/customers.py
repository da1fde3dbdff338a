"""The row-level file of a market's customers: which columns, in which order, as SQL cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.export import cells
from tasks.export.contacts import SOURCES, contacts_sql
from tasks.export.dialect import Dialect
from tasks.export.labels import Labels
from tasks.export.locales import right_to_left
from tasks.files import parquet
from tasks.localize import display_digits
from tasks.localize.patterns import precision
from tasks.sql import literal, name

Grant = Literal["customers", "names", "emails", "phones", "addresses"]
Cell = Literal["identifier", "text", "phone", "number", "date", "label", "code"]

#: DuckDB's temporary table that the files are written from: one row a customer, in the files' order.
BASE = "export_customers"

#: Keeps the groups of a number in their order where the reader's script runs from right to left.
LEFT_TO_RIGHT = "\u200e"

#: Decimals of money in customers.parquet (docs/contracts.md, Traits).
PUBLISHED_DECIMALS = 2

#: Traits that customers.parquet must have beside the dimensions.
TRAITS = (
    "customer_id", "type", "language", "home_country", "home_store", "first_order_date", "last_order_date",
    "recency_days", "orders", "frequency", "monetary_local", "currency", "monetary_reference", "reference_currency",
    "monetary_ppp", "effort", "r_score", "f_score", "m_score", "stratum",
)  # fmt: skip
CONTACT = (
    "member_number", "name", "salutation", "email", "phone", "phone_national", "address",
    "contactable_email", "contactable_phone", "contactable_sms", "contactable_post",
)  # fmt: skip
_OF_CONTACTS = ("language_evidence", "name", "email", "phone")

#: Shown with the window, since they count only what lies in it.
_WINDOWED = frozenset({"orders", "frequency", "monetary_local", "monetary_reference", "monetary_ppp"})
_CELLS: Mapping[str, Cell] = {
    **dict.fromkeys(("member_number", "home_store", "phone_national"), "identifier"),
    **dict.fromkeys(("name", "salutation", "email", "address"), "text"),
    "phone": "phone",
    **dict.fromkeys(("type", "language", "language_evidence", "home_country", "stratum"), "label"),
    **dict.fromkeys((column for column in CONTACT if column.startswith("contactable_")), "label"),
    **dict.fromkeys(("first_order_date", "last_order_date"), "date"),
    **dict.fromkeys(("currency", "reference_currency"), "code"),
}
_PLAIN: Mapping[Cell, Callable[[str, Dialect], str]] = {
    "text": cells.sql_text,
    "phone": cells.sql_phone,
    "number": cells.sql_number,
    "date": cells.sql_date,
}
#: Columns that need a grant beyond `customers`.
GRANTED: Mapping[str, Grant] = {
    "name": "names", "salutation": "names", "email": "emails", "phone": "phones", "phone_national": "phones",
    "address": "addresses",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Base:
    """What the files of a market share: how many customers, which codes occur, which identifiers must stay text."""

    rows: int
    dimensions: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]
    marked: Mapping[str, bool]
    longest: int = 0
    """Signs of the longest name or address."""


def load_base(con: duckdb.DuckDBPyConnection, profile: Profile, customers: str, contacts: str) -> Base:
    """Make BASE from customers.parquet (segment) and the canonical customers (normalize), ordered for writing.

    Order: revenue in the reporting currency from high to low, unknown last, then customer_id. An address or number
    stands only where its channel's consent is yes; unknown is no. Raises Terminal if a column lacks, or a customer
    has not exactly one row of contacts.
    """
    dimensions = tuple(profile.dimensions)
    coded = [column for column, kind in _CELLS.items() if kind in {"label", "code"}]
    coded += [f"segment_{one}" for one in dimensions]
    _require(con, customers, (*TRAITS, *(f"segment_{one}" for one in dimensions)))
    _require(con, contacts, ("member_number", *_OF_CONTACTS, *SOURCES))
    con.execute(_base_sql(con, profile, customers, contacts))
    rows, distinct, unmatched = con.execute(
        f"SELECT count(*), count(DISTINCT customer_id), count(*) - count(member_number) FROM {BASE}"
    ).fetchall()[0]
    if unmatched or rows != distinct:
        raise Terminal(
            f"{unmatched} of {rows} customers lack a member number, {rows - distinct} rows are repeated",
            expected="one row of contacts for each customer_id",
            hint="segments and contacts must come from the same run",
        )
    codes = dict(zip(coded, map(tuple, con.execute(_codes_sql(coded)).fetchall()[0]), strict=True))
    identifiers = [column for column, kind in _CELLS.items() if kind == "identifier"]
    flags = con.execute(f"SELECT {', '.join(map(cells.sql_marked, identifiers))} FROM {BASE}").fetchall()[0]
    texts = [column for column, kind in _CELLS.items() if kind == "text"]
    lengths = ", ".join(f"max(length({name(column)}))" for column in texts)
    longest = con.execute(f"SELECT coalesce(greatest({lengths}), 0) FROM {BASE}").fetchall()[0][0]
    return Base(rows, dimensions, codes, dict(zip(identifiers, flags, strict=True)), longest)


def _codes_sql(columns: Iterable[str]) -> str:
    """The distinct codes of each column, sorted, as one row of lists."""
    lists = (f"list_sort(list(DISTINCT {one}) FILTER ({one} IS NOT NULL))" for one in map(name, columns))
    return f"SELECT {', '.join(f'coalesce({one}, [])' for one in lists)} FROM {BASE}"


def _base_sql(con: duckdb.DuckDBPyConnection, profile: Profile, customers: str, contacts: str) -> str:
    dimensions = profile.dimensions
    own = con.execute(f"SELECT max(currency) FROM {parquet(customers)}").fetchall()[0][0]
    local, chain = decimals(own or profile.market.currencies[-1].code), decimals(profile.money.reporting_currency)
    traits = [f"t.{name(column)}" for column in (*TRAITS, *(f"segment_{one}" for one in dimensions))]
    canonical = [f"p.{name(column)}" for column in ("member_number", *_OF_CONTACTS, *SOURCES)]
    joined = f"""(
        SELECT {", ".join((*traits, *canonical))}
        FROM {parquet(customers)} t LEFT JOIN {parquet(contacts)} p ON p.customer_id = t.customer_id)"""
    return f"""
        CREATE OR REPLACE TEMP TABLE {BASE} AS
        SELECT * REPLACE (
            CAST(monetary_local AS DECIMAL(18, {local})) AS monetary_local,
            CAST(monetary_reference AS DECIMAL(18, {chain})) AS monetary_reference,
            CAST(monetary_ppp AS DECIMAL(18, 2)) AS monetary_ppp,
            CAST(effort AS DECIMAL(18, 6)) AS effort)
        FROM ({contacts_sql(con, profile, customers, contacts, joined)})
        ORDER BY monetary_reference DESC NULLS LAST, customer_id"""


def decimals(currency: str) -> int:
    """Decimals of a currency's amounts in files: what its prices have or had lately, and no more than published money.

    >>> decimals("JPY"), decimals("EUR"), decimals("KWD"), decimals("HUF")
    (0, 2, 2, 2)
    """
    return min(PUBLISHED_DECIMALS, max(precision(currency).digits, display_digits(currency)))


def _require(con: duckdb.DuckDBPyConnection, source: str, columns: tuple[str, ...]) -> None:
    found = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(source)}").fetchall()}
    if lacking := [column for column in columns if column not in found]:
        raise Terminal(
            f"columns are missing: {', '.join(lacking)}",
            file=source.rsplit("/", 1)[-1],
            expected="the columns of docs/contracts.md",
            hint="this is a defect of the program: keep the files and report it",
        )


# --- columns of a file ------------------------------------------------------------------------------------------------


def customer_columns(profile: Profile, grants: frozenset[str]) -> tuple[str, ...]:
    """Columns of the customers file in order; `x|code` is the stable code beside the label x.

    Contact data stands only where granted; the language is left out where a dimension shows it.
    """
    contact = [column for column in CONTACT if GRANTED.get(column, "customers") in grants]
    shown = {getattr(kind, "trait", None) for kind in profile.dimensions.values()}
    plain = [column for column in TRAITS[1:-1] if column not in shown or column not in {"language", "home_country"}]
    plain.insert(plain.index("home_store"), "language_evidence")
    pairs = [f"segment_{one}" for one in profile.dimensions] + ["stratum"]
    return (*contact, *plain, *(cell for column in pairs for cell in (column, f"{column}|code")))


def header(profile: Profile, columns: Iterable[str], labels: Labels, dialect: Dialect) -> str:
    """The translated header line."""
    return cells.line([cells.cell(column_heading(profile, column, labels), dialect) for column in columns], dialect)


def column_heading(profile: Profile, column: str, labels: Labels) -> str:
    """The heading of a column of `customer_columns`: a trait's, a dimension's, or that of a dimension's code."""
    base, _, code = column.partition("|")
    if base == "stratum" or base.startswith("segment_"):
        text = labels.text("dimension", base.removeprefix("segment_"))
        return labels.text("template", "code", label=text) if code else text
    return heading(profile, base, labels)


def heading(profile: Profile, column: str, labels: Labels) -> str:
    """The heading of a trait, with the window of what counts only there and the base year of comparable prices.

    With or without tax is said only where the drop knows of tax.
    """
    values = {"vintage": labels.year(profile.money.ppp.vintage)} if column == "monetary_ppp" else {}
    untaxed = profile.tax.amounts == "untaxed" and column in {"monetary_local", "monetary_reference"}
    text = labels.text("column untaxed" if untaxed else "column", column, **values)
    if column not in _WINDOWED:
        return text
    months = profile.traits.window
    window = labels.text("template", "window_all")
    if months != "all":
        window = labels.count("template", "window_months", months)
    return labels.text("template", "windowed", label=text, window=window)


def lines_sql(
    profile: Profile,
    columns: Iterable[str],
    base: Base,
    labels: Labels,
    dialect: Dialect,
    *,
    where: str = "true",
) -> str:
    """One SELECT of whole lines over the rows of BASE that `where` keeps, in its order."""
    return _select([_cell(profile, column, base, labels, dialect) for column in columns], dialect, where)


def tags_sql(base: Base, as_of: str, dialect: Dialect) -> tuple[str, str]:
    """Header and SELECT of the machine file: member number, one code per dimension, stratum, as-of date."""
    codes = [*(f"segment_{one}" for one in base.dimensions), "stratum"]
    head = cells.line(["member_number", *base.dimensions, "stratum", "as_of"], dialect)
    body = [cells.sql_label(name(column), {code: code for code in base.codes[column]}, dialect) for column in codes]
    member = cells.sql_text(name("member_number"), dialect)
    return head, _select([member, *body, literal(as_of)], dialect, "true")


def _select(row: list[str], dialect: Dialect, where: str) -> str:
    return f"SELECT {cells.sql_line(row, dialect)} AS line FROM {BASE} WHERE {where} ORDER BY rowid"


def _cell(profile: Profile, column: str, base: Base, labels: Labels, dialect: Dialect) -> str:
    source, _, code = column.partition("|")
    value = name(source)
    if source == "phone_national" and dialect.guard and right_to_left(labels.locale):
        value = f"{literal(LEFT_TO_RIGHT)} || {value}"
    kind: Cell = "code" if code else _CELLS.get(source, "label" if source.startswith("segment_") else "number")
    if kind in _PLAIN:
        return _PLAIN[kind](value, dialect)
    if kind == "identifier":
        return cells.sql_identifier(value, dialect, marked=dialect.guard and base.marked[source])
    names = code_labels(profile, source, base, labels) if kind == "label" else {one: one for one in base.codes[source]}
    return cells.sql_label(value, names, dialect)


def code_labels(profile: Profile, column: str, base: Base, labels: Labels) -> dict[str, str]:
    """Label of each code that occurs in a column, in the reader's language."""
    codes = base.codes.get(column, ())
    if column.startswith("contactable_"):
        return {word: labels.text("word", word) for word in ("yes", "no")}
    if column == "language":
        return {code: labels.language_name(code) for code in codes}
    if column == "home_country":
        return {code: labels.country_name(code) for code in codes}
    if column == "type":
        return {code: labels.text("type", code) for code in codes}
    if column == "language_evidence":
        return {code: labels.text("language evidence", code) for code in codes}
    return labels.segments(profile, column.removeprefix("segment_"), codes)
