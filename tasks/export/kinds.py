"""What stands in the columns of lists, and which of them need a grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Grant = Literal["customers", "names", "emails", "phones", "addresses"]
Cell = Literal["identifier", "text", "phone", "number", "date", "label", "code"]

CONTACT = (
    "member_number", "name", "salutation", "email", "phone", "phone_national", "address",
    "contactable_email", "contactable_phone", "contactable_sms", "contactable_post", "contactable_app",
)  # fmt: skip
#: Columns of the base; what is not here is a number, or a label where a dimension is.
CELLS: Mapping[str, Cell] = {
    **dict.fromkeys(("member_number", "home_store", "phone_national", "account"), "identifier"),
    **dict.fromkeys(("name", "salutation", "email", "address"), "text"),
    "phone": "phone",
    **dict.fromkeys(("type", "language", "language_evidence", "home_country", "stratum"), "label"),
    **dict.fromkeys(("population", "role", "holdout"), "label"),
    **dict.fromkeys((column for column in CONTACT if column.startswith("contactable_")), "label"),
    **dict.fromkeys(("first_order_date", "last_order_date", "next_purchase_date"), "date"),
    **dict.fromkeys(("currency", "reference_currency"), "code"),
}
#: Columns that need a grant beyond `customers`.
GRANTED: Mapping[str, Grant] = {
    "name": "names", "salutation": "names", "account_name": "names", "email": "emails", "phone": "phones",
    "phone_national": "phones", "address": "addresses",
}  # fmt: skip
