"""How each column's text is read: declared by the profile, typed by its file, or inferred from the whole column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from region_profiles.models import Formats, Profile
from tasks.contract import Column
from tasks.errors import DropError
from tasks.ingest.infer import infer_dates, infer_decimal
from tasks.normalize.mapping import RAW, Mapped
from tasks.normalize.parse_text import tidy
from tasks.parse_date import DateForm

#: Words of boolean columns in any profile; others stand in `formats.yes` and `formats.no`.
YES = ("1", "true", "yes", "y", "t")
NO = ("0", "false", "no", "n", "f")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one mapped column is read. `values` are cleaned; `typed` text is ISO 8601 and plain decimals."""

    column: Column
    typed: bool = False
    decimal: str = "."
    grouping: str | None = None
    currencies: str = ""
    """ISO codes of the market's, for signs of money that are letters."""
    dates: DateForm = field(default_factory=DateForm)
    zone: str | None = None
    yes: tuple[str, ...] = YES
    no: tuple[str, ...] = NO
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        """Whether the text is a number."""
        return self.column.type in {"decimal", "rate", "integer"}


def rules_of(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped
) -> tuple[dict[str, Rule], dict[str, Any]]:
    """A rule for each mapped column, and the evidence for what was inferred, by column.

    Raises DropError where a column decides nothing ('1.234' only; days and months up to 12 only) or contradicts itself.
    """
    rules, evidence = {}, {}
    for column in mapped.columns:
        rule = _declared(profile, mapped, mapped.table[column])
        inferred = _inferred(con, profile, mapped, rule)
        if inferred:
            rule, evidence[column] = inferred
        if rule.column.type == "date" and rule.dates.calendar == "hijri":
            tabular = {"calendar": "hijri, civil tabular: a day before or after that of the sighted moon"}
            evidence[column] = {**evidence.get(column, {}), **tabular}
        rules[column] = rule
    return rules, evidence


def _declared(profile: Profile, mapped: Mapped, column: Column) -> Rule:
    base, own = profile.source.formats, mapped.mapping.formats.get(column.name, Formats())
    stated = {name: getattr(own, name) for name in own.model_fields_set}
    formats = base.model_copy(update=stated)
    typed = column.name in mapped.typed
    order = formats.date_order or "ymd"
    return Rule(
        column=column,
        typed=typed,
        decimal="." if typed else formats.decimal_sign or ".",
        grouping=None if typed else formats.grouping_sign,
        currencies=" ".join(sorted({period.code for period in profile.market.currencies})),
        dates=DateForm() if typed else DateForm(formats.dates, order, formats.calendar),
        zone=formats.time_zone,
        yes=(*YES, *(tidy(word).lower() for word in formats.yes)),
        no=(*NO, *(tidy(word).lower() for word in formats.no)),
        values={tidy(value): code for value, code in mapped.mapping.values.get(column.name, {}).items()},
    )


def _inferred(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped, rule: Rule
) -> tuple[Rule, dict[str, Any]] | None:
    """The rule with what the profile leaves open, or None where it leaves nothing open."""
    column = rule.column.name
    own = mapped.mapping.formats.get(column, Formats())
    base = profile.source.formats
    if rule.typed or rule.values or column in mapped.mapping.constants:
        return None
    bound, personal = profile.source.contradiction_bound, rule.column.personal
    try:
        if rule.numeric and not (own.decimal_sign or base.decimal_sign):
            found = infer_decimal(con, f"({mapped.query})", RAW + column, bound=bound, personal=personal)
            change: dict[str, Any] = {"decimal": found.value}
        elif rule.column.type == "date" and not (rule.dates.patterns or own.date_order or base.date_order):
            calendar: Any = rule.dates.calendar
            found = infer_dates(
                con, f"({mapped.query})", RAW + column, calendar=calendar, bound=bound, personal=personal
            )
            change = {"dates": DateForm((), found.value, rule.dates.calendar)}
        else:
            return None
    except DropError as error:
        error.file, error.column = error.file or mapped.driving.name, column
        raise
    evidence = {"value": found.value, "supports": found.supports, "contradicts": found.contradicts}
    return replace(rule, **change), evidence
