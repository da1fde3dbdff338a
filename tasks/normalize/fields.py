"""From text columns to typed columns: the layers of SELECT that do it, and the faults that each column can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from tasks.contract import SQL_TYPES, Column
from tasks.normalize.mapping import RAW
from tasks.normalize.parse_code import currency_codes
from tasks.normalize.parse_contact import EMAIL
from tasks.normalize.parse_number import early_number_sql, number_sql
from tasks.normalize.parse_text import Kind, tidy_sql
from tasks.normalize.rules import Rule
from tasks.normalize.sql import case, select
from tasks.parse_date import early_stamp_sql, stamp_columns, usable
from tasks.sql import literal, literals, name

#: Text whose joiners are spelling, not noise.
FREE = frozenset(
    {"name", "given_name", "family_name", "company", "address", "city", "subdivision", "store_name", "author", "reason"}
    | {"text"}
)
#: The column of the day on which somebody did something; other dates, such as birthdays, are days everywhere.
ACT = "date"
_GENDERS = {"f": "female", "m": "male"}
_CONSENT_UNKNOWN = ("unknown", "unbekannt")

Layer = dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A parsed column: its value over the last layer, and its faults as (reason, condition)."""

    column: str
    value: str
    faults: tuple[tuple[str, str], ...] = ()


def stacked(query: str, layers: Iterable[Layer]) -> str:
    """A query with each layer's expressions added on top of the one before."""
    for layer in layers:
        if layer:
            query = select(f"({query})", layer)
    return query


def clean(rules: Mapping[str, Rule]) -> list[Layer]:
    """Three layers: `early_<column>`, `clean_<column>`, and `text_<column>`, cleaned and after the profile's values.

    `early_<column>` is the number or date that the raw text is in its plainest form, else null. Nearly all are, and
    then the text is taken as it is: cleaning costs more than reading it.
    """
    early = {f"early_{column}": sql for column, rule in rules.items() if (sql := _early(column, rule))}
    cleaned = {}
    for column, rule in rules.items():
        raw, known = name(RAW + column), f"early_{column}"
        tidy = tidy_sql(raw, _kind(rule))
        if known in early:
            plain = usable(known) if rule.column.type == "date" else f"{known} IS NOT NULL"
            tidy = f"CASE WHEN {plain} THEN {raw} ELSE {tidy} END"
        cleaned[f"clean_{column}"] = tidy
    return [early, cleaned, {f"text_{column}": _valued(column, rule) for column, rule in rules.items()}]


def _early(column: str, rule: Rule) -> str | None:
    raw = name(RAW + column)
    if rule.values:
        return None
    if rule.column.type == "date":
        return early_stamp_sql(raw, rule.dates)
    return early_number_sql(raw, rule.decimal, typed=rule.typed, type_=_stored(rule.column)) if rule.numeric else None


def number(column: str, rule: Rule) -> str:
    """The number of a column over the layers of `clean`."""
    text, stored = f"text_{column}", _stored(rule.column)
    read = number_sql(text, rule.decimal, rule.grouping, rule.currencies, typed=rule.typed, type_=stored)
    return read if rule.values else f"CASE WHEN early_{column} IS NOT NULL THEN early_{column} ELSE {read} END"


def _stored(column: Column) -> str:
    return SQL_TYPES["decimal" if column.type == "integer" else column.type]


def _kind(rule: Rule) -> Kind:
    if rule.numeric or rule.column.type == "date" or rule.column.name in {"time", "phone"}:
        return "digits"
    return "free" if rule.column.name in FREE else "code"


def _valued(column: str, rule: Rule) -> str:
    text = f"clean_{column}"
    if not rule.values:
        return text
    otherwise = rule.values.get("*")
    default = "NULL" if otherwise is None else f"CASE WHEN {text} IS NOT NULL THEN {literal(otherwise)} END"
    named = {value: code for value, code in rule.values.items() if value not in {"*", ""}}
    chosen = case(text, named, default)
    if "" in rule.values:
        chosen = f"CASE WHEN {text} IS NULL THEN {literal(rule.values[''])} ELSE {chosen} END"
    return f"nullif({chosen}, '')"


def unnamed_value(column: str, rule: Rule) -> tuple[tuple[str, str], ...]:
    """The fault of a value that the profile's `values` do not name."""
    if not rule.values or "*" in rule.values:
        return ()
    return ((f"{column}:unknown_value", f"clean_{column} NOT IN ({literals(rule.values)})"),)


def rounded_sql(column: str) -> str:
    """Whether a number is what a spreadsheet shows of a long one: 1,23457E+11 stands for many customers at once."""
    text = f"text_{column}"
    return f"contains({text}, 'E+') AND regexp_full_match({text}, '\\d([.,]\\d+)?E\\+\\d{{1,3}}')"


def parsed(
    rules: Mapping[str, Rule], languages: str, market: str, zone: str | None
) -> tuple[list[Layer], dict[str, Field]]:
    """Layers for dates and calls that are read twice, and the field of each column (on top of `clean`).

    `zone`: where the table tells what somebody did on a day, the market's IANA zone, in which that day counts.
    """
    layers: list[Layer] = [{}, {}, {}]
    fields = {}
    country = literal(market)
    if "home_country" in rules:
        country = f"coalesce(nullif(value_home_country, {country}) || {literal(',' + market)}, {country})"
    for column, rule in rules.items():
        if rule.column.type == "date":
            date_layers(layers, column, rule)
        fields[column] = _field(rule.column, rule, layers, languages, country, zone)
    return layers, fields


