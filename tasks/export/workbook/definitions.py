"""What each column of the customer list means: rows of the sheet of definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from region_profiles.models import Profile
from tasks.export.customers import column_heading
from tasks.export.labels import Labels

#: Columns of the sheet, as codes of `column`.
COLUMNS = ("column", "meaning", "unit", "period", "basis")

#: Unit and period of each trait; `window` is the profile's. What is not here is text as of the report.
_TRAITS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("contactable_email", "contactable_phone", "contactable_sms"), ("yes_no", "as_of")),
    "contactable_post": ("yes_no", "as_of"),
    **dict.fromkeys(("first_order_date", "last_order_date"), ("date", "history")),
    "recency_days": ("days", "history"),
    "orders": ("orders", "window"),
    "frequency": ("purchase_days", "window"),
    "lifetime_orders": ("orders", "history"),
    "monetary_local": ("currency", "window"),
    "monetary_reference": ("currency", "window"),
    "monetary_ppp": ("international_dollars", "window"),
    "effort": ("share", "year"),
    "r_score": ("score", "history"),
    "f_score": ("score", "window"),
    "m_score": ("score", "window"),
    "segment_lifecycle": ("code", "window"),
    "segment_value": ("code", "window"),
    "stratum": ("code", "window"),
    "customers": ("customers", "as_of"),
    "share_customers": ("share", "as_of"),
    "share_revenue": ("share", "window"),
}
#: Of columns whose code means something else in a list of customers.
_MEANINGS = {"dimension": "grouping"}
_SCORES = {"r_score": "recency", "f_score": "frequency", "m_score": "monetary"}


def definitions(
    profile: Profile, columns: Iterable[str], labels: Labels, currencies: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """One row for each column of a list, of the table of segments, and `reason`: heading, meaning, unit, period, basis.

    A label and its code are one row. `currencies` holds the market's `currency` and `reference_currency`.
    """
    names = dict.fromkeys(column.partition("|")[0] for column in columns)
    return [_row(profile, one, labels, currencies) for one in names]


def _row(profile: Profile, column: str, labels: Labels, currencies: Mapping[str, str]) -> tuple[str, ...]:
    known = "code" if column.startswith("segment_") else "text"
    unit, period = _TRAITS.get(column, (known, "as_of"))
    heading = labels.text("column", "reason") if column == "reason" else column_heading(profile, column, labels)
    return (
        heading,
        _meaning(column, labels),
        _unit(profile, column, unit, labels, currencies),
        _period(profile, period, labels),
        _basis(profile, column, labels),
    )


def _meaning(column: str, labels: Labels) -> str:
    code = _MEANINGS.get(column) or column.removeprefix("segment_")
    return labels.find(code, "meaning") or labels.text("meaning", "dimension")


def _unit(profile: Profile, column: str, unit: str, labels: Labels, currencies: Mapping[str, str]) -> str:
    values: dict[str, object] = {}
    if unit == "currency":
        values = {"currency": currencies["currency" if column == "monetary_local" else "reference_currency"]}
    elif unit == "international_dollars":
        values = {"vintage": labels.year(profile.money.ppp.vintage)}
    elif unit == "score":
        values = {"bins": labels.number(getattr(profile.traits.scores, _SCORES[column]).bins)}
    return labels.text("unit", unit, **values)


def _period(profile: Profile, period: str, labels: Labels) -> str:
    months = profile.traits.window
    if period != "window":
        return labels.text("period", period)
    if months == "all":
        return labels.text("template", "window_all")
    return labels.count("template", "window_months", months)


def _basis(profile: Profile, column: str, labels: Labels) -> str:
    lens = f"monetary_{profile.traits.scores.monetary_lens}" if column == "m_score" else column
    if lens not in {"monetary_local", "monetary_reference", "monetary_ppp", "effort", "share_revenue"}:
        return ""
    if profile.tax.amounts == "untaxed":
        return labels.text("basis", "untaxed")
    return labels.text("basis", "net" if lens == "monetary_reference" else "gross")
