"""The canonical tables: columns, types, units, keys, and which columns are personal.

Everything between `normalize` and `publish` hangs on this page. A column is either *mapped* (a profile's mapping may
supply it, as text; `normalize` parses it) or *derived* (`normalize` computes it). Amounts are DECIMAL(18,4) in the
row's own `currency`. Dates are local dates of the store; timestamps are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Raised whenever the bytes of a publication change for the same input; a golden-digest test fails if it was not.
OUTPUT_VERSION = 4

Type = Literal["text", "code", "integer", "decimal", "rate", "date", "timestamp", "boolean"]

#: How each type is stored by DuckDB, Spark and Parquet.
SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "rate": "DECIMAL(19,12)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table; `codes` is the closed set of a `code` column, if it has one."""

    name: str
    type: Type
    about: str
    personal: bool = False
    required: bool = False
    mapped: bool = True
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table: what a row is, its key, its columns in their published order."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        """The column of that name; KeyError names the table."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def mapped(self) -> tuple[Column, ...]:
        """The columns that a profile's mapping may supply."""
        return tuple(column for column in self.columns if column.mapped)

    @property
    def personal(self) -> frozenset[str]:
        """Names of the columns whose values never reach a log, error, artifact or manifest."""
        return frozenset(column.name for column in self.columns if column.personal)


def _derived(name: str, type_: Type, about: str, *, personal: bool = False, codes: tuple[str, ...] = ()) -> Column:
    return Column(name, type_, about, personal=personal, mapped=False, codes=codes)


#: Where a row came from; every canonical table ends with these two.
PROVENANCE = (
    _derived("file", "integer", "index of the input file in the manifest's `inputs`, from 0"),
    _derived("record", "integer", "record number in that file, from 1, header not counted"),
)

KINDS = (
    "sale",
    "return",
    "exchange",
    "shipping",
    "gift_card_sale",
    "gift_card_redemption",
    "deposit",
    "tip",
)
CONSENT = ("yes", "no", "unknown")
CONTACT_CHANNELS = ("email", "sms", "phone", "post", "app")
LENSES = ("local", "reference", "ppp", "effort")
LANGUAGE_EVIDENCE = ("stated", "messages", "region", "none")
RATE_QUALITY = ("identity", "market_table", "ecb", "peg", "irrevocable", "annual_average", "none")

TRANSACTIONS = Table(
    "transactions",
    "one line of a receipt or order",
    ("order_id", "line_id"),
    (
        Column("order_id", "text", "order or receipt; where none is mapped, member number and date make one"),
        Column("line_id", "text", "line within the order"),
        Column("member_number", "text", "the store's own customer number; null is a guest", personal=True),
        Column("store_id", "text", "store, as in stores"),
        Column("product_id", "text", "product, as the store numbers it"),
        Column("channel", "text", "store, web, app, phone ... as the profile maps it"),
        Column("payment", "text", "means of payment as the profile maps it"),
        Column("kind", "code", "what the line is; sale where none is mapped and the quantity is positive", codes=KINDS),
        Column("date", "date", "date of sale in the store's calendar (input only: becomes local_date)", required=True),
        Column("time", "text", "time of day, where it stands in a column of its own (input only)"),
        Column("quantity", "decimal", "units; 1 where none is mapped"),
        Column("unit_price", "decimal", "price of one unit, basis as `tax.amounts` says (input only)"),
        Column("amount", "decimal", "amount of the line after discount, basis as `tax.amounts` says (input only)"),
        Column("tax", "decimal", "tax of the line, in `currency`"),
        Column("discount", "decimal", "discount of the line, positive, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency at that date where none is mapped"),
        Column("returned_order_id", "text", "order that a return belongs to"),
        Column("returned", "boolean", "sold and later given back whole: net = gross = 0, and no occasion by itself"),
        _derived("local_date", "date", "local date of the store"),
        _derived("sold_at", "timestamp", "UTC; null where the drop has no time of day"),
        _derived("rate_date", "date", "date whose exchange rate holds: local_date, for a return its order's"),
        _derived("net", "decimal", "revenue without tax, in `currency`; negative for returns; 0 for gift card sales"),
        _derived("gross", "decimal", "revenue with tax, in `currency`; negative for returns; 0 for gift card sales"),
        *PROVENANCE,
    ),
)
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