def date_layers(layers: list[Layer], column: str, rule: Rule) -> None:
    """Add what parses a date column to three layers: `<column>_stamp`, `_timed`, `_utc` in the last."""
    early = f"early_{column}" if _early(column, rule) else None
    for layer, columns in zip(layers, stamp_columns(column, f"text_{column}", rule.dates, early), strict=True):
        layer.update(columns)


def local_day_sql(column: str, rule: Rule, zone: str) -> str:
    """The market's day of a moment that says its own zone, or whose zone the profile says; else the day as written."""
    written = f"CAST({column}_stamp AS DATE)"
    abroad = {f"{column}_utc": "UTC"} | ({} if rule.zone is None else {f"NOT {column}_utc": rule.zone})
    whens = "".join(
        f" WHEN {column}_timed AND {said} "
        f"THEN CAST(timezone({literal(zone)}, timezone({literal(of)}, {column}_stamp)) AS DATE)"
        for said, of in abroad.items()
    )
    return f"CASE{whens} ELSE {written} END"


def _field(column: Column, rule: Rule, layers: list[Layer], languages: str, market: str, zone: str | None) -> Field:
    text, at = f"text_{column.name}", column.name
    if column.type == "date":
        value = local_day_sql(at, rule, zone) if zone is not None and at == ACT else f"CAST({at}_stamp AS DATE)"
        return Field(at, value, ((f"{at}:unreadable", f"{text} IS NOT NULL AND {at}_stamp IS NULL"),))
    if rule.numeric:
        layers[0][f"number_{at}"] = _number(column, rule)
        return Field(at, f"number_{at}", ((f"{at}:unreadable", f"number_{at} IS NULL AND {text} IS NOT NULL"),))
    if at == "phone":  # a number without its country is one of where the customer lives, else of the market
        layers[1]["value_phone"] = f"CASE WHEN {text} IS NOT NULL THEN strata_phone({text}, {market}) END"
    else:
        layers[0][f"value_{at}"] = _value(column, rule, languages)
    reason = "unreadable" if column.type == "boolean" else "unknown"
    fault = f"{text} IS NOT NULL AND value_{at} IS NULL"
    value = f"value_{at}"
    if column.name == "phone":
        return Field(at, f"CASE WHEN value_{at} LIKE 'valid:%' THEN substr(value_{at}, 7) END", _phone_faults())
    faults = () if column.type == "text" and at not in {"email", "time_zone"} else ((f"{at}:{reason}", fault),)
    if column.name.startswith("consent_"):
        value = f"coalesce({value}, 'unknown')"
    return Field(at, value, (*unnamed_value(at, rule), *faults))


def _phone_faults() -> tuple[tuple[str, str], ...]:
    return tuple((f"phone:{status}", f"value_phone = '{status}:'") for status in ("cannot_tell", "invalid"))


def _number(column: Column, rule: Rule) -> str:
    read = number(column.name, rule)
    return read if column.type != "integer" else f"CASE WHEN {read} = trunc({read}) THEN CAST({read} AS BIGINT) END"


def _value(column: Column, rule: Rule, languages: str) -> str:
    """The value of a text, code or boolean column; null where the text is none."""
    text, low = f"text_{column.name}", f"lower(text_{column.name})"
    if column.type == "boolean":
        return boolean_sql(text, rule)
    if column.name.startswith("consent_"):
        unknown = f"CASE WHEN {low} IN ({literals(_CONSENT_UNKNOWN)}) THEN 'unknown' END"
        return f"CASE {boolean_sql(text, rule)} WHEN true THEN 'yes' WHEN false THEN 'no' ELSE {unknown} END"
    country = f"CASE WHEN {text} IS NOT NULL THEN strata_country({text}, {literal(languages)}) END"
    currency = one_of(f"upper({text})", sorted(currency_codes()))
    special = {
        "home_country": country,
        "country": country,
        "language": f"CASE WHEN {text} IS NOT NULL THEN strata_language({text}, {literal(languages)}) END",
        "currency": currency,
        "base": currency,
        "email": f"CASE WHEN regexp_full_match({text}, {literal(EMAIL)}) THEN {low} END",
        "gender": f"coalesce({one_of(low, column.codes)}, {case(low, _GENDERS, 'NULL')})",
        "time_zone": one_of(text, sorted(available_timezones())) if column.name == "time_zone" else text,
    }
    return special.get(column.name, one_of(low, column.codes) if column.codes else text)


def one_of(expression: str, codes: Iterable[str]) -> str:
    """The expression where it is one of the codes, else null."""
    return f"CASE WHEN {expression} IN ({literals(codes)}) THEN {expression} END"


def boolean_sql(text: str, rule: Rule) -> str:
    """True, false, or null for a word of neither list."""
    low = f"lower({text})"
    return f"CASE WHEN {low} IN ({literals(rule.yes)}) THEN true WHEN {low} IN ({literals(rule.no)}) THEN false END"
