"""What was sold, where, at which rates, and what finance says it came to."""

from __future__ import annotations

from tasks.contract.columns import PROVENANCE, Column, Table, derived

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
        derived("local_date", "date", "local date of the store"),
        derived("sold_at", "timestamp", "UTC; null where the drop has no time of day"),
        derived("rate_date", "date", "date whose exchange rate holds: local_date, for a return its order's"),
        derived("net", "decimal", "revenue without tax, in `currency`; negative for returns; 0 for gift card sales"),
        derived("gross", "decimal", "revenue with tax, in `currency`; negative for returns; 0 for gift card sales"),
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
