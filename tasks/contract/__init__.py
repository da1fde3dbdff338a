"""The canonical tables: columns, types, units, keys, and which columns are personal.

Everything between `normalize` and `publish` hangs on this page. A column is either *mapped* (a profile's mapping may
supply it, as text; `normalize` parses it) or *derived* (`normalize` computes it). Amounts are DECIMAL(18,4) in the
row's own `currency`. Dates are local dates of the store; timestamps are UTC.
"""

from __future__ import annotations

from tasks.contract.business import COMPANIES, CONTRACTS, QUOTES
from tasks.contract.columns import SQL_TYPES, Column, Table, Type, derived
from tasks.contract.customers import CONSENT, CORRECTIONS, CUSTOMERS, LANGUAGE_EVIDENCE, PLACES
from tasks.contract.engagement import ANSWERS, CAMPAIGNS, EVENTS, FEEDBACK, INTERESTS, LOYALTY, USAGE
from tasks.contract.sales import CONTROLS, KINDS, PRODUCTS, RATE_QUALITY, RATES, STORES, TRANSACTIONS

__all__ = [
    "ANSWERS",
    "CAMPAIGNS",
    "COMPANIES",
    "CONSENT",
    "CONTRACTS",
    "CONTROLS",
    "CORRECTIONS",
    "CUSTOMERS",
    "EVENTS",
    "FEEDBACK",
    "INPUT_ONLY",
    "INTERESTS",
    "KINDS",
    "LANGUAGE_EVIDENCE",
    "LOYALTY",
    "OUTPUT_VERSION",
    "PLACES",
    "PRODUCTS",
    "QUARANTINE",
    "QUOTES",
    "RATES",
    "RATE_QUALITY",
    "SQL_TYPES",
    "STORES",
    "TABLES",
    "TRANSACTIONS",
    "USAGE",
    "Column",
    "Table",
    "Type",
]

#: Raised whenever the bytes of a publication change for the same input; a golden-digest test fails if it was not.
OUTPUT_VERSION = 5

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        TRANSACTIONS,
        STORES,
        CORRECTIONS,
        RATES,
        CONTROLS,
        FEEDBACK,
        EVENTS,
        ANSWERS,
        INTERESTS,
        USAGE,
        LOYALTY,
        CAMPAIGNS,
        PRODUCTS,
        COMPANIES,
        QUOTES,
        CONTRACTS,
        PLACES,
    )
}

#: Mapped columns that normalize consumes: they are in no canonical file.
INPUT_ONLY: dict[str, frozenset[str]] = {
    "transactions": frozenset({"date", "time", "unit_price", "amount"}),
    "customers": frozenset({"birth_date"}),
    "feedback": frozenset({"date", "text"}),
    **{
        table: frozenset({"date"})
        for table in ("events", "answers", "interests", "usage", "loyalty", "campaigns", "quotes")
    },
}

QUARANTINE = Table(
    "quarantine",
    "one refused row and all its reasons",
    ("table", "file", "record"),
    (
        derived("table", "text", "canonical table it was meant for"),
        derived("file", "integer", "index in the manifest's `inputs`"),
        derived("record", "integer", "record number in that file, from 1"),
        derived("reasons", "text", "every reason that applies, joined by ';', each `column:reason` or `reason`"),
        derived("column", "text", "first column at fault"),
        derived("value", "text", "its value; a mask where the contract marks the column personal"),
    ),
)
