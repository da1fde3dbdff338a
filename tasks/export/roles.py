"""Contacts of business accounts, under their account and by role."""

from __future__ import annotations

from region_profiles.models import Profile
from tasks.export.base import BASE
from tasks.export.kinds import CONTACT, GRANTED
from tasks.export.shown import shown

#: Contacts with their account's name and place.
SOURCE = (
    f"(SELECT c.*, a.name AS account_name, a.rowid AS account_place, c.rowid AS place FROM {BASE} c "
    f"JOIN {BASE} a ON a.member_number = c.account AND a.type = 'account' WHERE c.population = 'contact')"
)
#: Accounts as lists have them, then roles by code, then contacts.
ORDER = "account_place, role NULLS LAST, member_number"


def columns(profile: Profile, grants: frozenset[str], extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Account, role, who it is, how to reach them, segments of the account; `x|code` as in `customer_columns`."""
    about = ("account", "account_name", "role", *CONTACT)
    granted = [column for column in about if GRANTED.get(column, "customers") in grants]
    pairs = [f"segment_{one}" for one in shown(profile, "account")]
    every = (*granted, "language", *(cell for column in pairs for cell in (column, f"{column}|code")), "holdout")
    return tuple(one for one in every if one in extra or one not in {"contactable_app", "holdout"})