CUSTOMERS = Table(
    "customers",
    "one customer of the market: a person, a business account or a contact",
    ("member_number",),
    (
        Column("member_number", "text", "the store's own number, its zeros intact", personal=True, required=True),
        _derived("customer_id", "text", "pseudonym: 32 hex digits of a keyed SHA-256 of market and member number"),
        Column("type", "code", "person where none is mapped", codes=("person", "account", "contact")),
        Column("account", "text", "member number of the account a contact belongs to", personal=True),
        Column("name", "text", "full name as the store wrote it", personal=True),
        Column("given_name", "text", "given name", personal=True),
        Column("family_name", "text", "family name", personal=True),
        Column("company", "text", "company of a business account", personal=True),
        Column("email", "text", "lower-cased, trimmed", personal=True),
        Column("phone", "text", "E.164", personal=True),
        _derived("phone_status", "code", "how sure the phone is", codes=("valid", "cannot_tell", "invalid", "none")),
        Column("birth_date", "date", "input only: the year is kept", personal=True),
        Column("birth_year", "integer", "year of birth, Gregorian", personal=True),
        Column("gender", "code", "as given, never inferred", codes=("female", "male", "other"), personal=True),
        Column("home_country", "code", "ISO 3166 alpha-2 country of residence"),
        Column("subdivision", "text", "state, province or prefecture as the store wrote it"),
        Column("city", "text", "city as the store wrote it"),
        Column("postcode", "text", "postcode, its zeros intact", personal=True),
        Column("address", "text", "street address", personal=True),
        Column("language", "code", "BCP 47: as stated, else of their messages, else of their region, else null"),
        _derived("language_evidence", "code", "what language rests on; `stated`: a choice", codes=LANGUAGE_EVIDENCE),
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
        _derived(
            "residence",
            "code",
            "visitor status, with residence_evidence",
            codes=("resident", "cross_border", "visitor", "unknown"),
        ),
        _derived("residence_evidence", "code", "what residence rests on", codes=("flag", "home_country", "none")),
        *PROVENANCE,
    ),
)

