"""What is known of business accounts."""

from __future__ import annotations

from tasks.contract.columns import DATED, LOCAL, PROVENANCE, WHOSE, Column, Table

COMPANIES = Table(
    "companies",
    "what is known of a business account's company",
    ("member_number",),
    (
        Column("member_number", "text", "the account's number, as in customers", personal=True, required=True),
        Column("industry", "text", "code of the industry in `industry_scheme`"),
        Column("industry_scheme", "code", "classification; isic where none is mapped", codes=("isic", "nace", "naics")),
        Column("employees", "integer", "people employed"),
        Column("revenue", "decimal", "revenue of a year, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("sites", "integer", "places of business"),
        Column("parent", "text", "member number of the company it belongs to", personal=True),
        *PROVENANCE,
    ),
)

QUOTES = Table(
    "quotes",
    "one quotation to a business account",
    ("quote_id",),
    (
        Column("quote_id", "text", "its number", required=True),
        WHOSE,
        DATED,
        Column("valid_until", "date", "last day of the offer"),
        Column("amount", "decimal", "amount without tax, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("status", "code", "open where none is mapped", codes=("open", "won", "lost", "expired")),
        Column("order_id", "text", "order that came of it"),
        LOCAL,
        *PROVENANCE,
    ),
)

CONTRACTS = Table(
    "contracts",
    "one contract with a business account",
    ("contract_id",),
    (
        Column("contract_id", "text", "its number", required=True),
        WHOSE,
        Column("starts", "date", "first day", required=True),
        Column("ends", "date", "last day; null has no end"),
        Column("kind", "text", "frame, service, subscription ... as the profile maps it"),
        Column("amount", "decimal", "worth of a year without tax, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("notice_days", "integer", "days of notice before it ends or renews"),
        *PROVENANCE,
    ),
)
