"""What each column of the customer list means: rows of the sheet of definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE
from tasks.export import audiences as lists
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
    "expected_revenue": ("currency", "horizon"),
    "next_purchase_date": ("date", "horizon"),
    "holdout": ("yes_no", "as_of"),
    "contactable_app": ("yes_no", "as_of"),
    "audience_rank": ("rank", "as_of"),
    "segment_lifecycle": ("code", "window"),
    "segment_account_lifecycle": ("code", "window"),
    "stratum": ("code", "window"),
    "customers": ("customers", "as_of"),
    "share_customers": ("share", "as_of"),
    "share_revenue": ("share", "window"),
}
#: Of columns whose code means something else in a list of customers.
_MEANINGS = {"dimension": "grouping"}
_PERIODS = {"window": "window", "lifetime": "history", "year": "year", "as_of": "as_of", "horizon": "horizon"}
_SCORES = {"r_score": "recency", "f_score": "frequency", "m_score": "monetary"}


def definitions(
    profile: Profile, columns: Iterable[str], labels: Labels, currencies: Mapping[str, str],
    audiences: Iterable[str] = (),
) -> list[tuple[str, ...]]:  # fmt: skip
    """One row for each column of a list, of the table of segments, and `reason`: heading, meaning, unit, period, basis.

    A label and its code are one row; then `audiences`, with who is in them. `currencies` holds the market's `currency`
    and `reference_currency`.
    """
    names = dict.fromkeys(column.partition("|")[0] for column in columns)
    rows = [_row(profile, one, labels, currencies) for one in names]
    list_, day = labels.text("column", "audience"), labels.text("period", "as_of")
    return rows + [(lists.name(labels, one), lists.meaning(labels, one), list_, day, "") for one in audiences]


def _row(profile: Profile, column: str, labels: Labels, currencies: Mapping[str, str]) -> tuple[str, ...]:
    unit, period = _TRAITS.get(column) or _of_dimension(profile, column)
    return (
        column_heading(profile, column, labels),
        _meaning(column, labels),
        _unit(profile, column, unit, labels, currencies),
        _period(profile, period, labels),
        _basis(profile, column, labels),
    )


def _of_dimension(profile: Profile, column: str) -> tuple[str, str]:
    """Of a dimension that is a trait's, the span of the trait."""
    if not column.startswith("segment_"):
        return "text", "as_of"
    trait = getattr(profile.dimensions.get(column.removeprefix("segment_")), "trait", None)
    return "code", _PERIODS[CATALOGUE[trait].window] if trait in CATALOGUE else "as_of"


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
    if period == "horizon":
        return labels.count("template", "window_horizon", profile.prediction.horizon_days)
    if period != "window":
        return labels.text("period", period)
    if months == "all":
        return labels.text("template", "window_all")
    return labels.count("template", "window_months", months)


def _basis(profile: Profile, column: str, labels: Labels) -> str:
    lens = f"monetary_{profile.traits.scores.monetary_lens}" if column == "m_score" else column
    if lens not in {
        "monetary_local",
        "monetary_reference",
        "monetary_ppp",
        "effort",
        "share_revenue",
        "expected_revenue",
    }:
        return ""
    if profile.tax.amounts == "untaxed":
        return labels.text("basis", "untaxed")
    return labels.text("basis", "net" if lens in {"monetary_reference", "expected_revenue"} else "gross")
