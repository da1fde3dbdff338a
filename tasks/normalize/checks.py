"""What each table asks of its rows beyond the types of its columns: what is assumed, and what cannot be.

The conditions are SQL over the values of canonical columns, each as {column}; a value that is null fulfils none. A row
fault quarantines the row, a field fault makes its column null and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from region_profiles.models import Profile
from tasks.contract import INPUT_ONLY, TABLES, Table
from tasks.normalize.faults import Fault
from tasks.normalize.fields import rounded_sql
from tasks.normalize.mapping import Mapped
from tasks.normalize.money import currency_sql
from tasks.sql import literal

#: Tables that say something of customers, beside those of who they are and what they bought.
LINKED = tuple(
    name
    for name, table in TABLES.items()
    if name not in {"customers", "transactions", "corrections"}
    and any(column.name == "member_number" for column in table.columns)
)
#: Tables of the market itself, which name no customer; corrections come before all others.
REFERENCE = tuple(name for name in TABLES if name not in {"customers", "transactions", "corrections", *LINKED})


class Check(NamedTuple):
    """A fault of a column, named `column:reason`."""

    column: str
    reason: str
    condition: str


def _negative(*columns: str) -> tuple[Check, ...]:
    return tuple(Check(column, "negative", f"{{{column}}} < 0") for column in columns)


_DEGREES = (
    Check("latitude", "outside_scale", "abs({latitude}) > 90"),
    Check("longitude", "outside_scale", "abs({longitude}) > 180"),
)
_WITH_VALUE = "{action} IN ('merge', 'language', 'event')"
ROWS: dict[str, tuple[Check, ...]] = {
    "corrections": (
        Check("value", "missing", f"{_WITH_VALUE} AND {{value}} IS NULL"),
        Check("value", "itself", "{action} = 'merge' AND {value} = {member_number}"),
        Check(
            "value",
            "unknown",
            "{action} = 'language' AND {value} IS NOT NULL AND strata_language({value}, {languages}) IS NULL",
        ),
    ),
    "rates": (Check("rate", "not_positive", "{rate} <= 0"),),
    "controls": (Check("until", "before_since", "{until} < {since}"),),
    "contracts": (Check("ends", "before_starts", "{ends} < {starts}"),),
    "places": (Check("city", "missing", "{city} IS NULL AND {postcode} IS NULL"),),
}
FIELDS: dict[str, tuple[Check, ...]] = {
    "customers": (
        Check("household", "not_positive", "{household} < 1"),
        *_negative("children"),
    ),
    "stores": _DEGREES,
    "feedback": (
        Check("rating", "no_scale", "{rating_lowest} >= {rating_highest}"),
        Check("rating", "outside_scale", "{rating} NOT BETWEEN {rating_lowest} AND {rating_highest}"),
        Check("nps", "outside_scale", "{nps} NOT BETWEEN 0 AND 10"),
    ),
    "interests": (Check("strength", "outside_scale", "{strength} NOT BETWEEN 0 AND 1"),),
    "loyalty": (
        Check("expires", "before_date", "{expires} < {date} AND {kind} = 'earn'"),
        Check("tier_until", "before_date", "{tier_until} < {date}"),
    ),
    "products": (*_negative("price", "cost"), Check("lasts_days", "not_positive", "{lasts_days} < 1")),
    "companies": (
        *_negative("employees", "revenue", "sites"),
        Check("parent", "itself", "{parent} = {member_number}"),
    ),
    "quotes": (*_negative("amount"), Check("valid_until", "before_date", "{valid_until} < {date}")),
    "contracts": _negative("amount", "notice_days"),
    "places": (*_negative("population"), *_DEGREES),
}
_ASSUMED = {
    "feedback": {"kind": "'message'", "rating_lowest": "1", "rating_highest": "5"},
    "interests": {"strength": "1"},
    "campaigns": {"outcome": "'sent'"},
    "companies": {"industry_scheme": "'isic'"},
    "quotes": {"status": "'open'"},
}
#: Where amounts are the drop's own; of lines and totals `money` and `controls` say it.
_MONEY = ("products", "companies", "quotes", "contracts")


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from the columns of a table: others beside them or in their place, and faults."""

    columns: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Fault, ...] = ()
    """They make their column null and are counted."""
    rows: tuple[Fault, ...] = ()
    """They refuse the row."""


def dated(table: Table) -> str | None:
    """The column of the day from which a row holds; rows of days after as_of are filtered.

    >>> dated(TABLES["events"]), dated(TABLES["contracts"]), dated(TABLES["products"])
    ('date', 'starts', None)
    """
    names = [column.name for column in table.columns]
    return next((name for name in ("date", "effective", "starts") if name in names), None)


def assumed(profile: Profile, table: Table, values: Mapping[str, str], as_of: date) -> dict[str, str]:
    """The value of columns for which a row delivers nothing, given the expressions of all columns."""
    found = dict(_ASSUMED.get(table.name, {}))
    if table.name in _MONEY:
        day = dated(table)
        found["currency"] = currency_sql(profile.market.currencies, values[day] if day else f"DATE '{as_of}'")
    if table.name == "places":
        found["country"] = literal(profile.market.country)
    return found


def derived(profile: Profile, mapped: Mapped, values: Mapping[str, str]) -> Derived:
    """The checks of a table, and its `local_date`."""
    table = mapped.table
    known = {**values, "languages": literal(",".join(profile.market.languages))}

    def faults(checks: tuple[Check, ...]) -> tuple[Fault, ...]:
        return tuple(Fault(f"{c.column}:{c.reason}", c.condition.format_map(known), c.column) for c in checks)

    rows = [*faults(ROWS.get(table.name, ())), *_rounded(mapped)]
    fields = [fault for fault in faults(FIELDS.get(table.name, ())) if mapped.has(str(fault.column))]
    if early := _early(profile, mapped, values):
        (rows if early.column == dated(table) else fields).append(early)
    local = {"local_date": values["date"]} if "date" in INPUT_ONLY.get(table.name, ()) else {}
    return Derived(local, tuple(fields), tuple(rows))


def _early(profile: Profile, mapped: Mapped, values: Mapping[str, str]) -> Fault | None:
    """What customers did before the chain was there: a wrong date, such as a clock's zero.

    It refuses the row where the date is required, else makes the day null.
    """
    first, day = profile.plausibility.first_date, dated(mapped.table)
    if first is None or day is None or mapped.table.name not in LINKED or not mapped.has(day):
        return None
    column = day if mapped.table[day].required else "local_date"
    return Fault(f"{day}:before_first_date", f"{values[day]} < DATE '{first}'", column)


def _rounded(mapped: Mapped) -> tuple[Fault, ...]:
    """A number of which a spreadsheet kept the first digits is that of many customers, or of many rows."""
    if mapped.table.name not in {"customers", *LINKED}:
        return ()
    numbers = [
        column
        for column in mapped.columns
        if column == "member_number" or (column.endswith("_id") and (column,) == mapped.table.key)
    ]
    return tuple(Fault(f"{column}:rounded", rounded_sql(column), column) for column in numbers)
