"""What a trait is: name, type, unit and meaning, of every column that rules may use and customers.parquet holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "money", "double", "date"]


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait. `money` is decimal with two places; `unit` is in words."""

    name: str
    type: Type
    unit: str
    meaning: str


TRAITS: tuple[Trait, ...] = (
    Trait("customer_id", "text", "pseudonym", "who"),
    Trait("member_number", "text", "number", "the store's own customer number"),
    Trait("type", "text", "code", "person, account or contact"),
    Trait("country", "text", "ISO 3166 alpha-2", "market"),
    Trait("language", "text", "BCP 47", "as stated, else of their messages, else of their region; null is unknown"),
    Trait("language_evidence", "text", "code", "what language rests on: stated, messages, region, none"),
    Trait("home_country", "text", "ISO 3166 alpha-2", "country of residence"),
    Trait("residence", "text", "code", "resident, cross_border, visitor or unknown"),
    Trait(
        "home_store",
        "text",
        "store",
        "stated store, else the one with most purchase days; of a closed one the store it moved to",
    ),
    Trait("birth_year", "integer", "year", "year of birth"),
    Trait("gender", "text", "code", "as given"),
    Trait("city", "text", "name", "city as the store wrote it"),
    Trait("consent_email", "text", "code", "marketing by email: yes, no, unknown"),
    Trait("consent_sms", "text", "code", "marketing by text message"),
    Trait("consent_phone", "text", "code", "marketing by telephone"),
    Trait("consent_post", "text", "code", "marketing by post"),
    Trait("consent_app", "text", "code", "marketing in the app"),
    Trait("consent_profiling", "text", "code", "to be profiled"),
    Trait("phone_status", "text", "code", "how sure the phone is"),
    Trait("loyalty_tier", "text", "tier", "as the store names it"),
    Trait("first_order_date", "date", "local date", "first occasion of the whole history"),
    Trait("last_order_date", "date", "local date", "last occasion of the whole history"),
    Trait("recency_days", "integer", "days", "days from the last occasion to the as-of date"),
    Trait("orders", "integer", "orders in the window", "orders whose net, returns included, is above zero"),
    Trait("frequency", "integer", "days in the window", "distinct local dates of such orders"),
    Trait("monetary_local", "money", "local currency, gross, in the window", "spend in the market's currency"),
    Trait("currency", "text", "ISO 4217", "the market's currency at the as-of date"),
    Trait(
        "monetary_reference", "money", "reporting currency, net, in the window", "worth to the chain at market rates"
    ),
    Trait("reference_currency", "text", "ISO 4217", "the chain's reporting currency"),
    Trait(
        "monetary_ppp", "money", "constant international dollars, gross, in the window", "spend at comparable prices"
    ),
    Trait(
        "effort", "double", "share of GDP per head of the home country", "gross spend of the year up to the as-of date"
    ),
    Trait("lifetime_orders", "integer", "orders", "orders of the whole history"),
    Trait("lifetime_frequency", "integer", "days", "purchase days of the whole history"),
    Trait("lifetime_local", "money", "local currency, gross", "spend of the whole history"),
    Trait("lifetime_reference", "money", "reporting currency, net", "worth of the whole history"),
    Trait("lifetime_ppp", "money", "constant international dollars, gross", "comparable spend of the whole history"),
    Trait("rate_quality", "text", "code", "worst source of the exchange rates used"),
    Trait("r_score", "integer", "1 is low", "recency: ranks minus recency_days"),
    Trait("f_score", "integer", "1 is low", "frequency"),
    Trait("m_score", "integer", "1 is low", "monetary value in the profile's lens"),
)

#: By name; the order is that of customers.parquet.
CATALOGUE: dict[str, Trait] = {trait.name: trait for trait in TRAITS}

#: Traits copied from the canonical customer as they are.
STATED: tuple[str, ...] = tuple(
    name
    for name in CATALOGUE
    if name in {"customer_id", "member_number", "type", "home_country", "residence", "birth_year", "gender", "city"}
    or name in {"language", "language_evidence", "phone_status", "loyalty_tier"}
    or name.startswith("consent_")
)

#: Unrounded money of each lens, in the window and for life: what segment sums are made of. Never published.
EXACT: dict[str, str] = {
    f"{span}_{lens}": f"exact_{span}_{lens}"
    for span in ("monetary", "lifetime")
    for lens in ("local", "reference", "ppp")
}
