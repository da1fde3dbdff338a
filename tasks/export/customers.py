"""The row-level file of a market's customers: which columns, in which order, as SQL cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from region_profiles.models import Profile
from tasks.export import cells
from tasks.export.base import BASE, LISTED, TRAITS, Base, decimals, load_base
from tasks.export.dialect import Dialect
from tasks.export.kinds import CELLS, CONTACT, GRANTED, Cell
from tasks.export.labels import Labels
from tasks.export.locales import right_to_left
from tasks.export.shown import shown
from tasks.sql import literal, name

__all__ = [
    "BASE",
    "CONTACT",
    "TRAITS",
    "Base",
    "code_labels",
    "column_heading",
    "customer_columns",
    "decimals",
    "header",
    "heading",
    "lines_sql",
    "load_base",
    "tags_sql",
]

#: Keeps the groups of a number in their order where the reader's script runs from right to left.
LEFT_TO_RIGHT = "\u200e"

#: Shown with the window, since they count only what lies in it.
_WINDOWED = frozenset({"orders", "frequency", "monetary_local", "monetary_reference", "monetary_ppp"})
#: Without tax where the drop knows of it, and said so only there.
_TAXED = frozenset({"monetary_local", "monetary_reference", "expected_revenue"})
_PLAIN: Mapping[Cell, Callable[[str, Dialect], str]] = {
    "text": cells.sql_text,
    "phone": cells.sql_phone,
    "number": cells.sql_number,
    "date": cells.sql_date,
}
#: Traits that are left out where a dimension shows them, for their names are the same.
_ONCE = frozenset({"language", "home_country"})
#: Columns that not every market has.
_EXTRA = frozenset({"contactable_app", "population", "next_purchase_date", "expected_revenue", "holdout"})
#: Contexts of the messages of codes.
_WORDS = {"type": "type", "population": "type", "role": "role", "language_evidence": "language evidence"}
#: Columns of lists that the base does not have.
_JOINED: Mapping[str, Cell] = {"account_name": "text"}


def customer_columns(profile: Profile, grants: frozenset[str], extra: Sequence[str] = ()) -> tuple[str, ...]:
    """Columns of the customers file in order; `x|code` is the stable code beside the label x.

    Contact data stands only where granted. A language or country that is a dimension stands there once: as that, but
    where there are persons and accounts as the trait, which both have. `extra` are those of `Base.extra`.
    """
    dimensions = shown(profile)
    contact = [column for column in CONTACT if GRANTED.get(column, "customers") in grants]
    about = {getattr(profile.dimensions[one], "trait", None) for one in dimensions}
    plain = [column for column in TRAITS[1:-1] if column not in about & _ONCE]
    plain.insert(plain.index("home_store"), "language_evidence")
    plain.insert(plain.index("type") + 1, "population")
    plain.insert(plain.index("reference_currency"), "expected_revenue")
    plain.insert(plain.index("recency_days") + 1, "next_purchase_date")
    pairs = [f"segment_{one}" for one in dimensions] + ["stratum"]
    if "population" in extra:
        traits = (getattr(profile.dimensions[one], "trait", "") for one in dimensions)
        pairs = [trait if trait in _ONCE else pair for trait, pair in zip((*traits, ""), pairs, strict=True)]
    every = (*contact, *plain, *(cell for column in pairs for cell in (column, f"{column}|code")), "holdout")
    return tuple(column for column in every if column not in _EXTRA or column in extra)


def header(profile: Profile, columns: Iterable[str], labels: Labels, dialect: Dialect) -> str:
    """The translated header line."""
    return cells.line([cells.cell(column_heading(profile, column, labels), dialect) for column in columns], dialect)


def column_heading(profile: Profile, column: str, labels: Labels) -> str:
    """The heading of a column of `customer_columns`: a trait's, a dimension's, or that of a code."""
    base, _, code = column.partition("|")
    dimension = base == "stratum" or base.startswith("segment_")
    text = labels.text("dimension", base.removeprefix("segment_")) if dimension else heading(profile, base, labels)
    return labels.text("template", "code", label=text) if code else text


def heading(profile: Profile, column: str, labels: Labels) -> str:
    """The heading of a trait, with the window or horizon that it counts, and the base year of comparable prices.

    With or without tax is said only where the drop knows of tax.
    """
    values = {"vintage": labels.year(profile.money.ppp.vintage)} if column == "monetary_ppp" else {}
    untaxed = profile.tax.amounts == "untaxed" and column in _TAXED
    text = labels.text("column untaxed" if untaxed else "column", column, **values)
    if column == "expected_revenue":
        horizon = labels.count("template", "window_horizon", profile.prediction.horizon_days)
        return labels.text("template", "windowed", label=text, window=horizon)
    if column not in _WINDOWED:
        return text
    months = profile.traits.window
    window = labels.text("template", "window_all")
    if months != "all":
        window = labels.count("template", "window_months", months)
    return labels.text("template", "windowed", label=text, window=window)


def lines_sql(
    profile: Profile,
    columns: Iterable[str],
    base: Base,
    labels: Labels,
    dialect: Dialect,
    *,
    source: str = BASE,
    where: str = LISTED,
    order: str = "rowid",
    constant: Mapping[str, str] | None = None,
) -> str:
    """One SELECT of whole lines over the rows of `source` that `where` keeps, in the order of BASE or `order`.

    `source` has BASE's columns. `constant` are the texts of columns that are the same in every row.
    """
    same = constant or {}
    row = [
        literal(cells.cell(same[column], dialect)) if column in same else _cell(profile, column, base, labels, dialect)
        for column in columns
    ]
    return _select(row, dialect, source, where, order)


def tags_sql(base: Base, as_of: str, dialect: Dialect) -> tuple[str, str]:
    """Header and SELECT of the machine file: member number, one code per dimension, stratum, audiences, holdout, day.

    All dimensions that are on; audiences joined by `;`, the customer's first one first.
    """
    codes = [*(f"segment_{one}" for one in base.dimensions), "stratum"]
    head = cells.line(["member_number", *base.dimensions, "stratum", "audiences", "holdout", "as_of"], dialect)
    body = [cells.sql_label(name(column), {code: code for code in base.codes[column]}, dialect) for column in codes]
    member, day = cells.sql_text(name("member_number"), dialect), literal(as_of)
    return head, _select([member, *body, "audiences", "holdout", day], dialect, BASE, "true", "rowid")


def _select(row: list[str], dialect: Dialect, source: str, where: str, order: str) -> str:
    return f"SELECT {cells.sql_line(row, dialect)} AS line FROM {source} WHERE {where} ORDER BY {order}"


def _cell(profile: Profile, column: str, base: Base, labels: Labels, dialect: Dialect) -> str:
    source, _, code = column.partition("|")
    value = name(source)
    if source == "phone_national" and dialect.guard and right_to_left(labels.locale):
        value = f"{literal(LEFT_TO_RIGHT)} || {value}"
    kind: Cell = "code" if code else _kind(source)
    if kind in _PLAIN:
        return _PLAIN[kind](value, dialect)
    if kind == "identifier":
        return cells.sql_identifier(value, dialect, marked=dialect.guard and base.marked[source])
    names = code_labels(profile, source, base, labels) if kind == "label" else {one: one for one in base.codes[source]}
    return cells.sql_label(value, names, dialect)


def _kind(column: str) -> Cell:
    known = CELLS.get(column) or _JOINED.get(column)
    return known or ("label" if column.startswith("segment_") else "number")


def code_labels(profile: Profile, column: str, base: Base, labels: Labels) -> dict[str, str]:
    """Label of each code that occurs in a column, in the reader's language."""
    codes = base.codes.get(column, ())
    if column.startswith("contactable_") or column == "holdout":
        return {word: labels.text("word", word) for word in ("yes", "no")}
    if column == "language":
        return {code: labels.language_name(code) for code in codes}
    if column == "home_country":
        return {code: labels.country_name(code) for code in codes}
    if column in _WORDS:
        return {code: labels.text(_WORDS[column], code) for code in codes}
    return labels.segments(profile, column.removeprefix("segment_"), codes)
