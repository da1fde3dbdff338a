"""A small market written as normalize and segment write it, with every trap of a cell in its names and numbers."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import yaml

from region_profiles.models import Profile
from tasks.contract import CUSTOMERS, INPUT_ONLY, SQL_TYPES

AS_OF = date(2026, 10, 31)
BASE_YAML = Path(__file__).resolve().parents[2] / "region_profiles" / "base.yaml"

#: The traits that export reads, with their types (docs/contracts.md, Traits).
TRAITS = {
    "customer_id": "VARCHAR", "type": "VARCHAR", "language": "VARCHAR", "home_country": "VARCHAR",
    "home_store": "VARCHAR", "first_order_date": "DATE", "last_order_date": "DATE", "recency_days": "BIGINT",
    "orders": "BIGINT", "frequency": "BIGINT", "monetary_local": "DECIMAL(18,2)", "currency": "VARCHAR",
    "monetary_reference": "DECIMAL(18,2)", "reference_currency": "VARCHAR", "monetary_ppp": "DECIMAL(18,2)",
    "effort": "DOUBLE", "r_score": "BIGINT", "f_score": "BIGINT", "m_score": "BIGINT", "stratum": "VARCHAR",
    "segment_lifecycle": "VARCHAR", "segment_value": "VARCHAR", "segment_language": "VARCHAR",
    "segment_residence": "VARCHAR",
}  # fmt: skip
CONTACTS = {
    column.name: SQL_TYPES[column.type] for column in CUSTOMERS.columns if column.name not in INPUT_ONLY["customers"]
}


#: The dimensions of the small market, of the base profile's.
DIMENSIONS = ("lifecycle", "value", "language", "residence")


def make_profile(*teams, country="DE", currency="EUR", **parts) -> Profile:
    """Four of the base's dimensions for one market, exported as CSV; a team is (name, locales, grants)."""
    base = yaml.safe_load(BASE_YAML.read_text(encoding="utf-8"))
    named = [{"name": name, "locales": locales, "grants": grants} for name, locales, grants in teams]
    return Profile.model_validate(
        {
            "market": {
                "country": country,
                "time_zone": "Europe/Berlin",
                "currencies": [{"code": currency}],
                "languages": ["de"],
            },
            "traits": base["traits"],
            "dimensions": {name: base["dimensions"][name] for name in DIMENSIONS},
            "stratum": base["stratum"],
            "teams": named,
            **parts,
            "exports": {"formats": ["csv"], **parts.get("exports", {})},
        }
    )


ALL = ("customers", "names", "emails", "phones", "addresses")


def _insert(con, table, columns, rows):
    con.execute(f"CREATE OR REPLACE TABLE {table} ({', '.join(f'{n} {t}' for n, t in columns.items())})")
    for row in rows:
        names = ", ".join(row)
        con.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def trait(number: int, **values) -> dict:
    """A customer's traits: the higher the number, the lower the revenue."""
    return {
        "customer_id": f"{number:032x}", "type": "person", "language": "de", "home_country": "DE",
        "home_store": "0042", "first_order_date": date(2024, 2, 29), "last_order_date": date(2026, 3, 1),
        "recency_days": 244, "orders": 3, "frequency": 2, "monetary_local": f"{9000 - number}.50", "currency": "EUR",
        "monetary_reference": f"{8000 - number}.05", "reference_currency": "USD", "monetary_ppp": "1234.50",
        "effort": 0.0123456, "r_score": 3, "f_score": 2, "m_score": 5, "stratum": "active_high",
        "segment_lifecycle": "loyal", "segment_value": "high", "segment_language": "de",
        "segment_residence": "resident",
    } | values  # fmt: skip


def contact(number: int, **values) -> dict:
    """A customer's canonical row: reachable by every channel."""
    return {
        "member_number": f"{number:05d}", "customer_id": f"{number:032x}", "name": f"Name {number}",
        "email": f"c{number}@example.com", "phone": f"+4915112345{number:03d}", "phone_status": "valid",
        "consent_email": "yes", "consent_sms": "yes", "consent_phone": "yes", "consent_post": "yes",
        "address": f"Hauptstr. {number}", "postcode": "10115", "city": "Berlin",
    } | values  # fmt: skip


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def write(con, tmp_path_factory):
    """Write traits and contacts, and the segments that follow from them, as Parquet; returns (folder, contacts)."""

    def _write(traits, contacts, guests=("4.00", "3.00")):
        folder = tmp_path_factory.mktemp("segmented")
        _insert(con, "traits", TRAITS, traits)
        _insert(con, "contacts", CONTACTS, contacts)
        con.execute(f"COPY traits TO '{folder}/customers.parquet'")
        con.execute(f"COPY contacts TO '{folder}/contacts.parquet'")
        selects = [
            f"""SELECT '{dimension}' AS dimension, {column} AS segment, count(*) AS customers,
                    sum(orders)::BIGINT AS orders, sum(monetary_local) AS monetary_local,
                    sum(monetary_reference) AS monetary_reference, sum(monetary_ppp) AS monetary_ppp,
                    count(*) / (SELECT count(*) FROM traits) AS share_customers, 0.5 AS share_revenue
                FROM traits GROUP BY ALL
                UNION ALL SELECT '{dimension}', 'guest', 0, 2, {guests[0]}, {guests[1]}, NULL, 0, 0.25"""
            for dimension, column in (
                *((d, f"segment_{d}") for d in DIMENSIONS),
                ("stratum", "stratum"),
            )
        ]
        con.execute(f"COPY ({' UNION ALL '.join(selects)}) TO '{folder}/segments.parquet' (FORMAT parquet)")
        return folder, folder / "contacts.parquet"

    return _write


@pytest.fixture(scope="session")
def parse():
    """Read a localized file back as its team's spreadsheet would: rows by heading."""

    def _parse(path: Path, dialect):
        text = path.read_bytes().decode("utf-8")
        assert text.startswith("\ufeff") == dialect.mark
        text = text.removeprefix("\ufeff")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator, strict=True))
        head = rows[0]
        assert len(set(head)) == len(head)
        assert {len(row) for row in rows} == {len(head)}
        return [dict(zip(head, row, strict=True)) for row in rows[1:]]

    return _parse


@pytest.fixture(scope="session")
def market():
    """What tests build a small market from."""
    return SimpleNamespace(profile=make_profile, trait=trait, contact=contact, as_of=AS_OF, all=ALL)
