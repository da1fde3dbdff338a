"""How a customer is named, addressed and reached, in the customer's own form: the contact columns of the base, as SQL.

A person's data stand only where that channel's consent is yes; unknown is no. What no team of the market may see
(`tasks.export.kinds.GRANTED`) is not even read.
"""

from __future__ import annotations

import duckdb

from region_profiles.models import Profile
from tasks.culture import addresses, names, phones
from tasks.files import parquet

#: What the columns are made of: of the canonical customers, gone once they are made.
SOURCES = (
    "given_name", "family_name", "company", "gender", "address", "postcode", "city", "subdivision", "phone_status",
    "consent_email", "consent_phone", "consent_sms", "consent_post", "consent_app",
)  # fmt: skip

_USABLE = "phone IS NOT NULL AND phone_status IS DISTINCT FROM 'invalid'"
_BY_PHONE = "contactable_phone OR contactable_sms"
#: Whether each channel may be used.
_REACHED = {
    "contactable_email": "email IS NOT NULL AND consent_email IS NOT DISTINCT FROM 'yes'",
    "contactable_phone": f"{_USABLE} AND consent_phone IS NOT DISTINCT FROM 'yes'",
    "contactable_sms": f"{_USABLE} AND consent_sms IS NOT DISTINCT FROM 'yes'",
    "contactable_post": "address IS NOT NULL AND consent_post IS NOT DISTINCT FROM 'yes'",
    "contactable_app": "consent_app IS NOT DISTINCT FROM 'yes'",
}


def contacts_sql(con: duckdb.DuckDBPyConnection, profile: Profile, customers: str, contacts: str, joined: str) -> str:
    """One SELECT over the relation `joined`: its columns less SOURCES, with the contact columns in the customer's form.

    `joined` has the traits of the Parquet `customers` (language, home_country, type are theirs) with name, email, phone
    and SOURCES of the Parquet `contacts`. New columns: salutation, phone_national, contactable_*; `address` is the
    whole address in its country's form, without the addressee. What no team is granted is null.
    """
    granted = {grant for team in profile.teams for grant in team.grants}
    market, language = profile.market.country, profile.market.languages[0]
    shown = salutation = email = phone = national = address = "NULL::VARCHAR"
    if "names" in granted:
        languages, countries = _occurring(con, "language", customers), _occurring(con, "home_country", customers)
        shown = names.display_name(languages, countries, language)
        salutation = names.salutation(languages, market, language, shown="shown")
    if "emails" in granted:
        email = "CASE WHEN contactable_email THEN email END"
    if "phones" in granted:
        openings = [one for one in _occurring(con, "left(phone, 4)", contacts) if one]
        readable = phones.readable("phone", openings, market)
        phone, national = (f"CASE WHEN {_BY_PHONE} THEN {one} END" for one in ("phone", readable))
    if "addresses" in granted:
        whole = addresses.address(_occurring(con, "home_country", customers), market, language)
        address = f"CASE WHEN contactable_post THEN {whole} END"
    reached = ", ".join(f"{condition} AS {channel}" for channel, condition in _REACHED.items())
    said = ", ".join(f"CASE WHEN {channel} THEN 'yes' ELSE 'no' END AS {channel}" for channel in _REACHED)
    return f"""
        WITH named AS (SELECT *, {shown} AS shown, {reached} FROM {joined})
        SELECT * EXCLUDE ({", ".join(SOURCES)}, shown) REPLACE (
                shown AS name, {email} AS email, {phone} AS phone, {said}),
            {salutation} AS salutation, {national} AS phone_national, {address} AS address
        FROM named"""


def _occurring(con: duckdb.DuckDBPyConnection, value: str, file: str) -> list[str | None]:
    """The distinct values, the frequent ones first: expressions are made for these alone, and tried in that order."""
    found = con.execute(f"SELECT {value} AS one FROM {parquet(file)} GROUP BY ALL ORDER BY count(*) DESC, one")
    return [one for (one,) in found.fetchall()]
