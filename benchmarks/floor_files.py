"""The floor's files: canonical Parquet, and CSV as a German Excel opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from floor_segments import AS_OF, DIMENSIONS, LIFECYCLE, TIERS

PARQUET = "FORMAT parquet, COMPRESSION lz4"
PUBLISHED = """
SELECT customer_id, 'person' AS type, 'person' AS population, 'FR' AS country, language,
       {evidence} AS language_evidence, home_country, residence, home_store,
       NULL::VARCHAR AS city, consent_email, 'unknown' AS consent_sms, 'unknown' AS consent_phone,
       'unknown' AS consent_post, 'unknown' AS consent_app, 'unknown' AS consent_profiling, 'none' AS phone_status,
       loyalty_tier, first_day AS first_order_date, last_day AS last_order_date, recency_days, orders, frequency,
       monetary_local, 'EUR' AS currency, monetary_reference, 'USD' AS reference_currency, monetary_ppp,
       CAST(effort AS DOUBLE) AS effort, lifetime_orders, lifetime_frequency, lifetime_local, lifetime_reference,
       lifetime_ppp, CASE WHEN lifetime_orders > 0 THEN 'ecb' END AS rate_quality,
       r_score::BIGINT AS r_score, f_score::BIGINT AS f_score, m_score::BIGINT AS m_score,
       NULL::DOUBLE AS expected_purchases, NULL::DOUBLE AS alive, NULL::DOUBLE AS churn_risk,
       NULL::DATE AS next_purchase_date, NULL::DECIMAL(18, 2) AS expected_revenue,
       NULL::DECIMAL(18, 2) AS lifetime_value, NULL::VARCHAR AS holdout,
       segment_lifecycle, segment_value, segment_residence, segment_language, stratum
