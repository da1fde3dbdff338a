"""Who the customers are, what the market's team corrected of them, and where they live."""

from __future__ import annotations

from tasks.contract.columns import PROVENANCE, Column, Table, derived

CONSENT = ("yes", "no", "unknown")
LANGUAGE_EVIDENCE = ("stated", "messages", "region", "none")

CUSTOMERS = Table(
    "customers",
    "one customer of the market: a person, a business account or a contact",
    ("member_number",),
    (
        Column("member_number", "text", "the store's own number, its zeros intact", personal=True, required=True),
        derived("customer_id", "text", "pseudonym: 32 hex digits of a keyed SHA-256 of market and member number"),
        Column("type", "code", "person where none is mapped", codes=("person", "account", "contact")),
        Column("account", "text", "member number of the account a contact belongs to", personal=True),
        Column("name", "text", "full name as the store wrote it", personal=True),
        Column("given_name", "text", "given name", personal=True),
        Column("family_name", "text", "family name", personal=True),
        Column("company", "text", "company of a business account", personal=True),
        Column("email", "text", "lower-cased, trimmed", personal=True),
        Column("phone", "text", "E.164", personal=True),
        derived("phone_status", "code", "how sure the phone is", codes=("valid", "cannot_tell", "invalid", "none")),
        Column("birth_date", "date", "input only: the year is kept", personal=True),
        Column("birth_year", "integer", "year of birth, Gregorian", personal=True),
        Column("gender", "code", "as given, never inferred", codes=("female", "male", "other"), personal=True),
        Column("home_country", "code", "ISO 3166 alpha-2 country of residence"),
        Column("subdivision", "text", "state, province or prefecture as the store wrote it"),
        Column("city", "text", "city as the store wrote it"),
        Column("postcode", "text", "postcode, its zeros intact", personal=True),
        Column("address", "text", "street address", personal=True),
        Column("language", "code", "BCP 47: as stated, else of their messages, else of their region, else null"),
        derived("language_evidence", "code", "what language rests on; `stated`: a choice", codes=LANGUAGE_EVIDENCE),
        Column("preferred_channel", "text", "stated preference"),
        Column("home_store", "text", "stated home store"),
        Column("registered", "date", "date of registration"),
        Column("loyalty_tier", "text", "tier as the store names it"),
        Column("loyalty_points", "integer", "points"),
        Column("household", "integer", "people in the household, as stated", personal=True),
        Column("children", "integer", "children in the household, as stated", personal=True),
        Column("education", "text", "as stated, as the profile maps it", personal=True),
        Column("occupation", "text", "as stated, as the profile maps it", personal=True),
        Column("income_band", "text", "as stated, as the profile maps it", personal=True),
        Column("preferred_time", "text", "stated preference: morning, afternoon, evening ... as the profile maps it"),
        Column("role", "text", "of a contact: buyer, decider, influencer, user, finance ... as the profile maps it"),
        Column("employee", "boolean", "works for the chain"),
        Column("test", "boolean", "a test account"),
        Column("deceased", "boolean", "has died", personal=True),
        Column("consent_email", "code", "marketing by email", codes=CONSENT),
        Column("consent_sms", "code", "marketing by text message", codes=CONSENT),
        Column("consent_phone", "code", "marketing by telephone", codes=CONSENT),
        Column("consent_post", "code", "marketing by post", codes=CONSENT),
        Column("consent_app", "code", "marketing in the app", codes=CONSENT),
        Column("consent_profiling", "code", "to be profiled; `no` is an objection", codes=CONSENT),
        Column("visitor", "boolean", "evidence of a visit: tax-free papers, passport at the till"),
        derived(
            "residence",
            "code",
            "visitor status, with residence_evidence",
            codes=("resident", "cross_border", "visitor", "unknown"),
        ),
        derived("residence_evidence", "code", "what residence rests on", codes=("flag", "home_country", "none")),
        *PROVENANCE,
    ),
)

CORRECTIONS = Table(
    "corrections",
    "one dated correction by the market's team",
    ("member_number", "action", "effective"),
    (
        Column("member_number", "text", "whom it concerns", personal=True, required=True),
        Column(
            "action",
            "code",
            "what to do",
            required=True,
            codes=("exclude", "merge", "split", "deceased", "employee", "test", "language", "event"),
        ),
        Column("value", "text", "merge: the surviving member number; language: BCP 47; event: its name", personal=True),
        Column("effective", "date", "from which date it holds", required=True),
        Column("author", "text", "who decided"),
        Column("reason", "text", "why"),
        *PROVENANCE,
    ),
)

PLACES = Table(
    "places",
    "one place where customers live, from a table that the market supplies",
    ("country", "subdivision", "city", "postcode"),
    (
        Column("country", "code", "ISO 3166 alpha-2; the market's where none is mapped"),
        Column("subdivision", "text", "state, province or prefecture, as in customers"),
        Column("city", "text", "city, as in customers; null: all of the postcode"),
        Column("postcode", "text", "postcode or its beginning; null: all of the city"),
        Column("population", "integer", "inhabitants of the city"),
        Column("area", "code", "what kind of area it is", codes=("urban", "suburban", "rural")),
        Column("latitude", "rate", "degrees"),
        Column("longitude", "rate", "degrees"),
        *PROVENANCE,
    ),
)