STORES = Table(
    "stores",
    "one store, shop in shop, web shop or marketplace stand",
    ("store_id",),
    (
        Column("store_id", "text", "the store's number, its zeros intact", required=True),
        Column("store_name", "text", "name for reading"),
        Column("city", "text", "city"),
        Column("country", "code", "ISO 3166 alpha-2"),
        Column("opened", "date", "first day of business"),
        Column("closed", "date", "last day of business"),
        Column("relocated_to", "text", "store_id it moved to"),
        Column("ownership", "code", "who runs it", codes=("own", "franchise", "concession", "marketplace")),
        Column("data_owner", "text", "who owns its customer data"),
        Column("time_zone", "text", "IANA zone; the market's where none is mapped"),
        Column("latitude", "rate", "degrees"),
        Column("longitude", "rate", "degrees"),
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

RATES = Table(
    "rates",
    "one exchange rate of the market's own table",
    ("date", "currency"),
    (
        Column("date", "date", "day it holds for", required=True),
        Column("currency", "code", "ISO 4217", required=True),
        Column("rate", "rate", "units of `currency` for one unit of `base`", required=True),
        Column("base", "code", "ISO 4217; the profile's `money.rates_base` where none is mapped"),
        *PROVENANCE,
    ),
)

CONTROLS = Table(
    "controls",
    "one control total of the till's amounts, from finance",
    ("since", "until", "store_id", "currency"),
    (
        Column("since", "date", "first local day it sums", required=True),
        Column("until", "date", "last local day it sums", required=True),
        Column("store_id", "text", "store, as in transactions; all where none is mapped or given"),
        Column("currency", "code", "ISO 4217; the market's currency on the last day where none is mapped"),
        Column("amount", "decimal", "total, basis as `tax.amounts` says, returns taken away", required=True),
        *PROVENANCE,
    ),
)

#: Columns that most tables of what customers did or said begin with.
_MEMBER = Column("member_number", "text", "whom it concerns; null is nobody known", personal=True)
_DATED = Column("date", "date", "local date (input only: becomes local_date)", required=True)
_LOCAL = _derived("local_date", "date", "local date")
_WHOSE = Column("member_number", "text", "whom it concerns", personal=True, required=True)

FEEDBACK = Table(
    "feedback",
    "one thing that a customer said: a message, a review, a rating, the reason of a return",
    ("feedback_id",),
    (
        Column("feedback_id", "text", "its number, where the store gives one"),
        Column("member_number", "text", "who wrote it; null is nobody known", personal=True),
        Column("date", "date", "local date it was written (input only: becomes local_date)", required=True),
        Column("channel", "text", "by which way it came, as the profile maps it"),
        Column(
            "kind",
            "code",
            "what it is; message where none is mapped",
            codes=("message", "review", "rating", "nps", "complaint", "return"),
        ),
        Column("rating", "decimal", "as given, on the scale from `rating_lowest` to `rating_highest`"),
        Column("rating_lowest", "decimal", "lowest mark of the scale; 1 where none is mapped"),
        Column("rating_highest", "decimal", "highest mark of the scale; 5 where none is mapped"),
        Column("nps", "integer", "how likely to recommend us, 0 to 10"),
        Column("reason", "text", "reason of a return or a complaint, as the profile maps it"),
        Column("order_id", "text", "order it is about"),
        Column("product_id", "text", "product it is about"),
        Column("store_id", "text", "store it is about"),
        Column("text", "text", "what was written (input only: the customer's language is read from it)", personal=True),
        _derived("local_date", "date", "local date it was written"),
        *PROVENANCE,
    ),
)

EVENTS = Table(
    "events",
    "one online event: a page seen, a search, something put into the cart",
    ("event_id",),
    (
        Column("event_id", "text", "its number, where the shop gives one"),
        _MEMBER,
        _DATED,
        Column("session_id", "text", "visit it belongs to"),
        Column("channel", "text", "web, app ... as the profile maps it"),
        Column(
            "kind",
            "code",
            "what happened",
            required=True,
            codes=("session", "view", "search", "cart", "cart_remove", "checkout", "purchase", "other"),
        ),
        Column("product_id", "text", "product it is about"),
        Column("order_id", "text", "order that came of it"),
        _LOCAL,
        *PROVENANCE,
    ),
)

ANSWERS = Table(
    "answers",
    "one answer to one question of a survey or of market research",
    ("survey", "version", "member_number", "question"),
    (
        _WHOSE,
        _DATED,
        Column("survey", "text", "survey, as the profile maps it", required=True),
        Column("version", "text", "version of the questionnaire; null where there is one only"),
        Column("question", "text", "code of the question, as the profile maps it", required=True),
        Column("answer", "text", "code of the answer, as the profile maps it", personal=True),
        Column("value", "decimal", "number answered, where it is one", personal=True),
        _LOCAL,
        *PROVENANCE,
    ),
)

INTERESTS = Table(
    "interests",
    "one interest of a customer, from social media, a lifestyle source or stated",
    ("member_number", "interest", "source"),
    (
        _WHOSE,
        Column("interest", "text", "code of the interest, as the profile maps it", personal=True, required=True),
        Column("source", "text", "where it comes from: stated, social, lifestyle ... as the profile maps it"),
        Column("strength", "decimal", "how strong, 0 to 1; 1 where none is mapped"),
        Column("date", "date", "when it was learned (input only: becomes local_date)"),
        _LOCAL,
        *PROVENANCE,
    ),
)

USAGE = Table(
    "usage",
    "one use of a product or service after the sale: the app, a warranty, a case of service",
    ("usage_id",),
    (
        Column("usage_id", "text", "its number, where the store gives one"),
        _WHOSE,
        _DATED,
        Column(
            "kind",
            "code",
            "what it was",
            required=True,
            codes=("app", "activation", "use", "warranty", "repair", "service", "complaint", "other"),
        ),
        Column("product_id", "text", "product it is about"),
        Column("case_id", "text", "case of service it belongs to"),
        Column("resolved", "boolean", "whether the case has ended well"),
        _LOCAL,
        *PROVENANCE,
    ),
)

LOYALTY = Table(
    "loyalty",
    "one movement of a loyalty account",
    ("movement_id",),
    (
        Column("movement_id", "text", "its number, where the programme gives one"),
        _WHOSE,
        _DATED,
        Column(
            "kind", "code", "what it was", required=True, codes=("earn", "redeem", "expire", "adjust", "tier", "join")
        ),
        Column(
            "points", "integer", "points, negative where they are taken away; the kind decides where all are positive"
        ),
        Column("expires", "date", "last day on which points that were earned are good"),
        Column("tier", "text", "tier from then on, as the store names it"),
        Column("tier_until", "date", "last day of the tier"),
        _LOCAL,
        *PROVENANCE,
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "one contact with a customer in a campaign, and what came of it",
    ("contact_id",),
    (
        Column("contact_id", "text", "its number, where the system gives one"),
        _WHOSE,
        _DATED,
        Column("campaign", "text", "campaign, as the system names it", required=True),
        Column("channel", "text", "email, sms, phone, post, app ... as the profile maps it"),
        Column(
            "outcome",
            "code",
            "the furthest it came; sent where none is mapped",
            codes=("sent", "delivered", "opened", "clicked", "answered", "bounced", "unsubscribed"),
        ),
        _LOCAL,
        *PROVENANCE,
    ),
)

PRODUCTS = Table(
    "products",
    "one product as the store numbers it",
    ("product_id",),
    (
        Column("product_id", "text", "product, as in transactions", required=True),
        Column("product_name", "text", "name for reading"),
        Column("category", "text", "category, as the store names it"),
        Column("subcategory", "text", "finer category"),
        Column("brand", "text", "brand"),
        Column("price", "decimal", "list price, basis as `tax.amounts` says, in `currency`"),
        Column("cost", "decimal", "cost without tax, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("lasts_days", "integer", "days after which it is usually bought again"),
        *PROVENANCE,
    ),
)

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
        _WHOSE,
        _DATED,
        Column("valid_until", "date", "last day of the offer"),
        Column("amount", "decimal", "amount without tax, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("status", "code", "open where none is mapped", codes=("open", "won", "lost", "expired")),
        Column("order_id", "text", "order that came of it"),
        _LOCAL,
        *PROVENANCE,
    ),
)

CONTRACTS = Table(
    "contracts",
    "one contract with a business account",
    ("contract_id",),
    (
        Column("contract_id", "text", "its number", required=True),
        _WHOSE,
        Column("starts", "date", "first day", required=True),
        Column("ends", "date", "last day; null has no end"),
        Column("kind", "text", "frame, service, subscription ... as the profile maps it"),
        Column("amount", "decimal", "worth of a year without tax, in `currency`"),
        Column("currency", "code", "ISO 4217; the market's currency where none is mapped"),
        Column("notice_days", "integer", "days of notice before it ends or renews"),
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

QUARANTINE = Table(
    "quarantine",
    "one refused row and all its reasons",
    ("table", "file", "record"),
    (
        _derived("table", "text", "canonical table it was meant for"),
        _derived("file", "integer", "index in the manifest's `inputs`"),
        _derived("record", "integer", "record number in that file, from 1"),
        _derived("reasons", "text", "every reason that applies, joined by ';', each `column:reason` or `reason`"),
        _derived("column", "text", "first column at fault"),
        _derived("value", "text", "its value; a mask where the contract marks the column personal"),
    ),
)