FROM customers ORDER BY customer_id
"""
#: What a first publication without audiences has no rows of.
_SUM = "DECIMAL(38, 6)"
WITHOUT_ROWS = {
    "membership": dict.fromkeys(
        ("customer_id", "dimension", "segment", "previous_segment", "like_segment", "move", "cause", "restated", "rule",
         "definition", "changed"), "VARCHAR"),
    "audiences": {"customer_id": "VARCHAR", "audience": "VARCHAR", "priority": "BIGINT", "holdout": "VARCHAR"},
    "comparisons": {"anchor": "VARCHAR", "as_of": "DATE", "dimension": "VARCHAR", "segment": "VARCHAR",
                    "customers": "BIGINT", "orders": "BIGINT", "monetary_local": _SUM, "monetary_reference": _SUM,
                    "monetary_ppp": _SUM},
    "flows": {"anchor": "VARCHAR", "dimension": "VARCHAR", "from_segment": "VARCHAR", "to_segment": "VARCHAR",
              "customers": "BIGINT"},
}  # fmt: skip


def case(column: str, names: dict[str, str]) -> str:
    """The name of each code."""
    whens = " ".join(f"WHEN '{code}' THEN '{name}'" for code, name in names.items())
    return f"CASE {column} {whens} END"


def canonical(con: duckdb.DuckDBPyConnection, out: Path, words: dict[str, Any]) -> None:
    """Write the Parquet files."""
    out.mkdir(parents=True)
    evidence = "NULL::VARCHAR" if "language_evidence" in words["empty"] else "'stated'"
    con.execute(f"COPY ({PUBLISHED.format(evidence=evidence)}) TO '{out}/customers.parquet' ({PARQUET})")
    con.execute(f"COPY segments TO '{out}/segments.parquet' ({PARQUET})")
    for name, columns in WITHOUT_ROWS.items():
        nulls = ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items())
        con.execute(f"COPY (SELECT {nulls} WHERE false) TO '{out}/{name}.parquet' ({PARQUET})")


def exports(con: duckdb.DuckDBPyConnection, out: Path, words: dict[str, Any]) -> None:
    """Write the localized customers and segments, and the tags."""
    stem = f"FR_{AS_OF}"
    for folder in ("de-DE/customers", "de-DE/summary", "tags"):
        (out / folder).mkdir(parents=True)
    con.execute("CREATE TABLE listed AS SELECT * FROM customers ORDER BY monetary_local DESC NULLS LAST, customer_id")
    yes, no = words["word"]["yes"], words["word"]["no"]
    labelled = [*((f"segment_{name}", name) for name in DIMENSIONS), ("stratum", "stratum")]
    mailed = "consent_email = 'yes'"
    cells = [
        "member_number", "name", "name", f"CASE WHEN {mailed} THEN email END",
        f"CASE WHEN {mailed} THEN '{yes}' ELSE '{no}' END",
        f"'{no}'", f"'{no}'", f"'{no}'", f"'{words['type']['person']}'", case("home_country", words["country"]),
        f"'{words['evidence']['stated']}'",
        "'''' || home_store",
        "strftime(first_day, '%d.%m.%Y')", "strftime(last_day, '%d.%m.%Y')", "recency_days", "orders", "frequency",
        comma("monetary_local"), "'EUR'", comma("monetary_reference"), "'USD'", comma("monetary_ppp"), comma("effort"),
        "r_score", "f_score", "m_score",
        *(cell for column, name in labelled for cell in (case(column, words["label"][name]), column)),
    ]  # fmt: skip
    write(
        con,
        cells,
        words["customers"],
        "FROM listed ORDER BY rowid",
        out / f"de-DE/customers/{stem}_de-DE_customers.csv",
    )
    coded = ", ".join(f"{column} AS {name}" for column, name in labelled)
    con.execute(
        f"COPY (SELECT member_number, {coded}, NULL AS audiences, NULL AS holdout, '{AS_OF}' AS as_of "
        f"FROM listed ORDER BY rowid) TO '{out}/tags/{stem}_tags.csv' (HEADER)"
    )
    names = " ".join(
        f"WHEN dimension = '{dimension}' AND segment = '{code}' THEN '{name}'"
        for dimension, labels in words["label"].items()
        for code, name in labels.items()
    )
    strata = [code for code in words["label"]["stratum"] if code.rsplit("_", 1)[-1] in TIERS]
    codes = [*(code for code, *_ in LIFECYCLE), "lost", *TIERS, *strata]
    place = " ".join(f"WHEN '{code}' THEN {n}" for n, code in enumerate(codes))
    cells = [
        case("dimension", words["dimension"]), "dimension", f"CASE {names} END", "segment", "customers",
        comma("share_customers::DECIMAL(9, 6)"), "orders", comma("monetary_local::DECIMAL(38, 2)"), "'EUR'",
        comma("monetary_reference::DECIMAL(38, 2)"), "'USD'", comma("monetary_ppp::DECIMAL(38, 2)"),
        comma("share_revenue::DECIMAL(9, 6)"), "NULL",
    ]  # fmt: skip
    whole = (
        "SELECT 'market' AS dimension, 'all' AS segment, sum(COLUMNS(* EXCLUDE (dimension, segment))) FROM segments "
        "WHERE dimension = 'lifecycle'"
    )
    order = (
        f"FROM ({whole} UNION ALL SELECT * FROM segments) s "
        f"ORDER BY list_position({['market', *DIMENSIONS, 'stratum']}, s.dimension), "
        f"s.segment = 'guest', CASE s.segment {place} ELSE 99 END, s.segment"
    )
    write(con, cells, words["segments"], order, out / f"de-DE/summary/{stem}_de-DE_segments.csv")


def comma(number: str) -> str:
    """A number as a German reads it."""
    return f"replace(({number})::VARCHAR, '.', ',')"


def write(con: duckdb.DuckDBPyConnection, cells: list[str], names: list[str], source: str, path: Path) -> None:
    """One CSV as a German Excel opens it; the byte order mark stands before the first name."""
    columns = ", ".join(
        f'{cell} AS "{name}"' for cell, name in zip(cells, ["\ufeff" + names[0], *names[1:]], strict=True)
    )
    con.execute(f"COPY (SELECT {columns} {source}) TO '{path}' (HEADER, DELIMITER ';')")
